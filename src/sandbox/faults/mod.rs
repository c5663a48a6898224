//! What is made to go wrong.

mod fate;
mod instances;
mod plan;

pub(crate) use fate::{Faults, Weather};
pub(crate) use plan::ExpiredToken;
pub use plan::{ChipFaults, FaultPlan, TABLE};

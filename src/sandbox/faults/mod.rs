//! What is made to go wrong.

mod fate;
mod plan;

pub(crate) use fate::{Faults, Weather};
pub(crate) use plan::ExpiredToken;
pub use plan::{ChipFaults, FaultPlan, TABLE};

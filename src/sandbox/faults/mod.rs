//! What is made to go wrong.

mod draw;
mod instances;
mod plan;

pub(crate) use draw::{Faults, Transient};
pub(crate) use plan::ExpiredToken;
pub use plan::{ChipFaults, FaultPlan, TABLE};

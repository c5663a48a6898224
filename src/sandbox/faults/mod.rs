//! What is made to go wrong.

mod fate;
#[allow(dead_code, reason = "Cloud Assistant, which uses the rest, is under way")]
mod instances;
mod plan;

pub(crate) use fate::{Faults, Weather};
pub(crate) use plan::ExpiredToken;
pub use plan::{ChipFaults, FaultPlan, TABLE};

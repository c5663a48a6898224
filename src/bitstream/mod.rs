//! What a compiled file is, from its bytes: facts and faults, never a panic.
//!
//! [`identify`] looks at the first bytes, [`examine`] reads a whole file forwards in constant memory, [`examine_head`]
//! makes do with the two ends that a Range request brings. Errors are contradictions inside the file; what depends on
//! the service, on a target or on taste is a warning, until a [`Target`] is named.

mod examination;
mod examine;
mod finding;
mod gbs;
mod kind;
pub mod sample;
mod source;
pub mod tables;

pub use examination::{Examination, Facts, Target};
pub use examine::{HEAD, examine, examine_head};
pub use finding::{Code, Finding, Severity};
pub use gbs::{Afu, GbsFacts};
pub use kind::{Family, Kind, identify};

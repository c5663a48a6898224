//! What a compiled file is, from its bytes: facts and faults, never a panic.
//!
//! [`identify`] looks at the first bytes, [`examine()`] reads a whole file forwards in constant memory, [`examine_head`]
//! makes do with the two ends that a Range request brings. Errors are contradictions inside the file; what depends on
//! the service, on a target or on taste is a warning, until a [`Target`] is named.

mod bit;
mod bytes;
mod dcp;
mod elf;
mod examination;
mod examine;
mod finding;
mod gbs;
mod inflate;
mod kind;
mod manifest;
mod other;
mod package;
mod part;
mod record;
pub mod sample;
mod source;
pub mod tables;
mod tarball;
mod target;
pub mod xclbin;
mod xml;
mod zipfile;

pub use bit::BitFacts;
pub use dcp::DcpFacts;
pub use elf::AocxFacts;
pub use examination::{Examination, Facts};
pub use examine::{HEAD, TAIL, examine, examine_head, hwh_in, wants_tail};
use finding::FINDINGS_LIMIT;
pub use finding::{Code, Finding, Severity};
pub use gbs::GbsFacts;
pub use kind::{Family, Kind, identify};
pub use manifest::Manifest;
pub use package::{PackageFacts, PackageMember};
pub use record::Stage;
pub use target::Target;
pub use xclbin::XclbinFacts;

#[cfg(test)]
mod tests;

//! The DDR smoke and PRBS tests of the reference design, driven through its registers.
//!
//! What Alibaba's guide says: write 1 to 0x14, and 0x24 reads 1 when the smoke test is done; write 1 to 0x1c to start
//! PRBS and 1 to 0x20 to stop it, and 0x28 reads 1 when it has stopped; 0x30 reads 0 if there was no error. What the
//! guide leaves open is not guessed: done that was there before the start proves nothing until it has been seen gone,
//! a value of 0x30 is shown as it is and not called a count, and one that was seen is not undone by a later 0.

mod ber;
mod done;
mod left_running;
mod prbs;
mod registers;
mod report;
mod smoke;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;

use crate::base::cancel::Cancel;
use crate::base::progress::Progress;

pub use ber::{BerBound, BitRate};
pub use left_running::{LeftRunning, forget_all, forget_if_stopped};
pub use prbs::{PrbsOptions, Sample, prbs};
pub use registers::Registers;
pub use report::{ErrorsSeen, Soak, TestReport, Verdict};
pub use smoke::{SmokeOptions, smoke};

/// What a test works with.
#[derive(Clone, Copy)]
pub struct Harness<'a> {
    /// Open for writing, and locked by whoever opened it.
    pub registers: &'a dyn Registers,
    /// Set by a signal.
    pub cancel: &'a Cancel,
    /// Who watches.
    pub progress: &'a dyn Progress,
    /// Where it is noted that PRBS runs; None where nothing can be kept.
    pub state: Option<&'a Path>,
}

impl fmt::Debug for Harness<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Harness").field("registers", &self.registers.path()).finish_non_exhaustive()
    }
}

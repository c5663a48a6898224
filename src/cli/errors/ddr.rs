//! How a device test ended, for the shell.

use crate::cli::Exit;
use crate::ddr::Verdict;

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Passed => Self::Done,
            Verdict::Failed => Self::Fault,
            Verdict::Stale | Verdict::EndedEarly => Self::Conflict,
            Verdict::NotDone => Self::Pending,
            Verdict::Interrupted(signal) => Self::by_signal(signal),
        }
    }
}

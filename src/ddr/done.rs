//! The register that says that a test is done, watched since before the test's start.

use std::time::{Duration, Instant};

use super::Harness;
use crate::device::DeviceError;

/// How the wait for done ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waited {
    Done,
    Stale,
    NotDone,
    Interrupted(i32),
}

/// What Alibaba's guide says that a done register reads. Other values are not taken for it.
pub(super) const DONE: u32 = 1;

/// Done that was there before the start and is not gone so long after it will not go.
const CLEARED_WITHIN: Duration = Duration::from_secs(1);

pub(super) struct DoneRegister<'a> {
    harness: Harness<'a>,
    offset: u64,
    /// What it read last.
    pub(super) word: u32,
    pub(super) stale_before: bool,
    pub(super) seen_clear: bool,
}

impl<'a> DoneRegister<'a> {
    /// Looks at it before the start.
    pub(super) fn before_start(harness: Harness<'a>, offset: u64) -> Result<Self, DeviceError> {
        let word = harness.registers.read(offset)?;
        let stale_before = word == DONE;
        Ok(Self { harness, offset, word, stale_before, seen_clear: !stale_before })
    }

    /// Whether it says done now, and that proves something.
    pub(super) fn look(&mut self) -> Result<bool, DeviceError> {
        self.harness.registers.check_present()?;
        self.word = self.harness.registers.read(self.offset)?;
        self.seen_clear |= self.word != DONE;
        Ok(self.word == DONE && self.seen_clear)
    }

    /// Waits until it says done, and looks once more after the deadline.
    ///
    /// A register that says done all the time does not tell when the test ends. Who takes it for done all the same has
    /// waited for the whole of the timeout.
    pub(super) fn wait(&mut self, timeout: Duration, accept_stale: bool) -> Result<Waited, DeviceError> {
        let start = Instant::now();
        loop {
            let elapsed = start.elapsed();
            if self.look()? {
                return Ok(Waited::Done);
            }
            if let Some(signal) = self.harness.cancel.signal() {
                return Ok(Waited::Interrupted(signal));
            }
            let stale = self.word == DONE;
            if stale && !accept_stale && elapsed >= timeout.min(CLEARED_WITHIN) {
                return Ok(Waited::Stale);
            }
            if elapsed >= timeout {
                return Ok(if stale { Waited::Done } else { Waited::NotDone });
            }
            std::thread::sleep(pace(elapsed).min(timeout - elapsed));
        }
    }
}

/// How long to sleep between two looks: hardly at first, to see a register that is clear only for a moment.
pub(super) fn pace(elapsed: Duration) -> Duration {
    match elapsed.as_millis() {
        0..=50 => Duration::from_micros(50),
        51..=1000 => Duration::from_millis(1),
        _ => Duration::from_millis(10),
    }
}

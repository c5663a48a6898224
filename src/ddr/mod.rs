//! The DDR smoke and PRBS tests of the reference design, driven through its registers.
//!
//! What Alibaba's guide says: write 1 to 0x14, and 0x24 reads 1 when the smoke test is done; write 1 to 0x1c to start
//! PRBS and 1 to 0x20 to stop it, and 0x28 reads 1 when it has stopped; 0x30 reads 0 if there was no error. What the
//! guide leaves open is not guessed: done bits that were 1 before the start prove nothing until they have been seen 0,
//! and a value of 0x30 is shown as it is, not called a count.

mod ber;
mod prbs;
mod registers;
mod smoke;

use std::fmt;
use std::time::{Duration, Instant};

use crate::base::cancel::Cancel;
use crate::base::duration::spent;
use crate::base::progress::Progress;
use crate::device::{Device, DeviceError, hex};

pub use ber::{BerBound, BitRate};
pub use prbs::{PrbsOptions, Sample, prbs};
pub use smoke::{SmokeOptions, smoke};

use registers::Registers;

/// What a test works with.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    /// Open for writing, and locked by whoever opened it.
    pub device: &'a Device,
    /// Set by a signal.
    pub cancel: &'a Cancel,
    /// Who watches.
    pub progress: &'a dyn Progress,
}

impl fmt::Debug for Bench<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bench").field("device", self.device).finish_non_exhaustive()
    }
}

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Done, and the error register reads 0.
    Passed,
    /// The error register does not read 0.
    Failed,
    /// The done bit was 1 before the start and never 0 after it.
    Inconclusive,
    /// The done bit did not come in time.
    NotDone,
    /// A signal ended it; what was running is stopped.
    Interrupted(i32),
}

/// The outcome of a test.
#[derive(Clone, Debug)]
pub struct TestReport {
    /// `smoke` or `prbs`.
    pub test: &'static str,
    /// How it ended.
    pub verdict: Verdict,
    /// What 0x30 read at the end.
    pub error_register: u32,
    /// From the start to the end.
    pub elapsed: Duration,
    /// The done bit was 1 before the start.
    pub stale_before: bool,
    /// What the soak saw; only of PRBS.
    pub soak: Option<Soak>,
}

impl fmt::Display for TestReport {
    /// `passed in 0.2s`, `failed: 0x30 reads 0x0000124e after 1m 00s`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (error, time) = (hex(self.error_register), spent(self.elapsed));
        let done = if self.test == "smoke" { "0x24" } else { "0x28" };
        match self.verdict {
            Verdict::Passed if self.stale_before => {
                write!(f, "passed in {time} (the done bit {done} was 1 before the start)")
            }
            Verdict::Passed => write!(f, "passed in {time}"),
            Verdict::Failed => write!(f, "failed: 0x30 reads {error} after {time}"),
            Verdict::Inconclusive => {
                write!(f, "inconclusive: the done bit {done} was 1 before the start and never 0 after it")
            }
            Verdict::NotDone => write!(f, "not done after {time}: {done} still reads 0"),
            Verdict::Interrupted(_) if self.soak.is_some() => {
                write!(f, "interrupted and stopped after {time}; 0x30 reads {error}")
            }
            Verdict::Interrupted(_) => write!(f, "interrupted after {time}; 0x30 reads {error}"),
        }
    }
}

/// What a PRBS soak saw.
#[derive(Clone, Debug)]
pub struct Soak {
    /// From the start to the stop.
    pub ran: Duration,
    /// How often 0x30 was looked at.
    pub samples: u64,
    /// When 0x30 was first seen to be other than 0.
    pub first_error: Option<Duration>,
    /// A bound on the bit error rate, where a bit rate was given.
    pub ber: Option<BerBound>,
}

/// How the wait for a done bit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waited {
    Done,
    Stale,
    NotDone,
    Interrupted(i32),
}

/// A done bit that was 1 before the start and is not 0 so long after it will not be.
const CLEARED_WITHIN: Duration = Duration::from_secs(1);

/// The done bit of one test, watched since before its start.
struct DoneBit<'a> {
    bench: Bench<'a>,
    offset: u64,
    stale_before: bool,
    seen_clear: bool,
}

impl<'a> DoneBit<'a> {
    /// Looks at it before the start.
    fn before_start(bench: Bench<'a>, offset: u64) -> Result<Self, DeviceError> {
        let set = is_set(bench.device.read_live32(offset)?);
        Ok(Self { bench, offset, stale_before: set, seen_clear: !set })
    }

    /// Whether it is set now.
    fn look(&mut self) -> Result<bool, DeviceError> {
        self.bench.device.check_present()?;
        let set = is_set(self.bench.device.read_live32(self.offset)?);
        self.seen_clear |= !set;
        Ok(set)
    }

    /// Waits until it is set, and looks once more after the deadline.
    fn wait(&mut self, timeout: Duration, accept_stale: bool) -> Result<Waited, DeviceError> {
        let start = Instant::now();
        loop {
            let elapsed = start.elapsed();
            let set = self.look()?;
            if set && self.seen_clear {
                return Ok(Waited::Done);
            }
            if let Some(signal) = self.bench.cancel.signal() {
                return Ok(Waited::Interrupted(signal));
            }
            if set && elapsed >= timeout.min(CLEARED_WITHIN) {
                return Ok(if accept_stale { Waited::Done } else { Waited::Stale });
            }
            if elapsed >= timeout {
                return Ok(Waited::NotDone);
            }
            std::thread::sleep(pace(elapsed).min(timeout - elapsed));
        }
    }
}

/// Done is bit 0: the guide says that the register reads 1.
fn is_set(word: u32) -> bool {
    word & 1 != 0
}

/// How long to sleep between two looks: hardly at first, to see a done bit that is 0 only for a moment.
fn pace(elapsed: Duration) -> Duration {
    match elapsed.as_millis() {
        0..=50 => Duration::from_micros(50),
        51..=1000 => Duration::from_millis(1),
        _ => Duration::from_millis(10),
    }
}

/// The verdict of a wait, given what 0x30 reads: an error is an error whatever the done bit says.
fn verdict(waited: Waited, error_register: u32) -> Verdict {
    match waited {
        Waited::Interrupted(signal) => Verdict::Interrupted(signal),
        _ if error_register != 0 => Verdict::Failed,
        Waited::Done => Verdict::Passed,
        Waited::Stale => Verdict::Inconclusive,
        Waited::NotDone => Verdict::NotDone,
    }
}

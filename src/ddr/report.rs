//! How a test ended, and what it saw.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use super::ber::BerBound;
use super::done::Waited;
use crate::base::duration::spent;
use crate::device::hex;

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Done, and the error register never read anything but 0.
    Passed,
    /// The error register read something else at least once.
    Failed,
    /// The done register said so before the start, and never anything else after it.
    Stale,
    /// PRBS ended by itself, before it was stopped.
    EndedEarly,
    /// Done did not come in time.
    NotDone,
    /// A signal ended it; what was running is stopped.
    Interrupted(i32),
}

/// The outcome of a test.
#[derive(Clone, Debug)]
pub struct TestReport {
    /// `smoke` or `prbs`.
    pub test: &'static str,
    pub verdict: Verdict,
    /// What 0x30 read at the end.
    pub error_register: u32,
    /// What the done register read at the end.
    pub done_register: u32,
    /// From the start to the end.
    pub elapsed: Duration,
    /// The done register said done before the start.
    pub stale_before: bool,
    /// What the soak saw; only of PRBS.
    pub soak: Option<Soak>,
}

/// What a PRBS soak saw.
#[derive(Clone, Debug)]
pub struct Soak {
    /// How long it was to run.
    pub asked: Duration,
    /// From the start to the stop, or to the end that it came to by itself.
    pub ran: Duration,
    /// How often 0x30 was looked at, the look after the stop among them.
    pub samples: u64,
    /// What was seen that was not 0, also after the stop.
    pub errors: Option<ErrorsSeen>,
    /// A bound on the bit error rate, where a bit rate was given.
    pub ber: Option<BerBound>,
}

/// The looks at 0x30 that did not read 0.
///
/// There is no sum: whether the register counts, and whether reading clears it, is not documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorsSeen {
    pub first: u32,
    pub time: Timestamp,
    /// From the start to the first.
    pub after: Duration,
    pub highest: u32,
    pub samples: u64,
}

impl ErrorsSeen {
    /// Takes one more look.
    pub(super) fn add(seen: &mut Option<Self>, value: u32, after: Duration) {
        if value == 0 {
            return;
        }
        let time = Timestamp::now();
        let seen = seen.get_or_insert(Self { first: value, time, after, highest: value, samples: 0 });
        seen.highest = seen.highest.max(value);
        seen.samples += 1;
    }
}

/// The verdict of a wait, given what the error register showed: an error is one whatever the done register says.
pub(super) fn verdict(waited: Waited, saw_errors: bool) -> Verdict {
    match waited {
        Waited::Interrupted(signal) => Verdict::Interrupted(signal),
        _ if saw_errors => Verdict::Failed,
        Waited::Done => Verdict::Passed,
        Waited::Stale => Verdict::Stale,
        Waited::NotDone => Verdict::NotDone,
    }
}

impl fmt::Display for TestReport {
    /// `passed in 0.2s`, `failed: 0x30 reads 0x0000124e after 1m 00s; first …`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (error, time) = (hex(self.error_register), spent(self.elapsed));
        let done = if self.test == "smoke" { "0x24" } else { "0x28" };
        match self.verdict {
            Verdict::Passed if self.stale_before => {
                write!(f, "passed in {time} (the done bit {done} was 1 before the start)")
            }
            Verdict::Passed => write!(f, "passed in {time}"),
            Verdict::Failed => write!(f, "failed: 0x30 reads {error} after {time}"),
            Verdict::Stale => {
                write!(f, "inconclusive: the done bit {done} was 1 before the start and never 0 after it")
            }
            Verdict::EndedEarly => self.ended_early(f),
            Verdict::NotDone if self.done_register == 0 => {
                write!(f, "not done after {time}: {done} still reads 0")
            }
            Verdict::NotDone => {
                let read = hex(self.done_register);
                write!(f, "not done after {time}: {done} reads {read}, and done is 1")
            }
            Verdict::Interrupted(_) if self.soak.is_some() => {
                write!(f, "interrupted and stopped after {time}; 0x30 reads {error}")
            }
            Verdict::Interrupted(_) => write!(f, "interrupted after {time}; 0x30 reads {error}"),
        }?;
        self.errors(f)
    }
}

impl TestReport {
    fn ended_early(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(soak) = &self.soak else { return Ok(()) };
        let (ran, asked) = (spent(soak.ran), spent(soak.asked));
        write!(f, "inconclusive: it ended by itself after {ran} of {asked} (0x28 read 1 before the stop)")
    }

    fn errors(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(soak) = &self.soak else { return Ok(()) };
        let Some(ErrorsSeen { first, after, highest, samples, .. }) = soak.errors else { return Ok(()) };
        let (first, highest, after) = (hex(first), hex(highest), spent(after));
        let looks = soak.samples;
        write!(f, "; not 0 in {samples} of {looks} looks, first {first} after {after}, highest {highest}")
    }
}

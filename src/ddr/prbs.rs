//! The PRBS test: start, look at the error register now and then, stop, wait for done, look again.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::Harness;
use super::ber::BitRate;
use super::done::{DoneRegister, Waited, pace};
use super::left_running::Note;
use super::registers::Offsets;
use super::report::{ErrorsSeen, Soak, TestReport, Verdict, verdict};
use crate::base::progress::Event;
use crate::device::DeviceError;

/// How to run the PRBS test.
#[derive(Clone, Debug)]
pub struct PrbsOptions {
    /// How long to run it.
    pub duration: Duration,
    /// Time between two looks at the error register.
    pub sample: Duration,
    /// How long to wait for done after the stop.
    pub timeout: Duration,
    /// Take a done bit that was 1 before the start, and never 0 after it, for done.
    pub accept_stale: bool,
    /// What the user says of the bits that are tested per second; for the error rate's bound.
    pub bit_rate: Option<BitRate>,
}

impl Default for PrbsOptions {
    fn default() -> Self {
        Self {
            duration: Duration::from_secs(60),
            sample: Duration::from_secs(1),
            timeout: Duration::from_secs(60),
            accept_stale: false,
            bit_rate: None,
        }
    }
}

/// One look at the error register.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// By the clock.
    pub time: Timestamp,
    /// Since the start.
    pub elapsed: Duration,
    /// What 0x30 read.
    pub error_register: u32,
}

/// A signal is noticed and the screen refreshed this often.
const LONGEST_NAP: Duration = Duration::from_millis(20);

/// More often than this says nothing new.
const SHORTEST_SAMPLE: Duration = Duration::from_millis(1);

/// Runs the PRBS test; `each` sees every sample.
///
/// However it ends, 1 has been written to the stop register before this returns: a test that runs on would keep the
/// memory busy until the image is loaded again. Until then no signal ends the program.
///
/// # Errors
/// When the device can't be accessed, or nobody answers any more.
pub fn prbs(
    harness: Harness<'_>,
    options: &PrbsOptions,
    each: &mut dyn FnMut(&Sample),
) -> Result<TestReport, DeviceError> {
    let _held = harness.cancel.hold();
    let offsets = Offsets::of_reference_design();
    let done = DoneRegister::before_start(harness, offsets.prbs_done)?;
    if let Some(signal) = harness.cancel.signal() {
        return not_started(harness, &done, signal);
    }
    let mut run = Run::start(harness, offsets, done)?;
    let soaked = run.soak(options, each);
    harness.progress.event(Event::WaitEnded);
    let soaked = soaked?;
    let stopped = run.stop()?;
    let waited = match soaked {
        Soaked::Interrupted(signal) => Waited::Interrupted(signal),
        Soaked::Whole => run.done.wait(options.timeout, options.accept_stale)?,
        Soaked::EndedEarly(_) => Waited::Done,
    };
    let ran = if let Soaked::EndedEarly(ran) = soaked { ran } else { stopped };
    run.sample(run.start.elapsed(), each)?;
    Ok(run.report(options, ran, (soaked, waited)))
}

/// A signal came before the start.
fn not_started(
    harness: Harness<'_>,
    done: &DoneRegister<'_>,
    signal: i32,
) -> Result<TestReport, DeviceError> {
    Ok(TestReport {
        test: "prbs",
        verdict: Verdict::Interrupted(signal),
        error_register: harness.registers.read(Offsets::of_reference_design().error)?,
        done_register: done.word,
        elapsed: Duration::ZERO,
        stale_before: done.stale_before,
        soak: None,
    })
}

/// How a soak ended.
#[derive(Clone, Copy, Debug)]
enum Soaked {
    /// Its time is over.
    Whole,
    /// PRBS says that it has stopped, and nobody told it to.
    EndedEarly(Duration),
    Interrupted(i32),
}

/// A test that runs; it is stopped at the latest when this is dropped.
struct Run<'a> {
    harness: Harness<'a>,
    offsets: Offsets,
    done: DoneRegister<'a>,
    start: Instant,
    samples: u64,
    /// What 0x30 read at the last look.
    error_register: u32,
    errors: Option<ErrorsSeen>,
    note: Option<Note>,
    stopped: bool,
}

impl<'a> Run<'a> {
    fn start(harness: Harness<'a>, offsets: Offsets, done: DoneRegister<'a>) -> Result<Self, DeviceError> {
        let note = Note::take(harness, done.stale_before);
        let start = Instant::now();
        let run = Self {
            harness,
            offsets,
            done,
            start,
            samples: 0,
            error_register: 0,
            errors: None,
            note,
            stopped: false,
        };
        harness.registers.write(offsets.prbs_start, 1)?;
        Ok(run)
    }

    /// Lets it run for its duration, or until something ends it.
    fn soak(&mut self, options: &PrbsOptions, each: &mut dyn FnMut(&Sample)) -> Result<Soaked, DeviceError> {
        let mut next_sample = options.sample;
        loop {
            let elapsed = self.start.elapsed();
            let done = self.done.look()?;
            if self.done.seen_clear {
                self.note.iter_mut().for_each(Note::done_is_clear);
            }
            if elapsed >= next_sample || elapsed >= options.duration {
                self.sample(elapsed, each)?;
                next_sample = elapsed + options.sample.max(SHORTEST_SAMPLE);
            }
            self.show(elapsed, options.duration);
            if let Some(signal) = self.harness.cancel.signal() {
                return Ok(Soaked::Interrupted(signal));
            }
            if elapsed >= options.duration {
                return Ok(Soaked::Whole);
            }
            if done {
                return Ok(Soaked::EndedEarly(elapsed));
            }
            let left = options.duration.min(next_sample).saturating_sub(self.start.elapsed());
            // A done register that was set is clear only from the start on, which may be short.
            let nap = if self.done.seen_clear { LONGEST_NAP } else { pace(elapsed) };
            std::thread::sleep(left.min(nap));
        }
    }

    fn sample(&mut self, elapsed: Duration, each: &mut dyn FnMut(&Sample)) -> Result<(), DeviceError> {
        let first = self.errors.is_none();
        let error_register = self.harness.registers.read(self.offsets.error)?;
        self.error_register = error_register;
        self.samples += 1;
        // What was seen once stays seen: reading may have cleared it.
        ErrorsSeen::add(&mut self.errors, error_register, elapsed);
        if first && error_register != 0 {
            let text = format!("0x30 reads {error_register:#010x} after {:.1} s", elapsed.as_secs_f64());
            self.harness.progress.warn(text);
        }
        each(&Sample { time: Timestamp::now(), elapsed, error_register });
        Ok(())
    }

    fn show(&self, elapsed: Duration, total: Duration) {
        self.harness.progress.event(Event::Running {
            thing: format!("prbs test on {}", self.harness.registers.path().display()),
            state: format!("0x30 reads {:#010x}", self.error_register),
            elapsed,
            total,
        });
    }

    /// Stops it, and tells how long it ran.
    fn stop(&mut self) -> Result<Duration, DeviceError> {
        self.stopped = true;
        self.harness.registers.write(self.offsets.prbs_stop, 1)?;
        let ran = self.start.elapsed();
        self.note.take().into_iter().for_each(Note::end);
        Ok(ran)
    }

    /// Judges what was seen.
    fn report(self, options: &PrbsOptions, ran: Duration, (soaked, waited): (Soaked, Waited)) -> TestReport {
        let error_register = self.error_register;
        let verdict = match verdict(waited, self.errors.is_some()) {
            Verdict::Passed if matches!(soaked, Soaked::EndedEarly(_)) => Verdict::EndedEarly,
            other => other,
        };
        // A register that went down again has not counted all the errors, so it bounds nothing.
        let counted = self.errors.is_none_or(|errors| errors.highest == error_register);
        // Where it is not known that PRBS ran as long as it was to, neither is how many bits were tested.
        let ran_so_long = !matches!(verdict, Verdict::Stale | Verdict::NotDone);
        let rate = options.bit_rate.filter(|_| counted && ran_so_long);
        let soak = Soak {
            asked: options.duration,
            ran,
            samples: self.samples,
            errors: self.errors,
            ber: rate.and_then(|rate| rate.bound(ran, error_register)),
        };
        TestReport {
            test: "prbs",
            verdict,
            error_register,
            done_register: self.done.word,
            elapsed: self.start.elapsed(),
            stale_before: self.done.stale_before,
            soak: Some(soak),
        }
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        if !self.stopped {
            // On the way out of another error, which is the one to tell. A device that was removed from the bus goes on
            // answering at its old addresses, which nobody else has got within a nap.
            self.stop().ok();
        }
    }
}

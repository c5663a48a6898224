//! The PRBS test: start, look at the error register now and then, stop, wait for done, look again.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::ber::BitRate;
use super::{Bench, DoneBit, Registers, Soak, TestReport, Waited, verdict};
use crate::base::progress::Event;
use crate::device::{Device, DeviceError};

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
/// memory busy until the image is loaded again.
///
/// # Errors
/// When the device can't be accessed, or nobody answers any more.
pub fn prbs(
    bench: Bench<'_>,
    options: &PrbsOptions,
    each: &mut dyn FnMut(&Sample),
) -> Result<TestReport, DeviceError> {
    let registers = Registers::of_reference_design();
    let done = DoneBit::before_start(bench, registers.prbs_done)?;
    let mut run = Run::start(bench, registers, done)?;
    let soaked = run.soak(options, each);
    bench.progress.event(Event::WaitEnded);
    let interrupted = soaked?;
    let ran = run.stop()?;
    let waited = match interrupted {
        Some(signal) => Waited::Interrupted(signal),
        None => run.done.wait(options.timeout, options.accept_stale)?,
    };
    let error_register = bench.device.read_live32(registers.error)?;
    let ber = options.bit_rate.map(|rate| rate.bound(ran, error_register));
    Ok(TestReport {
        test: "prbs",
        verdict: verdict(waited, error_register),
        error_register,
        elapsed: run.start.elapsed(),
        stale_before: run.done.stale_before,
        soak: Some(Soak { ran, samples: run.samples, first_error: run.first_error, ber }),
    })
}

/// A test that runs; it is stopped at the latest when this is dropped.
struct Run<'a> {
    bench: Bench<'a>,
    registers: Registers,
    done: DoneBit<'a>,
    start: Instant,
    samples: u64,
    /// What 0x30 read at the last sample.
    error_register: u32,
    first_error: Option<Duration>,
    stopped: bool,
}

impl<'a> Run<'a> {
    fn start(bench: Bench<'a>, registers: Registers, done: DoneBit<'a>) -> Result<Self, DeviceError> {
        let start = Instant::now();
        bench.device.write32(registers.prbs_start, 1)?;
        Ok(Self {
            bench,
            registers,
            done,
            start,
            samples: 0,
            error_register: 0,
            first_error: None,
            stopped: false,
        })
    }

    /// Lets it run for its duration; gives the signal that ended it early.
    fn soak(
        &mut self,
        options: &PrbsOptions,
        each: &mut dyn FnMut(&Sample),
    ) -> Result<Option<i32>, DeviceError> {
        let mut next_sample = options.sample;
        loop {
            let elapsed = self.start.elapsed();
            self.bench.device.check_present()?;
            if !self.done.seen_clear {
                self.done.look()?;
            }
            if elapsed >= next_sample || elapsed >= options.duration {
                self.sample(elapsed, each)?;
                next_sample = elapsed + options.sample.max(SHORTEST_SAMPLE);
            }
            self.show(elapsed, options.duration);
            if let Some(signal) = self.bench.cancel.signal() {
                return Ok(Some(signal));
            }
            if elapsed >= options.duration {
                return Ok(None);
            }
            let left = options.duration.min(next_sample).saturating_sub(self.start.elapsed());
            // A done bit that was set is clear only from the start on, which may be short.
            let nap = if self.done.seen_clear { LONGEST_NAP } else { super::pace(elapsed) };
            std::thread::sleep(left.min(nap));
        }
    }

    fn sample(&mut self, elapsed: Duration, each: &mut dyn FnMut(&Sample)) -> Result<(), DeviceError> {
        let error_register = self.bench.device.read_live32(self.registers.error)?;
        self.samples += 1;
        self.error_register = error_register;
        if error_register != 0 && self.first_error.is_none() {
            self.first_error = Some(elapsed);
            let text = format!("0x30 reads {error_register:#010x} after {:.1} s", elapsed.as_secs_f64());
            self.bench.progress.warn(text);
        }
        each(&Sample { time: Timestamp::now(), elapsed, error_register });
        Ok(())
    }

    fn show(&self, elapsed: Duration, total: Duration) {
        self.bench.progress.event(Event::Running {
            thing: format!("prbs test on {}", self.bench.device.path().display()),
            state: format!("0x30 reads {:#010x}", self.error_register),
            elapsed,
            total,
        });
    }

    /// Stops it, and tells how long it ran.
    fn stop(&mut self) -> Result<Duration, DeviceError> {
        self.stopped = true;
        stop(self.bench.device, self.registers)?;
        Ok(self.start.elapsed())
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        if !self.stopped {
            // On the way out of another error, which is the one to tell. A device that was removed from the bus goes on
            // answering at its old addresses, which nobody else has got within a nap.
            stop(self.bench.device, self.registers).ok();
        }
    }
}

fn stop(device: &Device, registers: Registers) -> Result<(), DeviceError> {
    device.write32(registers.prbs_stop, 1)
}

//! The smoke test: start, wait for done, look at the error register.

use std::time::{Duration, Instant};

use super::Harness;
use super::done::DoneRegister;
use super::registers::Offsets;
use super::report::{TestReport, verdict};
use crate::base::progress::Event;
use crate::device::DeviceError;

/// How to run the smoke test.
#[derive(Clone, Debug)]
pub struct SmokeOptions {
    /// How long to wait for done.
    pub timeout: Duration,
    /// Take a done bit that was 1 before the start, and never 0 after it, for done.
    pub accept_stale: bool,
}

impl Default for SmokeOptions {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(60), accept_stale: false }
    }
}

/// Runs the smoke test.
///
/// # Errors
/// When the device can't be accessed, or nobody answers any more.
pub fn smoke(harness: Harness<'_>, options: &SmokeOptions) -> Result<TestReport, DeviceError> {
    let offsets = Offsets::of_reference_design();
    let mut done = DoneRegister::before_start(harness, offsets.smoke_done)?;
    // Said before the start: on a slow terminal a short test would be over before the first look at its done bit.
    harness.progress.event(Event::Waiting {
        thing: format!("smoke test on {}", harness.registers.path().display()),
        state: "running".to_owned(),
        elapsed: Duration::ZERO,
    });
    let start = Instant::now();
    let started = harness.registers.write(offsets.smoke_start, 1);
    let waited = started.and_then(|()| done.wait(options.timeout, options.accept_stale));
    harness.progress.event(Event::WaitEnded);
    let waited = waited?;
    let error_register = harness.registers.read(offsets.error)?;
    Ok(TestReport {
        test: "smoke",
        verdict: verdict(waited, error_register != 0),
        error_register,
        done_register: done.word,
        elapsed: start.elapsed(),
        stale_before: done.stale_before,
        soak: None,
    })
}

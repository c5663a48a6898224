//! The smoke test: start, wait for done, look at the error register.

use std::time::{Duration, Instant};

use super::{Bench, DoneBit, Registers, TestReport, verdict};
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
pub fn smoke(bench: Bench<'_>, options: &SmokeOptions) -> Result<TestReport, DeviceError> {
    let registers = Registers::of_reference_design();
    let mut done = DoneBit::before_start(bench, registers.smoke_done)?;
    let start = Instant::now();
    bench.device.write32(registers.smoke_start, 1)?;
    bench.progress.event(Event::Waiting {
        thing: format!("smoke test on {}", bench.device.path().display()),
        state: "running".to_owned(),
        elapsed: start.elapsed(),
    });
    let waited = done.wait(options.timeout, options.accept_stale);
    bench.progress.event(Event::WaitEnded);
    let waited = waited?;
    let error_register = bench.device.read_live32(registers.error)?;
    Ok(TestReport {
        test: "smoke",
        verdict: verdict(waited, error_register),
        error_register,
        elapsed: start.elapsed(),
        stale_before: done.stale_before,
        soak: None,
    })
}

//! A test's outcome as people, scripts and the shell see it.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::junit;
use crate::base::cancel::Cancel;
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::Page;
use crate::ddr::{Bench, BerBound, Soak, TestReport, Verdict};
use crate::device::{Access, Device, DeviceError, hex};

/// The flags that the tests share.
#[derive(Clone, Debug, Args)]
pub(super) struct TestArgs {
    /// Take a done bit that was 1 before the start, and never 0 after it, for done
    #[arg(long)]
    pub(super) accept_stale: bool,
    /// Write the result as JUnit XML too
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// Go on although another process has the device's lock
    #[arg(long)]
    no_lock: bool,
}

/// One word for the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Passed,
    Failed,
    Inconclusive,
    NotDone,
    Interrupted,
}

/// The outcome of one test.
#[derive(Clone, Debug, Serialize)]
pub(in crate::cli::commands) struct TestResult {
    pub(super) test: &'static str,
    pub(super) result: Outcome,
    /// What happened, in words.
    pub(super) detail: String,
    device: String,
    error_register: u32,
    error_register_hex: String,
    pub(super) seconds: f64,
    stale_before: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    soak: Option<SoakResult>,
    #[serde(skip)]
    pub(super) exit: Exit,
}

#[derive(Clone, Debug, Serialize)]
struct SoakResult {
    seconds: f64,
    samples: u64,
    first_error_seconds: Option<f64>,
    ber: Option<BerResult>,
}

#[derive(Clone, Debug, Serialize)]
struct BerResult {
    upper_bound: f64,
    confidence: f64,
    bits: f64,
    errors: u32,
    bits_per_second: f64,
    /// What the bound rests on.
    assumption: String,
}

impl TestResult {
    /// In words, for the device it ran on.
    pub(in crate::cli::commands) fn new(report: &TestReport, device: &Device) -> Self {
        let result = match report.verdict {
            Verdict::Passed => Outcome::Passed,
            Verdict::Failed => Outcome::Failed,
            Verdict::Inconclusive => Outcome::Inconclusive,
            Verdict::NotDone => Outcome::NotDone,
            Verdict::Interrupted(_) => Outcome::Interrupted,
        };
        Self {
            test: report.test,
            result,
            detail: report.to_string(),
            device: device.path().display().to_string(),
            error_register: report.error_register,
            error_register_hex: hex(report.error_register),
            seconds: report.elapsed.as_secs_f64(),
            stale_before: report.stale_before,
            soak: report.soak.as_ref().map(SoakResult::new),
            exit: report.verdict.into(),
        }
    }

    /// `✓ smoke  passed in 0.0s`, and the bound of the error rate if there is one.
    pub(super) fn human(&self, page: &mut Page) {
        let mark = if self.result == Outcome::Passed { "✓" } else { "✗" };
        page.line(format!("{mark} {:<6} {}", self.test, self.detail));
        if let Some(ber) = self.soak.as_ref().and_then(|soak| soak.ber.as_ref()) {
            page.line(format!("  {}", ber.line()));
        }
    }
}

impl SoakResult {
    fn new(soak: &Soak) -> Self {
        Self {
            seconds: soak.ran.as_secs_f64(),
            samples: soak.samples,
            first_error_seconds: soak.first_error.map(|time| time.as_secs_f64()),
            ber: soak.ber.as_ref().map(BerResult::new),
        }
    }
}

impl BerResult {
    fn new(bound: &BerBound) -> Self {
        let BerBound { bits_per_second, confidence, bits, errors, upper_bound } = *bound;
        let counted =
            if errors == 0 { "" } else { ", and that 0x30 counts wrong bits, which nobody documents" };
        let assumption = format!("rests on the given {bits_per_second:e} bits per second{counted}");
        Self { upper_bound, confidence, bits, errors, bits_per_second, assumption }
    }

    fn line(&self) -> String {
        let percent = self.confidence * 100.0;
        format!("bit error rate below {:.2e} at {percent}% confidence; {}", self.upper_bound, self.assumption)
    }
}

/// An open, locked device under test, with the flag of its signals set up before anything is started.
pub(super) struct UnderTest<'a> {
    pub(super) device: Device,
    cancel: Cancel,
    cx: &'a Context,
    junit: Option<PathBuf>,
}

impl<'a> UnderTest<'a> {
    /// Opens and locks the device; a device that can't be used is in the JUnit file too.
    pub(super) fn open(args: &TestArgs, test: &'static str, cx: &'a Context) -> Result<Self, Failure> {
        let cancel = cx.cancel()?;
        match cx.opener(!args.no_lock).open_locked(Access::Write) {
            Ok(device) => Ok(Self { device, cancel, cx, junit: args.junit.clone() }),
            Err(error) => Err(with_junit(args.junit.as_ref(), test, &[], error)),
        }
    }

    /// Runs a test on it, given those that ran before.
    pub(super) fn run(
        &self,
        test: &'static str,
        before: &[TestResult],
        body: impl FnOnce(Bench<'_>) -> Result<TestReport, DeviceError>,
    ) -> Result<TestResult, Failure> {
        let progress = self.cx.ui.progress();
        let bench = Bench { device: &self.device, cancel: &self.cancel, progress: &*progress };
        match body(bench) {
            Ok(report) => Ok(TestResult::new(&report, &self.device)),
            Err(error) => Err(with_junit(self.junit.as_ref(), test, before, error)),
        }
    }

    /// Writes the JUnit file.
    pub(super) fn finish(&self, results: &[TestResult]) -> Result<(), Failure> {
        self.junit.as_ref().map_or(Ok(()), |path| junit::write(path, results, None))
    }
}

fn with_junit(
    path: Option<&PathBuf>,
    test: &'static str,
    before: &[TestResult],
    error: DeviceError,
) -> Failure {
    let failure = Failure::from(error);
    match path.map(|path| junit::write(path, before, Some((test, &failure.message)))) {
        Some(Err(unwritten)) => failure.hint(unwritten.message),
        _ => failure,
    }
}

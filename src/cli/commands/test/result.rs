//! A test's outcome as people, scripts and the shell see it.

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::Exit;
use crate::cli::output::Page;
use crate::ddr::{BerBound, ErrorsSeen, Soak, TestReport, Verdict};
use crate::device::{Device, hex};

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

/// A test as CI servers show it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case<'a> {
    pub(super) name: &'a str,
    pub(super) result: Outcome,
    pub(super) detail: &'a str,
    pub(super) seconds: f64,
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
    pub(super) error_register_hex: String,
    done_register: u32,
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
    asked_seconds: f64,
    first_error_seconds: Option<f64>,
    /// The looks at 0x30 that did not read 0.
    errors: Option<ErrorsResult>,
    ber: Option<BerResult>,
}

#[derive(Clone, Debug, Serialize)]
struct ErrorsResult {
    first: u32,
    first_hex: String,
    first_time: Timestamp,
    highest: u32,
    highest_hex: String,
    samples: u64,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct BerResult {
    upper_bound: f64,
    pub(super) confidence: f64,
    pub(super) bits: f64,
    errors: u32,
    pub(super) bits_per_second: f64,
    /// What the bound rests on.
    assumption: String,
}

impl TestResult {
    /// In words, for the device it ran on.
    pub(in crate::cli::commands) fn new(report: &TestReport, device: &Device) -> Self {
        let result = match report.verdict {
            Verdict::Passed => Outcome::Passed,
            Verdict::Failed => Outcome::Failed,
            Verdict::Stale | Verdict::EndedEarly => Outcome::Inconclusive,
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
            done_register: report.done_register,
            seconds: report.elapsed.as_secs_f64(),
            stale_before: report.stale_before,
            soak: report.soak.as_ref().map(SoakResult::new),
            exit: report.verdict.into(),
        }
    }

    pub(super) fn case(&self) -> Case<'_> {
        Case { name: self.test, result: self.result, detail: &self.detail, seconds: self.seconds }
    }

    /// `✓ smoke  passed in 0.0s`, and the bound of the error rate if there is one.
    pub(super) fn human(&self, page: &mut Page) {
        let mark = if self.result == Outcome::Passed { "✓" } else { "✗" };
        page.line(format!("{mark} {:<6} {}", self.test, self.detail));
        if let Some(ber) = self.bound() {
            page.line(format!("  {}", ber.line()));
        }
    }

    /// The bound of the bit error rate, where there is one.
    pub(super) fn bound(&self) -> Option<&BerResult> {
        self.soak.as_ref()?.ber.as_ref()
    }

    /// What was seen besides the verdict, as short sentences.
    pub(super) fn facts(&self) -> Vec<String> {
        let mut facts = vec![format!("the done register read {:#x}", self.done_register)];
        if self.stale_before {
            facts.push("done before the start".to_owned());
        }
        let Some(soak) = &self.soak else { return facts };
        facts.push(format!("ran {:.1} s of {} s, {} looks", soak.seconds, soak.asked_seconds, soak.samples));
        if let Some(errors) = &soak.errors {
            let (after, time) = (soak.first_error_seconds.unwrap_or_default(), errors.first_time);
            facts.push(format!("first error {} after {after:.1} s, at {time:.0}", errors.first_hex));
            facts.push(format!("not 0 at {} looks, at most {}", errors.samples, errors.highest_hex));
        }
        facts
    }
}

impl SoakResult {
    fn new(soak: &Soak) -> Self {
        Self {
            seconds: soak.ran.as_secs_f64(),
            samples: soak.samples,
            asked_seconds: soak.asked.as_secs_f64(),
            first_error_seconds: soak.errors.map(|errors| errors.after.as_secs_f64()),
            errors: soak.errors.map(ErrorsResult::new),
            ber: soak.ber.as_ref().map(BerResult::new),
        }
    }
}

impl ErrorsResult {
    fn new(seen: ErrorsSeen) -> Self {
        let ErrorsSeen { first, time, highest, samples, .. } = seen;
        let (first_hex, highest_hex) = (hex(first), hex(highest));
        Self { first, first_hex, first_time: time, highest, highest_hex, samples }
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

    pub(super) fn line(&self) -> String {
        let percent = self.confidence * 100.0;
        format!("bit error rate below {:.2e} at {percent}% confidence; {}", self.upper_bound, self.assumption)
    }
}

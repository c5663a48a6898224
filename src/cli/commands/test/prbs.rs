//! `faascmd test prbs`

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::looks::Looks;
use super::result::TestResult;
use super::under_test::{TestArgs, UnderTest};
use crate::base::duration::{duration, some_time};
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::ddr::{self, BitRate, PrbsOptions};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd test prbs --duration 10m
  faascmd test prbs --duration 2d --sample 10s --log soak.jsonl --html soak.html
  faascmd test prbs --bits-per-second 102.4e9 --confidence 0.99")]
pub(in crate::cli) struct PrbsArgs {
    #[command(flatten)]
    pub(super) soak: SoakArgs,
    /// How long to wait for done after the stop
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    timeout: Duration,
    #[command(flatten)]
    test: TestArgs,
}

// The flags of the soak. (A doc comment would become that of each command.)
#[derive(Clone, Debug, Args)]
pub(super) struct SoakArgs {
    /// How long to run it
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = some_time)]
    duration: Duration,
    /// Time between two looks at the error register
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = duration)]
    sample: Duration,
    /// Write each look as a line of JSON
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Bits tested per second (data width × clock), for a bound of the bit error rate
    #[arg(long, value_name = "RATE", value_parser = rate)]
    bits_per_second: Option<f64>,
    /// Confidence of that bound, from 0 to 1
    #[arg(long, value_name = "CL", default_value = "0.95", requires = "bits_per_second", value_parser = confidence)]
    confidence: f64,
}

/// The answer.
#[derive(Debug, Serialize)]
struct PrbsReport(TestResult);

/// Runs the command.
pub(super) fn run(args: &PrbsArgs, cx: &Context) -> Outcome {
    let mut under_test = UnderTest::open(&args.test, "prbs", cx)?.with("prbs", args.soak.looks())?;
    let options = args.soak.options(args.timeout, args.test.accept_stale);
    let result = under_test.run("prbs", |harness, each| ddr::prbs(harness, &options, each))?;
    let exit = result.exit;
    cx.ui.print_with(&PrbsReport(result), exit)
}

impl Report for PrbsReport {
    const SCHEMA: &'static str = "faascmd.test.prbs/1";

    fn human(&self, page: &mut Page) {
        self.0.human(page);
    }
}

impl SoakArgs {
    /// What the test needs.
    pub(super) fn options(&self, timeout: Duration, accept_stale: bool) -> PrbsOptions {
        let confidence = self.confidence;
        PrbsOptions {
            duration: self.duration,
            sample: self.sample,
            timeout,
            accept_stale,
            bit_rate: self.bits_per_second.map(|bits_per_second| BitRate { bits_per_second, confidence }),
        }
    }

    /// Makes the log before the test starts, of a device that is locked: the log may be that of who has the lock.
    pub(super) fn looks(&self) -> Result<Looks, Failure> {
        let file = self.log.as_ref().map(|path| {
            File::create(path).map_err(|e| {
                Failure::new(Exit::Failed, format!("the log {} can't be written: {e}", path.display()))
            })
        });
        Ok(Looks::logged(file.transpose()?))
    }
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate: &f64| rate.is_finite() && *rate > 0.0);
    rate.ok_or_else(|| "write a number of bits per second, such as 102.4e9".to_owned())
}

fn confidence(text: &str) -> Result<f64, String> {
    let confidence = text.parse().ok().filter(|confidence: &f64| *confidence > 0.0 && *confidence < 1.0);
    confidence.ok_or_else(|| "write a number between 0 and 1, such as 0.95".to_owned())
}

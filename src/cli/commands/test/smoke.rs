//! `faascmd test smoke`

use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::result::TestResult;
use super::under_test::{TestArgs, UnderTest};
use crate::base::duration::duration;
use crate::cli::context::Context;
use crate::cli::error::Outcome;
use crate::cli::output::{Page, Report};
use crate::ddr::{self, SmokeOptions};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd test smoke
  faascmd test smoke --timeout 5m --junit smoke.xml")]
pub(in crate::cli) struct SmokeArgs {
    /// How long to wait for done
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    timeout: Duration,
    #[command(flatten)]
    test: TestArgs,
}

/// The answer.
#[derive(Debug, Serialize)]
struct SmokeReport(TestResult);

/// Runs the command.
pub(super) fn run(args: &SmokeArgs, cx: &Context) -> Outcome {
    let mut under_test = UnderTest::open(&args.test, "smoke", cx)?;
    let options = SmokeOptions { timeout: args.timeout, accept_stale: args.test.accept_stale };
    let result = under_test.run("smoke", |harness, _| ddr::smoke(harness, &options))?;
    let exit = result.exit;
    cx.ui.print_with(&SmokeReport(result), exit)
}

impl Report for SmokeReport {
    const SCHEMA: &'static str = "faascmd.test.smoke/1";

    fn human(&self, page: &mut Page) {
        self.0.human(page);
    }
}

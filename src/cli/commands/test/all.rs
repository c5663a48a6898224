//! `faascmd test all`

use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::prbs::SoakArgs;
use super::result::{TestArgs, TestResult, UnderTest};
use crate::base::duration::duration;
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::Outcome;
use crate::cli::output::{Page, Report};
use crate::ddr::{self, SmokeOptions};

/// Run the smoke test and then the PRBS test
///
/// PRBS is run only if the smoke test passed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd test all
  faascmd test all --duration 10m --log soak.jsonl --junit ddr.xml -o json")]
pub(in crate::cli) struct AllArgs {
    #[command(flatten)]
    soak: SoakArgs,
    /// How long to wait for each done
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    timeout: Duration,
    #[command(flatten)]
    test: TestArgs,
}

/// The answer: one result a test that was run.
#[derive(Debug, Serialize)]
struct AllReport {
    items: Vec<TestResult>,
}

/// Runs the command.
pub(super) fn run(args: &AllArgs, cx: &Context) -> Outcome {
    let mut log = args.soak.log()?;
    let under_test = UnderTest::open(&args.test, "smoke", cx)?;
    let smoke = SmokeOptions { timeout: args.timeout, accept_stale: args.test.accept_stale };
    let mut items = vec![under_test.run("smoke", &[], |bench| ddr::smoke(bench, &smoke))?];
    if items[0].exit == Exit::Done {
        let options = args.soak.options(args.timeout, args.test.accept_stale);
        let prbs = under_test.run("prbs", &items, |bench| {
            ddr::prbs(bench, &options, &mut |sample| log.line(sample, &cx.ui))
        })?;
        items.push(prbs);
    }
    under_test.finish(&items)?;
    let exit = items.last().map_or(Exit::Internal, |last| last.exit);
    cx.ui.print_with(&AllReport { items }, exit)
}

impl Report for AllReport {
    const SCHEMA: &'static str = "faascmd.test.all/1";

    fn human(&self, page: &mut Page) {
        self.items.iter().for_each(|item| item.human(page));
    }
}

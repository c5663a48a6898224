//! `faascmd test all`

use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::any_result::AnyResult;
use super::prbs::SoakArgs;
use super::result::TestResult;
use super::under_test::{TestArgs, UnderTest};
use crate::base::duration::duration;
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::Outcome;
use crate::cli::output::{Page, Report};
use crate::ddr::{self, SmokeOptions};

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
    items: Vec<AnyResult>,
}

/// Runs the command.
pub(super) fn run(args: &AllArgs, cx: &Context) -> Outcome {
    let mut under_test = UnderTest::open(&args.test, "smoke", cx)?.with("smoke", args.soak.looks())?;
    let smoke = SmokeOptions { timeout: args.timeout, accept_stale: args.test.accept_stale };
    let mut exit = shown(&under_test.run("smoke", |harness, _| ddr::smoke(harness, &smoke))?, cx)?;
    if exit == Exit::Done {
        let options = args.soak.options(args.timeout, args.test.accept_stale);
        let prbs = under_test.run("prbs", |harness, each| ddr::prbs(harness, &options, each))?;
        exit = shown(&prbs, cx)?;
    }
    let items = under_test.results();
    if cx.ui.is_json() { cx.ui.print_with(&AllReport { items }, exit) } else { Ok(exit) }
}

/// People see each result when it is there; JSON is one document at the end.
fn shown(result: &TestResult, cx: &Context) -> Outcome {
    if !cx.ui.is_json() {
        let mut page = cx.ui.page();
        result.human(&mut page);
        cx.ui.write(page.into_text().as_bytes())?;
    }
    Ok(result.exit)
}

impl Report for AllReport {
    const SCHEMA: &'static str = "faascmd.test.all/1";

    fn human(&self, page: &mut Page) {
        self.items.iter().for_each(|item| item.human(page));
    }
}

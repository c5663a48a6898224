//! `faascmd fleet report [RUN]`.

use std::path::PathBuf;

use clap::Args;

use super::outcomes::{Ran, exit_of};
use super::reported::Reported;
use super::{report_html, report_junit};
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output::ReportFile;
use crate::ops::fleet::Record;

/// Show what a run came to, also while it goes on and after a kill
///
/// What is shown was kept on this machine; nothing is asked of the cloud. The exit code is the run's.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd fleet report                          the last run
  faascmd fleet report 7f3b9c1e4a02 --html report.html
  faascmd fleet report ddr --junit results.xml  the last run of a fleet")]
pub(in crate::cli) struct ReportArgs {
    /// A run, by the beginning of its name, or a target, for its last run [default: the last run]
    #[arg(value_name = "RUN")]
    run: Option<String>,
    /// Write a JUnit file, a suite for each host
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write a page: hosts and chips, failures and the ends of their logs
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &ReportArgs, cx: &Context) -> Outcome {
    let record = find(args.run.as_deref())?;
    let ran = Ran::of(&record, false);
    let reported =
        Reported { verdict: ran.outcome(), started: record.started, finished: record.finished, ran };
    let files = [
        ("the JUnit file", &args.junit, report_junit::document as fn(&Reported) -> String),
        ("the page", &args.html, report_html::document),
    ];
    for (what, path, document) in files {
        if let Some(path) = path {
            ReportFile::open(what, path)?.write(&document(&reported))?;
        }
    }
    cx.ui.print_with(&reported, exit_of(reported.verdict))
}

/// The newest run of whatever region whose name begins so, or whose target this is.
fn find(wanted: Option<&str>) -> Result<Record, Failure> {
    let is = |record: &Record| {
        let is_whole = record.is_asked_for();
        let is_named = |wanted| is_whole && record.target == wanted || record.run.starts_with(wanted);
        wanted.map_or(is_whole, is_named)
    };
    let found = Record::everywhere()?.into_iter().find(is);
    found.ok_or_else(|| {
        let message = match wanted {
            Some(wanted) => format!("no run {wanted} is kept on this machine, nor one of such a target"),
            None => "no run is kept on this machine".to_owned(),
        };
        Failure::new(Exit::NotFound, message).hint("make one: faascmd fleet test TARGET")
    })
}

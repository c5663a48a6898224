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

/// The newest run of whatever region whose target this is, or whose name begins so.
fn find(wanted: Option<&str>) -> Result<Record, Failure> {
    named(&Record::everywhere()?, wanted).ok_or_else(|| {
        let message = match wanted {
            Some(wanted) => format!("no run {wanted} is kept on this machine, nor one of such a target"),
            None => "no run is kept on this machine".to_owned(),
        };
        Failure::new(Exit::NotFound, message).hint("make one: faascmd fleet test TARGET")
    })
}

fn named(kept: &[Record], wanted: Option<&str>) -> Option<Record> {
    let is_of_target = |run: &Record| run.is_asked_for() && wanted.is_none_or(|own| run.target == own);
    let is_called = |run: &Record| wanted.is_some_and(|own| !own.is_empty() && run.run.starts_with(own));
    // A fleet may be called as the name of somebody else's run begins.
    let found = kept.iter().find(|run| is_of_target(run)).or_else(|| kept.iter().find(|run| is_called(run)));
    found.cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_goes_before_the_beginning_of_a_run_s_name() {
        let of = |run: &str, target: &str| {
            let mut record = Record::default();
            (record.run, record.target) = (run.into(), target.into());
            record
        };
        let kept = [of("dead00000001", "ddr"), of("0123456789ab", "dead")];
        let found = |wanted| named(&kept, wanted).map(|run| run.run);
        assert_eq!(found(Some("dead")).as_deref(), Some("0123456789ab"));
        assert_eq!(found(Some("dead0")).as_deref(), Some("dead00000001"));
        assert_eq!(found(None).as_deref(), Some("dead00000001"));
        assert_eq!((found(Some("")), found(Some("x"))), (None, None));
    }
}

//! `faascmd fleet report [RUN]`.

use std::path::PathBuf;

use clap::Args;

use super::outcomes::exit_of;
use super::reported::Reported;
use super::{report_html, report_junit};
use crate::base::private_file::state_folder;
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
    #[command(flatten)]
    files: FileArgs,
}

// The files that tell what became of a run besides the answer. (A doc comment would become that of each command.)
#[derive(Debug, Args)]
pub(super) struct FileArgs {
    /// Write a JUnit file, a suite for each host
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write a page: hosts and chips, failures and the ends of their logs
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

pub(super) type Document = fn(&Reported) -> String;

impl FileArgs {
    /// The open files.
    pub(super) fn open(&self) -> Result<Vec<(ReportFile, Document)>, Failure> {
        let wanted = [
            ("the JUnit file", &self.junit, report_junit::document as Document),
            ("the page", &self.html, report_html::document),
        ];
        let wanted =
            wanted.into_iter().filter_map(|(what, path, document)| Some((what, path.as_ref()?, document)));
        wanted.map(|(what, path, document)| Ok((ReportFile::open(what, path)?, document))).collect()
    }
}

/// Runs the command.
pub(in crate::cli) fn run(args: &ReportArgs, cx: &Context) -> Outcome {
    let reported = find(args.run.as_deref())?;
    for (mut file, document) in args.files.open()? {
        file.write(&document(&reported))?;
    }
    cx.ui.print_with(&reported, exit_of(reported.verdict))
}

/// The newest run of whatever region whose target this is, or whose name begins so.
pub(super) fn find(wanted: Option<&str>) -> Result<Reported, Failure> {
    if state_folder().is_none() {
        let message = "no run is kept on this machine: neither HOME nor XDG_STATE_HOME names a folder";
        return Err(Failure::new(Exit::NotFound, message));
    }
    let found = named(&Record::everywhere()?, wanted).ok_or_else(|| {
        let message = match wanted {
            Some(wanted) => format!("no run {wanted} is kept on this machine, nor one of such a target"),
            None => "no run is kept on this machine".to_owned(),
        };
        Failure::new(Exit::NotFound, message).hint("make one: faascmd fleet test TARGET")
    })?;
    Ok(Reported::of(&found))
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

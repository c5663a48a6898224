//! `faascmd fleet report [RUN]`.

use std::path::{Path, PathBuf};

use clap::Args;
use quick_xml::escape::escape;

use super::outcomes::{Ran, exit_of};
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome as CommandOutcome};
use crate::cli::exit::Exit;
use crate::ops::fleet::{HostRecord, Outcome, Record};

/// Show what a run came to, also while it goes on and after a kill
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd fleet report                     the last run
  faascmd fleet report 7f3b9c1e02ab -o json
  faascmd fleet report --junit report.xml")]
pub(in crate::cli) struct ReportArgs {
    /// The run, as `fleet run` and `fleet test` call it [default: the last one]
    #[arg(value_name = "RUN")]
    run: Option<String>,
    /// Write it as JUnit XML too, a suite for each host
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &ReportArgs, cx: &Context) -> CommandOutcome {
    let region = cx.block_on(async { Ok(cx.cloud().await?.region().unwrap_or("unknown").to_owned()) })?;
    let runs = Record::all(&region)?;
    let found = match &args.run {
        Some(name) => runs.iter().find(|record| record.run == *name),
        None => runs.first(),
    };
    let record = found.ok_or_else(|| {
        let which = args.run.as_deref().map_or_else(|| "no run".to_owned(), |run| format!("no run {run}"));
        Failure::new(Exit::NotFound, format!("there is {which} in {region} on this machine"))
    })?;
    if let Some(path) = &args.junit {
        write(path, record)?;
    }
    let ran = Ran::of(record, false);
    cx.ui.print_with(&ran, exit_of(ran.outcome()))
}

fn write(path: &Path, record: &Record) -> Result<(), Failure> {
    std::fs::write(path, junit(record))
        .map_err(|e| Failure::new(Exit::Failed, format!("{}: {e}", path.display())))
}

/// A suite for each host, with the one thing that was run there.
fn junit(record: &Record) -> String {
    let suites = record.hosts.iter().map(|(id, host)| suite(id, host, record));
    let name = escape(format!("{} {}", record.kind, record.run)).into_owned();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{name}\">\n{}</testsuites>\n",
        suites.collect::<String>()
    )
}

fn suite(id: &str, host: &HostRecord, record: &Record) -> String {
    let (name, kind) = (escape(&host.name), escape(&record.kind));
    let said = |text: &str| {
        escape(text.replace(|c: char| c.is_control() && !matches!(c, '\n' | '\t'), "?")).into_owned()
    };
    let why = said(host.why.as_deref().unwrap_or_default());
    let output = said(&String::from_utf8_lossy(&record.output_of(id)));
    let (inside, failures, errors) = match host.outcome {
        Outcome::Passed => (String::new(), 0, 0),
        Outcome::Fault | Outcome::Failed => {
            let code = host.exit_code.map(|code| format!("exit {code} ")).unwrap_or_default();
            (format!("<failure message=\"{code}{why}\" type=\"{}\"/>", host.outcome.name()), 1, 0)
        }
        Outcome::NotRun | Outcome::Running => {
            (format!("<error message=\"{why}\" type=\"{}\"/>", host.outcome.name()), 0, 1)
        }
    };
    let seconds = host.seconds.unwrap_or(0);
    format!(
        "  <testsuite name=\"{name}\" tests=\"1\" failures=\"{failures}\" errors=\"{errors}\" time=\"{seconds}\">\n    \
         <testcase classname=\"{name}\" name=\"{kind}\" time=\"{seconds}\">{inside}<system-out>{output}</system-out></testcase>\n  \
         </testsuite>\n"
    )
}

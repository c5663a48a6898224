//! What became of a run: groups of hosts that answered the same, and a document with each.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::diff;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome as CommandOutcome};
use crate::cli::exit::Exit;
use crate::cli::output::{Page, Report};
use crate::ops::fleet::chip_tests::{self, ChipTest};
use crate::ops::fleet::{Counts, HostRecord, Outcome, Record, Target, folded};
use crate::ops::{self};

/// The most lines of a group's answer that are shown; the whole is in the files.
const LINES: usize = 60;

/// What became of a run.
#[derive(Debug, Serialize)]
pub(super) struct Ran {
    pub(super) run: String,
    pub(super) kind: String,
    pub(super) target: String,
    pub(super) counts: Counts,
    pub(super) hosts: Vec<RanHost>,
    /// The folder that holds what each host wrote.
    pub(super) logs: PathBuf,
    #[serde(skip)]
    diff: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct RanHost {
    pub(super) instance_id: String,
    pub(super) name: String,
    pub(super) state: &'static str,
    pub(super) outcome: Outcome,
    pub(super) exit_code: Option<i32>,
    pub(super) why: Option<String>,
    pub(super) seconds: Option<u64>,
    pub(super) output: String,
    /// Bytes that it wrote; more than are kept, if the log says less.
    pub(super) output_bytes: u64,
    pub(super) log: Option<PathBuf>,
    /// What was found on each chip.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) fpgas: Vec<ChipTest>,
}

impl Ran {
    pub(super) fn of(record: &Record, diff: bool) -> Self {
        let hosts = record.hosts.iter().map(|(id, host)| RanHost::of(id, host, record));
        let mut hosts: Vec<_> = hosts.collect();
        hosts.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.instance_id.cmp(&b.instance_id)));
        Self {
            run: record.run.clone(),
            kind: record.kind.clone(),
            target: record.target.clone(),
            counts: Counts::of(hosts.iter().map(|host| host.outcome)),
            hosts,
            logs: record.folder().join("logs"),
            diff,
        }
    }

    /// Of several outcomes the worst counts.
    pub(super) fn outcome(&self) -> Outcome {
        self.hosts.iter().map(|host| host.outcome).max().unwrap_or(Outcome::Passed)
    }

    /// Hosts that ended alike, the largest group first.
    fn groups(&self) -> Vec<Vec<&RanHost>> {
        let mut groups: BTreeMap<_, Vec<&RanHost>> = BTreeMap::new();
        for host in &self.hosts {
            let alike = (host.outcome, host.exit_code, host.why.as_deref(), host.output.as_str());
            groups.entry(alike).or_default().push(host);
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
        groups
    }
}

/// The exit code of an outcome.
pub(super) fn exit_of(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Passed => Exit::Done,
        Outcome::Running => Exit::Pending,
        Outcome::NotRun => Exit::Unreachable,
        Outcome::Failed => Exit::TaskFailed,
        Outcome::Fault => Exit::Fault,
    }
}

impl RanHost {
    fn of(id: &str, host: &HostRecord, record: &Record) -> Self {
        let output = String::from_utf8_lossy(&record.output_of(id)).into_owned();
        Self {
            fpgas: chip_tests::read(&output),
            instance_id: id.to_owned(),
            name: host.name.clone(),
            state: if host.outcome == Outcome::Running { "running" } else { "over" },
            outcome: host.outcome,
            exit_code: host.exit_code,
            why: host.why.clone().filter(|_| host.outcome != Outcome::Passed),
            seconds: host.seconds,
            output,
            output_bytes: host.size,
            log: host.log.clone(),
        }
    }

    /// `exit 3`, `not run: its assistant is offline`.
    pub(super) fn ended(&self) -> String {
        match (self.outcome, self.exit_code, &self.why) {
            (Outcome::Passed, ..) => "passed".to_owned(),
            (_, Some(code), _) => format!("exit {code}"),
            (outcome, None, Some(why)) => format!("{}: {why}", outcome.name().replace('_', " ")),
            (outcome, None, None) => outcome.name().replace('_', " "),
        }
    }
}

/// Prints it; the exit code is the worst outcome's.
pub(super) fn print(cx: &Context, ran: &Ran) -> CommandOutcome {
    if !ran.hosts.iter().all(|host| host.outcome == Outcome::Passed) {
        cx.ui.note(&format!("logs: {}", ran.logs.display()));
    }
    cx.ui.print_with(ran, exit_of(ran.outcome()))
}

/// How long a run may take together: what a host may take, and what the way to it takes.
pub(super) fn whole_time(of_a_host: Duration) -> Duration {
    of_a_host.saturating_add(Duration::from_mins(10))
}

/// A run that was stopped here goes on on the hosts: the lines that go on with it and that end it.
pub(super) fn stopped(error: ops::Error, target: &Target) -> Failure {
    let is_signal = matches!(error, ops::Error::Interrupted { .. });
    let failure = Failure::from(error);
    if is_signal { failure.hint(format!("release the hosts: faascmd fleet down {target}")) } else { failure }
}

impl Report for Ran {
    const SCHEMA: &'static str = "faascmd.fleet.run/1";

    fn human(&self, page: &mut Page) {
        let groups = self.groups();
        let most = groups.first().map(|group| group[0].output.as_str()).unwrap_or_default();
        for (number, group) in groups.iter().enumerate() {
            let names: Vec<_> = group.iter().map(|host| host.name.as_str()).collect();
            page.line(format!("── {} ({}): {}", folded(&names), group.len(), group[0].ended()));
            let text = &group[0].output;
            if self.diff && number > 0 {
                diff::lines(most, text).iter().for_each(|line| page.line(line));
            } else {
                show(page, text);
            }
        }
        page.line(self.counts.line());
    }
}

/// A text, its beginning left out where it is long: what went wrong is said last.
fn show(page: &mut Page, text: &str) {
    let lines: Vec<_> = text.lines().collect();
    let hidden = lines.len().saturating_sub(LINES);
    if hidden > 0 {
        page.line(format!("… {hidden} lines before"));
    }
    lines[hidden..].iter().for_each(|line| page.line(line));
}

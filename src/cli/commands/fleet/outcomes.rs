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
use crate::ops::fleet::{
    Cost, Counts, Fetch, HostRecord, LoadedChip, Outcome, Phase, Record, RunRequest, Services, Target, ended,
    fetch, folded,
};
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
    /// What the hosts cost, as far as the service told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cost: Option<Cost>,
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
    /// What was loaded into each chip.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) loads: Vec<LoadedChip>,
    /// What took how long.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) phases: Vec<Phase>,
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
            cost: record.cost.clone(),
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
            loads: host.loads.clone(),
            phases: host.phases.clone(),
        }
    }

    /// `exit 3`, `not run: its assistant is offline`.
    pub(super) fn ended(&self) -> String {
        ended(self.outcome, self.exit_code, self.why.as_deref())
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

/// Long texts come cut; what there is a bucket for is fetched whole, from the files in which the hosts keep it.
pub(super) async fn fetch_whole_logs(
    cx: &Context,
    services: Services<'_>,
    request: &RunRequest<'_>,
    record: &Record,
) {
    let log = |id: &str| record.hosts.get(id).and_then(|host| host.log.clone());
    let is_cut = |id: &str| {
        let kept = log(id).and_then(|path| Some(std::fs::metadata(path).ok()?.len()));
        kept.zip(record.hosts.get(id)).is_some_and(|(kept, host)| kept < host.size)
    };
    let hosts: Vec<_> = request.hosts.iter().filter(|host| is_cut(&host.id)).cloned().collect();
    if hosts.is_empty() {
        return;
    }
    let count = hosts.len();
    let names_file = format!("file=\"${{FAASCMD_HOST_ROOT:-}}/var/lib/faascmd/{}/output\"", record.run);
    let wanted = Fetch { target: request.target, hosts, names_file, timeout: Duration::from_mins(10) };
    let place = |host: &crate::ecs::Instance| log(&host.id).unwrap_or_default();
    let whole = match cx.oss().await {
        Ok(oss) => fetch(services, &oss, &wanted, place).await.map_err(|error| error.to_string()),
        Err(failure) => Err(failure.message),
    };
    let left = match &whole {
        Ok(fetched) => fetched.iter().filter(|host| host.outcome != Outcome::Passed).count(),
        Err(_) => count,
    };
    if left > 0 {
        let why = whole.err().map(|why| format!(" ({why})")).unwrap_or_default();
        cx.ui.warn(&format!(
            "of {left} hosts only the end of what they wrote is here{why}; the whole is there in \
             /var/lib/faascmd/{}/output",
            record.run
        ));
    }
}

/// What was stopped here goes on there, and costs: the lines that go on with it and, if the hosts are ours, that end it.
pub(super) fn stopped(error: ops::Error, target: &Target) -> Failure {
    let goes_on = matches!(error, ops::Error::Interrupted { .. } | ops::Error::Pending { .. });
    let failure = Failure::from(error);
    if goes_on { or_released(failure, target) } else { failure }
}

/// The line that ends what costs, if the hosts are ours.
pub(super) fn or_released(failure: Failure, target: &Target) -> Failure {
    match target {
        Target::Fleet(name) => failure.hint(format!("release the hosts: faascmd fleet down {name}")),
        _ => failure,
    }
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
                diff::lines(most, text).iter().for_each(|line| page.foreign_line(line));
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
    lines[hidden..].iter().for_each(|line| page.foreign_line(line));
}

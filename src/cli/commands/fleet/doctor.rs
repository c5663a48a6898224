//! `faascmd fleet doctor TARGET`.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::TargetArgs;
use super::outcomes;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome as CommandOutcome};
use crate::cli::exit::Exit;
use crate::cli::output::{Page, Report};
use crate::ecs::{AssistantStatus, Instance, InstanceState, fpga_type};
use crate::ops::doctor::State;
use crate::ops::fleet::doctor::{Finding, command, read};
use crate::ops::fleet::{
    Counts, Outcome, Record, RunRequest, Services, folded, hosts_address, judge_command, online,
    run as run_on_hosts,
};

/// How long a host may take with what is looked at there.
const LOOK: Duration = Duration::from_mins(1);

/// Say what is wrong on the hosts of a fleet: assistant, driver, chips, clock, the way to OSS
///
/// Exits 1 when a host has something that does not work. Nothing is changed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd fleet doctor ddr
  faascmd fleet doctor ddr --on failed -o json")]
pub(in crate::cli) struct DoctorArgs {
    #[command(flatten)]
    target: TargetArgs,
}

#[derive(Debug, Serialize)]
struct Diagnosis {
    target: String,
    ok: bool,
    counts: Counts,
    hosts: Vec<Examined>,
}

#[derive(Debug, Serialize)]
struct Examined {
    instance_id: String,
    name: String,
    state: String,
    /// Whether it could be looked at.
    outcome: Outcome,
    checks: Vec<Finding>,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &DoctorArgs, cx: &Context) -> CommandOutcome {
    let hosts = cx.block_on(examine(args, cx))?;
    let ok = hosts.iter().flat_map(|host| &host.checks).all(|check| check.state != State::Fail);
    let counts = Counts::of(hosts.iter().map(|host| host.outcome));
    let diagnosis = Diagnosis { target: args.target.target.to_string(), ok, counts, hosts };
    cx.ui.print_with(&diagnosis, if ok { Exit::Done } else { Exit::Failed })
}

async fn examine(args: &DoctorArgs, cx: &Context) -> Result<Vec<Examined>, Failure> {
    let ecs = cx.ecs().await?;
    let hosts = args.target.hosts(&ecs).await?;
    let deadline = cx.deadline(outcomes::whole_time(LOOK)).await?;
    let services = Services { ecs: &ecs, deadline: &deadline };
    let assistants = online(&ecs, &hosts).await?;
    let ready = |host: &&Instance| {
        host.state == InstanceState::Running && assistants.get(&host.id).is_some_and(|status| status.online)
    };
    let heard: Vec<_> = hosts.iter().filter(ready).cloned().collect();
    let record = if heard.is_empty() { None } else { Some(look(args, cx, services, heard).await?) };
    let examined = hosts.iter().map(|host| Examined::of(host, assistants.get(&host.id), record.as_ref()));
    Ok(examined.collect())
}

async fn look(
    args: &DoctorArgs,
    cx: &Context,
    services: Services<'_>,
    hosts: Vec<Instance>,
) -> Result<Record, Failure> {
    // Without a bucket the way to it is not looked at.
    let url = match cx.oss().await {
        Ok(oss) => hosts_address(&oss).await.ok(),
        Err(_) => None,
    };
    let request = RunRequest {
        target: &args.target.target,
        hosts,
        kind: "doctor",
        prepare: String::new(),
        command: command(url.as_deref()),
        timeout: LOOK,
        canary: 0,
        judge: judge_command,
        secret: None,
        part_of: None,
    };
    let ran = run_on_hosts(services, &request).await;
    ran.map_err(|error| outcomes::stopped(error, &args.target.target))
}

impl Examined {
    fn of(host: &Instance, assistant: Option<&AssistantStatus>, record: Option<&Record>) -> Self {
        let mut checks = vec![of_state(host)];
        // Nothing is heard of who is stopped.
        checks.extend((host.state == InstanceState::Running).then(|| of_assistant(assistant)));
        let looked = record.and_then(|record| record.hosts.get(&host.id));
        if let (Some(record), Some(looked)) = (record, looked) {
            let output = String::from_utf8_lossy(&record.output_of(&host.id)).into_owned();
            let chips = fpga_type(&host.instance_type).map_or(0, |of| usize::from(of.chips));
            checks.extend(read(&output, chips, &record.target));
            let why = looked.why.clone().filter(|_| looked.outcome != Outcome::Passed);
            checks.extend(why.map(|why| Finding::new("command", State::Fail, why)));
        }
        Self {
            instance_id: host.id.clone(),
            name: host.name.clone(),
            state: host.state.to_string(),
            outcome: looked.map_or(Outcome::NotRun, |looked| looked.outcome),
            checks,
        }
    }
}

fn of_state(host: &Instance) -> Finding {
    let finding = |state| Finding::new("instance", state, host.state.to_string());
    match host.state {
        InstanceState::Running => finding(State::Ok),
        InstanceState::Stopped | InstanceState::Stopping => {
            finding(State::Fail).hint(format!("start it: faascmd fleet start {}", host.id))
        }
        _ => finding(State::Fail),
    }
}

fn of_assistant(assistant: Option<&AssistantStatus>) -> Finding {
    match assistant {
        Some(AssistantStatus { online: true, version, .. }) => {
            Finding::new("assistant", State::Ok, version.clone().unwrap_or_default())
        }
        Some(AssistantStatus { version: Some(version), .. }) => {
            Finding::new("assistant", State::Fail, format!("{version}, offline"))
                .hint("restart the host, or let its security group pass HTTPS to Cloud Assistant")
        }
        _ => Finding::new("assistant", State::Fail, "never heard of")
            .hint("have the system image bring Cloud Assistant, or install it and restart the host"),
    }
}

impl Report for Diagnosis {
    const SCHEMA: &'static str = "faascmd.fleet.doctor/1";

    /// Hosts of which the same is to be said stand in one line, what does not work first.
    fn human(&self, page: &mut Page) {
        let mut alike: BTreeMap<&Finding, Vec<&str>> = BTreeMap::new();
        for host in &self.hosts {
            host.checks.iter().for_each(|check| alike.entry(check).or_default().push(&host.name));
        }
        let word = |state| match state {
            State::Ok => "ok",
            State::Warn => "warn",
            State::Fail => "fail",
            State::Skipped => "skipped",
        };
        let mut found: Vec<_> = alike.into_iter().collect();
        found.sort_by_key(|(finding, _)| std::cmp::Reverse(finding.state));
        let rows = found.iter().map(|(finding, names)| {
            let of = [word(finding.state), finding.name, &finding.detail].map(str::to_owned);
            let rest = [folded(names), finding.next.clone().unwrap_or_default()];
            of.into_iter().chain(rest).collect()
        });
        page.table(&["state", "check", "seen", "hosts", "next"], &rows.collect::<Vec<_>>());
    }
}

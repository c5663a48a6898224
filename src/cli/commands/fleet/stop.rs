//! `faascmd fleet stop TARGET` and `faascmd fleet start TARGET`.

use clap::Args;
use serde::Serialize;

use super::host::Host;
use super::{BOOT, TargetArgs};
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output::{Page, Report};
use crate::ecs::{Changed, Ecs, Instance, InstanceFilter, InstanceState, StopMode};
use crate::ops::fleet::{Services, folded, settle_in};

/// Stop the hosts of a fleet
///
/// Their chips go to others: the images in them and the memory of the cards are lost, disks stay and are billed. With
/// --keep-charging the chips stay, and the bill does, too.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd fleet stop ddr
  faascmd fleet stop ddr --on 005-008 --keep-charging --yes")]
pub(in crate::cli) struct StopArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Keep the machines, and go on paying for them
    #[arg(long)]
    keep_charging: bool,
}

/// Start the stopped hosts of a fleet
///
/// A start asks for new machines where the stop gave them back, and there may be none. Chips come up empty: load them anew.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  faascmd fleet start ddr && faascmd fleet deploy ddr bit.tar.gz")]
pub(in crate::cli) struct StartArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Return as soon as all are asked to start
    #[arg(long)]
    no_wait: bool,
}

#[derive(Debug, Serialize)]
struct Switched {
    target: String,
    hosts: Vec<Host>,
    refused: Vec<Refused>,
    /// Those that somebody released meanwhile.
    #[serde(skip)]
    gone: Vec<String>,
    #[serde(skip)]
    verb: &'static str,
}

#[derive(Debug, Serialize)]
struct Refused {
    instance_id: String,
    name: String,
    code: String,
    message: String,
}

/// Runs `stop`.
pub(in crate::cli) fn run_stop(args: &StopArgs, cx: &Context) -> Outcome {
    let mode = if args.keep_charging { StopMode::KeepCharging } else { StopMode::StopCharging };
    let switched = cx.block_on(stop(&args.target, mode, cx))?;
    finish(&switched, cx)
}

/// Runs `start`.
pub(in crate::cli) fn run_start(args: &StartArgs, cx: &Context) -> Outcome {
    let switched = cx.block_on(start(args, cx))?;
    finish(&switched, cx)
}

async fn stop(target: &TargetArgs, mode: StopMode, cx: &Context) -> Result<Switched, Failure> {
    let ecs = cx.ecs().await?;
    let all = target.hosts(&ecs).await?;
    let (stopped, all): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|host| host.state == InstanceState::Stopped);
    let (stopping, hosts): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|host| host.state == InstanceState::Stopping);
    let names: Vec<_> = hosts.iter().map(|host| host.name.as_str()).collect();
    let lost = match mode {
        StopMode::StopCharging => "Images and memory of their chips are lost; disks are billed on.",
        StopMode::KeepCharging => "They are billed on in full.",
    };
    let question = format!("stop {} hosts: {}? {lost}", hosts.len(), folded(&names));
    if !hosts.is_empty() && !cx.ui.confirms(&question)? {
        return Err(Failure::new(Exit::Usage, "nothing was stopped"));
    }
    let deadline = cx.deadline(BOOT).await?;
    let services = Services { ecs: &ecs, deadline: &deadline };
    let ids = ids_of(&hosts);
    let refused = refused(&hosts, ecs.stop(&ids, mode).await?);
    let refused =
        without_those_that_go(&ecs, refused, [InstanceState::Stopping, InstanceState::Stopped]).await?;
    let going = [without(&ids, &refused), ids_of(&stopping)].concat();
    let all = [hosts, stopping].concat();
    let hosts = settle_in(services, &target.target, &going, &InstanceState::Stopped).await?;
    let gone = gone(&all, &going, &hosts);
    // The service passes over a mode that an instance does not know, and who was stopped before may have been so in another.
    let stopped = hosts.iter().chain(&stopped);
    let billed = stopped.filter(|host| host.stopped_mode.as_deref() != Some("StopCharging"));
    let billed: Vec<_> = billed.map(|host| host.name.as_str()).collect();
    if mode == StopMode::StopCharging && !billed.is_empty() {
        cx.ui.warn(&format!("stopped, and billed on in full: {}", folded(&billed)));
    }
    Ok(Switched {
        target: target.target.to_string(),
        hosts: hosts.iter().map(Host::of).collect(),
        refused,
        gone,
        verb: "stopped",
    })
}

async fn start(args: &StartArgs, cx: &Context) -> Result<Switched, Failure> {
    let ecs = cx.ecs().await?;
    let mut hosts = args.target.hosts(&ecs).await?;
    let deadline = cx.deadline(BOOT).await?;
    let services = Services { ecs: &ecs, deadline: &deadline };
    hosts.retain(|host| matches!(host.state, InstanceState::Stopped | InstanceState::Stopping));
    let all = hosts.clone();
    // Who is on the way down can't be started before he is there.
    hosts = settle_in(services, &args.target.target, &ids_of(&all), &InstanceState::Stopped).await?;
    let ids = ids_of(&hosts);
    let refused = refused(&hosts, ecs.start(&ids).await?);
    let refused =
        without_those_that_go(&ecs, refused, [InstanceState::Starting, InstanceState::Running]).await?;
    let going = without(&ids, &refused);
    hosts = if args.no_wait {
        ecs.instances(&InstanceFilter::Ids(going.clone())).await?
    } else {
        settle_in(services, &args.target.target, &going, &InstanceState::Running).await?
    };
    let target = args.target.target.to_string();
    if !going.is_empty() {
        cx.ui.note(&format!("chips come up empty: load them anew, faascmd fleet deploy {target} FILE"));
    }
    let gone = gone(&all, &without(&ids_of(&all), &refused), &hosts);
    Ok(Switched { target, hosts: hosts.iter().map(Host::of).collect(), refused, gone, verb: "started" })
}

fn ids_of(hosts: &[Instance]) -> Vec<String> {
    hosts.iter().map(|host| host.id.clone()).collect()
}

fn refused(hosts: &[Instance], changed: Vec<Changed>) -> Vec<Refused> {
    let name_of = |id: &str| hosts.iter().find(|host| host.id == id).map(|host| host.name.clone());
    let of = |changed: Changed| {
        let (code, message) = changed.refusal?;
        let name = name_of(&changed.instance_id).unwrap_or_default();
        Some(Refused { instance_id: changed.instance_id, name, code, message })
    };
    changed.into_iter().filter_map(of).collect()
}

/// Who was asked twice, because the answer was lost, refuses the second time for he is on his way.
async fn without_those_that_go(
    ecs: &Ecs,
    mut refused: Vec<Refused>,
    ways: [InstanceState; 2],
) -> Result<Vec<Refused>, Failure> {
    let ids: Vec<_> = refused.iter().map(|refused| refused.instance_id.clone()).collect();
    let hosts = ecs.instances(&InstanceFilter::Ids(ids)).await?;
    let goes = |id: &str| hosts.iter().any(|host| host.id == id && ways.contains(&host.state));
    refused.retain(|refused| refused.code != "IncorrectInstanceStatus" || !goes(&refused.instance_id));
    Ok(refused)
}

fn without(ids: &[String], refused: &[Refused]) -> Vec<String> {
    let going = ids.iter().filter(|id| refused.iter().all(|refused| refused.instance_id != **id));
    going.cloned().collect()
}

/// The names of those that were waited for and are not there.
fn gone(all: &[Instance], going: &[String], hosts: &[Instance]) -> Vec<String> {
    let is_gone =
        |host: &&Instance| going.contains(&host.id) && hosts.iter().all(|there| there.id != host.id);
    all.iter().filter(is_gone).map(|host| host.name.clone()).collect()
}

/// Somebody released hosts that were waited for; the others are where they should be.
fn released(switched: &Switched) -> Failure {
    let gone: Vec<_> = switched.gone.iter().map(String::as_str).collect();
    let others: Vec<_> = switched.hosts.iter().map(|host| host.name.as_str()).collect();
    let message = format!("{} could not be {}: released by somebody meanwhile", folded(&gone), switched.verb);
    let failure = Failure::new(Exit::NotFound, message);
    if others.is_empty() { failure } else { failure.hint(format!("{}: {}", switched.verb, folded(&others))) }
}

/// Prints it; one host that was refused, or is gone, is the command's failure.
fn finish(switched: &Switched, cx: &Context) -> Outcome {
    let Some(first) = switched.refused.first() else {
        return if switched.gone.is_empty() { cx.ui.print(switched) } else { Err(released(switched)) };
    };
    let names: Vec<_> = switched.refused.iter().map(|refused| refused.name.as_str()).collect();
    let message =
        format!("{} could not be {}: {}: {}", folded(&names), switched.verb, first.code, first.message);
    let advice = crate::codes::advice("ecs", "StopInstances", &first.code);
    let exit = match crate::codes::class("ecs", "StartInstances", &first.code) {
        Some(crate::codes::Class::Capacity) => Exit::Unreachable,
        Some(crate::codes::Class::Conflict) => Exit::Conflict,
        Some(crate::codes::Class::NotFound) => Exit::NotFound,
        _ => Exit::Refused,
    };
    Err(advice.into_iter().fold(Failure::new(exit, message), Failure::hint))
}

impl Report for Switched {
    const SCHEMA: &'static str = "faascmd.fleet.state/1";

    fn human(&self, page: &mut Page) {
        if self.hosts.is_empty() {
            page.line(format!("nothing to do: all of {} are {} already", self.target, self.verb));
        }
        for host in &self.hosts {
            page.line(format!("{} {}  {}  {}", self.verb, host.name, host.instance_id, host.state_said()));
        }
    }
}

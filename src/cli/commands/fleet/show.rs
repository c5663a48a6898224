//! `faascmd fleet show TARGET`.

use clap::Args;
use futures_util::StreamExt;
use serde::Serialize;

use super::TargetArgs;
use super::host::{Fpga, Host};
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::ecs::{Instance, InstanceState, fpga_type};
use crate::faas::Faas;
use crate::ops::fleet::{Cost, cost_of, online};

/// How many chips are asked for at a time: the service has no call for all.
const AT_ONCE: usize = 8;

/// Show the hosts of a fleet: their chips, what these carry, the assistant, the release
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd fleet show ddr
  faascmd fleet show tag:team=fpga --no-chips
  faascmd fleet show ddr -o json | jq -r '.hosts[] | select(.assistant.online | not) | .name'")]
pub(in crate::cli) struct ShowArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Do not ask for the chips, which takes two calls and more a host
    #[arg(long)]
    no_chips: bool,
}

#[derive(Debug, Serialize)]
struct Shown {
    target: String,
    hosts: Vec<Host>,
    cost: Option<Cost>,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &ShowArgs, cx: &Context) -> Outcome {
    let shown = cx.block_on(show(args, cx))?;
    cx.ui.print(&shown)
}

async fn show(args: &ShowArgs, cx: &Context) -> Result<Shown, Failure> {
    let ecs = cx.ecs().await?;
    let instances = args.target.hosts(&ecs).await?;
    let assistants = online(&ecs, &instances).await?;
    let mut hosts: Vec<_> = instances.iter().map(Host::of).collect();
    for host in &mut hosts {
        host.assistant = assistants.get(&host.instance_id).cloned();
    }
    if !args.no_chips {
        let faas = cx.faas().await?;
        let asked = instances.iter().map(|instance| chips(&faas, instance));
        let found: Vec<_> = futures_util::stream::iter(asked).buffered(AT_ONCE).collect().await;
        for (host, fpgas) in hosts.iter_mut().zip(found) {
            host.fpgas = fpgas?;
        }
    }
    let cost = cost_of(&ecs, &instances).await;
    Ok(Shown { target: args.target.target.to_string(), hosts, cost })
}

/// The chips of a running host, and what each carries.
async fn chips(faas: &Faas, host: &Instance) -> Result<Option<Vec<Fpga>>, Failure> {
    if host.state != InstanceState::Running || fpga_type(&host.instance_type).is_none() {
        return Ok(None);
    }
    let mut fpgas = Vec::new();
    for chip in faas.chips(&host.id).await?.view {
        let status = faas.load_status(&host.id, &chip.uuid).await?.view;
        fpgas.push(Fpga {
            fpga_uuid: chip.uuid,
            fpga_type: chip.fpga_type,
            shell: status.shell.or(chip.shell),
            image_uuid: status.image_uuid,
            status: Some(status.task_status.to_string()).filter(|word| !word.is_empty()),
        });
    }
    Ok(Some(fpgas))
}

impl Report for Shown {
    const SCHEMA: &'static str = "faascmd.fleet.show/1";

    fn human(&self, page: &mut Page) {
        let rows = self.hosts.iter().map(|host| {
            let assistant = host.assistant.as_ref();
            let assistant = assistant.map_or("unknown", |own| if own.online { "online" } else { "offline" });
            let of_host = [&host.name, &host.instance_id, &host.instance_type, &host.zone];
            let of_host = of_host.into_iter().cloned();
            of_host
                .chain([host.state_said(), assistant.into(), chips_said(host), host.release_said()])
                .collect()
        });
        let columns = ["name", "instance", "type", "zone", "state", "assistant", "chips", "released"];
        page.table(&columns, &rows.collect::<Vec<_>>());
        if let Some(cost) = &self.cost {
            page.facts(&[("cost", cost.said())]);
        }
    }
}

/// `2 × a8cee2f0-…`, or each chip's own.
fn chips_said(host: &Host) -> String {
    let Some(fpgas) = &host.fpgas else { return String::new() };
    let carried = |fpga: &Fpga| fpga.image_uuid.clone().unwrap_or_else(|| "empty".into());
    let mut all: Vec<_> = fpgas.iter().map(carried).collect();
    all.dedup();
    match all.as_slice() {
        [one] if fpgas.len() > 1 => format!("{} × {one}", fpgas.len()),
        many => many.join(", "),
    }
}

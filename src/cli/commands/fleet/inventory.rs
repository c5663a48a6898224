//! `faascmd fleet inventory TARGET`.

use clap::Args;
use serde::Serialize;

use super::TargetArgs;
use super::host::Host;
use crate::cli::context::Context;
use crate::cli::error::Outcome;
use crate::cli::output::{Page, Report};
use crate::ecs::{Instance, InstanceState};
use crate::ops::fleet::{FLEET_TAG, file_name};

/// Print an Ansible inventory of the hosts of a fleet
///
/// Running hosts only, in a group of the fleet's name, with the address inside the VPC; the public one with --public. Hosts that
/// share a name stand there by their ids.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  faascmd fleet inventory ddr > hosts.ini && ansible -i hosts.ini ddr -m ping")]
pub(in crate::cli) struct InventoryArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// The address on the internet
    #[arg(long)]
    public: bool,
}

#[derive(Debug, Serialize)]
struct Inventory {
    group: String,
    hosts: Vec<Host>,
    #[serde(skip)]
    lines: Vec<String>,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &InventoryArgs, cx: &Context) -> Outcome {
    let mut hosts = cx.block_on(async {
        let ecs = cx.ecs().await?;
        args.target.hosts(&ecs).await
    })?;
    let group = hosts.first().and_then(|host| host.tags.get(FLEET_TAG)).map_or("hosts", String::as_str);
    // A group's name takes letters, digits and `_` only.
    let group: String = group.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    hosts.retain(|host| host.state == InstanceState::Running);
    let names = || hosts.iter().map(|host| host.name.as_str());
    let lines = hosts.iter().map(|host| line(host, file_name(&host.id, &host.name, names()), args.public));
    let (lines, hosts) = (lines.collect(), hosts.iter().map(Host::of).collect());
    cx.ui.print(&Inventory { group, hosts, lines })
}

fn line(host: &Instance, name: &str, public: bool) -> String {
    let of = if public { &host.public_ips } else { &host.private_ips };
    let address = of.first().map(|ip| format!(" ansible_host={ip}")).unwrap_or_default();
    format!("{name}{address} instance_id={} instance_type={} zone={}", host.id, host.instance_type, host.zone)
}

impl Report for Inventory {
    const SCHEMA: &'static str = "faascmd.fleet.inventory/1";

    fn human(&self, page: &mut Page) {
        page.line(format!("[{}]", self.group));
        self.lines.iter().for_each(|line| page.line(line));
    }
}

//! `faascmd fleet inventory TARGET`.

use clap::Args;

use super::TargetArgs;
use crate::cli::context::Context;
use crate::cli::error::Outcome;
use crate::cli::exit::Exit;
use crate::ecs::{Instance, InstanceState};
use crate::ops::fleet::FLEET_TAG;

/// Print an Ansible inventory of the hosts of a fleet
///
/// Running hosts only, in a group of the fleet's name, with the address inside the VPC; the public one with --public.
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

/// Runs the command.
pub(in crate::cli) fn run(args: &InventoryArgs, cx: &Context) -> Outcome {
    let hosts = cx.block_on(async {
        let ecs = cx.ecs().await?;
        args.target.hosts(&ecs).await
    })?;
    let running = hosts.iter().filter(|host| host.state == InstanceState::Running);
    let lines = running.map(|host| line(host, args.public));
    let group = hosts.first().and_then(|host| host.tags.get(FLEET_TAG)).map_or("hosts", String::as_str);
    // A group's name takes letters, digits and `_` only.
    let group: String = group.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let text = format!("[{group}]\n{}", lines.collect::<String>());
    cx.ui.write(text.as_bytes())?;
    Ok(Exit::Done)
}

fn line(host: &Instance, public: bool) -> String {
    let of = if public { &host.public_ips } else { &host.private_ips };
    let address = of.first().map(|ip| format!(" ansible_host={ip}")).unwrap_or_default();
    let name = if host.name.is_empty() { &host.id } else { &host.name };
    let plain = |c: char| if c.is_whitespace() || c.is_control() { '_' } else { c };
    let name: String = name.chars().map(plain).collect();
    format!(
        "{name}{address} instance_id={} instance_type={} zone={}\n",
        host.id, host.instance_type, host.zone
    )
}

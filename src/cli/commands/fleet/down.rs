//! `faascmd fleet down TARGET`.

use clap::Args;
use serde::Serialize;

use super::host::Host;
use super::{BOOT, TargetArgs};
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output::typed;
use crate::cli::output::{Page, Report};
use crate::ecs::Instance;
use crate::ops::fleet::{
    Cost, Release, Released, Services, cost_of, folded, release, settled, would_release,
};

/// Release the hosts of a fleet, and see that they are gone
///
/// All that is on them is gone with them. What can't be released is named with its cost, and the command ends with 6.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd fleet down ddr
  faascmd fleet down ddr --on 005-008 --yes")]
pub(in crate::cli) struct DownArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Say what would be released, and release nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
struct Down {
    target: String,
    dry_run: bool,
    hosts: Vec<Host>,
    left: Vec<Left>,
}

#[derive(Debug, Serialize)]
struct Left {
    instance_id: String,
    name: String,
    why: String,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &DownArgs, cx: &Context) -> Outcome {
    let (released, left_cost) = cx.block_on(down(args, cx))?;
    let left: Vec<_> = released.left.iter().map(Left::of).collect();
    let hosts = released.gone.iter().map(Host::of).collect();
    let report = Down { target: args.target.target.to_string(), dry_run: args.dry_run, hosts, left };
    if report.left.is_empty() || report.dry_run {
        let exit = if report.left.is_empty() { Exit::Done } else { Exit::Conflict };
        return cx.ui.print_with(&report, exit);
    }
    let names: Vec<_> = report.left.iter().map(|left| left.name.as_str()).collect();
    let ids: Vec<_> = report.left.iter().map(|left| left.instance_id.as_str()).collect();
    let cost = left_cost.map(|cost| format!(", {}", cost.said())).unwrap_or_default();
    let message = format!("{} of {} left and billed{cost}: {}", ids.len(), report.target, folded(&names));
    let failure = Failure::new(Exit::Conflict, message);
    let failure = report
        .left
        .iter()
        .take(1)
        .fold(failure, |failure, left| failure.hint(format!("{}: {}", left.name, left.why)));
    let failure = failure.hint(format!("see them: faascmd fleet show {}", ids.join(",")));
    // What is paid in advance can't be released, however often that is tried.
    let can_go = released.left.iter().any(|(host, _)| !host.prepaid);
    Err(if can_go { failure.hint(format!("once more: {}", typed::command())) } else { failure })
}

async fn down(args: &DownArgs, cx: &Context) -> Result<(Released, Option<Cost>), Failure> {
    let ecs = cx.ecs().await?;
    let deadline = cx.deadline(BOOT).await?;
    let services = Services { ecs: &ecs, deadline: &deadline };
    if !args.dry_run {
        settled(services, &args.target.target).await?;
    }
    let hosts = args.target.hosts(&ecs).await?;
    if args.dry_run {
        return Ok((would_release(hosts), None));
    }
    let names: Vec<_> = hosts.iter().map(|host| host.name.as_str()).collect();
    let cost = cost_of(&ecs, &hosts).await.map(|cost| format!(" ({})", cost.said())).unwrap_or_default();
    let question =
        format!("release {} hosts{cost}: {}? All that is on them is lost.", hosts.len(), folded(&names));
    if !cx.ui.confirms(&question)? {
        return Err(Failure::new(Exit::Usage, "nothing was released"));
    }
    let released = release(services, Release { target: &args.target.target, hosts }).await?;
    let left: Vec<Instance> = released.left.iter().map(|(host, _)| host.clone()).collect();
    let cost = cost_of(&ecs, &left).await;
    Ok((released, cost))
}

impl Left {
    fn of((host, why): &(Instance, String)) -> Self {
        Self { instance_id: host.id.clone(), name: host.name.clone(), why: why.clone() }
    }
}

impl Report for Down {
    const SCHEMA: &'static str = "faascmd.fleet.down/1";

    fn human(&self, page: &mut Page) {
        let verb = if self.dry_run { "would release" } else { "released" };
        self.hosts.iter().for_each(|host| page.line(format!("{verb} {}  {}", host.name, host.instance_id)));
        let left = self.left.iter();
        left.for_each(|host| {
            page.line(format!("would leave {}  {}: {}", host.name, host.instance_id, host.why))
        });
    }
}

//! `faascmd fleet renew TARGET`.

use clap::Args;
use serde::Serialize;

use super::host::Host;
use super::spec::Prepaid;
use super::{BOOT, TargetArgs};
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output::{Page, Report};
use crate::ecs::{InstanceFilter, Renewal, RenewalState};
use crate::ops::fleet::{Services, folded, pay};

/// Show or set how hosts that are paid in advance renew
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd fleet renew ddr
  faascmd fleet renew ddr --auto 1month
  faascmd fleet renew ddr --now 1month --yes     pays once more, at once
  faascmd fleet renew ddr --off")]
pub(in crate::cli) struct RenewArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Renew by itself for so long, again and again
    #[arg(long, value_name = "PERIOD", conflicts_with_all = ["off", "now"])]
    auto: Option<Prepaid>,
    /// Let it end
    #[arg(long, conflicts_with = "now")]
    off: bool,
    /// Pay for so long once more, at once
    #[arg(long, value_name = "PERIOD")]
    now: Option<Prepaid>,
}

#[derive(Debug, Serialize)]
struct Renewals {
    target: String,
    items: Vec<RenewalState>,
    hosts: Vec<Host>,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &RenewArgs, cx: &Context) -> Outcome {
    let renewals = cx.block_on(renew(args, cx))?;
    cx.ui.print(&renewals)
}

async fn renew(args: &RenewArgs, cx: &Context) -> Result<Renewals, Failure> {
    let ecs = cx.ecs().await?;
    let mut hosts = args.target.hosts(&ecs).await?;
    hosts.retain(|host| host.prepaid);
    if hosts.is_empty() {
        let message = format!("no host of {} is paid in advance", args.target.target);
        return Err(Failure::new(Exit::Conflict, message)
            .hint(format!("for how long the others live: faascmd fleet show {}", args.target.target)));
    }
    let ids: Vec<_> = hosts.iter().map(|host| host.id.clone()).collect();
    if let Some(period) = args.auto {
        ecs.set_renewal(&ids, Renewal::Auto(period.0)).await?;
    } else if args.off {
        ecs.set_renewal(&ids, Renewal::Not).await?;
    } else if let Some(period) = args.now {
        let names: Vec<_> = hosts.iter().map(|host| host.name.as_str()).collect();
        if !cx.ui.confirms(&format!("pay {} for {} hosts: {}?", period.0, hosts.len(), folded(&names)))? {
            return Err(Failure::new(Exit::Usage, "nothing was paid"));
        }
        let deadline = cx.deadline(BOOT).await?;
        pay(Services { ecs: &ecs, deadline: &deadline }, &hosts, period.0).await?;
    }
    let items = ecs.renewals(&ids).await?;
    // Who has paid lives longer.
    let hosts = if args.now.is_some() { ecs.instances(&InstanceFilter::Ids(ids)).await? } else { hosts };
    let hosts = hosts.iter().map(Host::of).collect();
    Ok(Renewals { target: args.target.target.to_string(), items, hosts })
}

impl Report for Renewals {
    const SCHEMA: &'static str = "faascmd.fleet.renew/1";

    fn human(&self, page: &mut Page) {
        let rows = self.items.iter().map(|of| {
            let unit = of.unit.clone().unwrap_or_default().to_lowercase();
            let how = match (of.auto, of.duration) {
                (true, Some(count)) => format!("renews itself for {count} {unit}"),
                (true, None) => "renews itself".to_owned(),
                (false, _) => of.status.clone().unwrap_or_else(|| "ends".into()),
            };
            vec![of.instance_id.clone(), how]
        });
        page.table(&["instance", "renewal"], &rows.collect::<Vec<_>>());
    }
}

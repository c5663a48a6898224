//! `faascmd fleet extend TARGET`.

use clap::Args;
use futures_util::StreamExt;
use jiff::Timestamp;
use serde::Serialize;

use super::TargetArgs;
use super::host::Host;
use super::spec::ReleaseAfter;
use crate::base::duration::spent;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output::{Page, Report};
use crate::cloud::Time;
use crate::ops::fleet::{cost_of, folded, release_at};

/// How many are moved at a time: the service takes one a call.
const AT_ONCE: usize = 4;

/// Move the time at which the cloud releases the hosts of a fleet
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd fleet extend ddr                     two hours from now
  faascmd fleet extend ddr --release-after 30m
  faascmd fleet extend ddr --release-after never")]
pub(in crate::cli) struct ExtendArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// From now; 30m at least, or never
    #[arg(long, value_name = "TIME", default_value = "2h")]
    release_after: ReleaseAfter,
}

#[derive(Debug, Serialize)]
struct Extended {
    target: String,
    release: Option<Time>,
    hosts: Vec<Host>,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &ExtendArgs, cx: &Context) -> Outcome {
    let extended = cx.block_on(extend(args, cx))?;
    cx.ui.print(&extended)
}

async fn extend(args: &ExtendArgs, cx: &Context) -> Result<Extended, Failure> {
    let ecs = cx.ecs().await?;
    let hosts = args.target.hosts(&ecs).await?;
    if let Some(host) = hosts.iter().find(|host| host.prepaid) {
        let message = format!("{} is paid in advance: it has no release to move", host.name);
        return Err(
            Failure::new(Exit::Conflict, message).hint(format!("see: faascmd fleet renew {}", host.id))
        );
    }
    let names: Vec<_> = hosts.iter().map(|host| host.name.as_str()).collect();
    let cost = cost_of(&ecs, &hosts).await.map(|cost| format!(" at {}", cost.said())).unwrap_or_default();
    let until = match args.release_after {
        ReleaseAfter::Never => "until somebody releases them".to_owned(),
        ReleaseAfter::After(after) => format!("for {} from now", spent(after)),
    };
    if !cx.ui.confirms(&format!("keep {} hosts{cost} {until}: {}?", hosts.len(), folded(&names)))? {
        return Err(Failure::new(Exit::Usage, "nothing was changed"));
    }
    let at = match args.release_after {
        ReleaseAfter::Never => None,
        ReleaseAfter::After(after) => Some(release_at(&ecs, after)),
    };
    let moved: Vec<_> = futures_util::stream::iter(hosts.iter().map(|host| ecs.set_release(&host.id, at)))
        .buffered(AT_ONCE)
        .collect()
        .await;
    moved.into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut hosts: Vec<_> = hosts.iter().map(Host::of).collect();
    hosts.iter_mut().for_each(|host| host.release = at.map(Time::At));
    Ok(Extended { target: args.target.target.to_string(), release: at.map(Time::At), hosts })
}

impl Report for Extended {
    const SCHEMA: &'static str = "faascmd.fleet.extend/1";

    fn human(&self, page: &mut Page) {
        let release = self.release.as_ref().and_then(Time::timestamp);
        let said = release.map_or_else(|| "never".to_owned(), |at: Timestamp| at.to_string());
        for host in &self.hosts {
            page.line(format!("{}  {}  released {said}", host.name, host.instance_id));
        }
    }
}

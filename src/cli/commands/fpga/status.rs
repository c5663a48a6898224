//! `faascmd fpga status`.

use clap::Args;
use serde::Serialize;

use super::pick::PickArgs;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::faas::LoadStatus;

/// Show what a chip carries, and how far a load is
#[derive(Debug, Args)]
#[command(after_help = "Example:
  faascmd fpga status --fpga 0")]
pub(in crate::cli) struct StatusArgs {
    #[command(flatten)]
    pick: PickArgs,
}

#[derive(Debug, Serialize)]
struct Status(LoadStatus);

/// Runs the command.
pub(in crate::cli) fn run(args: &StatusArgs, cx: &Context) -> Outcome {
    let status = cx.block_on(ask(args, cx))?;
    cx.ui.print(&Status(status))
}

async fn ask(args: &StatusArgs, cx: &Context) -> Result<LoadStatus, Failure> {
    let faas = cx.faas().await?;
    let picked = args.pick.pick(cx, &faas, None).await?;
    Ok(faas.load_status(&picked.instance_id, &picked.chip.uuid).await?.view)
}

impl Report for Status {
    const SCHEMA: &'static str = "faascmd.fpga.status/1";

    fn human(&self, page: &mut Page) {
        page.facts(&facts(&self.0));
    }
}

/// What a chip carries, for people.
pub(super) fn facts(status: &LoadStatus) -> Vec<(&'static str, String)> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let facts = [
        ("fpga", status.uuid.clone()),
        ("instance", text(&status.instance_id)),
        ("status", status.task_status.to_string()),
        ("image", text(&status.image_uuid)),
        ("shell", text(&status.shell)),
        ("ordered", status.create_time.as_ref().map(ToString::to_string).unwrap_or_default()),
    ];
    facts.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

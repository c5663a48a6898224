//! `faascmd fpga wait`.

use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::pick::{PickArgs, Picked};
use super::status::facts;
use crate::base::duration::duration;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output::{Page, Report};
use crate::faas::LoadStatus;
use crate::ops::load::{self, Expected};

/// Wait until a chip is loaded
///
/// Ends with 0 when it is, 9 when the load failed, 8 when the time is over, 6 when nothing is being loaded.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd fpga wait --fpga 0
  faascmd fpga wait --image a8cee2f0-b8bd-11e7-879a-0dba4bf26e88 --timeout 5m")]
pub(in crate::cli) struct WaitArgs {
    #[command(flatten)]
    pick: PickArgs,
    /// Image that the chip is to carry [default: whatever is being loaded]
    #[arg(long, value_name = "UUID")]
    image: Option<String>,
    /// How long to wait
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = duration)]
    timeout: Duration,
}

#[derive(Debug, Serialize)]
struct Waited(LoadStatus);

/// Runs the command.
pub(in crate::cli) fn run(args: &WaitArgs, cx: &Context) -> Outcome {
    let status = cx.block_on(wait(args, cx))?;
    cx.ui.print(&Waited(status))
}

async fn wait(args: &WaitArgs, cx: &Context) -> Result<LoadStatus, Failure> {
    let faas = cx.faas().await?;
    let picked = args.pick.pick(cx, &faas, None).await?;
    if args.image.is_none() {
        refuse_empty(&faas.load_status(&picked.instance_id, &picked.chip.uuid).await?.view, &picked)?;
    }
    // Signals are taken from here on: before there is nothing that goes on without us.
    let deadline = cx.deadline(args.timeout).await?;
    let expected = Expected {
        instance_id: &picked.instance_id,
        chip: &picked.chip,
        image_uuid: args.image.as_deref(),
        before: None,
    };
    Ok(deadline.unless_cancelled(load::until_loaded(&faas, &deadline, &expected)).await?)
}

/// Waiting for whatever is being loaded would never end, or end at once, where nothing is.
fn refuse_empty(status: &LoadStatus, picked: &Picked) -> Result<(), Failure> {
    if status.image_uuid.is_some() || status.task_status.is_busy() {
        return Ok(());
    }
    let (chip, instance_id) = (&picked.chip.uuid, &picked.instance_id);
    let message = format!("fpga {chip} on {instance_id} carries no image, and nothing is being loaded");
    Err(Failure::new(Exit::Conflict, message).hint(format!("faascmd fpga load IMAGE_UUID --fpga {chip}")))
}

impl Report for Waited {
    const SCHEMA: &'static str = "faascmd.fpga.wait/1";

    fn human(&self, page: &mut Page) {
        page.facts(&facts(&self.0));
    }
}

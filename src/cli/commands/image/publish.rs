//! `faascmd image publish UUID --ecs-image ID`.

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::ops::image;

/// Publish an image together with an ECS image, for the Marketplace
#[derive(Debug, Args)]
#[command(after_help = "Example:
  faascmd image publish a8cee2f0-b8bd-11e7-879a-0dba4bf26e88 --ecs-image m-bp1h6dgzvqvl4xxxxxxx")]
pub(in crate::cli) struct PublishArgs {
    /// UUID of the FPGA image
    #[arg(value_name = "UUID")]
    uuid: String,
    /// Id of the ECS image of the FPGA instance
    #[arg(long, value_name = "ID")]
    ecs_image: String,
    /// Say what would be published, and publish nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
struct Published<'a> {
    dry_run: bool,
    uuid: &'a str,
    ecs_image: &'a str,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &PublishArgs, cx: &Context) -> Outcome {
    cx.block_on(publish(args, cx))?;
    cx.ui.print(&Published { dry_run: args.dry_run, uuid: &args.uuid, ecs_image: &args.ecs_image })
}

async fn publish(args: &PublishArgs, cx: &Context) -> Result<(), Failure> {
    let faas = cx.faas().await?;
    if args.dry_run {
        image::find(&faas, &args.uuid).await?;
    } else {
        faas.publish_image(&args.uuid, &args.ecs_image).await?;
    }
    Ok(())
}

impl Report for Published<'_> {
    const SCHEMA: &'static str = "faascmd.image.publish/1";

    fn human(&self, page: &mut Page) {
        let verb = if self.dry_run { "would publish" } else { "published" };
        page.line(format!("{verb} {} with {}", self.uuid, self.ecs_image));
    }
}

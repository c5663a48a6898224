//! `faascmd fpga load IMAGE_UUID`.

use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::driver::{DriverArgs, DriverUse};
use super::pick::{PickArgs, Picked};
use super::status::facts;
use crate::base::duration::duration;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::faas::{Faas, LoadStatus};
use crate::ops::image;
use crate::ops::load::{self, Loaded, Loading};
use crate::ops::register_map;
use crate::ops::step::{Step, StepName};

/// Load an image into a chip
///
/// A chip that carries the image already is left alone. Waits for a chip that is busy, and until the image is there. A driver
/// of this machine that holds the chip is taken out before the load and brought back after it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd fpga load a8cee2f0-b8bd-11e7-879a-0dba4bf26e88
  faascmd fpga load a8cee2f0-b8bd-11e7-879a-0dba4bf26e88 --fpga 1 --no-wait")]
pub(in crate::cli) struct LoadArgs {
    /// UUID of the image
    #[arg(value_name = "IMAGE_UUID")]
    image: String,
    #[command(flatten)]
    pick: PickArgs,
    /// Return as soon as the service has taken the order
    #[arg(long)]
    no_wait: bool,
    /// How long to wait
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = duration)]
    timeout: Duration,
    /// Load it again if the chip carries it, and while a driver of this machine holds the chip
    #[arg(long)]
    force: bool,
    /// Say what would be loaded where, and load nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    driver: DriverArgs,
}

#[derive(Debug, Serialize)]
struct LoadReport {
    dry_run: bool,
    skipped: bool,
    /// The load, and what was done to the driver around it.
    steps: Vec<Step>,
    #[serde(flatten)]
    status: LoadStatus,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &LoadArgs, cx: &Context) -> Outcome {
    let report = cx.block_on(work(args, cx))?;
    if report.skipped {
        cx.ui.note("the chip carries this image already");
    }
    cx.ui.print(&report)
}

async fn work(args: &LoadArgs, cx: &Context) -> Result<LoadReport, Failure> {
    let id = cx.instance_id().await?;
    let wanted = DriverUse { instance_id: &id, for_tests: false, dry_run: args.dry_run };
    let driver = args.driver.driver(cx, wanted).await?;
    let faas = cx.faas().await?;
    let picked = args.chip(cx, &faas).await?;
    let Picked { instance_id, chip } = &picked;
    if args.dry_run {
        let status = faas.load_status(instance_id, &chip.uuid).await?.view;
        let skipped = !args.force && status.is_loaded_with(&args.image);
        let load = Step::planned(StepName::Load, skipped);
        let steps = match &driver {
            Some(driver) => driver.planned_around(load, skipped),
            None => vec![load],
        };
        return Ok(LoadReport { dry_run: true, skipped, steps, status });
    }
    let this_machine = cx.drivers_of(instance_id).await?;
    let loading = Loading {
        instance_id,
        chip,
        image_uuid: &args.image,
        force: args.force,
        wait: !args.no_wait,
        wait_for_turn: !args.no_wait,
        order_life: cx.order_life()?,
        driver: driver.as_ref(),
        this_machine: this_machine.as_ref(),
    };
    let deadline = cx.deadline(args.timeout).await?;
    let work = load::load(&faas, &deadline, &loading);
    let Loaded { status, skipped, steps } = deadline.unless_cancelled(work).await?;
    register_map::note_loaded(&args.image);
    Ok(LoadReport { dry_run: false, skipped, steps, status })
}

impl LoadArgs {
    /// The chip; the image's shell decides where the flags do not. An image that is not ours, such as one of the
    /// Marketplace, is in no list.
    async fn chip(&self, cx: &Context, faas: &Faas) -> Result<Picked, Failure> {
        let image = match image::find(faas, &self.image).await {
            Ok(image) => Some(image),
            Err(crate::ops::Error::NoSuchImage(_)) => None,
            Err(error) => return Err(error.into()),
        };
        self.pick.pick(cx, faas, image.as_ref()).await
    }
}

impl Report for LoadReport {
    const SCHEMA: &'static str = "faascmd.fpga.load/1";

    fn human(&self, page: &mut Page) {
        if self.dry_run {
            let what = if self.skipped { "nothing to do" } else { "would be loaded" };
            page.line(format!("{what}: fpga {}", self.status.uuid));
            for step in self.steps.iter().filter(|step| step.name != StepName::Load) {
                page.line(format!("{}: {}", step.name.word(), step.state.phrase()));
            }
            return;
        }
        page.facts(&facts(&self.status));
    }
}

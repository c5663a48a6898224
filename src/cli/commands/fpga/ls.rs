//! `faascmd fpga ls`.

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::error::Outcome;
use crate::cli::output::{Page, Report};
use crate::faas::Chip;

/// List the chips of an instance
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd fpga ls                            on the instance itself
  faascmd fpga ls --instance-id i-bp15n6gzu")]
pub(in crate::cli) struct ListArgs {}

#[derive(Debug, Serialize)]
struct Chips {
    items: Vec<Item>,
}

#[derive(Debug, Serialize)]
struct Item {
    /// What `--fpga` takes in place of the UUID.
    index: usize,
    #[serde(flatten)]
    chip: Chip,
}

/// Runs the command.
pub(in crate::cli) fn run(_args: &ListArgs, cx: &Context) -> Outcome {
    let chips = cx.block_on(async {
        let faas = cx.faas().await?;
        Ok(faas.chips(&cx.instance_id().await?).await?.view)
    })?;
    let items = chips.into_iter().enumerate().map(|(index, chip)| Item { index, chip }).collect();
    cx.ui.print(&Chips { items })
}

impl Report for Chips {
    const SCHEMA: &'static str = "faascmd.fpga.list/1";

    fn human(&self, page: &mut Page) {
        let rows = self.items.iter().map(|Item { index, chip }| {
            let optional =
                [&chip.fpga_type, &chip.shell, &chip.fpga_status, &chip.device_bdf, &chip.image_uuid];
            let cells = optional.map(|cell| cell.clone().unwrap_or_default());
            [index.to_string(), chip.uuid.clone()].into_iter().chain(cells).collect()
        });
        page.table(&["index", "uuid", "type", "shell", "status", "bdf", "image"], &rows.collect::<Vec<_>>());
    }
}

//! `faascmd image rm UUID...`.

use std::collections::BTreeSet;

use clap::Args;
use serde::Serialize;

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::cloud::Error;
use crate::faas::Faas;
use crate::ops::image;

/// Remove images
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd image rm a8cee2f0-b8bd-11e7-879a-0dba4bf26e88
  faascmd image ls | awk -F'\\t' '$2 == \"failed\" {print $1}' | xargs -r faascmd image rm --yes

It asks on a terminal; elsewhere it needs --yes.")]
pub(in crate::cli) struct RemoveArgs {
    /// UUIDs of the images
    #[arg(value_name = "UUID", required = true)]
    uuids: Vec<String>,
    /// Say what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
struct Removed {
    dry_run: bool,
    items: Vec<Item>,
}

#[derive(Debug, Serialize)]
struct Item {
    uuid: String,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &RemoveArgs, cx: &Context) -> Outcome {
    let mut seen = BTreeSet::new();
    let uuids: Vec<_> = args.uuids.iter().filter(|uuid| seen.insert(*uuid)).cloned().collect();
    cx.block_on(remove(args, &uuids, cx))?;
    let items = uuids.into_iter().map(|uuid| Item { uuid }).collect();
    cx.ui.print(&Removed { dry_run: args.dry_run, items })
}

/// Looks for all of them before it removes the first.
async fn remove(args: &RemoveArgs, uuids: &[String], cx: &Context) -> Result<(), Failure> {
    let faas = cx.faas().await?;
    for uuid in uuids {
        image::find(&faas, uuid).await?;
    }
    if args.dry_run {
        return Ok(());
    }
    if !cx.ui.confirms(&format!("Remove for good: {}?", uuids.join(", ")))? {
        return Err(Failure::new(Exit::Failed, "nothing was removed"));
    }
    for uuid in uuids {
        delete(&faas, uuid).await?;
    }
    Ok(())
}

/// When the answer to the first try was lost, the second one finds nothing left to delete.
async fn delete(faas: &Faas, uuid: &str) -> Result<(), Error> {
    match faas.delete_image(uuid).await {
        Err(e) if e.code() == Some("IMAGE NOT FOUND") && e.tries > 1 => Ok(()),
        outcome => outcome.map(drop),
    }
}

impl Report for Removed {
    const SCHEMA: &'static str = "faascmd.image.rm/1";

    fn human(&self, page: &mut Page) {
        let verb = if self.dry_run { "would remove" } else { "removed" };
        self.items.iter().for_each(|item| page.line(format!("{verb} {}", item.uuid)));
    }
}

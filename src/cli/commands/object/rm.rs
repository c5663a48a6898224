//! `faascmd object rm`: objects are deleted.

use std::collections::BTreeSet;

use clap::Args;
use serde::Serialize;

use super::address::{Address, one_bucket};
use crate::cli::Exit;
use crate::cli::args::EndpointArgs;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::oss::Oss;

/// Delete objects
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd object rm builds/7/bit.tar.gz
  faascmd object rm a b c --dry-run          see whether they are there
Several are deleted only after a question, or with --yes. An image that is queued or compiling may still read its object.")]
pub(super) struct RmArgs {
    /// The objects: their keys, or oss://BUCKET/KEY
    #[arg(required = true, value_name = "KEY")]
    objects: Vec<Address>,
    /// Say which of them are there, and delete nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    endpoint: EndpointArgs,
}

/// Runs it: nothing is deleted unless all are there.
pub(super) fn run(args: &RmArgs, cx: &Context) -> Outcome {
    cx.block_on(async {
        let oss = one_bucket(&args.objects, cx, args.endpoint).await?;
        let (mut items, mut seen) = (Vec::new(), BTreeSet::new());
        for object in &args.objects {
            let key = &object.of_object()?.key;
            if seen.insert(key) {
                items.push(look(&oss, key).await?);
            }
        }
        if args.dry_run {
            let is_absent = items.iter().any(|item| item.state == "absent");
            return cx.ui.print_with(&Removed { items }, if is_absent { Exit::NotFound } else { Exit::Done });
        }
        if let Some(missing) = items.iter().find(|item| item.state == "absent") {
            let message = format!("there is no object {} in bucket {}", missing.key, oss.bucket());
            return Err(Failure::new(Exit::NotFound, message).hint("faascmd object ls"));
        }
        if items.len() > 1 && !cx.ui.confirms(&question(&items))? {
            return Err(Failure::new(Exit::Failed, "nothing was deleted"));
        }
        for item in &mut items {
            oss.delete(&item.key).await?;
            item.state = "deleted";
        }
        cx.ui.print(&Removed { items })
    })
}

async fn look(oss: &Oss, key: &str) -> Result<Item, Failure> {
    let (bucket, key) = (oss.bucket().to_owned(), key.to_owned());
    match oss.head(&key).await {
        Ok(Some(head)) => Ok(Item { bucket, key, size: Some(head.size), state: "present" }),
        Ok(None) => Ok(Item { bucket, key, size: None, state: "absent" }),
        // Deleting takes no permission to read.
        Err(e) if e.code() == Some("AccessDenied") => Ok(Item { bucket, key, size: None, state: "unknown" }),
        Err(e) => Err(e.into()),
    }
}

fn question(items: &[Item]) -> String {
    let keys: Vec<_> = items.iter().take(5).map(|item| item.key.as_str()).collect();
    let more = if items.len() > keys.len() { ", …" } else { "" };
    format!("Delete {} objects ({}{more})?", items.len(), keys.join(", "))
}

#[derive(Debug, Serialize)]
struct Item {
    bucket: String,
    key: String,
    size: Option<u64>,
    /// `deleted`; with `--dry-run` `present`, `absent`, or `unknown` to those who may not look.
    state: &'static str,
}

#[derive(Debug, Serialize)]
struct Removed {
    items: Vec<Item>,
}

impl Report for Removed {
    const SCHEMA: &'static str = "faascmd.object.rm/1";

    fn human(&self, page: &mut Page) {
        let row = |item: &Item| {
            let size = item.size.map_or_else(|| "-".into(), |size| size.to_string());
            vec![format!("oss://{}/{}", item.bucket, item.key), size, item.state.to_owned()]
        };
        page.table(&["object", "size", "state"], &self.items.iter().map(row).collect::<Vec<_>>());
    }
}

//! `faascmd object uploads abort`.

use std::io::IsTerminal;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::super::address::{Address, one_bucket};
use super::{COLUMNS, Pending};
use crate::cli::Exit;
use crate::cli::args::EndpointArgs;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::oss::PendingUpload;

/// Remove unfinished uploads and their parts
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd object uploads abort bit.tar.gz              those of one key
  faascmd object uploads abort --all --older-than 2d   all that began more than two days ago
An upload that is under way, here or elsewhere, fails when it is removed.")]
pub(super) struct AbortArgs {
    /// The keys, or oss://BUCKET/KEY
    #[arg(required_unless_present_any = ["all", "upload_id"], conflicts_with = "all", value_name = "KEY")]
    keys: Vec<Address>,
    /// Those of every key
    #[arg(long)]
    all: bool,
    /// Only this one (can be repeated)
    #[arg(long, value_name = "ID")]
    upload_id: Vec<String>,
    /// Only those that began longer ago, such as 12h or 2d
    #[arg(long, value_name = "TIME", value_parser = age)]
    older_than: Option<SignedDuration>,
    /// Show them, and remove nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    endpoint: EndpointArgs,
}

fn age(text: &str) -> Result<SignedDuration, String> {
    let span: jiff::Span = text.parse().map_err(|_| format!("`{text}` is not a time such as 12h or 2d"))?;
    let age = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|e| e.to_string())?;
    if age.is_negative() { Err(format!("`{text}` is before now: write such as 12h or 2d")) } else { Ok(age) }
}

/// Runs it: shows what it will remove, asks, removes.
pub(super) fn run(args: &AbortArgs, cx: &Context) -> Outcome {
    cx.block_on(async {
        let oss = one_bucket(&args.keys, cx, args.endpoint).await?;
        let pending = oss.pending_uploads("").await?;
        let items = Pending::all(pending.into_iter().filter(|upload| args.means(upload)).collect());
        let missing = args.missing(&items)?;
        if missing.is_some() || items.is_empty() && !args.all {
            let missing = missing.map(|missing| format!(" {missing}")).unwrap_or_default();
            let message = format!("there is no such unfinished upload{missing} in bucket {}", oss.bucket());
            return Err(Failure::new(Exit::NotFound, message).hint("faascmd object uploads ls"));
        }
        if args.dry_run || items.is_empty() {
            return cx.ui.print(&Aborted { items });
        }
        for item in &items {
            cx.ui.note(&item.row().join("  "));
        }
        let asks = args.all || std::io::stdin().is_terminal();
        if asks && !cx.ui.confirms(&format!("Remove {} unfinished uploads?", items.len()))? {
            return Err(Failure::new(Exit::Failed, "nothing was removed"));
        }
        for item in &items {
            oss.abort(&item.key, &item.upload_id).await?;
        }
        cx.ui.print(&Aborted { items })
    })
}

impl AbortArgs {
    /// What was named, and is not there.
    fn missing(&self, items: &[Pending]) -> Result<Option<String>, Failure> {
        for Address { key, .. } in self.keys.iter().map(Address::of_object).collect::<Result<Vec<_>, _>>()? {
            if self.upload_id.is_empty() && items.iter().all(|item| item.key != *key) {
                return Ok(Some(format!("of {key}")));
            }
        }
        let is_missing = |id: &&String| items.iter().all(|item| item.upload_id != **id);
        Ok(self.upload_id.iter().find(is_missing).cloned())
    }

    fn means(&self, upload: &PendingUpload) -> bool {
        let began_before =
            |age| upload.initiated.is_some_and(|time| Timestamp::now().duration_since(time) >= age);
        (self.keys.is_empty() || self.keys.iter().any(|key| key.key == upload.key))
            && (self.upload_id.is_empty() || self.upload_id.contains(&upload.upload_id))
            && self.older_than.is_none_or(began_before)
    }
}

#[derive(Debug, Serialize)]
struct Aborted {
    items: Vec<Pending>,
}

impl Report for Aborted {
    const SCHEMA: &'static str = "faascmd.object.uploads.abort/1";

    fn human(&self, page: &mut Page) {
        page.table(&COLUMNS, &self.items.iter().map(Pending::row).collect::<Vec<_>>());
    }
}

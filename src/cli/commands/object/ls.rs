//! `faascmd object ls`: the objects of the bucket.

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::address::Address;
use crate::cli::Exit;
use crate::cli::args::EndpointArgs;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::oss::{Listed, Oss};

/// List objects, in the order of their keys
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd object ls                          every object
  faascmd object ls builds/7/                those whose keys begin so
  faascmd object ls --folders                the first level only
  faascmd object ls -o json | jq -r '.items[].key'")]
pub(super) struct LsArgs {
    /// What the keys begin with, or oss://BUCKET/PREFIX
    #[arg(default_value = "", hide_default_value = true)]
    prefix: Address,
    /// Show what lies behind the next / as one line
    #[arg(long)]
    folders: bool,
    #[command(flatten)]
    endpoint: EndpointArgs,
}

/// Runs it.
pub(super) fn run(args: &LsArgs, cx: &Context) -> Outcome {
    cx.block_on(async {
        let oss = args.prefix.oss(cx, args.endpoint).await?;
        let mut items = Vec::new();
        let mut first = true;
        let mut next = None;
        loop {
            let page = list(&oss, args, next.as_ref()).await?;
            let objects = page.objects.into_iter().map(Object::of);
            let folders = page.prefixes.into_iter().map(Object::folder);
            let mut page_items: Vec<_> = folders.chain(objects).collect();
            page_items.sort_by(|a, b| a.key.cmp(&b.key));
            items.extend(page_items);
            next = page.next;
            // People see a page as soon as it is there; a JSON document is whole.
            if !cx.ui.is_json() {
                cx.ui.print(&List { items: std::mem::take(&mut items), is_first: first })?;
                first = false;
            }
            if next.is_none() {
                break;
            }
        }
        if cx.ui.is_json() { cx.ui.print(&List { items, is_first: true }) } else { Ok(Exit::Done) }
    })
}

async fn list(
    oss: &Oss,
    args: &LsArgs,
    from: Option<&crate::oss::Next>,
) -> Result<crate::oss::Page, Failure> {
    Ok(oss.list(&args.prefix.key, args.folders.then_some("/"), from).await?)
}

#[derive(Debug, Serialize)]
struct Object {
    key: String,
    /// Null for a folder, as are the other fields.
    size: Option<u64>,
    last_modified: Option<Timestamp>,
    etag: Option<String>,
    storage_class: Option<String>,
}

impl Object {
    fn of(listed: Listed) -> Self {
        let Listed { key, size, last_modified, etag, storage_class } = listed;
        Self {
            key,
            size: Some(size),
            last_modified,
            etag: Some(etag.trim_matches('"').to_owned()),
            storage_class,
        }
    }

    fn folder(key: String) -> Self {
        Self { key, size: None, last_modified: None, etag: None, storage_class: None }
    }

    fn row(&self, page: &Page) -> Vec<String> {
        let time = self.last_modified.map(|time| time.to_string());
        let size = self.size.map(|size| page.size(size));
        vec![self.key.clone(), size.unwrap_or_else(|| "-".into()), time.unwrap_or_else(|| "-".into())]
    }
}

#[derive(Debug, Serialize)]
struct List {
    items: Vec<Object>,
    #[serde(skip)]
    is_first: bool,
}

impl Report for List {
    const SCHEMA: &'static str = "faascmd.object.list/1";

    fn human(&self, page: &mut Page) {
        let rows: Vec<_> = self.items.iter().map(|object| object.row(page)).collect();
        if !rows.is_empty() || self.is_first {
            page.table(&["key", "size", "last modified"], &rows);
        }
    }
}

//! `faascmd object uploads ls`.

use clap::Args;
use serde::Serialize;

use super::super::address::Address;
use super::{COLUMNS, Pending};
use crate::cli::args::EndpointArgs;
use crate::cli::context::Context;
use crate::cli::error::Outcome;
use crate::cli::output::{Page, Report};

/// List unfinished uploads
#[derive(Debug, Args)]
pub(super) struct LsArgs {
    /// What the keys begin with, or oss://BUCKET/PREFIX
    #[arg(default_value = "", hide_default_value = true)]
    prefix: Address,
    #[command(flatten)]
    endpoint: EndpointArgs,
}

/// Runs it.
pub(super) fn run(args: &LsArgs, cx: &Context) -> Outcome {
    cx.block_on(async {
        let uploads = args.prefix.oss(cx, args.endpoint).await?.pending_uploads(&args.prefix.key).await?;
        cx.ui.print(&List { items: Pending::all(uploads) })
    })
}

#[derive(Debug, Serialize)]
struct List {
    items: Vec<Pending>,
}

impl Report for List {
    const SCHEMA: &'static str = "faascmd.object.uploads.list/1";

    fn human(&self, page: &mut Page) {
        page.table(&COLUMNS, &self.items.iter().map(Pending::row).collect::<Vec<_>>());
    }
}

//! `faascmd image ls`.

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::error::Outcome;
use crate::cli::output::{Page, Report};
use crate::faas::Image;

/// List the images, newest first
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd image ls
  faascmd image ls | cut -f1        the UUIDs
  faascmd image ls -o json | jq -r '.items[] | select(.state == \"success\") | .uuid'")]
pub(in crate::cli) struct ListArgs {}

#[derive(Debug, Serialize)]
struct Images {
    items: Vec<Image>,
}

/// Runs the command.
pub(in crate::cli) fn run(_args: &ListArgs, cx: &Context) -> Outcome {
    let mut items = cx.block_on(async { Ok(cx.faas().await?.images().await?.view) })?;
    items.sort_by_key(|image| std::cmp::Reverse(image.created()));
    cx.ui.print(&Images { items })
}

impl Report for Images {
    const SCHEMA: &'static str = "faascmd.image.list/1";

    fn human(&self, page: &mut Page) {
        let rows = self.items.iter().map(|image| {
            let created = image.create_time.as_ref().map(ToString::to_string).unwrap_or_default();
            let shown = |text: &Option<String>| text.clone().unwrap_or_default();
            let (shell, name, tags) = (shown(&image.shell), shown(&image.name), shown(&image.tags));
            vec![image.uuid.clone(), image.state.to_string(), shell, created, name, tags]
        });
        page.table(&["uuid", "state", "shell", "created", "name", "tags"], &rows.collect::<Vec<_>>());
    }
}

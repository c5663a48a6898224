//! `faascmd image show UUID`.

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::error::Outcome;
use crate::cli::output::{Page, Report};
use crate::faas::Image;
use crate::ops::image;

/// Show one image
#[derive(Debug, Args)]
#[command(after_help = "Example:
  faascmd image show a8cee2f0-b8bd-11e7-879a-0dba4bf26e88")]
pub(in crate::cli) struct ShowArgs {
    /// UUID of the image
    #[arg(value_name = "UUID")]
    uuid: String,
}

#[derive(Debug, Serialize)]
struct Shown(Image);

/// Runs the command.
pub(in crate::cli) fn run(args: &ShowArgs, cx: &Context) -> Outcome {
    let image = cx.block_on(async { Ok(image::find(&cx.faas().await?, &args.uuid).await?) })?;
    cx.ui.print(&Shown(image))
}

impl Report for Shown {
    const SCHEMA: &'static str = "faascmd.image.show/1";

    fn human(&self, page: &mut Page) {
        page.facts(&facts(&self.0));
    }
}

/// An image's facts, for people.
pub(super) fn facts(image: &Image) -> Vec<(&'static str, String)> {
    let shown = |text: &Option<String>| text.clone().unwrap_or_default();
    let time = |time: &Option<crate::faas::Time>| time.as_ref().map(ToString::to_string).unwrap_or_default();
    let encrypted = image.encrypted.map(|yes| if yes { "yes" } else { "no" }.to_owned());
    let facts = [
        ("uuid", image.uuid.clone()),
        ("state", image.state.to_string()),
        ("shell", shown(&image.shell)),
        ("name", shown(&image.name)),
        ("tags", shown(&image.tags)),
        ("description", shown(&image.description)),
        ("encrypted", shown(&encrypted)),
        ("created", time(&image.create_time)),
        ("updated", time(&image.update_time)),
        ("published", time(&image.publish_time)),
    ];
    facts.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

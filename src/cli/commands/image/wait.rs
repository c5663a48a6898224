//! `faascmd image wait UUID`.

use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::log::build_failed;
use super::show::facts;
use crate::base::duration::duration;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::faas::Image;
use crate::ops::Error;
use crate::ops::image::{self, Ordered};

/// Wait until an image is made
///
/// Ends with 0 when it can be loaded, 9 when its build failed, 8 when the time is over.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  faascmd image wait a8cee2f0-b8bd-11e7-879a-0dba4bf26e88 --timeout 4h")]
pub(in crate::cli) struct WaitArgs {
    /// UUID of the image
    #[arg(value_name = "UUID")]
    uuid: String,
    /// How long to wait
    #[arg(long, value_name = "TIME", default_value = "4h", value_parser = duration)]
    timeout: Duration,
}

#[derive(Debug, Serialize)]
struct Waited(Image);

/// Runs the command.
pub(in crate::cli) fn run(args: &WaitArgs, cx: &Context) -> Outcome {
    let image = cx.block_on(wait(args, cx))?;
    cx.ui.print(&Waited(image))
}

async fn wait(args: &WaitArgs, cx: &Context) -> Result<Image, Failure> {
    let (faas, deadline) = (cx.faas().await?, cx.deadline(args.timeout).await?);
    let work = async {
        let image = image::find(&faas, &args.uuid).await?;
        image::wait(&faas, &deadline, &Ordered { image, is_new: false }).await
    };
    match deadline.unless_cancelled(work).await {
        Ok((image, _)) => Ok(image),
        Err(Error::BuildFailed(image)) => {
            let oss = cx.oss().await.ok();
            let mut failure = build_failed(cx, oss.as_ref(), image).await;
            // Waiting builds nothing.
            failure.hints.retain(|hint| !hint.ends_with("builds anew"));
            Err(failure)
        }
        Err(error) => Err(error.into()),
    }
}

impl Report for Waited {
    const SCHEMA: &'static str = "faascmd.image.wait/1";

    fn human(&self, page: &mut Page) {
        page.facts(&facts(&self.0));
    }
}

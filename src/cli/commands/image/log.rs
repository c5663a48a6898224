//! `faascmd image log UUID`: why a build failed.

use clap::Args;
use serde::Serialize;

use crate::base::text::harmless;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output::{Page, Report};
use crate::faas::Image;
use crate::ops::build_log::{self, BuildLog, FOLDER};
use crate::ops::{Error, image};
use crate::oss::Oss;

/// Lines that a failed build shows by itself.
const LAST_LINES: usize = 20;

/// Print the log of an image's build, from compiling_logs/ in the bucket
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd image log a8cee2f0-b8bd-11e7-879a-0dba4bf26e88
  faascmd image log a8cee2f0-b8bd-11e7-879a-0dba4bf26e88 --lines 50")]
pub(in crate::cli) struct LogArgs {
    /// UUID of the image
    #[arg(value_name = "UUID")]
    uuid: String,
    /// Only the last lines
    #[arg(short = 'n', long, value_name = "COUNT")]
    lines: Option<usize>,
}

#[derive(Debug, Serialize)]
struct Log {
    image_uuid: String,
    bucket: String,
    key: String,
    size: u64,
    /// Whether the key names the image; else it is the newest log since the image was ordered.
    certain: bool,
    text: String,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &LogArgs, cx: &Context) -> Outcome {
    let log = cx.block_on(read(args, cx))?;
    if !log.certain {
        cx.ui.warn(&format!("no log names the image; this is the newest since it was ordered: {}", log.key));
    }
    cx.ui.print(&log)
}

async fn read(args: &LogArgs, cx: &Context) -> Result<Log, Failure> {
    let (faas, oss) = (cx.faas().await?, cx.oss().await?);
    let image = match image::find(&faas, &args.uuid).await {
        Ok(image) => image,
        // The log of an image that was removed may still be there, under its name.
        Err(Error::NoSuchImage(uuid)) => Image { uuid, ..Image::default() },
        Err(error) => return Err(error.into()),
    };
    let found =
        build_log::find(&oss, &image).await?.filter(|log| log.is_certain || image.create_time.is_some());
    let Some(log) = found else { return Err(no_log(&oss, &image)) };
    let text = match args.lines {
        None => log.text(&oss).await?,
        Some(lines) => joined(&log.tail(&oss, lines).await?),
    };
    Ok(Log {
        image_uuid: image.uuid,
        bucket: oss.bucket().to_owned(),
        key: log.object.key,
        size: log.object.size,
        certain: log.is_certain,
        text,
    })
}

fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn no_log(oss: &Oss, image: &Image) -> Failure {
    let message = format!("there is no log of image {} in oss://{}/{FOLDER}", image.uuid, oss.bucket());
    Failure::new(Exit::NotFound, message)
        .hint(format!("see what there is: faascmd object ls {FOLDER}"))
        .hint("the service writes a log when a build fails, if its role may: faascmd auth --bucket BUCKET")
}

impl Report for Log {
    const SCHEMA: &'static str = "faascmd.image.log/1";

    fn human(&self, page: &mut Page) {
        self.text.lines().for_each(|line| page.foreign_line(line));
    }
}

/// The failure of a build, after the last lines of its log on stderr.
pub(in crate::cli::commands) async fn build_failed(
    cx: &Context,
    oss: Option<&Oss>,
    image: Box<Image>,
) -> Failure {
    let told = match oss {
        Some(oss) => tail(oss, &image).await,
        None => Ok(None),
    };
    match told {
        Ok(Some((log, lines))) => {
            let which = if log.is_certain { "" } else { ", the newest since the image was ordered" };
            cx.ui.note(&format!("the last lines of {}{which}:", harmless(&log.object.key)));
            lines.iter().for_each(|line| cx.ui.foreign_note(&format!("  {line}")));
        }
        Ok(None) => {}
        Err(error) => cx.ui.note(&format!("its log could not be read: {}", harmless(&error.to_string()))),
    }
    Error::BuildFailed(image).into()
}

async fn tail(oss: &Oss, image: &Image) -> crate::ops::Result<Option<(BuildLog, Vec<String>)>> {
    let Some(log) = build_log::find(oss, image).await? else { return Ok(None) };
    let lines = log.tail(oss, LAST_LINES).await?;
    Ok(Some((log, lines)))
}

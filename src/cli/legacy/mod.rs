//! The old tool's commands, flags and output, mapped onto the operations that the new commands use.
//!
//! `config` and `auth` are commands of both and stand in `commands/`. What the documents print is printed alike; where
//! they show a picture only, `docs/from-faascmd.md` says what was chosen.

mod answer;
mod chips;
mod images;
mod objects;
mod policy;
mod spelling;

use std::time::Instant;

use clap::Subcommand;

use self::answer::Said;
use super::context::Context;
use super::error::{Failure, Outcome};

pub(super) use spelling::corrected;

/// The old tool's commands, hidden in the list of commands and told at its end.
#[derive(Debug, Subcommand)]
#[command(rename_all = "snake_case", defer = true)]
pub(super) enum LegacyCommand {
    #[command(hide = true)]
    ListPolicy(policy::ListPolicy),
    #[command(hide = true)]
    DeletePolicy(policy::DeletePolicy),
    #[command(hide = true)]
    ListObjects(objects::ListObjects),
    #[command(hide = true)]
    UploadObject(objects::UploadObject),
    #[command(hide = true)]
    GetObject(objects::GetObject),
    #[command(hide = true)]
    DeleteObject(objects::DeleteObject),
    #[command(hide = true)]
    CreateImage(images::CreateImage),
    #[command(hide = true)]
    ListImages(images::ListImages),
    #[command(hide = true)]
    DeleteImage(images::DeleteImage),
    #[command(hide = true)]
    PublishImage(images::PublishImage),
    #[command(hide = true)]
    ListInstances(chips::ListInstances),
    #[command(hide = true)]
    DownloadImage(chips::DownloadImage),
    #[command(hide = true)]
    FpgaStatus(chips::FpgaStatus),
}

/// Runs one and prints as the old tool did.
pub(super) fn run(command: &LegacyCommand, cx: &Context) -> Outcome {
    let started = Instant::now();
    let said = cx.block_on(said_by(command, cx));
    said.and_then(|said| answer::print(cx, command.name(), said, started))
        .or_else(|failure| answer::fail(cx, failure))
}

async fn said_by(command: &LegacyCommand, cx: &Context) -> Result<Said, Failure> {
    match command {
        LegacyCommand::ListPolicy(args) => args.run(cx).await,
        LegacyCommand::DeletePolicy(args) => args.run(cx).await,
        LegacyCommand::ListObjects(args) => args.run(cx).await,
        LegacyCommand::UploadObject(args) => args.run(cx).await,
        LegacyCommand::GetObject(args) => args.run(cx).await,
        LegacyCommand::DeleteObject(args) => args.run(cx).await,
        LegacyCommand::CreateImage(args) => args.run(cx).await,
        LegacyCommand::ListImages(args) => args.run(cx).await,
        LegacyCommand::DeleteImage(args) => args.run(cx).await,
        LegacyCommand::PublishImage(args) => args.run(cx).await,
        LegacyCommand::ListInstances(args) => args.run(cx).await,
        LegacyCommand::DownloadImage(args) => args.run(cx).await,
        LegacyCommand::FpgaStatus(args) => args.run(cx).await,
    }
}

impl LegacyCommand {
    fn name(&self) -> &'static str {
        match self {
            Self::ListPolicy(_) => "list_policy",
            Self::DeletePolicy(_) => "delete_policy",
            Self::ListObjects(_) => "list_objects",
            Self::UploadObject(_) => "upload_object",
            Self::GetObject(_) => "get_object",
            Self::DeleteObject(_) => "delete_object",
            Self::CreateImage(_) => "create_image",
            Self::ListImages(_) => "list_images",
            Self::DeleteImage(_) => "delete_image",
            Self::PublishImage(_) => "publish_image",
            Self::ListInstances(_) => "list_instances",
            Self::DownloadImage(_) => "download_image",
            Self::FpgaStatus(_) => "fpga_status",
        }
    }
}

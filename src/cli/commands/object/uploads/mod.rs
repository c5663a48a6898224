//! `faascmd object uploads …`: uploads that were begun and neither completed nor given up.

mod abort;
mod ls;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::error::Outcome;
use crate::ops::upload::of_this_machine;
use crate::oss::PendingUpload;

/// Find and remove unfinished uploads, whose parts cost storage
#[derive(Debug, Args)]
pub(super) struct UploadsArgs {
    #[command(subcommand)]
    command: UploadsCommand,
}

#[derive(Debug, Subcommand)]
enum UploadsCommand {
    #[command(visible_alias = "list")]
    Ls(ls::LsArgs),
    Abort(abort::AbortArgs),
}

/// Runs it.
pub(super) fn run(args: &UploadsArgs, cx: &Context) -> Outcome {
    match &args.command {
        UploadsCommand::Ls(args) => ls::run(args, cx),
        UploadsCommand::Abort(args) => abort::run(args, cx),
    }
}

/// One of them, as it is shown.
#[derive(Debug, Serialize)]
struct Pending {
    key: String,
    upload_id: String,
    initiated: Option<Timestamp>,
    /// Whether this machine began it.
    ours: bool,
    /// The file that it began to send.
    file: Option<PathBuf>,
}

impl Pending {
    fn all(uploads: Vec<PendingUpload>) -> Vec<Self> {
        let mut files = of_this_machine();
        let one = |PendingUpload { key, upload_id, initiated }| {
            let file = files.remove(&upload_id);
            Self { ours: file.is_some(), file, key, upload_id, initiated }
        };
        uploads.into_iter().map(one).collect()
    }

    fn row(&self) -> Vec<String> {
        let time = self.initiated.map_or_else(|| "-".into(), |time| time.to_string());
        let file = self.file.as_ref().map_or_else(|| "-".into(), |file| file.display().to_string());
        vec![self.key.clone(), self.upload_id.clone(), time, file]
    }
}

const COLUMNS: [&str; 4] = ["key", "upload id", "begun", "of this machine's file"];

//! `faascmd object uploads …`: uploads that were begun and neither completed nor given up.

mod abort;
mod ls;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::error::Outcome;
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
}

impl Pending {
    fn of(upload: PendingUpload) -> Self {
        let PendingUpload { key, upload_id, initiated } = upload;
        Self { key, upload_id, initiated }
    }

    fn row(&self) -> Vec<String> {
        let time = self.initiated.map_or_else(|| "-".into(), |time| time.to_string());
        vec![self.key.clone(), self.upload_id.clone(), time]
    }
}

const COLUMNS: [&str; 3] = ["key", "upload id", "begun"];

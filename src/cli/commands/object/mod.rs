//! `faascmd object …`: files and objects.

pub(super) mod address;
mod file_name;
mod get;
mod ls;
mod put;
mod put_files;
mod rm;
mod uploads;
mod url;

pub(in crate::cli) use file_name::{file_of, name_of};

use clap::{Args, Subcommand};

use crate::base::size::ByteSize;
use crate::cli::context::Context;
use crate::cli::error::Outcome;
use crate::ops::{LARGEST_PART, SMALLEST_PART};

#[derive(Debug, Args)]
pub(in crate::cli) struct ObjectArgs {
    #[command(subcommand)]
    command: ObjectCommand,
}

#[derive(Debug, Subcommand)]
enum ObjectCommand {
    Put(put::PutArgs),
    Get(get::GetArgs),
    #[command(visible_alias = "list")]
    Ls(ls::LsArgs),
    #[command(visible_alias = "delete")]
    Rm(rm::RmArgs),
    Uploads(uploads::UploadsArgs),
    Url(url::UrlArgs),
}

/// Runs it.
pub(in crate::cli) fn run(args: &ObjectArgs, cx: &Context) -> Outcome {
    match &args.command {
        ObjectCommand::Put(args) => put::run(args, cx),
        ObjectCommand::Get(args) => get::run(args, cx),
        ObjectCommand::Ls(args) => ls::run(args, cx),
        ObjectCommand::Rm(args) => rm::run(args, cx),
        ObjectCommand::Uploads(args) => uploads::run(args, cx),
        ObjectCommand::Url(args) => url::run(args, cx),
    }
}

// How a transfer is cut up. (A doc comment would become that of each command.)
#[derive(Clone, Copy, Debug, Args)]
pub(in crate::cli) struct CutArgs {
    /// Size of a part; a file of at most one part is one request [default: 8MiB]
    #[arg(long, value_name = "SIZE", value_parser = part_size)]
    pub(in crate::cli) part_size: Option<ByteSize>,
    /// Parts in flight at once [default: two for each core, 4 to 8]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=32))]
    pub(in crate::cli) jobs: Option<u16>,
}

impl CutArgs {
    /// Bytes of a part.
    pub(in crate::cli) fn part_bytes(self) -> Option<u64> {
        self.part_size.map(|size| size.0)
    }

    /// Parts in flight.
    pub(in crate::cli) fn parallel(self) -> Option<usize> {
        self.jobs.map(usize::from)
    }
}

fn part_size(text: &str) -> Result<ByteSize, String> {
    let size: ByteSize = text.parse().map_err(|e: crate::base::size::NotASize| e.to_string())?;
    let (least, most) = (ByteSize(SMALLEST_PART), ByteSize(LARGEST_PART));
    if (least..=most).contains(&size) {
        Ok(size)
    } else {
        Err(format!("OSS takes parts of {least} to {most}"))
    }
}

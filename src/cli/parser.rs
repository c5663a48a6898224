//! The whole command line.

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use super::args::GlobalArgs;
use super::commands;
use super::legacy::LegacyCommand;

/// Takes an FPGA engineer on Alibaba Cloud from a compiled file to a chip that is programmed and tested.
#[derive(Debug, Parser)]
#[command(name = "faascmd", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(
    after_help = "`faascmd COMMAND --help` tells more. Exit codes: docs/exit-codes.md, or `faascmd explain 7`.

The old faascmd's commands, with its flags and its output (docs/from-faascmd.md):
  config          auth            list_policy     delete_policy
  list_objects    upload_object   get_object      delete_object
  create_image    list_images     delete_image    publish_image
  list_instances  download_image  fpga_status"
)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: GlobalArgs,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// A command of ours, or one of the old tool's.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    #[command(flatten)]
    Own(commands::Command),
    #[command(flatten)]
    Legacy(LegacyCommand),
}

impl Cli {
    /// Reads a command line; the program's name comes first.
    pub(super) fn read(line: &[std::ffi::OsString]) -> Result<Self, clap::Error> {
        let mut parser = Self::command();
        let matches = parser.try_get_matches_from_mut(line)?;
        let mut cli = Self::from_arg_matches(&matches).map_err(|e| e.format(&mut parser))?;
        cli.global.remember_sources(&matches);
        Ok(cli)
    }
}

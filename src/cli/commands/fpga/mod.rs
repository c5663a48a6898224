//! `faascmd fpga`: the chips of an instance.

mod driver;
mod load;
mod ls;
mod pick;
mod status;
mod wait;

pub(super) use driver::{DriverArgs, DriverUse};

use clap::{Args, Subcommand};

use crate::cli::context::Context;
use crate::cli::error::Outcome;

#[derive(Debug, Args)]
pub(in crate::cli) struct FpgaArgs {
    #[command(subcommand)]
    command: FpgaCommand,
}

#[derive(Debug, Subcommand)]
enum FpgaCommand {
    #[command(visible_alias = "list")]
    Ls(ls::ListArgs),
    Load(load::LoadArgs),
    Status(status::StatusArgs),
    Wait(wait::WaitArgs),
}

/// Runs the command.
pub(in crate::cli) fn run(args: &FpgaArgs, cx: &Context) -> Outcome {
    match &args.command {
        FpgaCommand::Ls(args) => ls::run(args, cx),
        FpgaCommand::Load(args) => load::run(args, cx),
        FpgaCommand::Status(args) => status::run(args, cx),
        FpgaCommand::Wait(args) => wait::run(args, cx),
    }
}

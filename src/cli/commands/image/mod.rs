//! `faascmd image`: FPGA images.

mod create;
mod log;
mod ls;
mod make;
mod publish;
mod rm;
mod show;
mod wait;

use clap::{Args, Subcommand};

use crate::cli::context::Context;
use crate::cli::error::Outcome;

pub(super) use log::build_failed;
pub(super) use make::MakeArgs;

#[derive(Debug, Args)]
pub(in crate::cli) struct ImageArgs {
    #[command(subcommand)]
    command: ImageCommand,
}

#[derive(Debug, Subcommand)]
enum ImageCommand {
    Create(create::CreateArgs),
    #[command(visible_alias = "list")]
    Ls(ls::ListArgs),
    Show(show::ShowArgs),
    Wait(wait::WaitArgs),
    Log(log::LogArgs),
    #[command(visible_alias = "delete")]
    Rm(rm::RemoveArgs),
    Publish(publish::PublishArgs),
}

/// Runs the command.
pub(in crate::cli) fn run(args: &ImageArgs, cx: &Context) -> Outcome {
    match &args.command {
        ImageCommand::Create(args) => create::run(args, cx),
        ImageCommand::Ls(args) => ls::run(args, cx),
        ImageCommand::Show(args) => show::run(args, cx),
        ImageCommand::Wait(args) => wait::run(args, cx),
        ImageCommand::Log(args) => log::run(args, cx),
        ImageCommand::Rm(args) => rm::run(args, cx),
        ImageCommand::Publish(args) => publish::run(args, cx),
    }
}

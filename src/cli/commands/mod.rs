//! One file per command: its arguments, whose doc comments are its help, and a function that reads as its steps.

mod auth;
mod check;
mod config;
mod config_show;
mod deploy;
mod doctor;
mod explain;
mod fpga;
mod image;
mod object;
mod reg;
mod sandbox;
mod test;

use clap::Subcommand;

pub(super) use reg::RegCommand;

use super::context::Context;
use super::error::Outcome;
use super::legacy::{self, LegacyCommand};

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Auth(auth::AuthArgs),
    Check(check::CheckArgs),
    Config(config::ConfigArgs),
    Deploy(deploy::DeployArgs),
    Doctor(doctor::DoctorArgs),
    Explain(explain::ExplainArgs),
    Fpga(fpga::FpgaArgs),
    Image(image::ImageArgs),
    Object(object::ObjectArgs),
    #[command(subcommand)]
    Reg(RegCommand),
    Sandbox(sandbox::SandboxArgs),
    #[command(subcommand)]
    Test(test::TestCommand),
    #[command(flatten)]
    Legacy(LegacyCommand),
}

/// Runs one.
pub(super) fn run(command: &Command, cx: &Context) -> Outcome {
    match command {
        Command::Auth(args) => auth::run(args, cx),
        Command::Check(args) => check::run(args, cx),
        Command::Config(args) => config::run(args, cx),
        Command::Deploy(args) => deploy::run(args, cx),
        Command::Doctor(args) => doctor::run(args, cx),
        Command::Explain(args) => explain::run(args, cx),
        Command::Fpga(args) => fpga::run(args, cx),
        Command::Image(args) => image::run(args, cx),
        Command::Object(args) => object::run(args, cx),
        Command::Reg(command) => reg::run(command, cx),
        Command::Sandbox(args) => sandbox::run(args, cx),
        Command::Test(command) => test::run(command, cx),
        Command::Legacy(command) => legacy::run(command, cx),
    }
}

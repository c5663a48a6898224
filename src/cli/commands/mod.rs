//! One file per command: its arguments, whose doc comments are its help, and a function that reads as its steps.

mod config;
mod config_show;
mod doctor;
mod explain;

use clap::Subcommand;

use super::context::Context;
use super::error::Outcome;

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Config(config::ConfigArgs),
    Doctor(doctor::DoctorArgs),
    Explain(explain::ExplainArgs),
}

/// Runs one.
pub(super) fn run(command: &Command, cx: &Context) -> Outcome {
    match command {
        Command::Config(args) => config::run(args, cx),
        Command::Doctor(args) => doctor::run(args, cx),
        Command::Explain(args) => explain::run(args, cx),
    }
}

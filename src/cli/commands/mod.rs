//! One file per command: its arguments, whose doc comments are its help, and a function that reads as its steps.

mod explain;

use clap::Subcommand;

use super::context::Context;
use super::error::Outcome;

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Explain(explain::ExplainArgs),
}

/// Runs one.
pub(super) fn run(command: &Command, cx: &Context) -> Outcome {
    match command {
        Command::Explain(args) => explain::run(args, cx),
    }
}

//! One file per command: its arguments, whose doc comments are its help, and a function that reads as its steps.

use clap::Subcommand;

use super::context::Context;
use super::error::Outcome;

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {}

/// Runs one.
pub(super) fn run(command: &Command, _context: &Context) -> Outcome {
    match *command {}
}

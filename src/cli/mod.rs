//! The command line: clap, one file per command, error → hint and exit code, all drawing and printing.

mod args;
mod commands;
mod completions;
mod context;
mod error;
mod errors;
mod exit;
mod legacy;
mod output;
mod parser;
mod picture;
pub mod reg_rw;

use std::process::ExitCode;

use clap::CommandFactory as _;

pub use completions::script as completion_script;
pub use exit::Exit;
use parser::{Cli, Command};

/// The whole command line, for man pages.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs `faascmd` with the arguments of the process.
pub fn main() -> ExitCode {
    let line = legacy::corrected(std::env::args_os(), Cli::command);
    let cli = match Cli::read(&line.arguments) {
        Ok(cli) => cli,
        Err(e) => return output::usage_error(&e, Cli::command),
    };
    output::start_log(cli.global.verbose);
    let makes_credentials_file =
        matches!(&cli.command, Command::Own(command) if command.makes_credentials_file());
    let context = context::Context::new(cli.global, makes_credentials_file);
    line.warning.iter().for_each(|warning| context.ui.warn(warning));
    let outcome = match &cli.command {
        Command::Own(command) => commands::run(command, &context),
        Command::Completions { shell } => completions::run(*shell, &context),
        Command::Options => {
            Err(error::Failure::new(Exit::Usage, "`options` is a topic of help, not a command")
                .hint("faascmd help options"))
        }
        Command::Legacy(command) => legacy::run(command, &context),
    };
    outcome.unwrap_or_else(|failure| context.ui.fail(&failure)).into()
}

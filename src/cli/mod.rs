//! The command line: clap, one file per command, error → hint and exit code, all drawing and printing.

mod again;
mod args;
mod commands;
mod context;
mod device;
mod error;
mod errors;
mod exit;
mod given;
mod legacy;
mod output;
mod place;
mod quick;
pub mod reg_rw;
mod route;
mod services;

use std::process::ExitCode;

use clap::Parser as _;

pub use exit::Exit;

/// Runs `faascmd` with the arguments of the process.
pub fn main() -> ExitCode {
    let line = legacy::corrected(std::env::args_os());
    let quickly = quick::plain_read(&line.arguments, std::env::vars_os());
    let cli = match quickly.map_or_else(|| args::Cli::try_parse_from(&line.arguments), Ok) {
        Ok(cli) => cli,
        Err(e) => return output::usage_error(&e),
    };
    output::start_log(cli.global.verbose);
    let context = match context::Context::new(cli.global) {
        Ok(context) => context,
        Err((ui, failure)) => return ui.fail(&failure).into(),
    };
    line.warning.iter().for_each(|warning| context.ui.warn(warning));
    match commands::run(&cli.command, &context) {
        Ok(exit) => exit.into(),
        Err(failure) => context.ui.fail(&failure).into(),
    }
}

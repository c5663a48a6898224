//! The whole command line.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Args as _, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use super::args::GlobalArgs;
use super::commands;
use super::legacy::LegacyCommand;

/// Takes an FPGA engineer on Alibaba Cloud from a compiled file to a chip that is programmed and tested.
#[derive(Debug, Parser)]
#[command(name = "faascmd", version, max_term_width = 100, disable_help_flag = true)]
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
    /// Print a script that completes commands and flags in a shell
    #[command(after_help = "Examples:
  source <(faascmd completions bash)
  faascmd completions zsh > ~/.zfunc/_faascmd
  faascmd completions fish > ~/.config/fish/completions/faascmd.fish")]
    Completions {
        /// The shell
        #[arg(value_name = "SHELL")]
        shell: clap_complete::Shell,
    },
    /// The options that every command takes; each up to --output is a variable FAASCMD_… too
    #[command(hide = true, arg_required_else_help = true)]
    Options,
    #[command(flatten)]
    Legacy(LegacyCommand),
}

impl Cli {
    /// Reads a command line; the program's name comes first.
    pub(super) fn read(line: &[OsString]) -> Result<Self, clap::Error> {
        // clap hands every global flag to every command that it knows, which takes longer than reading a register.
        match Self::read_by(narrow(line), line) {
            Err(e) if e.kind() != ErrorKind::DisplayVersion => Self::read_by(Self::command(), line),
            read => read,
        }
    }

    fn read_by(parser: clap::Command, line: &[OsString]) -> Result<Self, clap::Error> {
        let mut parser = parser.mut_args(without_empty_variable);
        let mut matches = parser.try_get_matches_from_mut(line)?;
        let from_variables = GlobalArgs::from_variables(&matches);
        let mut cli = Self::from_arg_matches_mut(&mut matches).map_err(|e| e.format(&mut parser))?;
        cli.global.from_variables = from_variables;
        // To take a parser apart costs a fifth of what a register read does, and the process ends soon.
        std::mem::forget((parser, matches));
        Ok(cli)
    }
}

/// A variable that is empty counts as one that is not set.
fn without_empty_variable(arg: clap::Arg) -> clap::Arg {
    let is_empty = arg.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
    if is_empty { arg.env(None::<&'static str>) } else { arg }
}

/// The parser with those of our commands only whose names stand in the line; what it refuses, the whole one reads.
fn narrow(line: &[OsString]) -> clap::Command {
    let parser = clap::Command::new("faascmd").version(env!("CARGO_PKG_VERSION")).disable_help_flag(true);
    let all = commands::Command::augment_subcommands(clap::Command::new(""));
    // Each command gets a copy of each: without the help they are half as large.
    let global = GlobalArgs::augment_args(parser).mut_args(|arg| arg.help(None).long_help(None));
    global.subcommand_required(true).subcommands(named_in(line, all))
}

fn named_in(line: &[OsString], mut parent: clap::Command) -> Vec<clap::Command> {
    let is_named = |command: &&mut clap::Command| line.iter().any(|word| word == command.get_name());
    let named: Vec<_> = parent.get_subcommands_mut().filter(is_named).map(std::mem::take).collect();
    std::mem::forget(parent);
    let narrowed = |command: clap::Command| {
        if !command.has_subcommands() {
            return command;
        }
        let name: &'static str = command.get_name().to_owned().leak();
        clap::Command::new(name).subcommand_required(true).subcommands(named_in(line, command))
    };
    named.into_iter().map(narrowed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrow_parser_reads_as_the_whole_one_does() {
        for line in [
            "faascmd reg read 0x24 SMOKE_DONE.DONE",
            "faascmd --device bar -o json reg read 0x24",
            "faascmd reg read 0x24 --device=test -q",
            "faascmd explain reg read",
            "faascmd dma read 0x1000 --len 4KiB read",
            "faascmd reg ls list",
            "faascmd reg list",
            "faascmd reg",
            "faascmd fleet ls -o json",
            "faascmd object uploads ls",
            "faascmd test smoke",
            "faascmd sandbox --fault throttle=0.1 -- faascmd deploy x",
            "faascmd create_image --object a --region cn-hangzhou",
        ] {
            let words: Vec<OsString> = line.split(' ').map(Into::into).collect();
            let by = |parser| {
                Cli::read_by(parser, &words).map(|cli| format!("{cli:?}")).map_err(|e| e.to_string())
            };
            let read = Cli::read(&words).map(|cli| format!("{cli:?}")).map_err(|e| e.to_string());
            assert_eq!(read, by(Cli::command()), "{line}");
        }
    }
}

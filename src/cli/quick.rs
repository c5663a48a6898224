//! The short way into `faascmd reg`: the command line is parsed against the one verb that it names.
//!
//! Reading a register takes a millisecond, most of which clap would spend on the flags of forty other commands. What
//! does not parse here goes the long way, which has the words for help and errors.

use std::ffi::OsString;

use clap::{Args, Command, FromArgMatches, Subcommand};

use super::args::{Cli, GlobalArgs};
use super::commands::RegCommand;

/// The command line, if it is one of `reg` and nothing is wrong with it.
pub(super) fn register_verb(arguments: &[OsString]) -> Option<Cli> {
    let verb = arguments.windows(2).find(|pair| pair[0] == "reg")?[1].to_str()?;
    let mut verbs = RegCommand::augment_subcommands(Command::new("verbs"));
    let verb = verbs.get_subcommands_mut().find(|command| command.get_name() == verb).map(std::mem::take)?;
    let reg = Command::new("reg").subcommand(verb).subcommand_required(true);
    let root = GlobalArgs::augment_args(Command::new("faascmd")).subcommand(reg).subcommand_required(true);
    Cli::from_arg_matches(&root.try_get_matches_from(arguments).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn quickly(line: &str) -> Option<String> {
        let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        register_verb(&arguments).map(|cli| format!("{cli:?}"))
    }

    #[test]
    fn the_short_way_leads_where_the_long_way_does() {
        for line in [
            "faascmd reg read 0x24",
            "faascmd --device bar reg read 0x24 -o json --all-ones-ok",
            "faascmd -q reg write CTRL.MODE run --map m.toml --mask 1 --verify --device reg",
            "faascmd reg wait 0x24 --equals 1 --timeout 1h",
            "faascmd reg watch a b --for 1s",
            "faascmd reg dump 0..0x10",
            "faascmd reg diff a b",
            "faascmd reg run - --no-lock",
            "faascmd reg info",
        ] {
            let full = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(quickly(line), Some(format!("{full:?}")), "{line}");
        }
    }

    #[test]
    fn everything_else_goes_the_long_way() {
        for line in [
            "faascmd reg",
            "faascmd reg read",
            "faascmd reg read --help",
            "faascmd reg --device x read 0x24",
            "faascmd reg peek 0x24",
            "faascmd --bucket reg object ls",
            "faascmd --bucket reg read ls",
            "faascmd explain reg read",
            "faascmd",
        ] {
            assert_eq!(quickly(line), None, "{line}");
        }
    }
}

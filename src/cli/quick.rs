//! The short way into `faascmd reg read PLACE... [--device DEVICE]`, the command that scripts call most.
//!
//! All of its work takes less time than clap needs to learn the flags of forty commands. Whatever else stands on the
//! command line or in the environment goes the long way, and so do help and errors.

use std::ffi::OsString;

use super::args::{Cli, GlobalArgs};
use super::commands::{Command, RegCommand};

/// The command line, if it is of that form and no variable but `FAASCMD_DEVICE` is set.
pub(super) fn plain_read(
    arguments: &[OsString],
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Option<Cli> {
    let [_program, reg, read, words @ ..] = arguments else { return None };
    if reg != "reg" || read != "read" {
        return None;
    }
    let device = device_variable(variables)?;
    let mut global = GlobalArgs::default();
    let mut places = Vec::new();
    let mut words = words.iter().map(|word| word.to_str());
    while let Some(word) = words.next() {
        match word? {
            "--device" if global.device.is_none() => global.device = Some(plain(words.next()??)?),
            place => places.push(plain(place)?),
        }
    }
    global.device = global.device.or(device);
    (!places.is_empty()).then(|| Cli { global, command: Command::Reg(RegCommand::plain_read(places)) })
}

/// A word that is neither a flag nor empty.
fn plain(word: &str) -> Option<String> {
    (!word.starts_with('-') && !word.is_empty()).then(|| word.to_owned())
}

/// The device that the environment names; `None` if it sets something else of ours.
fn device_variable(variables: impl Iterator<Item = (OsString, OsString)>) -> Option<Option<String>> {
    let mut device = None;
    for (name, value) in variables {
        match name.as_encoded_bytes() {
            b"FAASCMD_DEVICE" => device = Some(value.into_string().ok()?),
            name if name.starts_with(b"FAASCMD_") => return None,
            _ => {}
        }
    }
    Some(device)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn quickly(line: &str, variable: Option<(&str, &str)>) -> Option<String> {
        let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let variables = variable.map(|(name, value)| (name.into(), value.into()));
        plain_read(&arguments, variables.into_iter()).map(|cli| format!("{cli:?}"))
    }

    #[test]
    fn the_short_way_leads_where_the_long_way_does() {
        for line in [
            "faascmd reg read 0x24",
            "faascmd reg read 0x24 SMOKE_DONE.DONE 4c",
            "faascmd reg read --device bar 0x24",
            "faascmd reg read 0x24 --device 05:00.0/2 0x28",
        ] {
            let full = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(quickly(line, None), Some(format!("{full:?}")), "{line}");
        }
        let with_variable = quickly("faascmd reg read 0x24", Some(("FAASCMD_DEVICE", "bar")));
        assert_eq!(with_variable, quickly("faascmd reg read 0x24 --device bar", None));
        let flag_wins = quickly("faascmd reg read 0x24 --device bar", Some(("FAASCMD_DEVICE", "other")));
        assert_eq!(flag_wins, with_variable);
    }

    #[test]
    fn everything_else_goes_the_long_way() {
        for line in [
            "faascmd reg read",
            "faascmd reg read --device bar",
            "faascmd reg read 0x24 --device",
            "faascmd reg read 0x24 --device --map",
            "faascmd reg read 0x24 --device a --device b",
            "faascmd reg read 0x24 --device=bar",
            "faascmd reg read --help",
            "faascmd reg read 0x24 -o json",
            "faascmd reg read -- 0x24",
            "faascmd reg --device x read 0x24",
            "faascmd reg write 0x24 1",
            "faascmd explain reg read",
            "faascmd",
        ] {
            assert_eq!(quickly(line, None), None, "{line}");
        }
        assert_eq!(quickly("faascmd reg read 0x24", Some(("FAASCMD_OUTPUT", "json"))), None);
    }
}

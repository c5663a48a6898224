//! Misspellings that the old tool's documents teach, corrected before the command line is parsed.

use std::ffi::OsString;

/// What the documents write, and what they mean (`docs/from-faascmd.md` names the pages).
const MISSPELT: [(&str, &str); 4] =
    [("fpgauid", "fpgauuid"), ("imageuid", "imageuuid"), ("instance", "instanceId"), ("obejct", "object")];

/// A command line, and the one warning about what was corrected in it.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::cli) struct Corrected {
    /// The arguments, the program's name first.
    pub(in crate::cli) arguments: Vec<OsString>,
    /// What was read as what.
    pub(in crate::cli) warning: Option<String>,
}

/// Corrects the arguments of an old command; those of any other stay as they are.
pub(in crate::cli) fn corrected(
    arguments: impl Iterator<Item = OsString>,
    parser: impl FnOnce() -> clap::Command,
) -> Corrected {
    let mut arguments: Vec<OsString> = arguments.collect();
    if !arguments.iter().any(|word| word.to_str().is_some_and(may_be_an_old_command)) {
        return Corrected { arguments, warning: None };
    }
    let mut parser = parser();
    parser.build();
    let Some((at, flags)) = command_in(&arguments, &parser) else {
        return Corrected { arguments, warning: None };
    };
    let rest = arguments.split_off(at + 1).into_iter().rev().collect();
    let mut words = Words { flags, rest, done: Vec::new(), corrections: Vec::new() };
    while words.step() {}
    arguments.extend(words.done);
    let warning = (!words.corrections.is_empty()).then(|| words.corrections.join(", "));
    Corrected { arguments, warning }
}

/// A cheap look: the old commands are spelt with `_`, and no other is. Two kept their names.
fn may_be_an_old_command(word: &str) -> bool {
    let spelt_so = word.contains('_') && word.bytes().all(|b| b == b'_' || b.is_ascii_lowercase());
    spelt_so || matches!(word, "config" | "auth")
}

/// Where an old command stands, behind global flags and their values; and its flags that take a value.
fn command_in(arguments: &[OsString], parser: &clap::Command) -> Option<(usize, Vec<String>)> {
    let mut at = 1;
    loop {
        let word = arguments.get(at)?.to_str()?;
        if !word.starts_with('-') {
            let command = parser.find_subcommand(word).filter(|_| may_be_an_old_command(word))?;
            let with_value = command.get_arguments().filter(|arg| arg.get_action().takes_values());
            return Some((at, with_value.filter_map(|arg| arg.get_long().map(str::to_owned)).collect()));
        }
        at += if takes_the_next_word(parser, word) { 2 } else { 1 };
    }
}

fn takes_the_next_word(parser: &clap::Command, flag: &str) -> bool {
    let named = |arg: &&clap::Arg| {
        let long = flag.strip_prefix("--").is_some_and(|name| arg.get_long() == Some(name));
        let short =
            flag.strip_prefix('-').is_some_and(|name| arg.get_short().is_some_and(|c| name == c.to_string()));
        long || short
    };
    parser.get_arguments().find(named).is_some_and(|arg| arg.get_action().takes_values())
}

/// The words behind the command, on their way from one list to the other.
struct Words {
    /// The command's flags that take a value.
    flags: Vec<String>,
    /// Not looked at yet; the next is the last.
    rest: Vec<OsString>,
    done: Vec<OsString>,
    corrections: Vec<String>,
}

impl Words {
    /// Takes the next word over, with those that belong to it.
    fn step(&mut self) -> bool {
        let Some(word) = self.rest.pop() else { return false };
        match word.to_str() {
            Some("--") if self.next().is_some_and(|next| self.is_flag_without_dashes(next)) => {
                let next = self.rest.pop().and_then(|next| next.into_string().ok()).unwrap_or_default();
                self.flag(&format!("--{next}"), &format!("-- {next}"));
            }
            Some(text) if text.starts_with("--") && text.len() > 2 => self.flag(text, text),
            Some(text) if self.is_flag_without_dashes(text) && text.contains('=') => {
                self.flag(&format!("--{text}"), text);
            }
            _ => self.done.push(word),
        }
        true
    }

    /// `bucket` and `bucket=my-bucket`: no old command takes a word that is not a flag.
    fn is_flag_without_dashes(&self, word: &str) -> bool {
        let name = word.split('=').next().unwrap_or_default();
        self.takes_a_value(name) || MISSPELT.iter().any(|(wrong, _)| *wrong == name)
    }

    fn takes_a_value(&self, name: &str) -> bool {
        self.flags.iter().any(|flag| flag == name)
    }

    /// Takes over a flag, which the user wrote otherwise, with its value where the two were torn apart.
    fn flag(&mut self, flag: &str, written: &str) {
        let (mut written, mut value) =
            (written.to_owned(), flag.split_once('=').map(|(_, value)| OsString::from(value)));
        if value.is_none() && self.next().is_some_and(|next| next.starts_with('=')) {
            let next = self.rest.pop().unwrap_or_default().into_string().unwrap_or_default();
            written.push_str(" =");
            value = Some(next[1..].into());
        }
        if written.ends_with('=')
            && value.as_ref().is_some_and(|value| value.is_empty())
            && self.next_is_a_value()
        {
            written.push(' ');
            value = self.rest.pop();
        }
        let name = flag.trim_start_matches("--").split('=').next().unwrap_or_default();
        let name = MISSPELT.iter().find(|(wrong, _)| *wrong == name).map_or(name, |(_, right)| right);
        self.note(&written, name, value.is_some());
        let mut word = OsString::from(format!("--{name}"));
        match value {
            Some(value) => {
                word.push("=");
                word.push(value);
                self.done.push(word);
            }
            // What follows is its value, whatever it looks like.
            None => {
                self.done.push(word);
                if self.takes_a_value(name) && self.next_is_a_value() {
                    self.done.extend(self.rest.pop());
                }
            }
        }
    }

    fn next(&self) -> Option<&str> {
        self.rest.last().and_then(|next| next.to_str())
    }

    fn next_is_a_value(&self) -> bool {
        self.rest.last().is_some_and(|next| !next.to_string_lossy().starts_with('-'))
    }

    /// Remembers a correction, without the value: it may be a secret.
    fn note(&mut self, written: &str, name: &str, has_value: bool) {
        let sign = if has_value { "=" } else { "" };
        let written = written.split_once('=').map_or(written.to_owned(), |(flag, rest)| {
            let gap = if rest == " " { " " } else { "" };
            format!("{flag}={gap}")
        });
        if written != format!("--{name}{sign}") {
            let value = if has_value { "…" } else { "" };
            self.corrections.push(format!("`{written}{value}` is read as `--{name}{sign}{value}`"));
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::parser::Cli;

    fn correct(line: &str) -> (String, Option<String>) {
        let words = line.split(' ').map(OsString::from);
        let corrected = corrected(words, Cli::command);
        let text: Vec<_> =
            corrected.arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        (text.join(" "), corrected.warning)
    }

    #[test]
    fn what_the_documents_misspell_is_read_as_it_is_meant() {
        for (written, meant) in [
            ("f fpga_status --fpgauid=0x1 --instance=i-1", "f fpga_status --fpgauuid=0x1 --instanceId=i-1"),
            ("f download_image --imageuid a", "f download_image --imageuuid a"),
            ("f get_object --obejct=a", "f get_object --object=a"),
            ("f auth bucket=b", "f auth --bucket=b"),
            ("f auth -- bucket = b", "f auth --bucket=b"),
            ("f create_image --shell =V1.0 --name n", "f create_image --shell=V1.0 --name n"),
            ("f create_image --shell= V1.0", "f create_image --shell=V1.0"),
            ("f -o json --region cn-x -q auth bucket=b", "f -o json --region cn-x -q auth --bucket=b"),
        ] {
            let (corrected, warning) = correct(written);
            assert_eq!(corrected, meant);
            assert!(warning.is_some(), "{written}");
        }
    }

    #[test]
    fn what_is_right_stays_and_warns_of_nothing() {
        for line in [
            "f",
            "f --help",
            "f create_image --name= --shell=V1.0",
            "f create_image --name bucket=x --description --",
            "f upload_object --object a=b --file bucket=c",
            "f sandbox -- faascmd auth bucket=b",
            "f --profile auth image ls bucket=b",
            "f reg read --fpgauid",
            "f list_objects -v",
        ] {
            assert_eq!(correct(line), (line.to_owned(), None));
        }
    }

    #[test]
    fn the_warning_says_what_was_read_as_what_and_shows_no_value() {
        let (_, warning) = correct("f config --id =LTAI --key =hunter2");
        assert_eq!(warning.unwrap(), "`--id =…` is read as `--id=…`, `--key =…` is read as `--key=…`");
        let (_, warning) = correct("f fpga_status --fpgauid 0x1 --instance= i-1");
        let expected = "`--fpgauid` is read as `--fpgauuid`, `--instance= …` is read as `--instanceId=…`";
        assert_eq!(warning.unwrap(), expected);
    }
}

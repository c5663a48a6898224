//! Misspellings that the old tool's documents teach, corrected before the command line is parsed.

use std::ffi::{OsStr, OsString};

use clap::CommandFactory as _;

use crate::cli::args::Cli;

/// The old tool's commands; only their flags are corrected.
const COMMANDS: [&str; 15] = [
    "config",
    "auth",
    "list_policy",
    "delete_policy",
    "list_objects",
    "upload_object",
    "get_object",
    "delete_object",
    "create_image",
    "list_images",
    "delete_image",
    "list_instances",
    "download_image",
    "fpga_status",
    "publish_image",
];

/// The old tool's flags.
const FLAGS: [&str; 17] = [
    "id",
    "key",
    "bucket",
    "object",
    "file",
    "fpgatype",
    "encrypted",
    "kmskey",
    "shell",
    "name",
    "description",
    "tags",
    "imageuuid",
    "instanceId",
    "fpgauuid",
    "imagetype",
    "imageid",
];

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
pub(in crate::cli) fn corrected(arguments: impl Iterator<Item = OsString>) -> Corrected {
    let mut arguments: Vec<OsString> = arguments.collect();
    let command = command_at(&arguments).filter(|at| is_one_of(&arguments[*at], &COMMANDS));
    let Some(at) = command else { return Corrected { arguments, warning: None } };
    let mut words = Words { rest: arguments.split_off(at + 1), done: Vec::new(), corrections: Vec::new() };
    words.rest.reverse();
    while words.step() {}
    arguments.extend(words.done);
    let warning = (!words.corrections.is_empty()).then(|| words.corrections.join(", "));
    Corrected { arguments, warning }
}

/// Where the command stands: behind global flags and their values.
fn command_at(arguments: &[OsString]) -> Option<usize> {
    let mut at = 1;
    loop {
        let word = arguments.get(at)?.to_str()?;
        if !word.starts_with('-') {
            return Some(at);
        }
        at += if takes_the_next_word(word) { 2 } else { 1 };
    }
}

fn takes_the_next_word(flag: &str) -> bool {
    let cli = Cli::command();
    let named = |arg: &&clap::Arg| {
        let long = flag.strip_prefix("--").is_some_and(|name| arg.get_long() == Some(name));
        let short =
            flag.strip_prefix('-').is_some_and(|name| arg.get_short().is_some_and(|c| name == c.to_string()));
        long || short
    };
    cli.get_arguments().find(named).is_some_and(|arg| arg.get_action().takes_values())
}

fn is_one_of(word: &OsStr, names: &[&str]) -> bool {
    word.to_str().is_some_and(|word| names.contains(&word))
}

/// The words behind the command, on their way from one list to the other.
struct Words {
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
            Some("--") if self.next_is_a_flag_without_dashes() => {
                let next = self.rest.pop().and_then(|next| next.into_string().ok()).unwrap_or_default();
                self.flag(&format!("--{next}"), &format!("-- {next}"));
            }
            Some(text) if text.starts_with("--") && text.len() > 2 => self.flag(text, text),
            Some(text) if is_flag_without_dashes(text) && text.contains('=') => {
                self.flag(&format!("--{text}"), text);
            }
            _ => self.done.push(word),
        }
        true
    }

    fn next_is_a_flag_without_dashes(&self) -> bool {
        self.rest.last().and_then(|next| next.to_str()).is_some_and(is_flag_without_dashes)
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
                if FLAGS.contains(&name) && self.next_is_a_value() {
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

/// `bucket` and `bucket=my-bucket`: no old command takes a word that is not a flag.
fn is_flag_without_dashes(word: &str) -> bool {
    let name = word.split('=').next().unwrap_or_default();
    FLAGS.contains(&name) || MISSPELT.iter().any(|(wrong, _)| *wrong == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn correct(line: &str) -> (String, Option<String>) {
        let words = line.split(' ').map(OsString::from);
        let corrected = corrected(words);
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

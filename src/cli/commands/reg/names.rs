//! `faascmd reg names LINE`: what a shell offers where a register's name is typed.

use clap::Args;

use super::maps::Maps;
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::Outcome;

/// The verbs that take names.
const VERBS: [&str; 6] = ["read", "write", "wait", "watch", "dump", "ls"];

#[derive(Debug, Args)]
pub(in crate::cli) struct NamesArgs {
    /// The line up to the cursor
    #[arg(value_name = "LINE", allow_hyphen_values = true)]
    line: String,
}

/// A name that is being typed.
#[derive(Debug, PartialEq, Eq)]
struct Typed {
    map: Option<String>,
    beginning: String,
}

/// Runs the command. Nobody looks at an error while typing: there is just nothing to offer.
pub(super) fn run(args: &NamesArgs, cx: &Context) -> Outcome {
    let Some(typed) = Typed::of(&args.line) else { return Ok(Exit::Done) };
    let Ok(maps) = Maps::load(typed.map.as_deref()) else { return Ok(Exit::Done) };
    let mut lines = String::new();
    for name in maps.all().flat_map(|map| typed.offers(map)) {
        lines.push_str(&name);
        lines.push('\n');
    }
    cx.ui.write(lines.as_bytes())?;
    Ok(Exit::Done)
}

impl Typed {
    /// None where no name is to be typed.
    fn of(line: &str) -> Option<Self> {
        let words: Vec<String> = line.split_whitespace().map(plain).collect();
        let at = words.windows(2).rposition(|two| two[0] == "reg" && VERBS.contains(&two[1].as_str()))?;
        let words = &words[at + 1..];
        let beginning = if line.ends_with(char::is_whitespace) { "" } else { words.last()?.as_str() };
        let before = if beginning.is_empty() { words } else { &words[..words.len() - 1] };
        let (verb, flags) = (before.first()?, &before[1..]);
        if beginning.starts_with('-') || before.last().is_some_and(|word| takes_value(verb, word)) {
            return None;
        }
        let mut map = None;
        for (i, word) in flags.iter().enumerate() {
            match word.strip_prefix("--map") {
                Some("") => map = flags.get(i + 1).cloned(),
                Some(value) => map = value.strip_prefix('=').map(str::to_owned),
                None => {}
            }
        }
        Some(Self { map, beginning: beginning.to_ascii_lowercase() })
    }

    /// Registers that begin so; once a register is typed whole, its fields.
    fn offers(&self, map: &crate::device::RegisterMap) -> Vec<String> {
        let begins = |name: &String| name.to_ascii_lowercase().starts_with(&self.beginning);
        let mut offered: Vec<String> =
            map.registers.iter().map(|register| register.name.clone()).filter(begins).collect();
        for register in &map.registers {
            // The fields of every register at once would be too much to look through.
            if self.beginning.starts_with(&format!("{}.", register.name.to_ascii_lowercase())) {
                let fields = register.fields.iter().map(|field| format!("{}.{}", register.name, field.name));
                offered.extend(fields.filter(begins));
            }
        }
        offered
    }
}

/// A word as the shell will give it: without quotes, with the home folder for `~/`.
fn plain(word: &str) -> String {
    let word =
        shlex::split(word).and_then(|words| words.into_iter().next()).unwrap_or_else(|| word.to_owned());
    let (flag, path) =
        word.split_once("=~/").map_or(("", word.strip_prefix("~/")), |(flag, rest)| (flag, Some(rest)));
    match (path, std::env::var("HOME")) {
        (Some(path), Ok(home)) if flag.is_empty() => format!("{home}/{path}"),
        (Some(path), Ok(home)) => format!("{flag}={home}/{path}"),
        _ => word,
    }
}

/// Whether what follows a word is that flag's value.
fn takes_value(verb: &str, word: &str) -> bool {
    let mut all = crate::cli::command();
    all.build();
    let verb = all.find_subcommand("reg").and_then(|reg| reg.find_subcommand(verb));
    let is_it = |arg: &&clap::Arg| {
        let long = word.strip_prefix("--").is_some_and(|name| arg.get_long() == Some(name));
        let short = word
            .strip_prefix('-')
            .is_some_and(|name| arg.get_short().map(String::from).as_deref() == Some(name));
        long || short
    };
    let mut arguments = verb.into_iter().flat_map(clap::Command::get_arguments);
    arguments.find(is_it).is_some_and(|arg| arg.get_action().takes_values())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::RegisterMap;

    #[test]
    fn a_name_is_offered_where_one_is_typed_and_nowhere_else() {
        let typed = |line: &str| Typed::of(line).map(|typed| (typed.map, typed.beginning));
        let name = |map: Option<&str>, beginning: &str| Some((map.map(str::to_owned), beginning.to_owned()));
        assert_eq!(typed("faascmd reg read "), name(None, ""));
        assert_eq!(typed("sudo faascmd reg read A --map 'm.toml' SMO"), name(Some("m.toml"), "smo"));
        assert_eq!(typed("faascmd reg write --map=m.toml ctrl.S"), name(Some("m.toml"), "ctrl.s"));
        assert_eq!(typed("x | faascmd --device bar reg ls D"), name(None, "d"));
        let home = std::env::var("HOME").unwrap();
        assert_eq!(typed("faascmd reg wait --map ~/m.toml "), name(Some(&format!("{home}/m.toml")), ""));
        for line in [
            "faascmd reg re",
            "faascmd reg read --ma",
            "faascmd reg read --map ",
            "faascmd reg read --map m.to",
            "faascmd reg read A -o ",
            "faascmd reg map ",
            "faascmd object put reg",
        ] {
            assert_eq!(typed(line), None, "{line}");
        }
    }

    #[test]
    fn fields_are_offered_once_their_register_is_typed() {
        let map = "name = 'm'\n[[register]]\nname = 'CTRL'\noffset = 0\naccess = 'rw'
            [[register.field]]\nname = 'START'\nbits = 0\n[[register]]\nname = 'CTRL2'\noffset = 4\naccess = 'rw'";
        let map = RegisterMap::parse(map).unwrap();
        let offers = |text: &str| Typed { map: None, beginning: text.to_owned() }.offers(&map);
        assert_eq!(offers("ct"), ["CTRL", "CTRL2"]);
        assert_eq!(offers("ctrl."), ["CTRL.START"]);
        assert_eq!(offers("x"), [""; 0]);
    }
}

//! A command line that is wrong, in one sentence and with what to type instead.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args as _, Command};

use super::stderr;
use super::ui::{ERROR, HINT};
use crate::base::text::{harmless, json_escaped};
use crate::cli::args::GlobalArgs;
use crate::cli::error::Failure;
use crate::cli::exit::Exit;

/// Prints what clap has to say: help on stdout with 0, a wrong command line on stderr with 2.
pub(in crate::cli) fn usage_error(error: &clap::Error, whole: fn() -> Command) -> ExitCode {
    if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        // A closed pipe under `faascmd --help | head` is no error.
        let untold = error.print().err().filter(|e| e.kind() != std::io::ErrorKind::BrokenPipe);
        return match untold {
            _ if error.use_stderr() => Exit::Usage.into(),
            Some(e) => fail(&Failure::new(Exit::Failed, format!("can't write to stdout: {e}"))),
            None => Exit::Done.into(),
        };
    }
    fail(&failure(error, whole))
}

fn fail(failure: &Failure) -> ExitCode {
    if wants_json() {
        stderr::line(&json_escaped(&failure.json().to_string()));
    } else {
        stderr::text(&text(failure));
    }
    failure.exit.into()
}

fn wants_json() -> bool {
    let typed = typed_words();
    let form = output_of(&typed).map(str::to_owned).or_else(|| std::env::var("FAASCMD_OUTPUT").ok());
    form.is_some_and(|form| form == "json")
}

fn typed_words() -> Vec<String> {
    std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect()
}

/// The last `-o`, however it is written; as a whole the line can't be read.
fn output_of(typed: &[String]) -> Option<&str> {
    let mut form = None;
    for (number, word) in typed.iter().enumerate() {
        let short = word.strip_prefix('-').map(|flags| flags.trim_start_matches(['q', 'v']));
        let value = word.strip_prefix("--output").or_else(|| short?.strip_prefix('o'));
        let Some(value) = value.map(|value| value.strip_prefix('=').unwrap_or(value)) else { continue };
        form = if value.is_empty() { typed.get(number + 1).map(String::as_str) } else { Some(value) };
    }
    form
}

fn text(failure: &Failure) -> String {
    let colored =
        std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let painted = |style: anstyle::Style, text: &str| {
        if colored { format!("{style}{text}{style:#}") } else { text.into() }
    };
    let hints = failure.hints.iter().map(|hint| format!("  {} {}\n", painted(HINT, "hint:"), harmless(hint)));
    format!("{} {}\n{}", painted(ERROR, "error:"), harmless(&failure.message), hints.collect::<String>())
}

fn failure(error: &clap::Error, whole: fn() -> Command) -> Failure {
    let usage = usage(error, whole);
    let help = format!("{} --help", command(&usage));
    let failure = Failure::new(Exit::Usage, message(error, &usage));
    match suggestion(error) {
        Some(meant) => failure.hint(format!("is `{meant}` meant?")).hint(help),
        None => failure.hint(format!("usage: {usage}")).hint(help),
    }
}

/// One sentence; of what is not foreseen here, clap's own words.
fn message(error: &clap::Error, usage: &str) -> String {
    let given = |kind| strings(error, kind).join(", ");
    match error.kind() {
        ErrorKind::MissingRequiredArgument => {
            let missing = strings(error, ContextKind::InvalidArg);
            let missing: Vec<&str> = missing.iter().map(|name| bare(name)).collect();
            let is = if missing.len() == 1 { "is" } else { "are" };
            format!("{} {is} missing", missing.join(" and "))
        }
        ErrorKind::InvalidSubcommand => {
            format!("`{}` is not a command of {}", given(ContextKind::InvalidSubcommand), command(usage))
        }
        ErrorKind::UnknownArgument => {
            let argument = given(ContextKind::InvalidArg);
            let of_negative = argument.strip_prefix('-').unwrap_or_default();
            if usage.contains("VALUE") && of_negative.starts_with(|c: char| c.is_ascii_digit()) {
                return format!("`{argument}`: a value here has no sign");
            }
            format!("{} does not take `{argument}`", command(usage))
        }
        _ => {
            let text = error.render().to_string();
            let sentence =
                text.trim_start_matches("error: ").lines().take_while(|line| !line.trim().is_empty());
            sentence.map(str::trim).collect::<Vec<_>>().join(" ")
        }
    }
}

/// `KEY` of `<KEY>...`, and a flag with its value as it is.
fn bare(name: &str) -> &str {
    let inner = name.strip_prefix('<').and_then(|rest| rest.trim_end_matches('.').strip_suffix('>'));
    inner.unwrap_or(name)
}

fn strings(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

/// What was probably meant: the nearest of what clap finds near.
fn suggestion(error: &clap::Error) -> Option<String> {
    let (typed, near) = match error.kind() {
        ErrorKind::InvalidSubcommand => (ContextKind::InvalidSubcommand, ContextKind::SuggestedSubcommand),
        ErrorKind::UnknownArgument => (ContextKind::InvalidArg, ContextKind::SuggestedArg),
        ErrorKind::InvalidValue => (ContextKind::InvalidValue, ContextKind::SuggestedValue),
        _ => return None,
    };
    let typed = strings(error, typed).into_iter().next()?;
    strings(error, near).into_iter().min_by_key(|meant| strsim::damerau_levenshtein(&typed, meant))
}

/// The usage without the global flags that variables set.
fn usage(error: &clap::Error, whole: fn() -> Command) -> String {
    let text = match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(text)) => text.to_string(),
        _ => usage_of_typed(whole()),
    };
    let globals = GlobalArgs::augment_args(Command::new(""));
    let is_global = |word: &str| {
        let flag = word.trim_start_matches('[').strip_prefix("--");
        flag.is_some_and(|flag| globals.get_arguments().any(|argument| argument.get_long() == Some(flag)))
    };
    let mut kept = Vec::new();
    let mut words = text.trim_start_matches("Usage: ").split_whitespace().peekable();
    while let Some(word) = words.next() {
        if !is_global(word) {
            kept.push(word);
        } else if words.peek().is_some_and(|next| next.starts_with('<')) {
            words.next();
        }
    }
    kept.join(" ")
}

/// The usage of the command that was typed; clap names none where a value is wrong.
fn usage_of_typed(mut typed: Command) -> String {
    typed.build();
    for word in typed_words() {
        if let Some(inner) = typed.find_subcommand(&word) {
            typed = inner.clone();
        }
    }
    typed.render_usage().to_string()
}

/// The words of a usage that name the command.
fn command(usage: &str) -> String {
    let name = |word: &&str| word.starts_with(|c: char| c.is_ascii_lowercase());
    usage.split_whitespace().take_while(name).collect::<Vec<_>>().join(" ")
}

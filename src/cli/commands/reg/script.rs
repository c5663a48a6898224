//! A script of `reg` verbs: a line each, all understood before the first is performed.

use std::time::Duration;

use clap::Parser;
use serde::Serialize;

use super::dump::{Dump, DumpArgs, DumpReport};
use super::maps::{self, Maps};
use super::read::{Read, ReadArgs, ReadReport};
use super::target::Target;
use super::wait::{Wait, WaitArgs, WaitReport, pause};
use super::write::{Write, WriteArgs, WriteReport};
use crate::base::duration::duration;
use crate::cli::Exit;
use crate::cli::error::Failure;
use crate::cli::output::{Page, Report};

/// A line that has a verb.
#[derive(Debug)]
pub(super) struct Step {
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) verb: Verb,
}

/// What a line does; small, as there may be a hundred thousand.
#[derive(Debug)]
pub(super) enum Verb {
    Read(Read),
    Write(Box<Write>),
    Wait(Box<Wait>),
    Dump(Box<Dump>),
    Sleep(Duration),
}

/// What a line gave.
#[derive(Debug, Serialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub(super) enum Answer {
    Read(ReadReport),
    Write(WriteReport),
    Wait(WaitReport),
    Dump(DumpReport),
    Sleep { seconds: f64 },
}

/// The grammar of a line with flags: that of the commands.
#[derive(Debug, Parser)]
#[command(no_binary_name = true, disable_help_flag = true, disable_help_subcommand = true)]
enum Line {
    Read(ReadArgs),
    Write(WriteArgs),
    Wait(WaitArgs),
    Dump(DumpArgs),
    Sleep {
        #[arg(value_parser = duration)]
        time: Duration,
    },
}

/// Understands a whole script. `#` begins a comment.
///
/// # Errors
/// With the number of the first line that is wrong.
pub(super) fn parse(text: &str, name: &str, maps: &Maps) -> Result<Vec<Step>, Failure> {
    let mut steps = Vec::new();
    let mut words = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        words.clear();
        words.extend(text.split_whitespace().take_while(|word| !word.starts_with('#')));
        if !words.is_empty() {
            let verb =
                verb(&words, maps).map_err(|failure| failure.of_line().at(format_args!("{name}:{line}")))?;
            steps.push(Step { line, verb });
        }
    }
    Ok(steps)
}

/// Lines without flags, of which a long script is made, take a short way.
fn verb(words: &[&str], maps: &Maps) -> Result<Verb, Failure> {
    match words {
        ["read", place] if !place.starts_with('-') => {
            if maps::is_pattern(place) {
                return with_flags(words, maps);
            }
            Ok(Verb::Read(Read { places: vec![maps.place(place)?], named: false, left_out: Vec::new() }))
        }
        // Another value may be the name of one of a field's.
        ["write", place, value]
            if !place.starts_with('-')
                && !place.contains('=')
                && value.starts_with(|c: char| c.is_ascii_digit()) =>
        {
            Ok(Verb::Write(Box::new(Write::plain(maps.place_to_write(place)?, value)?)))
        }
        _ => with_flags(words, maps),
    }
}

fn with_flags(words: &[&str], maps: &Maps) -> Result<Verb, Failure> {
    let line = Line::try_parse_from(words).map_err(|e| {
        let text = e.to_string();
        // A first line with a colon has below it what it is about.
        let end = text.find("\n\n").unwrap_or(text.len());
        let said: Vec<&str> = text[..end].trim_start_matches("error: ").lines().map(str::trim).collect();
        Failure::new(Exit::Usage, said.join(" "))
            .hint("a line is read, write, wait, dump or sleep, with its flags")
    })?;
    Ok(match line {
        Line::Read(args) => Verb::Read(args.understood(maps)?),
        Line::Write(args) => match <[Write; 1]>::try_from(args.understood(maps)?) {
            Ok([write]) => Verb::Write(Box::new(write)),
            Err(_) => return Err(Failure::new(Exit::Usage, "a line writes to one register")),
        },
        Line::Wait(args) => Verb::Wait(Box::new(args.understood(maps)?)),
        Line::Dump(args) => Verb::Dump(Box::new(args.understood(maps)?)),
        Line::Sleep { time } => Verb::Sleep(time),
    })
}

impl Verb {
    /// Refuses what leaves the device.
    pub(super) fn check(&self, target: &Target) -> Result<(), Failure> {
        match self {
            Self::Read(read) => read.check(target),
            Self::Write(write) => write.check(target),
            Self::Wait(wait) => wait.check(target),
            Self::Dump(dump) => dump.check(target),
            Self::Sleep(_) => Ok(()),
        }
    }

    /// Whether the device must be open for writing.
    pub(super) fn writes(&self) -> bool {
        matches!(self, Self::Write(write) if write.writes())
    }

    /// Whether it may last, so that what came before should be shown.
    pub(super) fn lasts(&self) -> bool {
        matches!(self, Self::Wait(_) | Self::Sleep(_))
    }

    /// Does it.
    pub(super) fn perform(&self, target: &Target) -> Result<Answer, Failure> {
        Ok(match self {
            Self::Read(read) => Answer::Read(read.perform(target)?),
            Self::Write(write) => Answer::Write(write.perform(target)?),
            Self::Wait(wait) => Answer::Wait(wait.perform(target)?),
            Self::Dump(dump) => Answer::Dump(dump.perform(target)?),
            Self::Sleep(time) => {
                pause(target, *time)?;
                Answer::Sleep { seconds: time.as_secs_f64() }
            }
        })
    }
}

impl Answer {
    /// What its command would say besides.
    pub(super) fn note(&self) -> Option<String> {
        match self {
            Self::Read(report) => report.note(),
            Self::Dump(report) => report.note(),
            Self::Write(_) | Self::Wait(_) | Self::Sleep { .. } => None,
        }
    }

    /// Writes the answer as its command would.
    pub(super) fn human(&self, page: &mut Page) {
        match self {
            Self::Read(report) => report.human(page),
            Self::Write(report) => report.human(page),
            Self::Wait(report) => report.human(page),
            Self::Dump(report) => report.human(page),
            Self::Sleep { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Vec<Step>, Failure> {
        parse(text, "s", &Maps::load(None).unwrap())
    }

    #[test]
    fn a_line_is_a_verb_with_its_flags() {
        let steps = parsed(
            "# bring-up\n\nread 0x24 ERROR\nwrite 0x40 0xf0 --mask 0xf0 --verify # scratch\nsleep 5ms\n\
             wait SMOKE_DONE.DONE --equals done --timeout 1s\r\ndump 0x0..0x10\nwrite SMOKE_START 1\n",
        )
        .unwrap();
        let lines: Vec<usize> = steps.iter().map(|step| step.line).collect();
        assert_eq!(lines, [3, 4, 5, 6, 7, 8]);
        assert_eq!(steps.iter().filter(|step| step.verb.writes()).count(), 2);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let error = |text: &str| parsed(text).unwrap_err().message;
        assert_eq!(error("read 0x24\nread 4c"), "s:2: `4c` is not a number: write 0x1f, 31 or 0b1_1111");
        assert_eq!(error("watch 0x24"), "s:1: unrecognized subcommand 'watch'");
        assert_eq!(error("\nwrite ERROR 1"), "s:2: ERROR is read-only");
        assert_eq!(error("write 0x14"), "s:1: `0x14` is not PLACE VALUE, nor PLACE=VALUE...");
        assert_eq!(error("write 0x14=1 0x18=2"), "s:1: a line writes to one register");
    }
}

//! The user's two streams.

use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd as _;
use std::sync::{Arc, OnceLock};

use anstyle::{AnsiColor, Style};
use clap::ColorChoice;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde::Serialize;

use super::{Page, stderr};
use crate::base::text::{harmless, harmless_but_tabs, json_escaped};
use crate::cli::args::{Format, GlobalArgs};
use crate::cli::error::{Failure, Outcome};
use crate::cli::exit::Exit;

/// A step that is done.
pub(super) const DONE: Style = AnsiColor::Green.on_default();
/// `warning:`.
pub(super) const WARNING: Style = AnsiColor::Yellow.on_default();
pub(super) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(super) const HINT: Style = AnsiColor::Cyan.on_default();

/// An answer: one value from which the JSON document and the human text are made.
pub(in crate::cli) trait Report: Serialize {
    /// The schema's name and version, such as `faascmd.image.list/1`.
    const SCHEMA: &'static str;

    /// Writes the answer for people.
    fn human(&self, page: &mut Page);
}

/// stdout and stderr with what the user wants of them.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Ui {
    format: Format,
    pub(super) quiet: bool,
    pub(super) progress: bool,
    color_stdout: bool,
    color_stderr: bool,
    assume_yes: bool,
    /// Why a line of the answer that came before its end could not be written.
    lost: Arc<OnceLock<String>>,
}

impl Ui {
    /// From the global flags and what the streams are.
    pub(in crate::cli) fn new(global: &GlobalArgs) -> Self {
        let colored = |terminal: bool| match global.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
        };
        Self {
            format: global.output,
            quiet: global.quiet,
            // Bars and log lines would overwrite each other.
            progress: !global.no_progress && !global.quiet && global.verbose == 0,
            color_stdout: colored(io::stdout().is_terminal()),
            color_stderr: colored(io::stderr().is_terminal()),
            assume_yes: global.yes,
            lost: Arc::default(),
        }
    }

    /// Whether the answer is to be JSON.
    pub(in crate::cli) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Prints the answer: the whole of stdout.
    pub(in crate::cli) fn print<R: Report>(&self, report: &R) -> Outcome {
        self.print_with(report, Exit::Done)
    }

    /// Prints the answer of a command that ends with this exit code.
    pub(in crate::cli) fn print_with<R: Report>(&self, report: &R, exit: Exit) -> Outcome {
        let text = match self.format {
            Format::Json => json_document(report)?,
            Format::Human => {
                let mut page = self.page();
                report.human(&mut page);
                page.into_text()
            }
        };
        self.write(text.as_bytes())?;
        match self.lost.get() {
            Some(why) => Err(Failure::new(Exit::Failed, why.clone())),
            None => Ok(exit),
        }
    }

    /// Writes a line of the answer before its end; that it could not be is told at the end.
    pub(super) fn write_ahead(&self, line: &str) {
        if let Err(failure) = self.write(format!("{line}\n").as_bytes()) {
            self.lost.set(failure.message).ok();
        }
    }

    /// An empty page for stdout; for answers that are written bit by bit.
    pub(in crate::cli) fn page(&self) -> Page {
        Page::new(io::stdout().is_terminal(), self.color_stdout)
    }

    /// Writes to stdout as it is; a closed pipe is quiet and no error.
    pub(in crate::cli) fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.write_while_read(bytes).map(drop)
    }

    /// Writes to stdout as it is, and tells whether somebody still reads there.
    pub(in crate::cli) fn write_while_read(&self, bytes: &[u8]) -> Result<bool, Failure> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            Err(e) => Err(Failure::new(Exit::Failed, format!("can't write to stdout: {e}"))),
        }
    }

    /// Whether somebody still reads stdout; writing tells it too, but only when there is something to write.
    pub(in crate::cli) fn is_read(&self) -> bool {
        let stdout = io::stdout();
        let mut looked = [PollFd::new(stdout.as_fd(), PollFlags::empty())];
        poll(&mut looked, PollTimeout::ZERO).is_err()
            || looked[0].revents().is_none_or(|events| !events.contains(PollFlags::POLLERR))
    }

    /// A line on stderr, unless `--quiet`.
    pub(in crate::cli) fn note(&self, text: &str) {
        if !self.quiet {
            stderr::line(&harmless(text));
        }
    }

    /// The same for a line that a host or a build wrote: its tabs stay.
    pub(in crate::cli) fn foreign_note(&self, text: &str) {
        if !self.quiet {
            stderr::line(&harmless_but_tabs(text));
        }
    }

    /// A warning on stderr, also with `--quiet`.
    pub(in crate::cli) fn warn(&self, text: &str) {
        stderr::line(&format!("{} {}", self.painted(WARNING, "warning:"), harmless(text)));
    }

    /// Asks on a terminal; without one, only `--yes` is a yes.
    pub(in crate::cli) fn confirms(&self, question: &str) -> Result<bool, Failure> {
        if self.assume_yes {
            return Ok(true);
        }
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(Failure::new(Exit::Usage, format!("{question} Nobody is there to answer"))
                .hint("add --yes to go on without a question"));
        }
        stderr::text(&format!("{} [y/N] ", harmless(question)));
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).ok();
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    }

    /// Says that the command failed and gives its exit code.
    pub(in crate::cli) fn fail(&self, failure: &Failure) -> Exit {
        stderr::text(&self.failure_text(failure));
        failure.exit
    }

    /// What [`Ui::fail`] says, whole lines.
    pub(in crate::cli) fn failure_text(&self, failure: &Failure) -> String {
        if self.is_json() {
            return format!("{}\n", json_escaped(&failure.json().to_string()));
        }
        let mut text = format!("{} {}\n", self.painted(ERROR, "error:"), harmless(&failure.message));
        if let Some(id) = failure.service.as_ref().and_then(|a| a.request_id.as_deref()) {
            text.push_str(&format!("  request id: {}\n", harmless(id)));
        }
        text + &self.hints(failure)
    }

    /// The same with a first line of the caller's choice, which names the request id where there is one.
    pub(in crate::cli) fn fail_saying(&self, headline: &str, failure: &Failure) -> Exit {
        if self.is_json() {
            return self.fail(failure);
        }
        stderr::text(&format!("{}\n{}", harmless(headline), self.hints(failure)));
        failure.exit
    }

    fn hints(&self, failure: &Failure) -> String {
        let hint = |hint: &String| format!("  {} {}\n", self.painted(HINT, "hint:"), harmless(hint));
        failure.hints.iter().map(hint).collect()
    }

    /// Text in a colour, where stdout shows colours.
    pub(in crate::cli) fn painted_answer(&self, style: Style, text: &str) -> String {
        if self.color_stdout { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// Text in a colour, where stderr shows colours.
    pub(super) fn painted(&self, style: Style, text: &str) -> String {
        if self.color_stderr { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

fn json_document<R: Report>(report: &R) -> Result<String, Failure> {
    let internal =
        |e: serde_json::Error| Failure::new(Exit::Internal, format!("can't write {}: {e}", R::SCHEMA));
    let mut document = serde_json::Map::new();
    document.insert("schema".into(), R::SCHEMA.into());
    if let serde_json::Value::Object(fields) = serde_json::to_value(report).map_err(internal)? {
        document.extend(fields);
    }
    let text = serde_json::to_string_pretty(&document).map_err(internal)?;
    Ok(format!("{}\n", json_escaped(&text)))
}

/// A path in a document, whose text is UTF-8 while a path need not be.
pub(in crate::cli) fn lossy<S: serde::Serializer>(
    path: &impl AsRef<std::path::Path>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.as_ref().to_string_lossy())
}

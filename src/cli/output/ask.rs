//! Questions, asked on a terminal only.

use std::io::{self, BufRead, IsTerminal};

use super::{Ui, stderr};
use crate::base::secret::Secret;
use crate::base::text::harmless;
use crate::cli::error::Failure;
use crate::cli::exit::Exit;

/// Whether there is a person to ask.
pub(in crate::cli) fn somebody_is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a line; the answer may be empty.
///
/// # Errors
/// When stdin ends or can't be read.
pub(in crate::cli) fn ask(question: &str) -> Result<String, Failure> {
    stderr::text(&harmless(question));
    line_of_stdin()
}

/// Asks for a secret, which is not shown while it is typed.
///
/// # Errors
/// When the terminal can't be read.
pub(in crate::cli) fn ask_secret(question: &str) -> Result<Secret, Failure> {
    rpassword::prompt_password(question).map(|text| Secret::new(text.trim())).map_err(|e| no_answer(&e))
}

/// A secret from stdin: its first line, or what is typed when stdin is a terminal.
///
/// # Errors
/// When stdin ends or can't be read.
pub(in crate::cli) fn secret_of_stdin(question: &str) -> Result<Secret, Failure> {
    if io::stdin().is_terminal() { ask_secret(question) } else { line_of_stdin().map(Secret::new) }
}

fn line_of_stdin() -> Result<String, Failure> {
    let mut line = String::new();
    let length = io::stdin().lock().read_line(&mut line).map_err(|e| no_answer(&e))?;
    if length == 0 {
        return Err(no_answer(&io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(line.trim().to_owned())
}

fn no_answer(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::Interrupted => Failure::new(Exit::Interrupted, "interrupted"),
        io::ErrorKind::UnexpectedEof => Failure::new(Exit::Usage, "stdin ended before there was an answer"),
        _ => Failure::new(Exit::Failed, format!("can't read the answer: {error}")),
    }
}

impl Ui {
    /// Asks on a terminal. Where nobody is there to answer, as in the scripts of the old tool's users, it is agreed
    /// and said.
    pub(in crate::cli) fn agrees(&self, question: &str) -> Result<bool, Failure> {
        if somebody_is_there() {
            return self.confirms(question);
        }
        self.note(&format!("{question} Yes: nobody is there to ask"));
        Ok(true)
    }
}

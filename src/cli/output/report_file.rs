//! A file that tells what the answer tells, for who shows it elsewhere: JUnit, a page.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use crate::cli::error::Failure;
use crate::cli::exit::Exit;

/// Open before the work starts: days of soak must not end in a path that can't be written.
#[derive(Debug)]
pub(in crate::cli) struct ReportFile {
    what: &'static str,
    path: PathBuf,
    file: File,
    /// Whether it can be written anew; a pipe can't.
    pub(in crate::cli) is_regular: bool,
}

impl ReportFile {
    /// `what` is said where it can't be written: `the JUnit file`.
    pub(in crate::cli) fn open(what: &'static str, path: &Path) -> Result<Self, Failure> {
        let opened = || {
            let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
            let is_regular = file.metadata()?.is_file();
            Ok(Self { what, path: path.to_owned(), file, is_regular })
        };
        opened().map_err(|e| unwritten(what, path, &e))
    }

    /// Writes it, over what stood there before.
    pub(in crate::cli) fn write(&mut self, text: &str) -> Result<(), Failure> {
        let mut written = || {
            if self.is_regular {
                self.file.rewind()?;
                self.file.set_len(0)?;
            }
            self.file.write_all(text.as_bytes())
        };
        written().map_err(|e| unwritten(self.what, &self.path, &e))
    }

    /// Takes it away: there is nothing to tell, and what stood there before is of something else.
    pub(in crate::cli) fn remove(self) {
        if self.is_regular {
            std::fs::remove_file(&self.path).ok();
        }
    }
}

fn unwritten(what: &str, path: &Path, e: &io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("{what} {} can't be written: {e}", path.display()))
}

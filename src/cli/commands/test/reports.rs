//! The files that tell a test's outcome besides the answer.

use std::path::PathBuf;

use clap::Args;

use super::told::Told;
use super::{html, junit};
use crate::cli::error::Failure;
use crate::cli::output::{ReportFile, Ui};

#[derive(Clone, Debug, Args)]
pub(in crate::cli::commands) struct ReportArgs {
    /// Write the result as JUnit XML too
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Draw the result as a page too: verdict, plots, how it was run
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// The open files.
#[derive(Debug)]
pub(in crate::cli::commands) struct Reports {
    files: Vec<(ReportFile, Document)>,
}

type Document = fn(&Told<'_>) -> String;

impl Reports {
    pub(in crate::cli::commands) fn open(args: &ReportArgs) -> Result<Self, Failure> {
        let wanted = [
            ("the JUnit file", &args.junit, junit::document as Document),
            ("the page", &args.html, html::document),
        ];
        let wanted =
            wanted.into_iter().filter_map(|(what, path, document)| Some((what, path.as_ref()?, document)));
        let files = wanted.map(|(what, path, document)| Ok((ReportFile::open(what, path)?, document)));
        Ok(Self { files: files.collect::<Result<_, Failure>>()? })
    }

    /// Writes what is known before a test.
    pub(in crate::cli::commands) fn begin(&mut self, told: &Told<'_>, ui: &Ui) {
        let files = self.files.iter_mut().filter(|(file, _)| file.is_regular);
        write(files, told, ui);
    }

    /// Writes what is known after it.
    pub(in crate::cli::commands) fn write(&mut self, told: &Told<'_>, ui: &Ui) {
        write(self.files.iter_mut(), told, ui);
    }
}

/// A file that can't be written is told, and changes no verdict.
fn write<'a>(files: impl Iterator<Item = &'a mut (ReportFile, Document)>, told: &Told<'_>, ui: &Ui) {
    for (file, document) in files {
        if let Err(failure) = file.write(&document(told)) {
            ui.warn(&failure.message);
        }
    }
}

//! `faascmd check`: what a compiled file is, and what the service or the chip would refuse.

mod blocks;
mod xclbin;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::bitstream::{self, Examination, Facts, Family, Finding, Kind, Target};
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output::{Page, Report};

/// Say what a compiled file is, and what the service or the chip would refuse
///
/// A file is known by its content, not by its name. Errors are contradictions inside the file; what depends on the
/// service, the chip or taste is a warning. With --for, the wrong kind of file, a part of another device family and a
/// container without a bitstream are errors too. Exit code 11 when a file has errors.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd check bit.tar.gz
  faascmd check --for intel dma_afu.gbs
  faascmd check -o json *.xclbin | jq '.items[] | {file, kind, ok}'

The codes of the findings are in docs/check.md.")]
pub(in crate::cli) struct CheckArgs {
    /// Files to check
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The maker of the chip that the files are for
    #[arg(long = "for", value_name = "MAKER", value_enum)]
    maker: Option<Maker>,
}

/// The maker of a chip, as on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Maker {
    /// f1
    Intel,
    /// f2 and f3
    Xilinx,
}

impl From<Maker> for Family {
    fn from(maker: Maker) -> Self {
        match maker {
            Maker::Intel => Self::Intel,
            Maker::Xilinx => Self::Xilinx,
        }
    }
}

/// Runs the command.
pub(in crate::cli) fn run(args: &CheckArgs, cx: &Context) -> Outcome {
    let target = Target { family: args.maker.map(Family::from), shell: None };
    let items = args.files.iter().map(|file| Ok(Item::new(file, check(file, &target)?)));
    let report = CheckReport { items: items.collect::<Result<Vec<_>, Failure>>()? };
    let exit = if report.items.iter().all(|item| item.ok) { Exit::Done } else { Exit::Fault };
    cx.ui.print_with(&report, exit)
}

fn check(path: &Path, target: &Target) -> Result<Examination, Failure> {
    let unreadable = |e: io::Error| unreadable(path, &e);
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        let what = if metadata.is_dir() { "a folder" } else { "no regular file" };
        return Err(Failure::new(Exit::Usage, format!("`{}` is {what}: name files", path.display())));
    }
    bitstream::examine(file, metadata.len(), target).map_err(unreadable)
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let missing = error.kind() == io::ErrorKind::NotFound;
    let exit = if missing { Exit::NotFound } else { Exit::Failed };
    Failure::new(exit, format!("can't read `{}`: {error}", path.display()))
}

/// The answer.
#[derive(Debug, Serialize)]
struct CheckReport {
    items: Vec<Item>,
}

/// What is known of one file.
#[derive(Debug, Serialize)]
struct Item {
    file: String,
    kind: Kind,
    title: &'static str,
    family: Option<Family>,
    size: u64,
    head_only: bool,
    ok: bool,
    errors: usize,
    warnings: usize,
    summary: String,
    facts: Facts,
    findings: Vec<Finding>,
}

impl Item {
    fn new(file: &Path, exam: Examination) -> Self {
        Self {
            file: file.display().to_string(),
            kind: exam.kind,
            title: exam.kind.title(),
            family: exam.family(),
            size: exam.size,
            head_only: exam.head_only,
            ok: !exam.has_errors(),
            errors: exam.errors().count(),
            warnings: exam.warnings().count(),
            summary: exam.summary(),
            facts: exam.facts,
            findings: exam.findings,
        }
    }
}

impl Report for CheckReport {
    const SCHEMA: &'static str = "faascmd.check/1";

    fn human(&self, page: &mut Page) {
        for (i, item) in self.items.iter().enumerate() {
            if i > 0 {
                page.line("");
            }
            page.line(format!("{}: {}", item.file, item.summary));
            blocks::facts(page, item.kind, item.size, &item.facts);
            blocks::findings(page, &item.findings);
        }
    }
}

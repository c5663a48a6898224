//! `faascmd check`: what a compiled file is, and what the service or the chip would refuse.

mod blocks;
mod xclbin;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::bitstream::{self, Examination, Facts, Family, Finding, Kind, Severity, Target};
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output::{Page, Report};
use crate::ops::chip::{self, Wanted};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd check bit.tar.gz
  faascmd check --for intel dma_afu.gbs
  faascmd check --fpga 0 bit.tar.gz
  faascmd check -o json *.xclbin | jq '.items[] | {file, kind, ok}'

The codes of the findings are in docs/check.md.")]
pub(in crate::cli) struct CheckArgs {
    /// Files to check
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The maker of the chip that the files are for
    #[arg(long = "for", value_name = "MAKER", value_enum)]
    maker: Option<Family>,
    /// The chip of this instance that the files are for, by UUID or by its number in `faascmd fpga ls`
    #[arg(long, value_name = "UUID|INDEX")]
    fpga: Option<String>,
}

/// Runs the command: every file gets its answer, also behind one that can't be read.
pub(in crate::cli) fn run(args: &CheckArgs, cx: &Context) -> Outcome {
    let target = match &args.fpga {
        Some(fpga) => cx.block_on(target_of(fpga, args.maker, cx))?,
        None => Target { family: args.maker, shell: None },
    };
    let looked = |file: &PathBuf| (file.display().to_string(), check(file, &target));
    let mut looked: Vec<(String, Result<Examination, Failure>)> = args.files.iter().map(looked).collect();
    if let [(_, outcome @ Err(_))] = looked.as_mut_slice() {
        let unread = std::mem::replace(outcome, Err(Failure::new(Exit::Failed, "")));
        return unread.map(|_| Exit::Failed);
    }
    let report =
        CheckReport { items: looked.iter().map(|(file, outcome)| Item::new(file, outcome)).collect() };
    cx.ui.print(&report)?;
    let fault = looked.iter().any(|(_, outcome)| outcome.as_ref().is_ok_and(Examination::has_errors));
    let unread: Vec<_> =
        looked.iter().filter_map(|(_, outcome)| Some(outcome.as_ref().err()?.exit)).collect();
    // The answer on stdout tells of every file, so that there is no error beside it.
    Ok(match unread[..] {
        _ if fault => Exit::Fault,
        _ if unread.contains(&Exit::NotFound) => Exit::NotFound,
        [first, ..] => first,
        [] => Exit::Done,
    })
}

/// The chip that was named: its type and its shell.
async fn target_of(fpga: &str, maker: Option<Family>, cx: &Context) -> Result<Target, Failure> {
    let (faas, instance_id) = (cx.faas().await?, cx.instance_id().await?);
    let chips = faas.chips(&instance_id).await?.view;
    let wanted = Wanted { named: Some(fpga), family: maker, image: None };
    let chip = chip::choose(&chips, &instance_id, &wanted).map_err(crate::ops::Error::from)?;
    Ok(Target { family: chip.family(), shell: chip.shell.clone() })
}

fn check(path: &Path, target: &Target) -> Result<Examination, Failure> {
    let unreadable = |e: io::Error| unreadable(path, &e);
    // Looked at before it is opened: a pipe without a writer would hang.
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        let what = if metadata.is_dir() { "a folder" } else { "no regular file" };
        return Err(Failure::new(Exit::Usage, format!("`{}` is {what}: name files", path.display())));
    }
    let file = File::open(path).map_err(unreadable)?;
    bitstream::examine(file, metadata.len(), target).map_err(unreadable)
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let missing = error.kind() == io::ErrorKind::NotFound;
    let exit = if missing { Exit::NotFound } else { Exit::Failed };
    Failure::new(exit, format!("can't read `{}`: {error}", path.display()))
}

/// The answer.
#[derive(Debug, Serialize)]
struct CheckReport<'e> {
    items: Vec<Item<'e>>,
}

/// What is known of one file.
#[derive(Debug, Serialize)]
struct Item<'e> {
    file: &'e str,
    ok: bool,
    #[serde(flatten)]
    known: Known<'e>,
    /// Why it could not be read; then nothing is known of it.
    error: Option<serde_json::Value>,
}

#[derive(Debug, Default, Serialize)]
struct Known<'e> {
    kind: Option<Kind>,
    title: Option<&'static str>,
    family: Option<Family>,
    size: Option<u64>,
    head_only: bool,
    errors: usize,
    warnings: usize,
    notes: usize,
    summary: Option<String>,
    facts: Option<&'e Facts>,
    findings: &'e [Finding],
}

impl<'e> Item<'e> {
    fn new(file: &'e str, outcome: &'e Result<Examination, Failure>) -> Self {
        match outcome {
            Ok(exam) => Self { file, ok: !exam.has_errors(), known: Known::new(exam), error: None },
            Err(failure) => {
                let error = Some(failure.json()["error"].take());
                Self { file, ok: false, known: Known::default(), error }
            }
        }
    }
}

impl<'e> Known<'e> {
    fn new(exam: &'e Examination) -> Self {
        let count = |severity| exam.findings.iter().filter(|finding| finding.severity == severity).count();
        Self {
            kind: Some(exam.kind),
            title: Some(exam.kind.title()),
            family: exam.family(),
            size: Some(exam.size),
            head_only: exam.head_only,
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
            summary: Some(exam.summary()),
            facts: Some(&exam.facts),
            findings: &exam.findings,
        }
    }
}

impl Report for CheckReport<'_> {
    const SCHEMA: &'static str = "faascmd.check/1";

    fn human(&self, page: &mut Page) {
        for (i, item) in self.items.iter().enumerate() {
            if i > 0 {
                page.line("");
            }
            if let Some(error) = &item.error {
                page.line(error["message"].as_str().unwrap_or_default());
            }
            if let Known {
                kind: Some(kind),
                size: Some(size),
                summary: Some(summary),
                facts: Some(facts),
                ..
            } = &item.known
            {
                page.line(format!("{}: {summary}", item.file));
                blocks::facts(page, *kind, *size, facts);
                blocks::findings(page, &item.known);
            }
        }
    }
}

//! `faascmd reg diff A B`

use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::device::{Difference, Reading, Width, differences};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd reg dump my.toml -o json > before.json
  faascmd reg dump my.toml -o json > after.json
  faascmd reg diff before.json after.json")]
pub(in crate::cli) struct DiffArgs {
    /// Dump, as `reg dump -o json` wrote it
    #[arg(value_name = "A.json")]
    a: PathBuf,
    /// The other dump
    #[arg(value_name = "B.json")]
    b: PathBuf,
}

/// A dump on disk.
#[derive(Deserialize)]
pub(super) struct Document {
    schema: String,
    #[serde(default)]
    pub(super) map: Option<String>,
    pub(super) items: Vec<Reading>,
}

#[derive(Debug, Serialize)]
struct DiffReport {
    items: Vec<Difference>,
}

/// Runs the command.
pub(super) fn run(args: &DiffArgs, cx: &Context) -> Outcome {
    let items = differences(&Document::read(&args.a)?.items, &Document::read(&args.b)?.items);
    let exit = if items.is_empty() { Exit::Done } else { Exit::Failed };
    cx.ui.print_with(&DiffReport { items }, exit)
}

impl Document {
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|e| {
            let exit = if e.kind() == std::io::ErrorKind::NotFound { Exit::NotFound } else { Exit::Usage };
            Failure::new(exit, format!("{} can't be read: {e}", path.display()))
        })?;
        let wrong = |why: String| {
            Failure::new(Exit::Usage, format!("{} is not a dump: {why}", path.display()))
                .hint("`faascmd reg dump … -o json` writes one")
        };
        let document: Self = serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        if !["faascmd.reg.dump/1", "faascmd.reg.read/1"].contains(&document.schema.as_str()) {
            return Err(wrong(format!("its schema is {}", document.schema)));
        }
        if let Some(item) = document.items.iter().find(|item| item.value > item.width.all_ones()) {
            let (label, value, width) = (item.label(), item.value, item.width);
            return Err(wrong(format!("{value:#x} of {label} does not fit {width} bits")));
        }
        Ok(document)
    }
}

impl Report for DiffReport {
    const SCHEMA: &'static str = "faascmd.reg.diff/1";

    fn human(&self, page: &mut Page) {
        let show =
            |value: Option<u64>, width: Width| value.map_or_else(|| "(absent)".to_owned(), |v| width.hex(v));
        for item in &self.items {
            let name = item.name.as_deref().unwrap_or_default();
            page.cells(&[&item.address, name, &show(item.a, item.width), &show(item.b, item.width)]);
            for field in &item.fields {
                let name = format!("{name}.{}", field.name);
                page.cells(&[&item.address, &name, &field.a.shown(), &field.b.shown()]);
            }
        }
    }
}

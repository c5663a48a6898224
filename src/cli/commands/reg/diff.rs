//! `faascmd reg diff A B`

use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::device::{Difference, Reading, differences, hex};

/// Compare two dumps; names the registers and fields that differ
///
/// Exit 1 when they differ, 0 when they are the same.
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

#[derive(Deserialize)]
struct Document {
    schema: String,
    items: Vec<Reading>,
}

#[derive(Debug, Serialize)]
struct DiffReport {
    items: Vec<Difference>,
}

/// Runs the command.
pub(super) fn run(args: &DiffArgs, cx: &Context) -> Outcome {
    let items = differences(&readings(&args.a)?, &readings(&args.b)?);
    let exit = if items.is_empty() { Exit::Done } else { Exit::Failed };
    cx.ui.print_with(&DiffReport { items }, exit)
}

fn readings(path: &Path) -> Result<Vec<Reading>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| {
        let exit = if e.kind() == std::io::ErrorKind::NotFound { Exit::NotFound } else { Exit::Usage };
        Failure::new(exit, format!("{} can't be read: {e}", path.display()))
    })?;
    let wrong = |why: String| {
        Failure::new(Exit::Usage, format!("{} is no dump: {why}", path.display()))
            .hint("`faascmd reg dump … -o json` writes one")
    };
    let document: Document = serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?;
    if !["faascmd.reg.dump/1", "faascmd.reg.read/1"].contains(&document.schema.as_str()) {
        return Err(wrong(format!("its schema is {}", document.schema)));
    }
    Ok(document.items)
}

impl Report for DiffReport {
    const SCHEMA: &'static str = "faascmd.reg.diff/1";

    fn human(&self, page: &mut Page) {
        let value = |value: Option<u32>| value.map_or_else(|| "(absent)".to_owned(), hex);
        for item in &self.items {
            let name = item.name.as_deref().unwrap_or_default();
            page.cells(&[&item.address, name, &value(item.a), &value(item.b)]);
            for field in &item.fields {
                let name = format!("{name}.{}", field.name);
                page.cells(&[&item.address, &name, &field.a.shown(), &field.b.shown()]);
            }
        }
    }
}

//! `faascmd reg map FILE`

use std::path::PathBuf;

use clap::Args;

use super::ls::LsReport;
use super::maps;
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd reg map vadd.xclbin --to vadd.toml
  faascmd reg map csr.json -o json | jq '.items[].name'")]
pub(in crate::cli) struct MapArgs {
    /// File to read
    file: String,
    /// Write the map there, instead of to stdout
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(args: &MapArgs, cx: &Context) -> Outcome {
    let map = maps::map(&args.file)?;
    if let Some(to) = &args.to {
        let unwritten = |e| Failure::new(Exit::Failed, format!("can't write `{}`: {e}", to.display()));
        std::fs::write(to, map.to_toml()).map_err(unwritten)?;
        cx.ui.note(&format!("{} registers in {}", map.registers.len(), to.display()));
        if !cx.ui.is_json() {
            return Ok(Exit::Done);
        }
    }
    if cx.ui.is_json() {
        return cx.ui.print(&LsReport::new(map, None));
    }
    cx.ui.write(map.to_toml().as_bytes())?;
    Ok(Exit::Done)
}

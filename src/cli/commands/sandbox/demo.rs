//! `faascmd sandbox demo`: a small package of each kind, taken all the way by the commands that a user would type.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Serialize;

use super::Commands;
use crate::bitstream::sample;
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::typed::quoted;
use crate::cli::output::{Page, Report};

/// What a user would type, in this order.
const COMMANDS: [&str; 7] = [
    "deploy bit.tar.gz --test smoke,prbs --prbs-duration 1s",
    "fpga status --fpga 0",
    "deploy bit.tar.gz",
    "deploy kernel.gbs",
    "image ls",
    "fpga ls",
    "object ls",
];

/// A part of the family f3, whose chip the sandbox has.
const PART: &str = "xcvu9p-flgb2104-2-i";

/// Runs the demonstration; ends with the code of the first command that fails.
pub(super) fn run(commands: &Commands<'_>, keep: bool, cx: &Context) -> Outcome {
    let demo = Demo::prepare(*commands, keep, cx)
        .map_err(|e| Failure::new(Exit::Failed, format!("can't make the files of the demonstration: {e}")))?;
    let mut ran = Vec::new();
    for line in COMMANDS {
        let command = demo.run(line)?;
        let code = command.exit_code;
        ran.push(command);
        if code != 0 {
            return demo.end(ran, Exit::OfCommand(code));
        }
    }
    demo.end(ran, Exit::Done)
}

/// The folder in which the commands run; gone in the end.
pub(super) struct Demo<'a> {
    commands: Commands<'a>,
    cx: &'a Context,
    folder: tempfile::TempDir,
    keep: bool,
}

/// The answer with `--output json`.
#[derive(Debug, Serialize)]
struct Demonstration {
    items: Vec<Ran>,
    #[serde(skip_serializing_if = "Option::is_none")]
    said: Option<String>,
    /// The folder with the files, where it stays.
    kept: Option<PathBuf>,
}

/// A command that ran.
#[derive(Debug, Serialize)]
pub(super) struct Ran {
    command: String,
    pub(super) exit_code: u8,
    /// What it printed with `--output json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<serde_json::Value>,
}

impl Report for Demonstration {
    const SCHEMA: &'static str = "faascmd.sandbox.demo/1";

    fn human(&self, page: &mut Page) {
        if let Some(said) = &self.said {
            page.line("");
            page.line(said);
        } else if self.items.iter().all(|ran| ran.exit_code == 0) {
            page.line("");
            page.line("That was the whole road. With your own file: faascmd sandbox -- faascmd deploy FILE");
        }
        if let Some(folder) = &self.kept {
            let folder = quoted(&folder.display().to_string());
            page.line(format!("To go on with these files: cd {folder} && faascmd sandbox -- sh"));
        }
    }
}

impl<'a> Demo<'a> {
    pub(super) fn prepare(commands: Commands<'a>, keep: bool, cx: &'a Context) -> io::Result<Self> {
        let mut folder = tempfile::Builder::new()
            .prefix("faascmd-demo-")
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir()?;
        folder.disable_cleanup(keep);
        fs::write(folder.path().join("bit.tar.gz"), sample::package(PART))?;
        fs::write(folder.path().join("kernel.gbs"), sample::gbs(64 * 1024))?;
        Ok(Self { commands, cx, folder, keep })
    }

    /// Shows a command, runs it as a process of its own and waits for its end.
    pub(super) fn run(&self, line: &str) -> Result<Ran, Failure> {
        let program = std::env::current_exe()
            .map_err(|e| Failure::new(Exit::Internal, format!("can't tell where this program is: {e}")))?;
        let words: Vec<OsString> =
            std::iter::once(program.into()).chain(line.split(' ').map(OsString::from)).collect();
        let mut command = self.commands.prepared(&words)?;
        // What a deploy remembers of unfinished work goes with the demonstration.
        command.current_dir(self.folder.path()).env("XDG_STATE_HOME", self.folder.path().join("state"));
        let shown = format!("faascmd {line}");
        if self.cx.ui.is_json() {
            return self.captured(command, shown);
        }
        self.cx.ui.write(format!("\n$ {shown}\n").as_bytes())?;
        Ok(Ran { exit_code: self.commands.run(&mut command)?, command: shown, answer: None })
    }

    /// The same, the answer kept for the one document.
    fn captured(&self, mut command: Command, shown: String) -> Result<Ran, Failure> {
        let path = self.folder.path().join("answer.json");
        let can_not = |e: io::Error| Failure::new(Exit::Failed, format!("{}: {e}", path.display()));
        let file = File::create(&path).map_err(can_not)?;
        command.args(["--output", "json"]).stdout(Stdio::from(file));
        let exit_code = self.commands.run(&mut command)?;
        Ok(Ran { command: shown, exit_code, answer: answer(&path) })
    }

    pub(super) fn end(&self, items: Vec<Ran>, exit: Exit) -> Outcome {
        self.cx.ui.print_with(&Demonstration { items, said: None, kept: self.kept() }, exit)
    }

    /// The end of one that went as it should, with a last word.
    pub(super) fn end_saying(&self, items: Vec<Ran>, said: &str) -> Outcome {
        self.cx.ui.print(&Demonstration { items, said: Some(said.to_owned()), kept: self.kept() })
    }

    /// Where the files stay.
    fn kept(&self) -> Option<PathBuf> {
        self.keep.then(|| self.folder.path().to_owned())
    }
}

fn answer(path: &Path) -> Option<serde_json::Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

//! `faascmd doctor`: what is wrong, and the next command.

use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use clap::Args;
use serde::Serialize;
use serde_json::json;

use crate::base::private_file::write_private;
use crate::cli::context::Context;
use crate::cli::context::roots;
use crate::cli::error::{Failure, Outcome};
use crate::cli::errors::device::cure;
use crate::cli::exit::Exit;
use crate::cli::output::{Page, Report};
use crate::ops::doctor::{Check, State, Subject, examine};

#[derive(Debug, Args)]
#[command(after_help = "Exits 0, or 1 when a check fails. Nothing is changed.

Examples:
  faascmd doctor
  faascmd doctor --report report.json     for a ticket: no secret is in it
  faascmd doctor -o json | jq '.items[] | select(.state == \"fail\")'")]
pub(in crate::cli) struct DoctorArgs {
    /// Write the findings, the version and the settings into a file, without secrets
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Diagnosis {
    ok: bool,
    items: Vec<Check>,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &DoctorArgs, cx: &Context) -> Outcome {
    let items = match examined(cx) {
        Ok(items) => items,
        // Settings that can't be read are a finding, too.
        Err(failure) if failure.exit == Exit::Config => {
            vec![Check::of_settings(&failure.message, failure.hints.first())]
        }
        Err(failure) => return Err(failure),
    };
    let ok = items.iter().all(|check| check.state != State::Fail);
    let diagnosis = Diagnosis { ok, items };
    if let Some(path) = &args.report {
        require_folder(path)?;
        write_report(path, &diagnosis, cx)?;
    }
    cx.ui.print_with(&diagnosis, if ok { Exit::Done } else { Exit::Failed })
}

fn examined(cx: &Context) -> Result<Vec<Check>, Failure> {
    let settings = cx.settings()?.clone();
    cx.block_on(async {
        let subject = Subject {
            // A finding at once is worth more than one that is right after a minute.
            cloud: cx.cloud().await?.clone().tried(2),
            chain: cx.chain()?.clone(),
            metadata: cx.metadata()?.clone(),
            settings,
            device: cx.device_name(),
            device_is_named: cx.global.device.is_some(),
            roots: roots(),
            device_cure: cure,
        };
        Ok(examine(&subject).await)
    })
}

/// A folder of a mistyped path is not made.
fn require_folder(path: &std::path::Path) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder.map(std::fs::metadata) {
        Some(Err(e)) => Err(Failure::new(Exit::Failed, format!("can't write {}: {e}", path.display()))
            .hint("make the folder first")),
        _ => Ok(()),
    }
}

/// What a ticket needs. Values of variables stay out: some are secrets.
fn write_report(path: &std::path::Path, diagnosis: &Diagnosis, cx: &Context) -> Result<(), Failure> {
    let set = |(name, _): (std::ffi::OsString, _)| {
        let name = name.to_string_lossy().into_owned();
        let ours = ["FAASCMD_", "ALIBABA", "ALICLOUD_", "HTTP", "http", "NO_PROXY", "no_proxy", "SSL_CERT"];
        ours.iter().any(|prefix| name.starts_with(prefix)).then_some(name)
    };
    let mut variables: Vec<String> = std::env::vars_os().filter_map(set).collect();
    variables.sort();
    let uname = nix::sys::utsname::uname().ok();
    let text = |part: fn(&nix::sys::utsname::UtsName) -> &std::ffi::OsStr| {
        uname.as_ref().map(|uname| part(uname).to_string_lossy().into_owned())
    };
    let report = json!({
        "schema": "faascmd.doctor.report/1",
        "version": env!("CARGO_PKG_VERSION"),
        "time": jiff::Timestamp::now().to_string(),
        "system": { "kernel": text(|u| u.release()), "machine": text(|u| u.machine()) },
        "endpoints": cx.global.endpoint,
        "variables_set": variables,
        "ok": diagnosis.ok,
        "items": diagnosis.items,
    });
    let cant =
        |reason: String| Failure::new(Exit::Failed, format!("can't write {}: {reason}", path.display()));
    let mut text = serde_json::to_string_pretty(&report).map_err(|e| cant(e.to_string()))?;
    text.push('\n');
    write_private(path, text.as_bytes()).map_err(|e| cant(e.to_string()))?;
    cx.ui.note(&format!("wrote {}", path.display()));
    Ok(())
}

fn color(state: State) -> Style {
    match state {
        State::Ok => AnsiColor::Green.on_default(),
        State::Warn => AnsiColor::Yellow.on_default(),
        State::Fail => AnsiColor::Red.on_default().bold(),
        State::Skipped => Style::new().dimmed(),
    }
}

impl Report for Diagnosis {
    const SCHEMA: &'static str = "faascmd.doctor/1";

    fn human(&self, page: &mut Page) {
        let word = |state| match state {
            State::Ok => "ok",
            State::Warn => "warn",
            State::Fail => "fail",
            State::Skipped => "skipped",
        };
        let row = |check: &Check| {
            let cells = vec![word(check.state).to_owned(), check.name.clone(), check.detail.clone()];
            (color(check.state), cells)
        };
        page.colored_table(&["state", "check", "finding"], &self.items.iter().map(row).collect::<Vec<_>>());
        for check in &self.items {
            if let Some(next) = &check.next {
                page.line(format!("next ({}): {next}", check.name));
            }
        }
    }
}

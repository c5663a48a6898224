//! `faascmd reg run FILE`

use std::io::Read as _;

use clap::Args;
use serde::Serialize;

use super::maps::Maps;
use super::script::{self, Answer, Step};
use super::target::{Target, TargetArgs, Wanted};
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::device::Access;

#[derive(Debug, Args)]
#[command(after_help = "A line is a verb with its flags; # begins a comment:
  write SMOKE_START 1
  wait SMOKE_DONE --equals 1 --timeout 60s
  read ERROR

Examples:
  faascmd reg run smoke.reg
  printf 'read 0x24\\nread 0x30\\n' | faascmd reg run -")]
pub(in crate::cli) struct RunArgs {
    /// Script; `-` is stdin
    file: String,
    #[command(flatten)]
    target: TargetArgs,
    /// Go on although another process has the device's lock
    #[arg(long)]
    no_lock: bool,
    /// Write also to a device that is no FPGA
    #[arg(long)]
    force: bool,
}

/// What the lines gave.
#[derive(Debug, Serialize)]
struct RunReport {
    items: Vec<Item>,
}

#[derive(Debug, Serialize)]
struct Item {
    line: usize,
    #[serde(flatten)]
    answer: Answer,
}

/// Runs the command.
pub(super) fn run(args: &RunArgs, cx: &Context) -> Outcome {
    let name = if args.file == "-" { "stdin" } else { args.file.as_str() };
    let text = text_of(&args.file).map_err(|e| {
        let exit = if e.kind() == std::io::ErrorKind::NotFound { Exit::NotFound } else { Exit::Usage };
        Failure::new(exit, format!("the script {name} can't be read: {e}"))
    })?;
    let steps = script::parse(&text, name, &Maps::load(args.target.map.as_deref())?)?;
    let access = if steps.iter().any(|step| step.verb.writes()) { Access::Write } else { Access::Read };
    let wanted = Wanted { access, lock: !args.no_lock, force: args.force };
    let target = Target::locked(&args.target, wanted, cx)?;
    let lasts = steps.iter().any(|step| step.verb.lasts());
    let target = if lasts { target.cancelled_by(cx.cancel()?) } else { target };
    let placed = |step: &Step| format!("{name}:{}", step.line);
    for step in &steps {
        step.verb.check(&target).map_err(|failure| failure.at(placed(step)))?;
    }
    let perform = |step: &Step| {
        let answer = step.verb.perform(&target).map_err(|failure| failure.at(placed(step)))?;
        answer.note().iter().for_each(|note| cx.ui.note(note));
        Ok(answer)
    };
    if cx.ui.is_json() { all_at_the_end(&steps, perform, cx) } else { one_by_one(&steps, perform, cx) }
}

/// One JSON document, or none if a line fails.
fn all_at_the_end(
    steps: &[Step],
    perform: impl Fn(&Step) -> Result<Answer, Failure>,
    cx: &Context,
) -> Outcome {
    let item = |step: &Step| Ok(Item { line: step.line, answer: perform(step)? });
    let items = steps.iter().map(item).collect::<Result<_, Failure>>()?;
    cx.ui.print(&RunReport { items })
}

/// The answers as they come; those before a line that fails are shown.
fn one_by_one(steps: &[Step], perform: impl Fn(&Step) -> Result<Answer, Failure>, cx: &Context) -> Outcome {
    let mut page = cx.ui.page();
    for step in steps {
        if step.verb.lasts() || page.is_long() {
            cx.ui.write(page.take().as_bytes())?;
        }
        match perform(step) {
            Ok(answer) => answer.human(&mut page),
            Err(failure) => {
                cx.ui.write(page.take().as_bytes())?;
                return Err(failure);
            }
        }
    }
    cx.ui.write(page.take().as_bytes())?;
    Ok(Exit::Done)
}

fn text_of(file: &str) -> std::io::Result<String> {
    if file != "-" {
        return std::fs::read_to_string(file);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

impl Report for RunReport {
    const SCHEMA: &'static str = "faascmd.reg.run/1";

    fn human(&self, page: &mut Page) {
        self.items.iter().for_each(|item| item.answer.human(page));
    }
}

//! `faascmd sandbox demo --fleet`: from nothing to eight tested chips on four instances, and back to nothing.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::demo::Demo;
use super::{Commands, SandboxOptions};
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};

/// What a user would type, in this order, and how it ends: one chip is bad, and the tests find it.
const COMMANDS: [(&str, u8); 6] = [
    ("fleet up demo --count 4 --type ecs.f3-c16f1.8xlarge --yes", 0),
    ("fleet doctor demo", 0),
    ("fleet deploy demo bit.tar.gz --test smoke", 11),
    ("fleet report demo", 11),
    ("fleet down demo --yes", 0),
    ("fleet ls", 0),
];
/// The chip with the fault.
const BAD_CHIP: &str = "bad-chip=demo-003/1";

/// The options with a bad chip and a ledger.
pub(super) fn options(given: &SandboxOptions, ledger: &Path) -> SandboxOptions {
    let fault = given.fault.iter().cloned().chain([BAD_CHIP.to_owned()]).collect();
    let ledger = given.ledger.clone().or_else(|| Some(ledger.to_owned()));
    SandboxOptions { fault, ledger, ..given.clone() }
}

/// Runs the demonstration; ends with the code of the first command that ends otherwise than it should.
pub(super) fn run(commands: &Commands<'_>, cx: &Context, ledger: &Path) -> Outcome {
    let demo = Demo::prepare(*commands, false, cx)
        .map_err(|e| Failure::new(Exit::Failed, format!("can't make the files of the demonstration: {e}")))?;
    let mut ran = Vec::new();
    for (line, expected) in COMMANDS {
        let command = demo.run(line)?;
        let code = command.exit_code;
        ran.push(command);
        if code != expected {
            let exit = if code == 0 { Exit::Failed } else { Exit::OfCommand(code) };
            return demo.end(ran, exit);
        }
    }
    let said = released(ledger)?;
    demo.end_saying(ran, &said)
}

/// What the ledger says in the end.
fn released(ledger: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(ledger)
        .map_err(|e| Failure::new(Exit::Failed, format!("{}: {e}", ledger.display())))?;
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let last: BTreeMap<_, _> = lines.map(|line| (line["instance_id"].to_string(), line)).collect();
    let left = last.values().filter(|line| line["state"] != "Released").count();
    if left > 0 {
        return Err(Failure::new(Exit::Failed, format!("{left} instances are left, by the ledger")));
    }
    let cost: f64 = last.values().filter_map(|line| line["cost"].as_f64()).sum();
    Ok(format!(
        "Of eight chips one has a fault in its memory, and the report names it. By the ledger {} instances were made and \
         released, for {cost:.2} CNY.",
        last.len()
    ))
}

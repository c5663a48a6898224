//! Tells the program when it was built (a machine whose clock is earlier has a wrong one) and from which commit.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH");
    let given = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok());
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    println!("cargo::rustc-env=FAASCMD_BUILT={}", given.unwrap_or_else(now));
    link_for_a_quick_start();
    // A debug build would be made anew for each commit.
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        name_the_commit();
    }
}

/// A program that may be loaded anywhere has twenty thousand addresses mended at each start: a quarter of what it takes to
/// read a register. A library to unwind by, of which nothing is used at a start, is looked for, mapped and bound at each:
/// a tenth.
fn link_for_a_quick_start() {
    let target = |part: &str| std::env::var(format!("CARGO_CFG_TARGET_{part}")).unwrap_or_default();
    // A static program is begun by code that mends its addresses itself, and crashes where there are none to mend.
    let is_static = target("FEATURE").split(',').any(|feature| feature == "crt-static");
    if target("OS") == "linux" && target("ENV") == "gnu" && !is_static {
        println!("cargo::rustc-link-arg-bins=-no-pie");
        println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
    }
}

/// Outside a clone `faascmd version` says the version only.
fn name_the_commit() {
    let Some(head) = git(&["rev-parse", "--git-path", "logs/HEAD"]) else { return };
    println!("cargo::rerun-if-changed={head}");
    for (variable, format) in [("FAASCMD_COMMIT", "%h"), ("FAASCMD_DATE", "%cs")] {
        if let Some(value) = git(&["log", "-1", &format!("--format={format}")]) {
            println!("cargo::rustc-env={variable}={value}");
        }
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    let output =
        Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    Some(text).filter(|text| !text.is_empty())
}

//! `help`, `version`, `completions`: as everywhere.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use crate::common::cloud::Cloud;
use crate::common::world::{World, ran};

#[test]
fn help_is_a_command_too() {
    let world = World::new();
    let all = world.faascmd(&["help"]).exits(0).stdout;
    assert!(all.contains("Take a compiled file all the way"), "{all}");
    let read = world.faascmd(&["help", "reg", "read"]).exits(0).stdout;
    assert!(read.contains("Usage: faascmd reg read"), "{read}");
}

#[test]
fn each_command_of_a_group_is_described_and_what_is_for_scripts_is_hidden() {
    let world = World::new();
    for group in ["", "reg", "test", "dma", "fleet", "object", "object uploads", "image", "fpga"] {
        let args: Vec<&str> = group.split_whitespace().chain(["--help"]).collect();
        let help = world.faascmd(&args).exits(0).stdout;
        let rows = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        let rows = rows.take_while(|line| !line.is_empty());
        let commands: Vec<&str> = rows.filter(|row| !row.starts_with("   ")).collect();
        assert!(commands.len() > 2, "{help}");
        for line in commands {
            assert!(
                line.split_whitespace().filter(|word| !word.starts_with('[')).count() > 3,
                "{line:?} in {help}"
            );
            assert!(!line.starts_with("  names "), "{help}");
        }
    }
}

/// The commands that a help lists, each with the first line that is said of it.
fn listed(help: &str) -> Vec<(String, String)> {
    let rows = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|row| !row.is_empty());
    let of_command = rows.filter(|row| !row.starts_with("   ")).filter_map(|row| row.trim().split_once(' '));
    of_command.map(|(name, about)| (name.to_owned(), about.trim().to_owned())).collect()
}

#[test]
fn what_a_command_s_help_begins_with_is_what_its_group_says_of_it() {
    let world = World::new();
    let mut groups = vec![Vec::new()];
    let mut seen = 0;
    while let Some(group) = groups.pop() {
        let help = |more: &[&str]| {
            let words = group.iter().map(String::as_str).chain(more.iter().copied()).chain(["--help"]);
            world.faascmd(&words.collect::<Vec<_>>()).exits(0).stdout
        };
        for (name, about) in listed(&help(&[])) {
            if name == "help" {
                continue;
            }
            let (own, about) = (help(&[&name]), about.split(" [alias").next().unwrap_or_default());
            assert!(own.starts_with(about), "{group:?} {name}: {about:?} is not how this begins:\n{own}");
            seen += 1;
            if own.contains("\nCommands:\n") {
                groups.push(group.iter().cloned().chain([name]).collect());
            }
        }
    }
    assert!(seen > 70, "{seen} commands only");
}

#[test]
fn a_line_that_is_no_text_is_an_error_and_no_panic() {
    let world = World::new();
    let name = OsStr::from_bytes(b"n\xff.bin");
    for line in ["reg read 0 --device", "reg run", "reg dump", "", "dma write 0 --bad -o json"] {
        let mut command = world.command("faascmd");
        command.args(line.split_whitespace()).arg(name);
        let ran = ran(&mut command).exits(2);
        assert!(!ran.stderr.contains("panicked"), "{line}: {}", ran.stderr);
        assert_eq!(ran.stderr.starts_with('{'), line.ends_with("json"), "{line}: {}", ran.stderr);
    }
}

#[test]
fn a_wrong_line_is_a_document_however_that_was_asked_for() {
    let world = World::new();
    let run = |line: &str, form: &str| {
        let mut command = world.command("faascmd");
        command.args(line.split_whitespace()).env("FAASCMD_OUTPUT", form);
        ran(&mut command).exits(2).stderr.starts_with('{')
    };
    for line in ["-o json", "-ojson", "-o=json", "-qojson", "-qo json", "--output json", "--output=json"] {
        assert!(run(&format!("{line} image ls --bad"), "human"), "{line}");
    }
    assert!(run("image ls --bad", "json") && !run("image ls --bad -o human", "json"));
}

#[test]
fn an_empty_variable_is_none() {
    let cloud = Cloud::new();
    let names = [
        "OUTPUT",
        "OSS_STYLE",
        "OSS_SIGNATURE",
        "CREDENTIALS_FILE",
        "ENDPOINT_TYPE",
        "DEVICE",
        "PROFILE",
        "ROLE_ARN",
        "INSTANCE_ID",
        "ORDER_LIFE",
    ];
    let names = names.map(|name| format!("FAASCMD_{name}"));
    let empty: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
    for line in [&["object", "ls"][..], &["fpga", "ls"], &["version"]] {
        cloud.faascmd_with(&empty, line).exits(0);
    }
    let missing = cloud.faascmd_with(&empty, &["reg", "info"]).exits(10);
    assert!(missing.stderr.contains("/dev/xdma0_user"), "{}", missing.stderr);
}

#[test]
fn the_version_is_a_document_too() {
    let world = World::new();
    let line = world.faascmd(&["version"]).exits(0).stdout;
    let flag = world.faascmd(&["--version"]).exits(0).stdout;
    assert!(line.starts_with(flag.trim_end()), "{line} {flag}");
    let document = world.faascmd(&["version", "-o", "json"]).exits(0).json();
    assert_eq!(document["schema"], "faascmd.version/1");
    assert_eq!(document["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn shells_complete_commands_and_flags() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = world.faascmd(&["completions", shell]).exits(0).stdout;
        for part in ["deploy", "no-clobber", "publish"] {
            assert!(script.contains(part), "{shell} knows no {part}");
        }
    }
    world.faascmd(&["completions", "dos"]).exits(2);
}

#[test]
fn list_and_delete_are_ls_and_rm() {
    let world = World::new();
    for (typed, command) in [
        (["object", "list"], "object ls"),
        (["object", "delete"], "object rm"),
        (["image", "list"], "image ls"),
        (["image", "delete"], "image rm"),
        (["fpga", "list"], "fpga ls"),
    ] {
        let help = world.faascmd(&[&typed[..], &["--help"]].concat()).exits(0).stdout;
        assert!(help.contains(&format!("Usage: faascmd {command}")), "{typed:?}: {help}");
    }
}

#[test]
fn a_wrong_line_is_told_in_one_sentence_with_what_was_meant() {
    let world = World::new();
    let said = |args: &[&str]| {
        let mut command = world.command("faascmd");
        command.envs([
            ("FAASCMD_REGION", "cn-hangzhou"),
            ("FAASCMD_BUCKET", "b"),
            ("FAASCMD_INSTANCE_ID", "i-x"),
        ]);
        ran(command.args(args)).exits(2)
    };
    let missing = said(&["object", "get", "-o", "json"]).error();
    assert_eq!(missing["message"], "KEY is missing");
    assert_eq!(missing["hints"][0], "usage: faascmd object get <KEY> [FILE]");
    for (args, message, hint) in [
        (&["delpoy"][..], "`delpoy` is not a command of faascmd", "is `deploy` meant?"),
        (&["object", "liste"], "`liste` is not a command of faascmd object", "is `list` meant?"),
        (&["image", "ls", "--hlep"], "faascmd image ls does not take `--hlep`", "is `--help` meant?"),
        (&["reg", "write", "0x10", "-1"], "`-1`: a value here has no sign", "usage: faascmd reg write"),
        (&["check", "-5"], "faascmd check does not take `-5`", "usage: faascmd check"),
        (&["fleet", "extend", "d", "3h"], "faascmd fleet extend does not take `3h`", "usage: faascmd fleet"),
        (&["fpga", "load", "x", "0"], "faascmd fpga load does not take `0`", "usage: faascmd fpga load"),
        (&["deploy", "a", "2.gz"], "faascmd deploy does not take `2.gz`", "usage: faascmd deploy"),
        (
            &["--yes", "fleet", "up", "ddr", "--count", "x"],
            "invalid value 'x' for '--count <N>': invalid digit found in string",
            "usage: faascmd fleet up [OPTIONS] <NAME>\n  hint: faascmd fleet up --help",
        ),
        (
            &["fleet", "list", "--color", "x"],
            "invalid value 'x' for '--color <WHEN>' [possible values: auto, always, never]",
            "usage: faascmd fleet ls",
        ),
    ] {
        let text = said(args).stderr;
        assert!(text.starts_with(&format!("error: {message}\n  hint: {hint}")), "{text}");
    }
}

#[test]
fn help_that_nobody_can_get_is_an_error_that_is_told() {
    let cloud = Cloud::new();
    let said = cloud.shell("faascmd deploy --help > /dev/full").exits(1).stderr;
    assert!(said.starts_with("error: can't write to stdout: No space left"), "{said}");
    let piped = cloud.shell("faascmd deploy --help | true").exits(0);
    assert_eq!(piped.stderr, "");
}

#[test]
fn the_options_of_every_command_are_told_in_one_place() {
    let world = World::new();
    let short = world.faascmd(&["object", "get", "-h"]).exits(0).stdout;
    assert!(!short.contains("--role-arn") && short.contains("faascmd help options"), "{short}");
    let options = world.faascmd(&["help", "options"]).exits(0).stdout;
    for flag in ["--region", "--role-arn", "--oss-style", "--no-progress", "--yes"] {
        assert!(options.contains(flag), "{options}");
    }
}

#[test]
fn what_is_wrong_with_a_file_is_told_on_one_line_without_names_of_our_own() {
    let world = World::new();
    world.file("bad.toml", "a = [\n");
    world.file("bar", [0; 4096]);
    let map =
        world.faascmd(&["reg", "read", "X", "--map", "bad.toml", "--device", "file:bar"]).exits(3).stderr;
    assert!(map.contains("bad.toml: line 1: ") && !map.contains("\\n"), "{map}");
    let cloud = Cloud::new();
    cloud.world.file("f", "text");
    cloud.faascmd(&["object", "put", "f"]).exits(0);
    let nowhere = cloud.faascmd(&["object", "get", "f", "no/such/folder/f"]).exits(5).stderr;
    assert!(nowhere.contains("No such file or directory") && !nowhere.contains(".faascmd-"), "{nowhere}");
}

#[test]
fn too_few_open_files_is_an_error_and_no_panic() {
    let cloud = Cloud::new();
    for limit in [4, 6, 7, 9, 20] {
        let ran = cloud.shell(&format!("ulimit -n {limit}; exec faascmd object ls")).exits(1);
        assert!(
            ran.stderr.contains("files may be open at once") && ran.stderr.contains("ulimit -n 1024"),
            "{}",
            ran.stderr
        );
    }
}

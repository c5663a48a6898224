//! `help`, `version`, `completions`: as everywhere.

use crate::common::world::World;

#[test]
fn help_is_a_command_too() {
    let world = World::new();
    let all = world.faascmd(&["help"]).exits(0).stdout;
    assert!(all.contains("Take a compiled file all the way"), "{all}");
    let read = world.faascmd(&["help", "reg", "read"]).exits(0).stdout;
    assert!(read.contains("Usage: faascmd reg read"), "{read}");
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

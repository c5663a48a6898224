//! The house keeps its floors: a room imports only rooms below it, and what is confined stays where it belongs.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The floors of `src/lib.rs`, from the bottom.
const FLOORS: &[&[&str]] = &[
    &["base"],
    &["config", "sign", "bitstream", "device", "codes"],
    &["net", "ddr", "sandbox"],
    &["cloud"],
    &["credentials"],
    &["oss", "faas", "ram", "ecs"],
    &["ops"],
    &["cli"],
];

fn source(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file)
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Every source file with its room (None for `lib.rs`, `main.rs` and `bin/`) and its code without comments.
fn files() -> Vec<(PathBuf, Option<String>, String)> {
    let mut found = Vec::new();
    rust_files(&source(""), &mut found);
    let describe = |path: PathBuf| {
        let inside = path.strip_prefix(source("")).unwrap().to_owned();
        let first = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        let room = (inside.components().count() > 1 && first != "bin").then_some(first);
        let text = fs::read_to_string(&path).unwrap();
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        (inside, room, code.join("\n"))
    };
    found.into_iter().map(describe).collect()
}

/// The rooms that a file names as `crate::room`, also inside `use crate::{a, b::c}`.
fn rooms_named(code: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    let word = |text: &str| {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
    };
    for (start, _) in code.match_indices("crate::") {
        let preceded = code[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$');
        let rest = &code[start + "crate::".len()..];
        if preceded {
            continue;
        }
        let Some(group) = rest.strip_prefix('{') else {
            rooms.push(word(rest));
            continue;
        };
        let (mut depth, mut at_name) = (0, true);
        for (i, c) in group.char_indices() {
            match c {
                '}' if depth == 0 => break,
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => at_name = true,
                c if at_name && !c.is_whitespace() => {
                    rooms.push(word(&group[i..]));
                    at_name = false;
                }
                _ => {}
            }
        }
    }
    rooms
}

#[test]
fn a_room_imports_only_rooms_on_floors_below_it() {
    let floor_of: BTreeMap<&str, usize> = FLOORS
        .iter()
        .enumerate()
        .flat_map(|(floor, rooms)| rooms.iter().map(move |room| (*room, floor)))
        .collect();
    let mut broken = Vec::new();
    for (path, room, code) in files() {
        let Some(room) = room else { continue };
        let own = *floor_of.get(room.as_str()).unwrap_or_else(|| panic!("{room} stands on no floor"));
        for named in rooms_named(&code) {
            let allowed = named == room || floor_of.get(named.as_str()).is_none_or(|floor| *floor < own);
            if !allowed {
                broken.push(format!("{} (floor {own}) names crate::{named}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn the_sandbox_never_uses_the_clients() {
    for (path, room, code) in files() {
        if room.as_deref() == Some("sandbox") {
            let allowed = ["sandbox", "base", "sign", "bitstream", "device"];
            let others: Vec<_> =
                rooms_named(&code).into_iter().filter(|r| !allowed.contains(&r.as_str())).collect();
            assert!(others.is_empty(), "{} uses {others:?}", path.display());
        }
    }
}

#[test]
fn unsafe_code_stands_in_one_file_of_the_device_floor() {
    let mut with_unsafe = Vec::new();
    for (path, room, code) in files() {
        let words = code.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        if words.clone().any(|word| word == "unsafe") {
            assert_eq!(room.as_deref(), Some("device"), "unsafe in {}", path.display());
            with_unsafe.push(path);
        }
    }
    assert!(with_unsafe.len() <= 1, "{with_unsafe:?}");
}

#[test]
fn no_network_below_its_floor_and_no_terminal_below_the_command_line() {
    for (path, room, code) in files() {
        let Some(room) = room else { continue };
        let below_cli = room != "cli";
        let without_network =
            ["base", "config", "sign", "bitstream", "device", "codes", "ddr"].contains(&room.as_str());
        for (word, forbidden) in [
            ("clap::", below_cli),
            ("indicatif::", below_cli),
            ("reqwest::", room != "net"),
            ("tokio::net", without_network),
            ("hyper::", room != "sandbox" && room != "net"),
        ] {
            assert!(!forbidden || !code.contains(word), "{} names {word}", path.display());
        }
    }
}

#[test]
fn the_rooms_named_in_a_group_are_found() {
    let code = "use crate::base::x;\nuse crate::{cloud::{a, b}, oss};\nlet y = crate::sign::z();";
    assert_eq!(rooms_named(code), ["base", "cloud", "oss", "sign"]);
}

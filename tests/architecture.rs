//! The house keeps its floors: a room imports only rooms below it, and what is confined stays where it belongs.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The floors of `src/lib.rs`, from the bottom.
const FLOORS: &[&[&str]] = &[
    &["base"],
    &["config", "sign", "bitstream", "device", "codes"],
    &["net", "ddr", "dma", "sandbox"],
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

/// A source file: where it is, the module that it is, its code without comments.
struct SourceFile {
    path: PathBuf,
    module: Vec<String>,
    code: String,
}

impl SourceFile {
    /// The first part of its module; None for `lib.rs`, `main.rs` and `bin/`.
    fn room(&self) -> Option<&str> {
        let first = self.module.first().map(String::as_str);
        first.filter(|name| !["lib", "main", "bin"].contains(name))
    }

    /// The code without a module of tests at its end, whose `super::` is another.
    fn without_tests(&self) -> &str {
        self.code.split("#[cfg(test)]\nmod tests {").next().unwrap()
    }

    /// What it names by `crate::`, `$crate::`, `super::` and `self::`, from the library's root.
    fn named(&self) -> Vec<Vec<String>> {
        let mut named: Vec<_> =
            paths(self.without_tests()).into_iter().map(|path| resolved(&self.module, path)).collect();
        let tests = &self.code[self.without_tests().len()..];
        let inside: Vec<String> = self.module.iter().cloned().chain(["tests".to_owned()]).collect();
        named.extend(paths(tests).into_iter().map(|path| resolved(&inside, path)));
        named
    }
}

fn files() -> Vec<SourceFile> {
    let mut found = Vec::new();
    rust_files(&source(""), &mut found);
    let describe = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let path = path.strip_prefix(source("")).unwrap().to_owned();
        let mut module: Vec<String> =
            path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
        module.pop_if(|name| name == "mod");
        SourceFile { path, module, code: code.join("\n") }
    };
    found.into_iter().map(describe).collect()
}

/// Every path in the code that begins with one of the four words, also those in the braces of a `use`.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    for word in ["crate::", "super::", "self::"] {
        for (start, _) in code.match_indices(word) {
            let before = code[..start].trim_end_matches('$');
            if !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
                tree(Vec::new(), &code[start..], &mut paths);
            }
        }
    }
    paths
}

/// Reads one branch of a `use` tree and gives what follows it.
fn tree<'a>(mut path: Vec<String>, code: &'a str, paths: &mut Vec<Vec<String>>) -> &'a str {
    let code = code.trim_start();
    let end = code.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '*')).unwrap_or(code.len());
    path.push(code[..end].to_owned());
    let Some(rest) = code[end..].strip_prefix("::") else {
        paths.push(path);
        return &code[end..];
    };
    let Some(mut rest) = rest.trim_start().strip_prefix('{') else { return tree(path, rest, paths) };
    loop {
        rest = tree(path.clone(), rest, paths);
        let branch_end = rest.find([',', '}']).unwrap_or(rest.len());
        let closed = !rest[branch_end..].starts_with(',');
        rest = rest[branch_end..].get(1..).unwrap_or_default().trim_start();
        if closed || rest.is_empty() {
            return rest;
        }
        if let Some(rest) = rest.strip_prefix('}') {
            return rest;
        }
    }
}

/// The path from the library's root.
fn resolved(module: &[String], path: Vec<String>) -> Vec<String> {
    let mut from = module.to_vec();
    let mut rest = path.into_iter().peekable();
    if rest.next_if(|word| word == "crate").is_some() {
        from.clear();
    }
    while let Some(word) = rest.next_if(|word| word == "super" || word == "self") {
        if word == "super" {
            from.pop();
        }
    }
    from.extend(rest);
    from
}

#[test]
fn a_room_imports_only_rooms_on_floors_below_it() {
    let floor_of: BTreeMap<&str, usize> = FLOORS
        .iter()
        .enumerate()
        .flat_map(|(floor, rooms)| rooms.iter().map(move |room| (*room, floor)))
        .collect();
    let mut broken = Vec::new();
    for file in files() {
        let Some(room) = file.room() else { continue };
        let own = *floor_of.get(room).unwrap_or_else(|| panic!("{room} stands on no floor"));
        for named in file.named() {
            let other = named.first().map(String::as_str).unwrap_or_default();
            let allowed = other == room || floor_of.get(other).is_none_or(|floor| *floor < own);
            if !allowed {
                broken.push(format!("{} (floor {own}) names {}", file.path.display(), named.join("::")));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn the_sandbox_never_uses_the_clients() {
    let allowed = ["sandbox", "base", "sign", "bitstream", "device"];
    for file in files().iter().filter(|file| file.room() == Some("sandbox")) {
        let named = file.named();
        let others: Vec<_> = named.iter().filter(|path| !allowed.contains(&path[0].as_str())).collect();
        assert!(others.is_empty(), "{} uses {others:?}", file.path.display());
    }
}

/// How many groups of neighbours name each other in a circle. It may only become less.
const CIRCLES: usize = 10;

#[test]
fn modules_of_one_folder_name_each_other_one_way() {
    let circles = circles();
    assert!(circles.len() <= CIRCLES, "at most {CIRCLES}: {circles:#?}");
    assert!(circles.len() == CIRCLES, "there are {} now: lower CIRCLES in this file", circles.len());
}

/// Groups of modules of one folder each of which reaches all the others.
fn circles() -> Vec<String> {
    let files = files();
    let modules: BTreeSet<&[String]> = files.iter().map(|file| file.module.as_slice()).collect();
    let mut names: BTreeMap<(Vec<String>, String), BTreeSet<String>> = BTreeMap::new();
    for file in &files {
        for path in paths(file.without_tests()) {
            let path = resolved(&file.module, path);
            let is_module = |length: &usize| modules.contains(&path[..*length]);
            let Some(length) = (1..=path.len()).rev().find(is_module) else { continue };
            let (ours, theirs) = (&file.module, &path[..length]);
            let shared = ours.iter().zip(theirs).take_while(|(a, b)| a == b).count();
            // The folder itself, by its mod.rs, may name what stands in it and be named by it.
            if shared > 0 && shared < ours.len().min(theirs.len()) {
                let from = (ours[..shared].to_vec(), ours[shared].clone());
                names.entry(from).or_default().insert(theirs[shared].clone());
            }
        }
    }
    let reached = |(folder, from): &(Vec<String>, String)| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(module) = next.pop() {
            let named = names.get(&(folder.clone(), module)).into_iter().flatten();
            next.extend(named.filter(|name| seen.insert((*name).clone())).cloned());
        }
        seen
    };
    let reach: BTreeMap<_, _> = names.keys().map(|module| (module.clone(), reached(module))).collect();
    let circle = |(folder, from): &(Vec<String>, String)| {
        let back = |other: &&String| {
            reach.get(&(folder.clone(), (*other).clone())).is_some_and(|r| r.contains(from))
        };
        let members: Vec<_> = reach[&(folder.clone(), from.clone())].iter().filter(back).cloned().collect();
        (members.len() > 1).then(|| format!("{}: {}", folder.join("::"), members.join(", ")))
    };
    reach.keys().filter_map(circle).collect::<BTreeSet<_>>().into_iter().collect()
}

#[test]
fn unsafe_code_stands_in_one_file_of_the_device_floor() {
    let mut with_unsafe = Vec::new();
    for file in files() {
        let words = file.code.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        if words.clone().any(|word| word == "unsafe") {
            assert_eq!(file.room(), Some("device"), "unsafe in {}", file.path.display());
            with_unsafe.push(file.path);
        }
    }
    assert!(with_unsafe.len() <= 1, "{with_unsafe:?}");
}

#[test]
fn no_network_below_its_floor_and_no_terminal_below_the_command_line() {
    for file in files() {
        let Some(room) = file.room() else { continue };
        let below_cli = room != "cli";
        let without_network =
            ["base", "config", "sign", "bitstream", "device", "codes", "ddr"].contains(&room);
        for (word, forbidden) in [
            ("clap::", below_cli),
            ("indicatif::", below_cli),
            ("reqwest::", room != "net"),
            ("tokio::net", without_network),
            ("hyper::", room != "sandbox" && room != "net"),
        ] {
            assert!(!forbidden || !file.code.contains(word), "{} names {word}", file.path.display());
        }
    }
}

#[test]
fn every_way_to_name_a_module_is_seen() {
    let code = "use crate::base::x;\nuse crate::{cloud::{a, b}, oss};\nlet y = $crate::sign::z();\n\
                use super::super::net::Http;\nuse self::near::N;\nmysuper::no; a::super::no;";
    let file = SourceFile {
        path: PathBuf::new(),
        module: ["ddr".to_owned(), "deep".to_owned()].into(),
        code: format!(
            "{code}\n#[cfg(test)]\nmod tests {{\n use super::*; use super::super::super::ram::R; }}"
        ),
    };
    let mut named: Vec<String> = file.named().iter().map(|path| path.join("::")).collect();
    named.sort();
    let expected =
        ["base::x", "cloud::a", "cloud::b", "ddr::deep::*", "ddr::deep::near::N", "net::Http", "oss"];
    assert_eq!(named, [&expected[..], &["ram::R", "sign::z"]].concat());
}

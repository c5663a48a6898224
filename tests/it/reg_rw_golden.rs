//! `reg_rw` held to recordings of Xilinx's tool: the same stdout, but where a rule says that the old tool was wrong.

use std::collections::BTreeMap;
use std::path::Path;

use crate::common::data;
use crate::common::world::{Ran, World, ran};

/// One recorded run.
struct Recording {
    name: String,
    /// The arguments, `/dev/fpga` standing for the file.
    args: Vec<String>,
    /// Bytes of the file.
    length: usize,
    /// Of the driver releases since 2020.2.
    is_2020: bool,
    exit: i32,
    /// Offsets of bytes with what they became.
    changed: BTreeMap<usize, u8>,
    stdout: String,
    stderr: String,
}

/// Why a recording is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rule {
    /// A number that does not parse from its first letter to its last.
    Number,
    /// An access that is not a multiple of its width.
    Alignment,
    /// An access that does not lie in the device.
    Range,
    /// An access in the device that the tool of 2019 did not map: it always mapped 32 KiB.
    Window,
}

impl Recording {
    fn parse(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let (head, rest) = text.split_once("\n--- stdout\n").unwrap();
        let (stdout, rest) = rest.split_once("--- stderr\n").unwrap();
        let stderr = rest.rsplit_once("--- end").unwrap().0;
        let line = |label: &str| {
            let found = head.lines().find_map(|line| line.strip_prefix(label));
            found.unwrap_or_else(|| panic!("{}: no line `{label}`", path.display())).trim()
        };
        let source = line("reg_rw source:");
        let number = |text: &str| -> i32 { text.split_whitespace().next().unwrap().parse().unwrap() };
        Self {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            args: words(line("command:")).split_off(1),
            length: usize::try_from(number(source.rsplit_once("plain file of ").unwrap().1)).unwrap(),
            is_2020: !source.contains("8b8c70b:"),
            exit: number(line("exit code (shell $?):")),
            changed: changes(line("file bytes changed:")),
            stdout: stdout.to_owned(),
            stderr: stderr.to_owned(),
        }
    }

    /// The rule by which it is not followed, from the arguments alone.
    fn rule(&self) -> Option<Rule> {
        let address = self.args.get(1)?;
        let data = self.args.get(3);
        let (Some(address), false) = (c_number(address), data.is_some_and(|data| c_number(data).is_none()))
        else {
            return Some(Rule::Number);
        };
        let width = match self.args.get(2).and_then(|t| t.chars().next()).map(|c| c.to_ascii_lowercase()) {
            Some('b') => 1,
            Some('h') => 2,
            _ => 4,
        };
        if self.args[0] == "/dev/fpga"
            && address.checked_add(width).is_none_or(|end| end > self.length as u64)
        {
            return Some(Rule::Range);
        }
        if address % width != 0 {
            return Some(Rule::Alignment);
        }
        (!self.is_2020 && address + width > 32 * 1024).then_some(Rule::Window)
    }

    /// What the device holds before: the registers that the recordings' README names.
    fn device(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.length];
        for (offset, value) in [
            (0x24, 1_u32),
            (0x40, 0x1234_5678),
            (0x44, 0x89ab_cdef),
            (0x48, u32::MAX),
            (0x4c, 0x100),
            (0x1004, 0xcafe_1004),
            (0x7ffc, 0xcafe_7ffc),
            (0x8000, 0xcafe_8000),
            (0xfffc, 0xcafe_fffc),
        ] {
            if let Some(word) = bytes.get_mut(offset..offset + 4) {
                word.copy_from_slice(&value.to_le_bytes());
            }
        }
        bytes
    }
}

/// The words of a shell command with single quotes.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), None::<String>, false);
    for c in command.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// `0x14: 00->ff, 0x15: 00->01` or `none`
fn changes(text: &str) -> BTreeMap<usize, u8> {
    let change = |part: &str| {
        let (offset, bytes) = part.trim().split_once(": ")?;
        let after = bytes.split_once("->")?.1;
        Some((
            usize::from_str_radix(offset.strip_prefix("0x")?, 16).ok()?,
            u8::from_str_radix(after, 16).ok()?,
        ))
    };
    text.split(',').filter_map(change).collect()
}

/// A number of C from the first letter to the last.
fn c_number(text: &str) -> Option<u64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let value = if let Some(hex) = digits.strip_prefix("0x") {
        u64::from_str_radix(hex, 16)
    } else if digits.len() > 1 && digits.starts_with('0') {
        u64::from_str_radix(digits, 8)
    } else {
        digits.parse()
    };
    value.ok().map(|value| if sign < 0 { value.wrapping_neg() } else { value })
}

/// Pointers differ from run to run; they have more digits than what a device holds.
fn masked(text: &str) -> String {
    let runs = text.split_inclusive(|c: char| !c.is_ascii_hexdigit());
    let run = |run: &str| match run.find(|c: char| !c.is_ascii_hexdigit()) {
        Some(digits) if digits > 10 => format!("POINTER{}", &run[digits..]),
        _ => run.to_owned(),
    };
    runs.map(run).collect()
}

fn replayed(recording: &Recording, options: &[&str]) -> (Ran, BTreeMap<usize, u8>) {
    let world = World::new();
    let before = recording.device();
    let file = world.file("fpga", &before);
    let mut command = world.command("reg_rw");
    for arg in &recording.args {
        command.arg(if arg == "/dev/fpga" { file.as_os_str() } else { arg.as_ref() });
    }
    if recording.is_2020 {
        command.args(["--format", "2020"]);
    }
    let mut ran = ran(command.args(options));
    ran.stdout = masked(&ran.stdout).replace(file.to_str().unwrap(), "/dev/fpga");
    let after = std::fs::read(file).unwrap();
    let changed = before.iter().zip(&after).enumerate().filter(|(_, (old, new))| old != new);
    (ran, changed.map(|(offset, (_, new))| (offset, *new)).collect())
}

fn check(recording: &Recording) {
    let (ours, changed) = replayed(recording, &[]);
    let name = &recording.name;
    if recording.args.len() < 2 {
        let usage = ours.stderr.split_once(" <device>").map(|(_, rest)| rest.to_owned());
        assert_eq!(
            usage.as_deref(),
            recording.stderr.split_once(" <device>").map(|(_, rest)| rest),
            "{name}"
        );
        assert_eq!((ours.stdout.as_str(), ours.code), ("", 2), "{name}");
        return;
    }
    if recording.rule() == Some(Rule::Window) {
        let header = recording.stdout.split_inclusive('\n').take_while(|line| !line.contains(" value "));
        assert!(ours.stdout.starts_with(&masked(&header.collect::<String>())), "{name}: {}", ours.stdout);
        assert!(ours.stdout.contains(" value ") && ours.code == 0, "{name}: {ours:?}");
        return;
    }
    if let Some(rule) = recording.rule() {
        assert_eq!(changed, BTreeMap::new(), "{name}: refused by {rule:?}, so nothing is written");
        assert!(!ours.stdout.contains("Read ") && !ours.stdout.contains("Write "), "{name}: {}", ours.stdout);
        assert!(ours.code != 0 && ours.code < 128 && ours.stderr.starts_with("reg_rw: "), "{name}: {ours:?}");
        return;
    }
    assert_eq!(ours.stdout, masked(&recording.stdout), "{name}");
    assert_eq!(changed, recording.changed, "{name}");
    let did = recording.stdout.contains("Read ") || recording.stdout.contains("Write ");
    assert_eq!(ours.code == 0, did, "{name}: {ours:?}");
    if !recording.is_2020 {
        let (ours, _) = replayed(recording, &["--exit-value"]);
        assert_eq!(ours.code, recording.exit, "{name} with --exit-value");
    }
}

#[test]
fn golden_recordings_are_followed_but_where_a_rule_says_otherwise() {
    let folder = data::golden();
    let mut counts = BTreeMap::<Option<Rule>, u32>::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            let recording = Recording::parse(&path);
            check(&recording);
            *counts.entry(recording.rule()).or_default() += 1;
        }
    }
    assert!(counts.contains_key(&None), "there is no recording");
    for (rule, count) in counts {
        println!("{count} {}", rule.map_or("followed".to_owned(), |rule| format!("by rule: {rule:?}")));
    }
}

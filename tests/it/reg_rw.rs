//! `reg_rw` where it differs from Xilinx's tool on purpose, and its own options.

use insta::assert_snapshot;

use crate::common::bar::Bar;
use crate::common::world::{Ran, World, ran};

fn reg_rw(world: &World, bar: &Bar, args: &[&str]) -> Ran {
    ran(world.command("reg_rw").arg(bar.name()).args(args))
}

/// The pointer and the device's path, which differ from run to run, spelled short.
fn shown(ran: &Ran, bar: &Bar) -> String {
    let text = ran.stdout.replace(bar.name(), "DEVICE");
    // It has more digits than what a device holds.
    let is_pointer = |digits: &str| digits.len() > 10 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let word = |word: &str| match word.rsplit_once("0x") {
        Some((before, rest)) if is_pointer(rest.trim_end_matches([')', ':', '.'])) => {
            format!("{before}PTR{}", rest.trim_start_matches(|c: char| c.is_ascii_hexdigit()))
        }
        _ => word.to_owned(),
    };
    text.lines().map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" ") + "\n").collect()
}

#[test]
fn the_text_of_2019_is_the_default_and_that_of_2020_an_option() {
    let world = World::new();
    let bar = Bar::new(&world);
    assert_snapshot!(shown(&reg_rw(&world, &bar, &["0x24", "w"]).exits(0), &bar), @"
    argc = 4
    device: DEVICE
    address: 0x00000024
    access type: write
    access width given.
    access width: word (32-bits)
    character device DEVICE opened.
    Memory mapped at address PTR.
    Read 32-bit value at address 0x00000024 (PTR): 0x00000001
    ");
    assert_snapshot!(shown(&reg_rw(&world, &bar, &["--format=2020", "0x1014", "h", "7"]).exits(0), &bar), @"
    device: DEVICE, address: 0x1014 (0x1000+0x14), access write.
    access width: half word (16-bits)
    character device DEVICE opened.
    Memory 0x1000 mapped at address PTR.
    Write 16-bits value 0x0007 to 0x1014 (0xPTR)
    ");
}

#[test]
fn fixed_says_read_for_a_typed_read() {
    let world = World::new();
    let bar = Bar::new(&world);
    for format in ["2019", "2020"] {
        let access = |args: &[&str]| {
            let all = [args, &["--fixed", "--format", format]].concat();
            let ran = reg_rw(&world, &bar, &all).exits(0);
            (ran.stdout.contains("read\n") || ran.stdout.contains("access read."), ran.stdout)
        };
        let (says_read, text) = access(&["0x24", "w"]);
        assert!(says_read, "{text}");
        let (says_read, text) = access(&["0x14", "w", "1"]);
        assert!(!says_read, "{text}");
    }
}

#[test]
fn options_do_not_count_as_arguments() {
    let world = World::new();
    let bar = Bar::new(&world);
    let ran = reg_rw(&world, &bar, &["--exit-value", "0x40", "--no-lock", "w"]).exits(0x78);
    assert!(ran.stdout.starts_with("argc = 4\n"), "{}", ran.stdout);
    reg_rw(&world, &bar, &["0x40"]).exits(0);
    let ran = reg_rw(&world, &bar, &["0x40", "--colour"]).exits(2);
    assert_eq!(ran.stderr, "reg_rw: there is no option --colour; --help lists them\n");
    reg_rw(&world, &bar, &["0x40", "--format", "2021"]).exits(2);
    assert!(reg_rw(&world, &bar, &["--help"]).exits(0).stdout.contains("--exit-value"));
}

#[test]
fn what_is_refused_is_told_and_nothing_is_written() {
    let world = World::new();
    let bar = Bar::new(&world);
    for (args, said) in [
        (["0x10000", "w", "1"].as_slice(), "reg_rw: 32 bits at offset 0x10000 are outside of "),
        (&["0xffff", "h", "1"], "reg_rw: 16 bits at offset 0xffff are outside of "),
        (&["-4", "w", "1"], "reg_rw: 32 bits at offset 0xfffffffffffffffc are outside of "),
        (&["0x41", "w", "1"], "reg_rw: offset 0x41 is not a multiple of 4"),
        (&["0x41", "h", "1"], "reg_rw: offset 0x41 is not a multiple of 2"),
        (&["4c", "w", "1"], "reg_rw: address `4c` is not a number: C's are 31, 0x1f and 037\n"),
        (&["0x40", "w", "xyz"], "reg_rw: data `xyz` is not a number"),
        (&["0x40", "w", ""], "reg_rw: data `` is not a number"),
        (&["0x40", "w", "0x10000000000000000"], "reg_rw: data `0x10000000000000000` does not fit 64 bits\n"),
    ] {
        let before = std::fs::read(&bar.path).unwrap();
        let ran = reg_rw(&world, &bar, args).exits(2);
        assert!(ran.stderr.starts_with(said), "{args:?}: {}", ran.stderr);
        assert!(!ran.stdout.contains("Write "), "{}", ran.stdout);
        assert!(std::fs::read(&bar.path).unwrap() == before, "{args:?}");
        reg_rw(&world, &bar, &[args, &["--exit-value"]].concat()).exits(1);
    }
}

#[test]
fn what_the_old_tool_did_silently_is_warned_of() {
    let world = World::new();
    let bar = Bar::new(&world);
    let ran = reg_rw(&world, &bar, &["0x14", "0x1"]).exits(0);
    assert_eq!(ran.stderr, "reg_rw: warning: `0x1` is not a type, so this reads; to write it: w 0x1\n");
    let ran = reg_rw(&world, &bar, &["0x14", "b", "0x1ff"]).exits(0);
    assert_eq!(ran.stderr, "reg_rw: warning: 0x1ff does not fit 8 bits; only these are written\n");
    assert_eq!(bar.get(0x14), 0xff);
    assert_eq!(reg_rw(&world, &bar, &["0x14", "h", "-1"]).exits(0).stderr, "");
    let ran = reg_rw(&world, &bar, &["0x48", "w"]).exits(0);
    assert!(ran.stderr.starts_with("reg_rw: warning: suspicious: all ones: "), "{}", ran.stderr);
}

#[test]
fn a_write_is_made_whether_or_not_somebody_reads() {
    let world = World::new();
    let program = world.command("reg_rw").get_program().to_owned();
    for closed in ["| true", "| head -1", "> /dev/full", ">&-"] {
        for value in 1..=10 {
            let bar = Bar::new(&world);
            let mut command = world.command("sh");
            let script = format!("\"$1\" \"$2\" 0x54 w {value} {closed}");
            ran(command.args(["-c", &script, "sh"]).arg(&program).arg(bar.name()));
            assert_eq!(bar.get(0x54), value, "{closed}");
        }
    }
}

#[test]
fn a_path_that_is_no_text_is_a_path() {
    use std::os::unix::ffi::OsStrExt as _;
    let world = World::new();
    let bar = Bar::new(&world);
    let path = world.path().join(std::ffi::OsStr::from_bytes(b"fpga-\xff.bin"));
    std::fs::rename(&bar.path, &path).unwrap();
    let read = ran(world.command("reg_rw").arg(path).args(["0x40", "w"])).exits(0);
    assert!(read.stdout.ends_with(": 0x12345678\n"), "{}", read.stdout);
}

#[test]
fn a_closed_stdout_is_quiet() {
    let world = World::new();
    let bar = Bar::new(&world);
    let program = world.command("reg_rw").get_program().to_owned();
    let mut command = world.command("sh");
    let script = r#""$1" "$2" 0x40 w >&-; "$1" "$2" 0x40 w | true"#;
    let ran = ran(command.args(["-c", script, "sh"]).arg(program).arg(bar.name())).exits(0);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
}

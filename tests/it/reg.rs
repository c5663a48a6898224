//! `faascmd reg …` on a plain file as the device.

use std::io::Write as _;
use std::process::Stdio;

use insta::assert_snapshot;
use serde_json::json;

use crate::common::bar::Bar;
use crate::common::world::{Ran, World, ran};

/// A register map with one register of each access.
const MAP: &str = "name = 'scratch'
[[register]]\nname = 'CTRL'\noffset = 0x40\naccess = 'rw'\nreset = 0
[[register.field]]\nname = 'MODE'\nbits = '7:4'\nenum = { idle = 0, run = 1 }
[[register.field]]\nname = 'ON'\nbits = 0
[[register]]\nname = 'STATUS'\noffset = 0x44\naccess = 'w1c'
[[register]]\nname = 'EVENTS'\noffset = 0x4c\naccess = 'rc'
[[register]]\nname = 'ID'\noffset = 0x50\naccess = 'ro'
";

fn reg(args: &[&str]) -> Ran {
    let world = World::new();
    Bar::new(&world).faascmd(&world, args)
}

fn script(world: &World, bar: &Bar, text: &str, flags: &[&str]) -> Ran {
    let mut command = world.command("faascmd");
    command.args(["reg", "run", "-", "--device", &bar.device()]).args(flags);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Ran {
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code().unwrap(),
    }
}

#[test]
fn read_prints_just_the_values() {
    let ran =
        reg(&["reg", "read", "0x24", "SMOKE_DONE", "smoke_done.done", "68", "0b100_0000", "ERROR"]).exits(0);
    assert_eq!(ran.stdout, "0x00000001\n0x00000001\n0x00000001\n0x89abcdef\n0x12345678\n0x00000000\n");
    assert_eq!(ran.stderr, "");
    let document = reg(&["reg", "read", "SMOKE_DONE", "0x40", "-o", "json"]).exits(0).json();
    let done = json!({"name": "DONE", "value": 1, "meaning": "done"});
    assert_eq!(
        document,
        json!({"schema": "faascmd.reg.read/1", "items": [
            {"name": "SMOKE_DONE", "offset": 36, "address": "0x00000024", "value": 1, "hex": "0x00000001", "fields": [done]},
            {"offset": 64, "address": "0x00000040", "value": 0x1234_5678, "hex": "0x12345678"},
        ]})
    );
}

#[test]
fn what_is_no_number_is_an_error_and_never_zero() {
    for (text, said) in [
        ("4c", "`4c` is not a number"),
        ("017", "`017` is ambiguous"),
        ("0x1_0000_0000_0000_0000", "does not fit 64 bits"),
        ("zzz", "no register `zzz`"),
        ("", "`` is not a number"),
    ] {
        let ran = reg(&["reg", "read", text]).exits(2);
        assert!(ran.stderr.contains(said) && ran.stdout.is_empty(), "{text}: {}", ran.stderr);
    }
    for value in ["xyz", "", "0x1zz", "0x1_0000_0000", "010"] {
        let world = World::new();
        let bar = Bar::new(&world);
        let ran = bar.faascmd(&world, &["reg", "write", "0x40", value]).exits(2);
        assert_eq!((bar.get(0x40), ran.stdout.as_str()), (0x1234_5678, ""), "{value}");
    }
}

#[test]
fn refuses_an_offset_past_the_end_or_askew() {
    let said = reg(&["reg", "read", "0xfffc", "0x10000"]).exits(2).stderr;
    assert!(said.starts_with("error: 32 bits at offset 0x10000 are outside of "), "{said}");
    assert!(
        said.contains("fpga.bin, which has 0x10000 bytes\n  hint: `faascmd reg info` tells the length\n"),
        "{said}"
    );
    for offset in ["0x10000", "0x8000_0000", "0xffff_ffff_ffff_fffc", "0x41", "0x42"] {
        reg(&["reg", "read", offset]).exits(2);
        reg(&["reg", "write", offset, "1"]).exits(2);
        reg(&["reg", "wait", offset, "--equals", "1"]).exits(2);
        reg(&["reg", "watch", offset]).exits(2);
    }
    reg(&["reg", "dump", "0xfff0..0x10004"]).exits(2);
    let error = reg(&["reg", "read", "0x41", "-o", "json"]).exits(2).error();
    assert_eq!(error["message"], "offset 0x41 is not a multiple of 4: a 32-bit access must be aligned");
}

#[test]
fn all_ones_without_a_configuration_space_are_suspicious() {
    let ran = reg(&["reg", "read", "0x48"]).exits(10);
    assert!(ran.stderr.starts_with("error: suspicious: all ones: offset 0x48 of "), "{}", ran.stderr);
    assert_eq!(reg(&["reg", "read", "0x48", "--all-ones-ok"]).exits(0).stdout, "0xffffffff\n");
    reg(&["reg", "write", "0x48", "0", "--mask", "1"]).exits(10);
    reg(&["reg", "wait", "0x48", "--equals", "1"]).exits(10);
    reg(&["reg", "wait", "0x48", "--equals", "0xffffffff"]).exits(0);
    reg(&["reg", "dump", "0x48..0x4c"]).exits(10);
    reg(&["reg", "dump", "0x40..0x4c"]).exits(0);
}

#[test]
fn write_changes_what_was_asked_and_nothing_else() {
    let world = World::new();
    let bar = Bar::new(&world);
    let write = |args: &[&str]| bar.faascmd(&world, &[&["reg", "write"], args].concat());
    let ran = write(&["0x40", "0xdead_beef"]).exits(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", "wrote 0xdeadbeef to 0x00000040\n"));
    assert_eq!((bar.get(0x40), bar.get(0x44)), (0xdead_beef, 0x89ab_cdef));
    write(&["0x40", "0x0ff0", "--mask", "0x0ff0", "--verify"]).exits(0);
    assert_eq!(bar.get(0x40), 0xdead_bfff);
    let document = write(&["0x40", "0", "--mask", "1", "-o", "json"]).exits(0).json();
    assert_eq!((&document["old"], &document["value"]), (&json!(0xdead_bfff_u32), &json!(0xdead_bffe_u32)));
    let ran = write(&["0x40", "7", "--dry-run"]).exits(0);
    assert_eq!(ran.stdout, "0x00000040: 0xdeadbffe → 0x00000007\n");
    let said = write(&["0x40", "5", "--mask", "0xff00"]).exits(2).stderr;
    assert_eq!(said, "error: 0x5 has bits outside the mask 0xff00\n");
    assert_eq!(bar.get(0x40), 0xdead_bffe);
}

#[test]
fn a_field_is_written_by_its_name() {
    let world = World::new();
    let bar = Bar::new(&world);
    let map = world.file("map.toml", MAP);
    let on_map = |args: &[&str]| bar.faascmd(&world, &[args, &["--map", map.to_str().unwrap()]].concat());
    on_map(&["reg", "write", "CTRL.MODE", "run", "--verify"]).exits(0);
    assert_eq!(bar.get(0x40), 0x1234_5618);
    assert_eq!(on_map(&["reg", "read", "ctrl.mode"]).exits(0).stdout, "0x00000001\n");
    on_map(&["reg", "wait", "CTRL.MODE", "--equals", "RUN"]).exits(0);
    let ran = on_map(&["reg", "write", "CTRL.MODE", "16"]).exits(2);
    assert_eq!(ran.stderr, "error: 0x10 does not fit CTRL.MODE, which has 4 bits\n");
    for verb in [["write", "CTRL.MODE", "2"].as_slice(), &["wait", "CTRL.MODE", "--equals", "2"]] {
        let ran = on_map(&[&["reg"], verb, &["--mask", "0xf2"]].concat()).exits(2);
        assert_eq!(ran.stderr, "error: the mask 0xf2 does not fit CTRL.MODE, of 4 bits\n");
    }
    let ran = on_map(&["reg", "write", "CTRL.MODE", "walk"]).exits(2);
    assert_eq!(ran.stderr, "error: CTRL.MODE has no value `walk`\n  hint: there are: idle, run\n");
    let ran = on_map(&["reg", "write", "CTRL.SPEED", "1"]).exits(2);
    assert_eq!(ran.stderr, "error: CTRL has no field `SPEED`\n  hint: there are: MODE, ON\n");
}

#[test]
fn a_map_refuses_what_would_do_harm_unless_forced() {
    let world = World::new();
    let bar = Bar::new(&world);
    let map = world.file("map.toml", MAP);
    let write = |args: &[&str]| {
        bar.faascmd(&world, &[&["reg", "write", "--map", map.to_str().unwrap()], args].concat())
    };
    let before = [0x44, 0x4c, 0x50].map(|offset| bar.get(offset));
    for (args, said) in [
        (["ID", "1", "-q"].as_slice(), "ID is read-only"),
        (&["0x50", "1"], "ID is read-only"),
        (&["STATUS", "1", "--mask", "1"], "STATUS is cleared by writing 1s"),
        (&["EVENTS", "1", "--mask", "1"], "EVENTS is cleared by reading"),
        (&["STATUS", "1", "--verify"], "STATUS can't be verified"),
    ] {
        let ran = write(args).exits(2);
        assert!(ran.stderr.contains(said) && ran.stderr.contains("--force"), "{args:?}: {}", ran.stderr);
    }
    assert_eq!([0x44, 0x4c, 0x50].map(|offset| bar.get(offset)), before);
    write(&["STATUS", "1"]).exits(0);
    write(&["ID", "5", "--force"]).exits(0);
    assert_eq!((bar.get(0x44), bar.get(0x50)), (1, 5));
    bar.faascmd(&world, &["reg", "write", "ERROR", "0"]).exits(2);
    bar.faascmd(&world, &["reg", "write", "0x30", "0"]).exits(0);
}

#[test]
fn wait_ends_with_the_value_or_with_exit_8() {
    assert_eq!(reg(&["reg", "wait", "0x24", "--equals", "1"]).exits(0).stdout, "0x00000001\n");
    let waited = reg(&["reg", "wait", "SMOKE_DONE", "--equals", "1", "-ojson"]).exits(0).json();
    assert_eq!((&waited["name"], &waited["value"]), (&"SMOKE_DONE".into(), &1.into()), "{waited}");
    reg(&["reg", "wait", "0x40", "--equals", "0x78", "--mask", "0xff", "--timeout", "0"]).exits(0);
    let ran =
        reg(&["reg", "wait", "ERROR", "--equals", "1", "--timeout", "30ms", "--interval", "1h"]).exits(8);
    assert!(
        ran.stderr.starts_with("error: ERROR still reads 0x00000000 after 0.0s, not 0x00000001"),
        "{}",
        ran.stderr
    );
    let ran = reg(&["reg", "wait", "0x40", "--equals", "0x100", "--mask", "0xff"]).exits(2);
    assert!(ran.stderr.contains("0x100 has bits outside the mask 0xff"), "{}", ran.stderr);
}

#[test]
fn dump_shows_a_range_or_a_map() {
    assert_snapshot!(reg(&["reg", "dump", "0x20..0x4c"]).exits(0).stdout, @r"
    00000020: 00000000 00000001 00000000 00000000
    00000030: 00000000 00000000 00000000 00000000
    00000040: 12345678 89abcdef ffffffff
    ");
    let table = reg(&["reg", "dump", "ddr_prbs"]).exits(0);
    assert_snapshot!(table.stdout.replace('\t', " | "), @"
    SMOKE_DONE | 0x00000024 | 0x00000001 | DONE=1 (done)
    PRBS_DONE | 0x00000028 | 0x00000000 | DONE=0 (busy)
    ERROR | 0x00000030 | 0x00000000 | 
    ");
    assert!(
        table.stderr.contains("SMOKE_START, PRBS_START, PRBS_STOP (--force reads them)"),
        "{}",
        table.stderr
    );
    assert_eq!(reg(&["reg", "dump", "0x40+4"]).exits(0).stdout, "00000040: 12345678\n");
    let document = reg(&["reg", "dump", "ddr_prbs", "-o", "json"]).exits(0).json();
    assert_eq!(document["left_out"], json!(["SMOKE_START", "PRBS_START", "PRBS_STOP"]));
    assert_eq!(document["items"][0]["fields"][0], json!({"name": "DONE", "value": 1, "meaning": "done"}));
    for range in ["0x10", "0x40..0x40", "0x40..0x20", "0x1..0x5", "0..", "0x0-0x10"] {
        reg(&["reg", "dump", range]).exits(2);
    }
    reg(&["reg", "dump", "no-such.toml"]).exits(5);
    reg(&["reg", "dump"]).exits(2);
}

#[test]
fn a_range_with_a_register_that_reading_clears_is_not_dumped() {
    let world = World::new();
    let bar = Bar::new(&world);
    let map = world.file("map.toml", MAP);
    let dump = ["reg", "dump", "0x40..0x54", "--map", map.to_str().unwrap()];
    let ran = bar.faascmd(&world, &dump).exits(2);
    assert!(ran.stderr.contains("EVENTS lies in the range and is cleared by reading"), "{}", ran.stderr);
    bar.faascmd(&world, &[dump.as_slice(), &["--force"]].concat()).exits(0);
}

#[test]
fn diff_names_the_fields_that_differ() {
    let world = World::new();
    let bar = Bar::new(&world);
    let dump = || bar.faascmd(&world, &["reg", "dump", "ddr_prbs", "-o", "json"]).exits(0).stdout;
    world.file("a.json", dump());
    bar.set(0x24, 0);
    bar.set(0x30, 7);
    world.file("b.json", dump());
    let ran = bar.faascmd(&world, &["reg", "diff", "a.json", "b.json"]).exits(1);
    assert_snapshot!(ran.stdout.replace('\t', " | "), @"
    0x00000024 | SMOKE_DONE | 0x00000001 | 0x00000000
    0x00000024 | SMOKE_DONE.DONE | 1 (done) | 0 (busy)
    0x00000030 | ERROR | 0x00000000 | 0x00000007
    ");
    let document = bar.faascmd(&world, &["reg", "diff", "a.json", "b.json", "-o", "json"]).exits(1).json();
    assert_eq!(document["items"][0]["fields"][0]["name"], "DONE");
    assert_eq!(bar.faascmd(&world, &["reg", "diff", "a.json", "a.json"]).exits(0).stdout, "");
    bar.faascmd(&world, &["reg", "diff", "a.json", "none.json"]).exits(5);
    world.file("c.json", "{\"schema\": \"faascmd.image.list/1\", \"items\": []}");
    let ran = bar.faascmd(&world, &["reg", "diff", "a.json", "c.json"]).exits(2);
    assert!(
        ran.stderr.contains("c.json is not a dump: its schema is faascmd.image.list/1"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_dump_of_a_range_accesses_what_lies_in_it_and_nothing_else() {
    let world = World::new();
    let bar = Bar::new(&world);
    let register = |name: &str, offset: &str, rest: &str| {
        format!("[[register]]\nname = '{name}'\noffset = {offset}\n{rest}\n")
    };
    let map = [
        "name = 'm'\n".to_owned(),
        register("CTRL", "0x100", "access = 'rw'"),
        register("LONG", "0x108", "access = 'rw'\nwidth = 64"),
        register("EV", "0x110", "access = 'rc'"),
        register("B0", "0x114", "access = 'rw'\nwidth = 8"),
        register("B1", "0x115", "access = 'rw'\nwidth = 8"),
    ];
    world.file("m.toml", map.concat());
    let reg = |args: &[&str]| bar.faascmd(&world, &[&["reg"], args, &["--map", "m.toml"]].concat());
    for range in ["0x111..0x114", "0x10c..0x111", "0x110+1"] {
        let ran = reg(&["dump", range, "--width", "8"]).exits(2);
        assert!(
            ran.stderr.contains("EV lies in the range and is cleared by reading"),
            "{range}: {}",
            ran.stderr
        );
    }
    let accesses = |range: &str| -> Vec<(u64, u64, String)> {
        let items = reg(&["dump", range, "--force", "-o", "json"]).exits(0).json()["items"].clone();
        let access = |item: &serde_json::Value| {
            let name = item["name"].as_str().unwrap_or("-").to_owned();
            (item["offset"].as_u64().unwrap(), item["width"].as_u64().unwrap_or(32), name)
        };
        items.as_array().unwrap().iter().map(access).collect()
    };
    let access = |offset: u64, width: u64, name: &str| (offset, width, name.to_owned());
    let begin = [access(0x100, 32, "CTRL"), access(0x104, 32, "-")];
    assert_eq!(accesses("0x100..0x10c"), [&begin[..], &[access(0x108, 32, "-")]].concat());
    let rest = [
        access(0x108, 64, "LONG"),
        access(0x110, 32, "EV"),
        access(0x114, 8, "B0"),
        access(0x115, 8, "B1"),
        access(0x116, 16, "-"),
    ];
    assert_eq!(accesses("0x100..0x118"), [&begin[..], &rest].concat());

    // Whoever asks for a pattern or a map is told what is not read, also in a script.
    for (verb, what, cure) in [("read", "EV*", "without a pattern"), ("dump", "m.toml", "--force")] {
        let said = reg(&[verb, what]).exits(0).stderr;
        assert!(
            said.contains("left out, as they can't be read without harm or meaning: EV (")
                && said.contains(cure)
        );
        let ran = script(&world, &bar, &format!("{verb} {what}\n"), &["--map", "m.toml"]).exits(0);
        assert_eq!(ran.stderr, said);
        script(&world, &bar, &format!("{verb} {what}\n"), &["--map", "m.toml", "-o", "json"]).exits(0).json();
    }
    reg(&["watch", "EV*"]).exits(2);
    assert_eq!(reg(&["read", "EV*", "-o", "json"]).exits(0).json()["left_out"], json!(["EV"]));
    let ran = reg(&["dump", "ddr_prbs"]).exits(2);
    assert!(
        ran.stderr.contains("ddr_prbs is a map itself, and --map m.toml says nothing of it"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_hint_can_be_typed_as_it_stands() {
    let world = World::new();
    let bar = Bar::new(&world);
    let mut big = "name = 'big'\n".to_owned();
    for i in 0..2000 {
        let register = format!("[[register]]\nname = 'CH{i:04}'\noffset = {}\naccess = 'rw'\n", i * 4);
        big.push_str(&register);
        big.push_str("[[register.field]]\nname = 'LOW'\nbits = '3:0'\n");
    }
    world.file("big.toml", big);
    world.file("m.toml", MAP);
    let said = |args: &[&str]| bar.faascmd(&world, &[&["reg"], args].concat()).exits(2).stderr;
    assert_eq!(
        said(&["read", "LOW", "--map", "big.toml"]),
        "error: several registers of the map big have a field `LOW`\n  hint: the nearest of 2000 are: CH0000.LOW, \
         CH0001.LOW, CH0002.LOW, CH0003.LOW, CH0004.LOW\n"
    );
    let near = said(&["read", "CH107", "--map", "big.toml"]);
    assert!(near.contains("has no register `CH107`\n  hint: the nearest of 2000 are: CH0107, "), "{near}");
    let pattern = said(&["read", "FOO*", "--map", "m.toml"]);
    assert!(pattern.ends_with("hint: faascmd reg ls --map m.toml\n"), "{pattern}");
    let forced = script(&world, &bar, "write STATUS 1 --mask 1\n", &["--map", "m.toml"]).exits(2).stderr;
    assert!(forced.ends_with("hint: --force on that line does it all the same\n"), "{forced}");
    let example = said(&["write", "0x200"]);
    assert!(
        example.ends_with(
            "hint: faascmd reg write 0x40 1, or for several: faascmd reg write 0x40=1 0x44=0xff\n"
        )
    );
    bar.faascmd(&world, &["reg", "write", "0x40=1", "0x44=0xff"]).exits(0);
    assert_eq!((bar.get(0x40), bar.get(0x44)), (1, 0xff));

    script(&world, &bar, "write CTRL run\n", &["--map", "m.toml"]).exits(0);
    assert_eq!(bar.get(0x40), 0x11, "a field's value by its name, as the command takes it");
    let alone = script(&world, &bar, "sleep\n", &[]).exits(2).stderr;
    assert!(alone.contains("arguments were not provided: <TIME>\n"), "{alone}");
}

#[test]
fn fields_of_one_register_are_not_taken_for_each_other() {
    let world = World::new();
    let bar = Bar::new(&world);
    world.file("map.toml", MAP);
    let reg = |args: &[&str]| bar.faascmd(&world, &[&["reg"], args].concat());
    let read = || reg(&["read", "CTRL.MODE", "CTRL.ON", "--map", "map.toml", "-o", "json"]).exits(0).stdout;
    bar.set(0x40, 0x11);
    world.file("a.json", read());
    bar.set(0x40, 0x10);
    world.file("b.json", read());
    let ran = reg(&["diff", "a.json", "b.json"]).exits(1);
    assert_eq!(ran.stdout, "0x00000040\tCTRL.ON\t0x00000001\t0x00000000\n");
    assert_eq!(reg(&["diff", "b.json", "b.json"]).exits(0).stdout, "");
    // A register and a nameless word at its offset are the same place.
    world.file("c.json", reg(&["read", "0x40", "-o", "json"]).exits(0).stdout);
    bar.set(0x40, 0x20);
    world.file("d.json", reg(&["read", "CTRL", "--map", "map.toml", "-o", "json"]).exits(0).stdout);
    let ran = reg(&["diff", "c.json", "d.json"]).exits(1);
    assert_eq!(ran.stdout, "0x00000040\tCTRL\t0x00000010\t0x00000020\n");

    let ran = reg(&["restore", "a.json", "--map", "map.toml"]).exits(2);
    assert!(
        ran.stderr.contains("a.json: CTRL.MODE is a field, and registers are restored whole"),
        "{}",
        ran.stderr
    );
    assert_eq!(bar.get(0x40), 0x20);
}

#[test]
fn a_script_is_understood_whole_before_its_first_line_is_performed() {
    let world = World::new();
    let bar = Bar::new(&world);
    let ran = script(&world, &bar, "write 0x40 1\nread 0x24\nwait 0x24 --equals 1\ndump 0x40..0x44\n", &[])
        .exits(0);
    assert_eq!(ran.stdout, "0x00000001\n0x00000001\n00000040: 00000001\n");
    for (line, said) in [
        ("read 4c", "error: stdin:2: `4c` is not a number"),
        ("read 0x10000", "error: stdin:2: 32 bits at offset 0x10000 are outside"),
        ("write 0x41 1", "error: stdin:2: offset 0x41 is not a multiple of 4"),
        ("watch 0x40", "error: stdin:2: unrecognized subcommand 'watch'"),
    ] {
        let ran = script(&world, &bar, &format!("write 0x40 5\n{line}\n"), &[]).exits(2);
        assert!(ran.stderr.starts_with(said), "{}", ran.stderr);
        assert_eq!(bar.get(0x40), 1, "{line}: nothing was written");
    }
}

#[test]
fn a_script_ends_at_the_first_line_that_fails_and_shows_what_came_before() {
    let world = World::new();
    let bar = Bar::new(&world);
    let text = "read 0x44\nwait 0x30 --equals 1 --timeout 1ms\nwrite 0x40 9\n";
    let ran = script(&world, &bar, text, &[]).exits(8);
    assert_eq!(ran.stdout, "0x89abcdef\n");
    assert!(ran.stderr.starts_with("error: stdin:2: 0x00000030 still reads"), "{}", ran.stderr);
    assert_eq!(bar.get(0x40), 0x1234_5678);
    script(&world, &bar, text, &["-o", "json"]).exits(8).error();
    let document = script(&world, &bar, "read 0x24\n\nwrite 0x40 9\n", &["-o", "json"]).exits(0).json();
    assert_eq!(document["items"][1]["line"], 3);
    assert_eq!(document["items"][1]["verb"], "write");
    world.file("missing-nothing.reg", "read 0x24 # done?\n");
    bar.faascmd(&world, &["reg", "run", "missing-nothing.reg"]).exits(0);
    bar.faascmd(&world, &["reg", "run", "missing.reg"]).exits(5);
}

#[test]
fn watch_shows_each_change_with_its_time() {
    let world = World::new();
    let bar = Bar::new(&world);
    let ran = bar.faascmd(&world, &["reg", "watch", "0x40", "ERROR", "--for", "0"]).exits(0);
    let lines: Vec<Vec<&str>> = ran.stdout.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(lines[0][1..], ["0x00000040", "-", "0x12345678"]);
    assert_eq!(lines[1][1..], ["ERROR", "-", "0x00000000"]);
    lines[0][0].parse::<jiff::Timestamp>().unwrap();
    bar.faascmd(&world, &["reg", "watch", "0x40", "--count", "0"]).exits(2);
    bar.faascmd(&world, &["reg", "watch", "0x40", "--for", "30ms", "--html", "page.html"]).exits(0);
    let page = std::fs::read_to_string(world.path().join("page.html")).unwrap();
    let seconds = page.split("0 changes of 1 in ").nth(1).and_then(|rest| rest.split(" s").next());
    assert!(seconds.unwrap().parse::<f64>().unwrap() >= 0.03, "it ends where the watch did: {page}");

    let mut command = world.command("faascmd");
    command.args(["reg", "watch", "0x40", "--interval", "1ms", "--count", "2", "-o", "json"]);
    command.args(["--device", bar.name()]).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let mut next = || -> serde_json::Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    assert_eq!(next()["previous"], json!(null));
    bar.set(0x40, 3);
    let change = next();
    assert_eq!((&change["previous"], &change["value"]), (&json!(0x1234_5678), &json!(3)));
    assert!(child.wait().unwrap().success());
}

#[test]
fn info_tells_what_is_known() {
    let document = reg(&["reg", "info", "-o", "json"]).exits(0).json();
    assert_eq!((&document["kind"], &document["length"]), (&json!("file"), &json!(65536)));
    assert_eq!((&document["pci"], &document["xdma"]), (&json!(null), &json!(null)));
}

#[test]
fn a_map_without_an_end_is_refused() {
    let ran = reg(&["reg", "read", "CTRL", "--map", "/dev/zero"]).exits(3);
    assert!(ran.stderr.contains("/dev/zero can't be read: it is longer than any map"), "{}", ran.stderr);
}

#[test]
fn a_map_that_is_wrong_is_told_with_its_place() {
    let world = World::new();
    let bar = Bar::new(&world);
    world.file("map.toml", MAP.replace("0x44", "0x46"));
    let ran = bar.faascmd(&world, &["reg", "read", "CTRL", "--map", "map.toml"]).exits(3);
    assert_eq!(ran.stderr, "error: map.toml: STATUS: offset 0x46 is not a multiple of 4\n");
}

/// The reader is gone before the first line, or after it, and the register changes never.
#[test]
fn a_watch_that_nobody_reads_ends() {
    let world = World::new();
    let bar = Bar::new(&world);
    for (interval, reader, line) in
        [("1ms", "true", ""), ("1ms", "head -n 1", "0x00000040"), ("1h", "head -n 1", "0x00000040")]
    {
        let script = format!("\"$1\" reg watch 0x40 --interval {interval} --device \"$2\" | {reader}");
        let mut command = world.command("sh");
        command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_faascmd"), bar.name()]);
        let ran = ran(&mut command).exits(0);
        assert!(ran.stdout.contains(line) && ran.stderr.is_empty(), "{ran:?}");
    }
}

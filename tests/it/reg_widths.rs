//! Accesses of other widths, accesses of single fields, and `reg restore`.

use serde_json::json;

use crate::common::bar::{Bar, pci_device};
use crate::common::world::World;

const MAP: &str = "name = 'mixed'
[[register]]\nname = 'CTRL'\noffset = 0x40\naccess = 'rw'
[[register.field]]\nname = 'MODE'\nbits = '3:0'\nenum = { idle = 0, run = 1 }
[[register.field]]\nname = 'OVERFLOW'\nbits = 8\naccess = 'w1c'
[[register.field]]\nname = 'LATE'\nbits = 9\naccess = 'w1c'
[[register]]\nname = 'COUNTED'\noffset = 0x44\naccess = 'rw'
[[register.field]]\nname = 'ON'\nbits = 0
[[register.field]]\nname = 'COUNT'\nbits = '31:16'\naccess = 'rc'
[[register]]\nname = 'LONG'\noffset = 0x50\naccess = 'rw'\nwidth = 64
[[register.field]]\nname = 'TOP'\nbits = '63:48'
[[register]]\nname = 'BYTE'\noffset = 0x59\naccess = 'rw'\nwidth = 8
[[register]]\nname = 'ID'\noffset = 0x60\naccess = 'ro'
";

#[test]
fn an_access_has_the_width_that_was_asked_for() {
    let world = World::new();
    let bar = Bar::new(&world);
    let reg = |args: &[&str]| bar.faascmd(&world, &[&["reg"], args].concat());
    for (place, width, value) in [
        ("0x40", "64", "0x89abcdef12345678\n"),
        ("0x40", "32", "0x12345678\n"),
        ("0x42", "16", "0x1234\n"),
        ("0x43", "8", "0x12\n"),
        ("0x4b", "8", "0xff\n"),
    ] {
        assert_eq!(reg(&["read", place, "--width", width]).exits(0).stdout, value);
    }
    let item = &reg(&["read", "0x40", "--width", "64", "-o", "json"]).exits(0).json()["items"][0];
    assert_eq!((&item["width"], &item["value"]), (&json!(64), &json!(0x89ab_cdef_1234_5678_u64)));

    for (width, line) in [
        ("8", "00000040: 78 56 34 12 ef cd ab 89\n"),
        ("16", "00000040: 5678 1234 cdef 89ab\n"),
        ("32", "00000040: 12345678 89abcdef\n"),
        ("64", "00000040: 89abcdef12345678\n"),
    ] {
        assert_eq!(reg(&["dump", "0x40+8", "--width", width]).exits(0).stdout, line);
    }
    let items = reg(&["dump", "0x41..0x43", "--width", "8", "-o", "json"]).exits(0).json()["items"].clone();
    assert_eq!(
        (&items[1]["offset"], &items[1]["width"], &items[1]["value"]),
        (&json!(0x42), &json!(8), &json!(0x34))
    );

    let ran = reg(&["write", "0x41", "0xff", "--width", "8", "--verify"]).exits(0);
    assert_eq!((bar.get(0x40), ran.stderr.as_str()), (0x1234_ff78, "wrote 0xff to 0x00000041\n"));
    reg(&["write", "0x50", "0x1122334455667788", "--width", "64", "--verify"]).exits(0);
    assert_eq!((bar.get(0x50), bar.get(0x54)), (0x5566_7788, 0x1122_3344));
    reg(&["write", "0x50", "0xf0", "--width", "16", "--mask", "0xf0"]).exits(0);
    assert_eq!((bar.get(0x50), bar.get(0x54)), (0x5566_77f8, 0x1122_3344));
    assert_eq!(reg(&["wait", "0x50", "--equals", "0xf8", "--width", "8"]).exits(0).stdout, "0xf8\n");

    let before = std::fs::read(&bar.path).unwrap();
    for (args, said) in [
        (["write", "0x40", "0x100", "--width", "8"].as_slice(), "`0x100` does not fit 8 bits"),
        (&["write", "0x40", "1", "--width", "8", "--mask", "0x100"], "the mask 0x100 does not fit"),
        (&["write", "0x41", "1", "--width", "16"], "offset 0x41 is not a multiple of 2"),
        (&["read", "0x44", "--width", "64"], "offset 0x44 is not a multiple of 8"),
        (&["read", "0xfffc", "--width", "64"], "64 bits at offset 0xfffc are outside of "),
        (&["read", "0x40", "--width", "24"], "`24` is not a width of an access"),
        (&["dump", "0x44..0x4c", "--width", "64"], "does not begin and end at a multiple of 8"),
        (&["dump", "0xfff8+16", "--width", "64"], "outside of "),
        (
            &["dump", "ddr_prbs", "--width", "8"],
            "--width is for a range: a map says how wide its registers are",
        ),
        (&["read", "SMOKE_DONE.DONE", "--width", "8"], "SMOKE_DONE.DONE is part of a register of 32 bits"),
    ] {
        let ran = reg(args).exits(2);
        assert!(ran.stderr.contains(said), "{args:?}: {}", ran.stderr);
    }
    assert!(std::fs::read(&bar.path).unwrap() == before);
}

#[test]
fn a_device_that_is_known_to_take_32_bits_is_not_asked_for_others() {
    let world = World::new();
    let device = pci_device(&world.path().join("sys"), "0000:05:00.0");
    std::fs::write(device.join("vendor"), "0x1234\n").unwrap();
    std::fs::write(device.join("device"), "0x11e8\n").unwrap();
    let bar = Bar { path: device.join("resource2") };
    for width in ["8", "16", "64"] {
        for args in [
            ["reg", "read", "0x40", "--width"].as_slice(),
            &["reg", "write", "0x40", "1", "--force", "--width"],
            &["reg", "dump", "0x40..0x48", "--width"],
        ] {
            let ran = bar.faascmd(&world, &[args, &[width]].concat()).exits(2);
            let said =
                format!("resource2 can't be accessed {width} bits at a time: it takes 32 bits at a time");
            assert!(ran.stderr.contains(&said), "{}", ran.stderr);
        }
    }
    bar.faascmd(&world, &["reg", "read", "0x40", "--width", "32"]).exits(0);
    assert_eq!(bar.get(0x40), 0);
}

#[test]
fn a_map_says_widths_and_accesses_of_fields() {
    let world = World::new();
    let bar = Bar::new(&world);
    world.file("map.toml", MAP);
    let reg = |args: &[&str]| bar.faascmd(&world, &[&["reg"], args, &["--map", "map.toml"]].concat());
    bar.set(0x40, 0x0000_0301);
    reg(&["write", "CTRL.MODE", "idle", "--verify"]).exits(0);
    assert_eq!(bar.get(0x40), 0, "what a 1 clears was written 0");
    bar.set(0x40, 0x0000_0305);
    reg(&["write", "CTRL.OVERFLOW", "1"]).exits(0);
    assert_eq!(bar.get(0x40), 0x105, "LATE was written 0, MODE stays");
    assert!(reg(&["write", "COUNTED.ON", "1"]).exits(2).stderr.contains("COUNTED is cleared by reading"));

    reg(&["write", "LONG.TOP", "0xbeef"]).exits(0);
    reg(&["write", "BYTE", "0x7f", "--verify"]).exits(0);
    assert_eq!((bar.get(0x54), bar.get(0x58)), (0xbeef_0000, 0x7f00));
    assert_eq!(reg(&["read", "LONG", "BYTE"]).exits(0).stdout, "0xbeef000000000000\n0x7f\n");
    let dump = bar.faascmd(&world, &["reg", "dump", "map.toml"]).exits(0);
    assert!(dump.stderr.contains("left out") && dump.stderr.contains("COUNTED"), "{}", dump.stderr);
    assert!(dump.stdout.contains("LONG\t0x00000050\t0xbeef000000000000\t"), "{}", dump.stdout);

    let list = reg(&["ls", "-o", "json"]).exits(0).json();
    assert_eq!((&list["schema"], &list["items"][2]["width"]), (&json!("faascmd.reg.list/1"), &json!(64)));
    let late = &list["items"][0]["fields"][2];
    assert_eq!((&late["bits"], &late["access"]), (&json!("9"), &json!("w1c")));
    assert!(
        bar.faascmd(&world, &["reg", "ls"]).exits(0).stdout.starts_with("SMOKE_START\t0x00000014\t32\two\t")
    );
}

#[test]
fn a_snapshot_is_restored_where_it_may_be_written() {
    let world = World::new();
    let bar = Bar::new(&world);
    world.file("map.toml", MAP);
    let faascmd = |args: &[&str]| bar.faascmd(&world, args);
    let restore =
        |flags: &[&str]| faascmd(&[&["reg", "restore", "good.json", "--map", "map.toml"], flags].concat());
    bar.set(0x40, 0x301);
    bar.set(0x54, 0xcafe_0000);
    bar.set(0x60, 77);
    let dump = faascmd(&["reg", "dump", "map.toml", "--force", "-o", "json"]).exits(0);
    world.file("good.json", dump.stdout);
    assert_eq!(restore(&[]).exits(0).stdout, "", "nothing differs, so nothing is written");

    bar.set(0x40, 0x202);
    bar.set(0x44, 0);
    bar.set(0x54, 0);
    bar.set(0x60, 78);
    let before = std::fs::read(&bar.path).unwrap();
    let ran = restore(&["--dry-run"]).exits(0);
    assert_eq!(ran.stdout, "CTRL\t0x00000202\t0x00000001\nLONG\t0x0000000000000000\t0xcafe000000000000\n");
    assert!(ran.stderr.contains("left out") && ran.stderr.contains("COUNTED, ID"), "{}", ran.stderr);
    assert!(std::fs::read(&bar.path).unwrap() == before, "a dry run writes nothing");

    let document = restore(&["-o", "json"]).exits(0).json();
    assert_eq!((&document["written"], &document["items"][0]["value"]), (&json!(true), &json!(1)));
    assert_eq!(document["left_out"], json!(["COUNTED", "ID"]));
    assert_eq!((bar.get(0x40), bar.get(0x44), bar.get(0x54), bar.get(0x60)), (1, 0, 0xcafe_0000, 78));

    let ran = faascmd(&["reg", "restore", "good.json"]).exits(2);
    assert!(ran.stderr.contains("add --map FILE"), "{}", ran.stderr);
    world.file("other.json", "{}");
    faascmd(&["reg", "restore", "other.json", "--map", "map.toml"]).exits(2);
    faascmd(&["reg", "restore", "none.json", "--map", "map.toml"]).exits(5);
}

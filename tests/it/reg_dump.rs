//! What `faascmd reg dump` takes.

use serde_json::json;

use crate::common::bar::Bar;
use crate::common::world::World;

const MAP: &str = "name = 'my'
[[register]]\nname = 'CTRL'\noffset = 0x40\naccess = 'rw'
[[register.field]]\nname = 'MODE'\nbits = '7:4'
[[register]]\nname = 'EVENTS'\noffset = 0x44\naccess = 'rc'
";

#[test]
fn a_register_is_dumped_by_its_name() {
    let world = World::new();
    let bar = Bar::new(&world);
    world.file("m.toml", MAP);
    world.file("other.toml", MAP);
    let dump = |args: &[&str]| bar.faascmd(&world, &[&["reg", "dump"], args].concat());
    for what in ["CTRL", "ctrl", "CTRL.MODE"] {
        let ran = dump(&[what, "--map", "m.toml", "-o", "json"]).exits(0).json();
        assert_eq!((&ran["map"], ran["items"].as_array().unwrap().len()), (&json!("my"), 1), "{what}");
        assert_eq!(ran["items"][0]["name"], "CTRL");
    }
    let ran = dump(&["EVENTS", "--map", "m.toml", "-o", "json"]).exits(0).json();
    assert_eq!((&ran["items"], &ran["left_out"]), (&json!([]), &json!(["EVENTS"])));
    assert_eq!(dump(&["ERROR"]).exits(0).stdout, "ERROR\t0x00000030\t0x00000000\t\n");

    // What is no register is a map only where there is one.
    let said = dump(&["my", "--map", "m.toml"]).exits(2).stderr;
    assert_eq!(said, "error: no register of the map fits `my`\n  hint: faascmd reg ls --map m.toml\n");
    for what in ["ddr_prbs", "other.toml"] {
        let said = dump(&[what, "--map", "m.toml"]).exits(2).stderr;
        assert!(
            said.contains(&format!("{what} is a map itself, and --map m.toml says nothing of it")),
            "{said}"
        );
    }
    dump(&["m.toml", "--map", "m.toml"]).exits(0);
    dump(&["ddr_prbs", "--map", "none"]).exits(0);
}

#[test]
fn a_range_that_would_fill_the_memory_is_refused() {
    let world = World::new();
    let bar = Bar::new(&world);
    std::fs::OpenOptions::new().write(true).open(&bar.path).unwrap().set_len(64 << 20).unwrap();
    let dump = |args: &[&str]| bar.faascmd(&world, &[&["reg", "dump"], args].concat());
    for args in
        [&["0+0x100004"][..], &["0+0x4000000"], &["0+0x40001", "--width", "8"], &["0..0xffffffffffffff00"]]
    {
        let said = dump(args).exits(2).stderr;
        assert!(said.contains(&format!("`{}` is longer than 262144 accesses", args[0])), "{said}");
        assert!(said.contains("hint: dump it in parts; memory is read by `faascmd dma read`"), "{said}");
    }
    assert_eq!(dump(&["0x3ff0000..0x4000000"]).exits(0).stdout.lines().count(), 4096);
}

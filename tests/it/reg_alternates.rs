//! Registers that share an address: alternates, and what overlaps.

use serde_json::json;

use crate::common::bar::Bar;
use crate::common::world::{Ran, World};

/// The first registers of a 16550: what is received is read, and taken, at the address of the divisor.
const UART: &str =
    "<device><name>u</name><size>32</size><access>read-write</access><peripherals><peripheral>
    <name>UART0</name><baseAddress>0x100</baseAddress><registers>
    <register><name>DLL</name><addressOffset>0</addressOffset></register>
    <register><name>RBR</name><addressOffset>0</addressOffset><access>read-only</access><readAction>modify</readAction>
      <alternateRegister>DLL</alternateRegister></register>
    <register><name>LCR</name><addressOffset>4</addressOffset></register></registers></peripheral></peripherals></device>";

/// Of a pair at one address, one is read and the other is written.
const DATA: &str = "name = 'm'
[[register]]\nname = 'RDATA'\noffset = 0x50\naccess = 'ro'\nalternate = true
[[register]]\nname = 'WDATA'\noffset = 0x50\naccess = 'rw'\nalternate = true
[[register]]\nname = 'GAIN'\noffset = 0x54\naccess = 'rw'
";

fn reg(world: &World, bar: &Bar, args: &[&str]) -> Ran {
    bar.faascmd(world, &[&["reg"], args].concat())
}

fn snapshot(items: &serde_json::Value) -> String {
    json!({"schema": "faascmd.reg.dump/1", "items": items}).to_string()
}

#[test]
fn what_reading_clears_is_not_read_by_another_name_of_its_address() {
    let world = World::new();
    let bar = Bar::new(&world);
    world.file("uart.svd", UART);
    let with_map = |args: &[&str]| reg(&world, &bar, &[args, &["--map", "uart.svd"]].concat());
    for args in [["dump", "uart.svd"], ["dump", "UART0.*"], ["read", "UART0.*"]] {
        let ran = with_map(&[&args[..], &["-o", "json"]].concat()).exits(0).json();
        assert_eq!(ran["left_out"], json!(["UART0.DLL", "UART0.RBR"]), "{args:?}");
        assert_eq!(
            (ran["items"].as_array().unwrap().len(), &ran["items"][0]["name"]),
            (1, &json!("UART0.LCR"))
        );
    }
    let watched = with_map(&["watch", "UART0.*", "--for", "0"]).exits(0);
    assert!(watched.stdout.contains("LCR") && !watched.stdout.contains("DLL"), "{}", watched.stdout);
    assert!(watched.stderr.contains("UART0.DLL, UART0.RBR"), "{}", watched.stderr);

    let dry_run = with_map(&["write", "UART0.DLL", "1", "--dry-run"]).exits(0);
    assert_eq!(dry_run.stdout, "UART0.DLL: (not read) → 0x00000001\n");
    for flags in [&["--mask", "1", "--dry-run"][..], &["--mask", "1"], &["--verify"]] {
        let said = with_map(&[&["write", "UART0.DLL", "1"], flags].concat()).exits(2).stderr;
        assert!(said.contains("UART0.DLL is at the address of UART0.RBR, which reading clears"), "{said}");
    }
    assert_eq!(bar.get(0x100), 0);
    world.file("s.json", snapshot(&json!([{"name": "UART0.DLL", "offset": 0x100, "value": 7}])));
    let said = with_map(&["restore", "s.json"]).exits(0).stderr;
    assert!(said.contains("UART0.DLL (reading it clears UART0.RBR)"), "{said}");
    assert_eq!(bar.get(0x100), 0);

    // Who names it means it.
    assert_eq!(with_map(&["read", "UART0.DLL"]).exits(0).stdout, "0x00000000\n");
    with_map(&["write", "UART0.DLL", "1"]).exits(0);
    with_map(&["write", "UART0.DLL", "2", "--mask", "2", "--force"]).exits(0);
    assert_eq!(bar.get(0x100), 3);
    assert!(with_map(&["dump", "uart.svd", "--force"]).exits(0).stdout.contains("UART0.DLL"));
}

#[test]
fn a_snapshot_is_restored_to_the_registers_that_it_names() {
    let world = World::new();
    let bar = Bar::new(&world);
    let register = |name: &str, offset: u64| {
        format!("[[register]]\nname = '{name}'\noffset = {offset}\naccess = 'rw'\n")
    };
    world
        .file("new.toml", format!("name = 'new'\n{}{}", register("RESET_ALL", 0x50), register("GAIN", 0x54)));
    world.file("s.json", snapshot(&json!([{"name": "GAIN", "offset": 0x50, "value": 7}])));
    let restore = |map: &str, flags: &[&str]| {
        reg(&world, &bar, &[&["restore", "s.json", "--map", map], flags].concat())
    };
    let ran = restore("new.toml", &[]).exits(0);
    assert!(ran.stderr.contains("GAIN (the map has RESET_ALL there)"), "{}", ran.stderr);
    assert_eq!(restore("new.toml", &["-o", "json"]).exits(0).json()["left_out"], json!(["GAIN"]));
    assert_eq!((bar.get(0x50), bar.get(0x54)), (0, 0));

    world.file("m.toml", DATA);
    let data =
        json!([{"name": "RDATA", "offset": 0x50, "value": 1}, {"name": "wdata", "offset": 0x50, "value": 2}]);
    world.file("s.json", snapshot(&data));
    let ran = restore("m.toml", &["-o", "json"]).exits(0).json();
    assert_eq!((&ran["left_out"], &ran["items"][0]["name"]), (&json!(["RDATA"]), &json!("WDATA")));
    assert_eq!(bar.get(0x50), 2);
    // Without a name it is the one that can be written.
    world.file("s.json", snapshot(&json!([{"offset": 0x50, "value": 3}])));
    restore("m.toml", &[]).exits(0);
    assert_eq!(bar.get(0x50), 3);

    let wide = json!([{"name": "WDATA", "offset": 0x50, "value": 4}, {"name": "GAIN", "offset": 0x54, "value": 0x2_0000_0001_u64}]);
    world.file("s.json", snapshot(&wide));
    let said = restore("m.toml", &[]).exits(2).stderr;
    assert!(said.contains("s.json is not a dump: 0x200000001 of GAIN does not fit 32 bits"), "{said}");
    assert_eq!((bar.get(0x50), bar.get(0x54)), (3, 0));
}

#[test]
fn a_write_to_an_address_is_to_the_register_there_that_takes_it() {
    let world = World::new();
    let bar = Bar::new(&world);
    world.file("m.toml", DATA);
    let ran = reg(&world, &bar, &["write", "0x50", "5", "--map", "m.toml"]).exits(0);
    assert_eq!((ran.stderr.as_str(), bar.get(0x50)), ("wrote 0x00000005 to WDATA\n", 5));
    let said = reg(&world, &bar, &["write", "RDATA", "6", "--map", "m.toml"]).exits(2).stderr;
    assert!(said.contains("RDATA is read-only"), "{said}");
}

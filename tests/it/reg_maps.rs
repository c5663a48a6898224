//! Registers by name, from the files that other tools write.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use faascmd::testing::bitstream::sample;
use serde_json::json;

use crate::common::bar::Bar;
use crate::common::cloud::Cloud;
use crate::common::data;
use crate::common::page::assert_asks_nothing_of_anywhere;
use crate::common::terminal::Terminal;
use crate::common::world::World;

const VU9P: &str = "xcvu9p-flgb2104-2-i";
const LITEX: &str = r#"{"csr_bases": {}, "csr_registers": {"dma_length": {"addr": 64, "size": 1, "type": "rw"},
    "dma_status": {"addr": 68, "size": 1, "type": "ro"}, "dma_start": {"addr": 72, "size": 1, "type": "wo"},
    "timer_value": {"addr": 76, "size": 1, "type": "ro"}}}"#;
const MAP: &str = "name = 'm'
[[register]]\nname = 'CTRL'\noffset = 0x40\naccess = 'rw'\nunit = 'KiB'
[[register.field]]\nname = 'START'\nbits = 0
[[register.field]]\nname = 'MODE'\nbits = '5:4'\nenum = { idle = 0, single = 1, burst = 2 }
[[register]]\nname = 'CONFIG'\noffset = 0x44\naccess = 'rw'
[[register.field]]\nname = 'SPEED'\nbits = '3:0'\nenum = { slow = 1, fast = 2 }
[[register]]\nname = 'EVENTS'\noffset = 0x48\naccess = 'rc'
";

/// An xclbin of a kernel `vadd` with two arguments, the second in `bank1`.
fn xclbin() -> Vec<u8> {
    let xml = br#"<project><platform><device><core target="bitstream"><kernel name="vadd" hwControlProtocol="ap_ctrl_hs">
        <arg name="length" type="int" port="S_AXI_CONTROL" offset="0x40" size="0x4"/>
        <arg name="a" type="int*" port="M_AXI_GMEM" offset="0x44" size="0x8"/>
        <instance name="vadd_1"><addrRemap base="0x0" port="S_AXI_CONTROL"/></instance></kernel>
        </core></device></platform></project>"#;
    sample::xclbin("xilinx_aliyun-f3_dynamic_5_0", &[(0, &sample::checkpoint(VU9P)), (2, xml)])
}

#[test]
fn a_map_takes_each_format_and_names_work() {
    let world = World::new();
    let bar = Bar::new(&world);
    world.file("csr.json", LITEX);
    world.file("vadd.xclbin", xclbin());
    let csv = "# made by LiteX\ncsr_register,dma_length,0x00000040,1,rw\n";
    world.file("csr.csv", csv);
    let svd = "<device><name>d</name><peripherals><peripheral><name>dma</name><baseAddress>0x40</baseAddress><registers>
        <register><name>length</name><addressOffset>0</addressOffset></register></registers></peripheral></peripherals></device>";
    world.file("chip.svd", svd);
    let hwh = "<EDKSYSTEM><MODULES><MODULE FULLNAME=\"/dma\" INSTANCE=\"dma\"><REGISTERS><REGISTER NAME=\"length\">
        <PROPERTY NAME=\"ADDRESS_OFFSET\" VALUE=\"0x0\"/></REGISTER></REGISTERS></MODULE><MODULE INSTANCE=\"x\"><MEMORYMAP>
        <MEMRANGE INSTANCE=\"dma\" BASEVALUE=\"0x40\"/></MEMORYMAP></MODULE></MODULES></EDKSYSTEM>";
    world.file("design.hwh", hwh);
    world.file("design.xsa", sample::zip(&[("xsa.xml", b"<x/>"), ("design.hwh", hwh.as_bytes())]));
    for (file, name) in [
        ("csr.json", "dma_length"),
        ("csr.csv", "dma_length"),
        ("chip.svd", "DMA.LENGTH"),
        ("design.hwh", "dma.length"),
        ("design.xsa", "dma.length"),
        ("vadd.xclbin", "vadd.length"),
    ] {
        let ran = bar.faascmd(&world, &["reg", "read", name, "--map", file]).exits(0);
        assert_eq!(ran.stdout, "0x12345678\n", "{file}");
        let made = world.faascmd(&["reg", "map", file, "--to", "made.toml", "-o", "json"]).exits(0).json();
        assert_eq!(made["schema"], "faascmd.reg.list/1");
        let again = bar.faascmd(&world, &["reg", "read", name, "--map", "made.toml"]).exits(0);
        assert_eq!(again.stdout, ran.stdout, "{file} by way of TOML");
    }
    let ls = world.faascmd(&["reg", "ls", "vadd.a*", "--map", "vadd.xclbin", "-o", "json"]).exits(0).json();
    let names: Vec<&str> =
        ls["items"].as_array().unwrap().iter().map(|i| i["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["vadd.AP_CTRL", "vadd.a", "vadd.a_1"]);
    assert_eq!(ls["items"][0]["fields"][1]["name"], "AP_DONE");
    assert_eq!(ls["items"][0]["fields"][1]["access"], "rc");
}

#[test]
fn what_is_no_map_says_where_and_what() {
    let world = World::new();
    world.file(
        "a.svd",
        "<device>\n<peripherals><peripheral><name>P</name></peripheral></peripherals></device>",
    );
    world.file("a.xclbin", sample::xclbin("xilinx_aliyun-f3_dynamic_5_0", &[(0, &sample::checkpoint(VU9P))]));
    world.file("a.zip", sample::zip(&[("readme", b"nothing")]));
    for (file, exit, said) in [
        ("a.svd", 3, "a.svd: line 2, <peripheral>: <baseAddress> is missing"),
        ("a.xclbin", 3, "no kernel with registers"),
        ("a.zip", 3, "no .hwh in this zip"),
        ("nowhere", 5, "can't be read"),
    ] {
        let ran = world.faascmd(&["reg", "map", file]).exits(exit);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
}

#[test]
fn a_pattern_reads_what_fits_it_and_disturbs_nothing() {
    let world = World::new();
    let bar = Bar::new(&world);
    world.file("csr.json", LITEX);
    world.file("m.toml", MAP);
    let reg = |args: &[&str]| bar.faascmd(&world, &[&["reg"], args].concat());
    // dma_start can't be read, so that it is left out.
    let ran = reg(&["read", "DMA_*", "--map", "csr.json"]).exits(0);
    assert_eq!(ran.stdout, "dma_length\t0x12345678\t\ndma_status\t0x89abcdef\t\n");
    let json = reg(&["read", "d?a_length", "--map", "csr.json", "-o", "json"]).exits(0).json();
    assert_eq!(json["items"][0]["name"], "dma_length");
    let ran = reg(&["read", "*", "--map", "m.toml"]).exits(0);
    assert!(ran.stdout.contains("CTRL") && !ran.stdout.contains("EVENTS"), "{}", ran.stdout);
    assert!(ran.stdout.contains("MODE="), "{}", ran.stdout);
    reg(&["read", "NONE_*", "--map", "m.toml"]).exits(2);
    assert_eq!(reg(&["read", "SMOKE_*"]).exits(0).stdout, "SMOKE_DONE\t0x00000001\tDONE=1 (done)\n");
}

#[test]
fn a_dump_takes_a_pattern_and_leaves_out_what_a_read_would_change() {
    let world = World::new();
    let bar = Bar::new(&world);
    world.file("csr.json", LITEX);
    world.file("m.toml", MAP);
    let dump = |what: &str, map: &str| {
        let ran = bar.faascmd(&world, &["reg", "dump", what, "--map", map, "-o", "json"]).exits(0).json();
        let names: Vec<String> = ran["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect();
        (names, ran["left_out"].clone(), ran["map"].clone())
    };
    let (names, left_out, map) = dump("DMA_*", "csr.json");
    assert_eq!(
        (names, left_out, map),
        (vec!["dma_length".into(), "dma_status".into()], json!(["dma_start"]), json!("litex"))
    );
    let (names, left_out, _) = dump("*", "m.toml");
    assert_eq!((names, left_out), (vec!["CTRL".into(), "CONFIG".into()], json!(["EVENTS"])));
    // Fields stand for their register.
    assert_eq!(dump("*.SPEED", "m.toml").0, ["CONFIG"]);
    bar.faascmd(&world, &["reg", "dump", "NO*", "--map", "m.toml"]).exits(2);
    let built_in = bar.faascmd(&world, &["reg", "dump", "SMOKE_*", "-o", "json"]).exits(0).json();
    assert_eq!(built_in["map"], "ddr_prbs");
}

#[test]
fn a_shell_completes_the_names_of_registers() {
    let world = World::new();
    world.file("m.toml", MAP);
    let script = "source <(faascmd completions bash)
        try() {
            COMP_LINE=$1 COMP_POINT=${#1} COMPREPLY=()
            read -ra COMP_WORDS <<<\"$1\"
            [[ $1 == *' ' ]] && COMP_WORDS+=('')
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _faascmd_with_registers faascmd \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD-1]}\"
            echo \"${COMPREPLY[*]}\"
        }
        complete -p faascmd
        try 'faascmd reg read smoke_d'
        try 'faascmd reg read --map m.toml C'
        try 'faascmd reg write --map=m.toml ctrl.'
        try 'faascmd reg read --all-o'
        try 'faascmd reg wat'";
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_faascmd")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut bash = world.command("bash");
    let ran = crate::common::world::ran(bash.env("PATH", path).args(["-uc", script])).exits(0);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines[0].contains("-F _faascmd_with_registers"), "{}", lines[0]);
    assert_eq!(lines[1..], ["SMOKE_DONE", "CTRL CONFIG", "CTRL.START CTRL.MODE", "--all-ones-ok", "watch"]);
}

#[test]
fn several_fields_are_written_at_once_by_their_names() {
    let world = World::new();
    let bar = Bar::new(&world);
    world.file("m.toml", MAP);
    let reg = |args: &[&str]| bar.faascmd(&world, &[&["reg"], args, &["--map", "m.toml"]].concat());
    bar.set(0x40, 0xff00_0000);
    bar.set(0x44, 0x10);
    let ran = reg(&["write", "CTRL.START=1", "MODE=burst", "CONFIG=fast", "--verify", "-o", "json"]).exits(0);
    assert_eq!((bar.get(0x40), bar.get(0x44)), (0xff00_0021, 0x12));
    let items = &ran.json()["items"];
    assert_eq!(
        (&items[0]["name"], &items[0]["value"]),
        (&json!("CTRL.START, CTRL.MODE"), &json!(0xff00_0021_u32))
    );
    assert_eq!((&items[0]["old"], &items[0]["verified"]), (&json!(0xff00_0000_u32), &json!(true)));
    for (args, said) in [
        (&["write", "CTRL.START=1", "CTRL.START=0"][..], "given twice"),
        (&["write", "CTRL.START=1", "MODE"], "not PLACE VALUE"),
        (&["write", "MODE=gallop"], "no value `gallop`"),
        (&["write", "CTRL.START=2"], "does not fit"),
    ] {
        let ran = reg(args).exits(2);
        assert!(ran.stderr.contains(said), "{args:?}: {}", ran.stderr);
    }
    assert_eq!(bar.get(0x40), 0xff00_0021, "nothing is written when something is wrong");
    reg(&["write", "CTRL.MODE", "idle"]).exits(0);
    assert_eq!(bar.get(0x40), 0xff00_0001);
}

#[test]
fn a_deployed_kernel_is_read_by_its_names_without_a_map_and_not_written() {
    let cloud = Cloud::start(&["--speed", "50"]);
    cloud.world.file("k.tar.gz", sample::tar_gz(&[("vadd.xclbin", &xclbin())]));
    let script = "faascmd deploy k.tar.gz >/dev/null 2>&1 || exit 90
        refused() { code=0; \"$@\" 2>err || code=$?; test $code = 2; }
        faascmd reg read vadd.length || exit 91
        refused faascmd reg write vadd.length 1 || exit 92
        grep -q 'to write by it, name the map' err || exit 93
        refused faascmd reg read vadd.length --map none || exit 94
        map=$(ls .local/state/faascmd/register-maps/*.toml) && faascmd reg read vadd.length --map $map || exit 95
        rm -r .local/state/faascmd/register-maps
        refused faascmd reg read vadd.length || exit 96
        faascmd reg read SMOKE_DONE";
    let ran = cloud.shell(script).exits(0);
    assert_eq!(ran.stdout.lines().count(), 3, "{}", ran.stdout);
}

#[test]
fn a_large_map_is_kept_for_the_next_time_and_never_trusted_when_it_changed() {
    let world = World::new();
    let bar = Bar::new(&world);
    let map = |offset: u64| {
        let mut text = String::from("name = 'big'\n");
        for i in 0..2000 {
            let offset = if i == 7 { offset } else { 0x1000 + 4 * i };
            write!(text, "[[register]]\nname = 'R{i}'\noffset = {offset}\naccess = 'ro'\n").unwrap();
        }
        let path = world.file("big.toml", text);
        let past = SystemTime::now() - Duration::from_secs(60 + offset);
        std::fs::File::open(path).unwrap().set_modified(past).unwrap();
    };
    let read = || bar.faascmd(&world, &["reg", "read", "r7", "--map", "big.toml"]).exits(0).stdout;
    map(0x40);
    assert_eq!((read(), read()), ("0x12345678\n".into(), "0x12345678\n".into()));
    let cache = world.path().join(".local/state/faascmd/register-maps/cache");
    assert_eq!(std::fs::read_dir(&cache).unwrap().count(), 1);
    map(0x44);
    assert_eq!(read(), "0x89abcdef\n");
    std::fs::remove_dir_all(&cache).unwrap();
    assert_eq!(read(), "0x89abcdef\n");
    for file in std::fs::read_dir(&cache).unwrap() {
        std::fs::write(file.unwrap().path(), "nonsense").unwrap();
    }
    assert_eq!(read(), "0x89abcdef\n");
}

#[test]
fn on_a_terminal_a_watch_is_one_table_and_draws_a_page() {
    let world = World::new();
    let bar = Bar::new(&world);
    world.file("m.toml", MAP);
    let mut command = world.command("setsid");
    command.args([
        "--ctty",
        env!("CARGO_BIN_EXE_faascmd"),
        "reg",
        "watch",
        "CTRL",
        "CONFIG",
        "--map",
        "m.toml",
    ]);
    command.args(["--interval", "1ms", "--count", "1", "--html", "changes.html", "--device", &bar.device()]);
    let mut terminal = Terminal::start(command);
    terminal.shows("CONFIG");
    bar.set(0x40, 0x20);
    let (shown, code) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("NAME") && shown.contains("\x1b[3A"), "{shown:?}");
    assert!(shown.contains("MODE=2 (burst)") && shown.contains("KiB"), "{shown:?}");
    let page = std::fs::read_to_string(world.path().join("changes.html")).unwrap();
    assert!(page.contains("1 changes of 2 in ") && page.contains("<path class=\"line l0\" d=\"M"), "{page}");
    assert_asks_nothing_of_anywhere(&page);
}

#[test]
fn real_files_give_the_registers_of_their_kernels() {
    let Some(folder) = data::real_files() else { return };
    let world = World::new();
    let ls = |file: &str| {
        let path = folder.join(file);
        world.faascmd(&["reg", "ls", "--map", path.to_str().unwrap(), "-o", "json"]).exits(0).json()["items"]
            .clone()
    };
    let vadd = ls("vadd.awsxclbin");
    let found = vadd.as_array().unwrap().iter().find(|item| item["name"] == "vector_add.n_elements");
    assert_eq!(found.unwrap()["offset"], 0x34);
    if folder.join("more").is_dir() {
        let idct = ls("more/sdx2019_krnl_idct.awsxclbin");
        let docs: Vec<&str> =
            idct.as_array().unwrap().iter().filter_map(|item| item["doc"].as_str()).collect();
        assert!(docs.iter().any(|doc| doc.ends_with("in bank1")), "{docs:?}");
    }
}

//! `dma …` and `test dma`: the card's memory, in the sandbox and on files that stand for nodes.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::common::bar::Bar;
use crate::common::bytes::bytes;
use crate::common::cloud::Cloud;
use crate::common::page::assert_asks_nothing_of_anywhere;
use crate::common::soak::Soak;
use crate::common::world::{Ran, World, ran};

const MEMORY: u64 = 1 << 20;

/// A card whose memory is a file, with so many channels each way.
struct Card {
    world: World,
    device: String,
}

impl Card {
    fn new(channels: u8) -> Self {
        let world = World::new();
        let memory = world.file("memory", []);
        std::fs::File::options().write(true).open(&memory).unwrap().set_len(MEMORY).unwrap();
        for way in ["h2c", "c2h"] {
            for channel in 0..channels {
                let node = world.path().join(format!("xdma0_{way}_{channel}"));
                std::os::unix::fs::symlink(&memory, node).unwrap();
            }
        }
        let device = format!("file:{}", world.path().join("xdma0_user").display());
        Self { world, device }
    }

    fn faascmd(&self, args: &[&str]) -> Ran {
        self.world.faascmd(&[args, &["--device", &self.device]].concat())
    }

    fn memory(&self) -> Vec<u8> {
        std::fs::read(self.world.path().join("memory")).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.world.path().join(name)
    }

    fn play(&self, node: &str, faults: &str) {
        self.world.file(&format!("{node}.faults"), faults);
    }
}

#[test]
fn what_is_written_is_read_back_whole_also_in_short_transfers() {
    let card = Card::new(2);
    for node in ["xdma0_h2c_0", "xdma0_c2h_1"] {
        card.play(node, "{\"dma-short\": 0.9, \"seed\": 1}");
    }
    let data = bytes(100_003, 7);
    card.world.file("data", &data);
    let wrote = card.faascmd(&["dma", "write", "0x1001", "data", "-o", "json"]).exits(0).json();
    assert_eq!((&wrote["schema"], &wrote["bytes"]), (&json!("faascmd.dma/1"), &json!(100_003)));
    assert_eq!((&wrote["address"], &wrote["address_hex"]), (&json!(0x1001), &json!("0x00001001")));
    assert!(card.memory()[0x1001..0x1001 + data.len()] == data);
    let ran = card.faascmd(&["dma", "read", "0x1001", "--len", "100003", "back", "--channel", "1"]).exits(0);
    assert!(ran.stdout.starts_with("read 97.6 KiB at 0x00001001 in "), "{}", ran.stdout);
    assert!(std::fs::read(card.path("back")).unwrap() == data);

    let mut command = card.world.command("faascmd");
    command.args(["dma", "read", "4K", "--len", "2", "--device", &card.device]);
    let out = command.output().unwrap();
    assert_eq!((out.status.code(), out.stdout.len()), (Some(0), 2));
    let mut command = card.world.command("faascmd");
    command.args(["dma", "write", "64", "-", "--device", &card.device]).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"from a pipe").unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(&card.memory()[64..75], b"from a pipe");
    card.faascmd(&["dma", "fill", "0", "--len", "8", "--pattern", "0xa5"]).exits(0);
    card.faascmd(&["dma", "fill", "8", "--len", "16", "--pattern", "walking"]).exits(0);
    assert_eq!(
        card.memory()[..24],
        [0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 2, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0]
    );
}

#[test]
fn what_can_not_be_moved_whole_is_refused_before_the_first_byte() {
    let card = Card::new(1);
    card.world.file("long", vec![1; 4097]);
    card.world.file("empty", []);
    for (args, code, said) in [
        (&["dma", "write", "0xff000", "long"][..], 2, "goes beyond the memory's end at 0x100000"),
        (&["dma", "write", "0", "empty"], 2, "empty is empty: nothing is written"),
        (&["dma", "write", "0", "missing"], 5, "missing can't be read"),
        (&["dma", "fill", "0x100000", "--len", "1", "--pattern", "one"], 2, "goes beyond the memory's end"),
        (&["dma", "fill", "4", "--len", "8", "--pattern", "one"], 2, "a multiple of 8"),
        (&["dma", "fill", "0", "--len", "8", "--pattern", "ones"], 2, "`ones` is no pattern"),
        (&["dma", "read", "0xfffff", "--len", "2", "back"], 2, "goes beyond the memory's end"),
        (&["dma", "read", "0", "--len", "0", "back"], 2, "--len is 0"),
        (&["dma", "read", "0", "--len", "8", "-o", "json"], 2, "at once"),
        (&["dma", "read", "010", "--len", "8", "back"], 2, "ambiguous"),
        (&["dma", "read", "0", "--len", "8", "back", "--channel", "3"], 10, "xdma0_c2h_3 has no DMA here"),
    ] {
        let ran = card.faascmd(args).exits(code);
        assert!(ran.stderr.contains(said), "{args:?}: {}", ran.stderr);
    }
    assert!(card.memory().iter().all(|byte| *byte == 0));
    assert!(!card.path("back").exists());
}

#[test]
fn an_engine_that_hangs_is_told_with_its_address_and_what_to_do() {
    let card = Card::new(1);
    card.play("xdma0_c2h_0", "{\"dma-eio\": \"0x2000\"}");
    card.world.file("back", "old");
    let ran = card.faascmd(&["dma", "read", "0x1000", "--len", "8K", "back"]).exits(10);
    assert!(ran.stderr.contains("4096 bytes at 0x2000 failed: I/O error (EIO)"), "{}", ran.stderr);
    assert!(ran.stderr.contains("sudo rmmod xdma && sudo modprobe xdma"), "{}", ran.stderr);
    assert_eq!(std::fs::read_to_string(card.path("back")).unwrap(), "old", "no part of it is there");
    let ran = card.faascmd(&["test", "dma", "--range", "0+64K", "--yes", "--junit", "dma.xml"]).exits(10);
    assert!(ran.stderr.contains("at 0x2000 failed"), "{}", ran.stderr);
    let junit = std::fs::read_to_string(card.path("dma.xml")).unwrap();
    assert!(junit.contains("errors=\"1\"") && junit.contains("at 0x2000 failed"), "{junit}");
}

#[test]
fn a_machine_without_the_nodes_is_told_why() {
    let world = World::new();
    let device = world.path().join("xdma0_user").display().to_string();
    let sysfs = world.path().join("sys");
    let info = || {
        let mut command = world.command("faascmd");
        command.args(["dma", "info", "--device", &device]).env("FAASCMD_SYSFS_ROOT", &sysfs);
        ran(&mut command).exits(10).stderr
    };
    let said = info();
    assert!(said.contains("xdma0 has no DMA here: the xdma driver is not loaded"), "{said}");
    let card = "sys/bus/pci/devices/0000:05:00.0";
    for (name, text) in [("vendor", "0x8086"), ("class", "0x120000")] {
        world.file(&format!("{card}/{name}"), text);
    }
    let said = info();
    assert!(said.contains("0000:05:00.0 is an Intel card, whose memory OPAE moves"), "{said}");
    assert!(said.contains("fpga_dma_test use_ase=0"), "{said}");
}

#[test]
fn the_sandbox_has_channels_a_memory_and_a_link() {
    let cloud = Cloud::start(&[]);
    let info = cloud.faascmd(&["dma", "info", "-o", "json"]).exits(0).json();
    assert_eq!(info["channels"].as_array().unwrap().len(), 8);
    assert_eq!(
        (&info["channels"][0]["direction"], &info["channels"][0]["kind"]),
        (&json!("h2c"), &json!("memory"))
    );
    assert_eq!((&info["link"]["width"], &info["limit"]["payload_known"]), (&json!(16), &json!(false)));
    let gigabytes = info["limit"]["bytes_per_second"].as_f64().unwrap() / 1e9;
    assert!((14.0..15.0).contains(&gigabytes), "{gigabytes}");
    let script = "printf hello > f; faascmd dma write 0xfff000000 f > out
        rm \"$(dirname \"$FAASCMD_DEVICE\")\"/current_link_speed
        faascmd dma info -o json > info; faascmd dma read 0xfff000000 --len 5";
    assert_eq!(cloud.shell(script).exits(0).stdout, "hello");
    let info: Value =
        serde_json::from_slice(&std::fs::read(cloud.world.path().join("info")).unwrap()).unwrap();
    assert_eq!((&info["link"], &info["limit"]), (&Value::Null, &Value::Null));
}

/// A test of one mebibyte in the sandbox with a fault.
fn tested(fault: &[&str], more: &[&str]) -> (Ran, Cloud) {
    let flags: Vec<&str> =
        fault.iter().flat_map(|fault| ["--fault", fault]).chain(["--fault-seed", "5"]).collect();
    let cloud = Cloud::start(&flags);
    let args = ["test", "dma", "--yes", "--range", "0x10000+1M"];
    let ran = cloud.faascmd(&[&args[..], more].concat());
    (ran, cloud)
}

#[test]
fn each_fault_of_the_sandbox_is_named() {
    for (fault, kind, detail) in [
        ("dma-bit-flip=0.0005", "flipped", "of the word is flipped, first at 0x000"),
        ("dma-stuck=77", "stuck", "bit 77 of 512 of the data is always 1, first at 0x000"),
        ("dma-alias=14", "alias", "bit 14 of the address is not looked at, first at 0x000"),
        ("dma-drop=0.005", "dropped", "is not there, first at 0x000"),
        ("dma-shift=24", "shifted", "data are shifted by 24 bytes, first at 0x000"),
    ] {
        let (ran, cloud) = tested(&[fault], &["-o", "json", "--junit", "dma.xml", "--html", "dma.html"]);
        let document = ran.exits(11).json();
        assert_eq!(
            (&document["schema"], &document["result"]),
            (&json!("faascmd.test.dma/1"), &json!("failed"))
        );
        let faults = document["faults"].as_array().unwrap();
        assert!(faults.iter().all(|fault| fault["kind"] == kind), "{fault}: {faults:#?}");
        let first = &faults[0];
        assert!(first["detail"].as_str().unwrap().contains(detail), "{first}");
        assert!(
            first["expected"].as_str().unwrap().len() == 18 && first["expected"] != first["found"],
            "{first}"
        );
        assert_eq!(document["speeds"], json!([]), "a wrong memory has no speed worth knowing");
        let junit = std::fs::read_to_string(cloud.world.path().join("dma.xml")).unwrap();
        assert!(
            junit.contains("<failure message=") && junit.contains("classname=\"faascmd.dma\""),
            "{junit}"
        );
        let page = std::fs::read_to_string(cloud.world.path().join("dma.html")).unwrap();
        assert!(page.contains("Faults") && page.contains(kind), "{page}");
        assert_asks_nothing_of_anywhere(&page);
    }
    let (ran, _) = tested(&["dma-eio=0x12340"], &[]);
    assert!(ran.exits(10).stderr.contains("at 0x12340 failed"));
}

#[test]
fn a_clean_memory_passes_and_its_speed_is_told_by_size_and_channels() {
    let more = ["--size", "4K..64K", "--channels", "1..2", "--duration", "50ms", "--html", "dma.html"];
    let (ran, cloud) =
        tested(&["dma-short=0.3"], &[&more[..], &["-o", "json", "--junit", "dma.xml"]].concat());
    let document = ran.exits(0).json();
    assert_eq!((&document["result"], &document["faults"]), (&json!("passed"), &json!([])));
    let speeds = document["speeds"].as_array().unwrap();
    assert_eq!(speeds.len(), 3 * 3 * 2, "three ways, three sizes, two numbers of channels");
    for speed in speeds {
        assert!(speed["share_of_limit"].as_f64().unwrap() > 0.0, "{speed}");
        assert!(speed["p50_us"].as_f64().unwrap() <= speed["p99_us"].as_f64().unwrap(), "{speed}");
        // Half of the transfers take that long at least, to an eighth, and a lane makes one after the other.
        let number = |key: &str| speed[key].as_f64().unwrap();
        let lanes = number("channels") * if speed["direction"] == "both" { 2.0 } else { 1.0 };
        let least = number("transfers") / 2.0 * number("p50_us") * 0.8 / 1e6;
        assert!(number("seconds") * lanes >= least, "{speed}");
    }
    let junit = std::fs::read_to_string(cloud.world.path().join("dma.xml")).unwrap();
    assert!(junit.contains("tests=\"6\" failures=\"0\" errors=\"0\""), "{junit}");
    let page = std::fs::read_to_string(cloud.world.path().join("dma.html")).unwrap();
    assert!(page.contains("Throughput over size") && page.contains("both ×2"), "{page}");
    assert_asks_nothing_of_anywhere(&page);

    let (ran, _) = tested(&[], &["--speed-only", "--size", "1M", "--channels", "1", "--duration", "10ms"]);
    let human = ran.exits(0).stdout;
    assert!(human.starts_with("✓ dma    passed in ") && human.contains("\nh2c\t1 MiB\t1\t"), "{human}");
    let (ran, _) = tested(&[], &["--verify-only", "--pattern", "prbs31,zero", "-o", "json"]);
    let document = ran.exits(0).json();
    let bytes = document["patterns"].as_array().unwrap().iter().map(|it| it["bytes"].clone());
    assert_eq!(bytes.collect::<Vec<_>>(), [json!(1 << 20), json!(1 << 20)]);
    assert_eq!(document["speeds"], json!([]));
}

#[test]
fn nothing_is_overwritten_without_a_yes_and_without_a_range_that_was_named() {
    let card = Card::new(1);
    let before = card.memory();
    let ran = card.faascmd(&["test", "dma", "--range", "0+64K"]).exits(2);
    assert!(
        ran.stderr.contains("overwrites 64 KiB at 0x0") && ran.stderr.contains("add --yes"),
        "{}",
        ran.stderr
    );
    let ran = card.faascmd(&["test", "dma", "--yes"]).exits(2);
    assert!(ran.stderr.contains("--range"), "{}", ran.stderr);
    for wrong in ["0+2M", "0xfffffff000+4K"] {
        let ran = card.faascmd(&["test", "dma", "--yes", "--range", wrong]).exits(2);
        assert!(ran.stderr.contains("goes beyond the memory's end"), "{}", ran.stderr);
    }
    let ran = card.faascmd(&["test", "dma", "--yes", "--range", "0+64K", "--channels", "2"]).exits(10);
    assert!(ran.stderr.contains("has 1 channels each way, not 2"), "{}", ran.stderr);
    assert!(card.memory() == before);
    // Nobody said that these files stand for a card.
    let device = card.device.strip_prefix("file:").unwrap();
    card.world.file("data", "x");
    let ran = card.world.faascmd(&["dma", "write", "0", "data", "--device", device]).exits(2);
    assert!(ran.stderr.contains("is an ordinary file"), "{}", ran.stderr);
    assert!(card.memory() == before);
}

#[test]
fn one_at_a_time_writes_and_a_signal_tells_what_was_tested() {
    let card = Card::new(2);
    for node in ["xdma0_h2c_0", "xdma0_c2h_0", "xdma0_h2c_1", "xdma0_c2h_1"] {
        card.play(node, "{\"dma-slow\": 4000000}");
    }
    let mut command = card.world.command("faascmd");
    command.args([
        "test",
        "dma",
        "--yes",
        "--range",
        "0+1M",
        "--verify-only",
        "--duration",
        "1h",
        "-o",
        "json",
    ]);
    command
        .args(["--seed", "0x10", "--junit", "dma.xml", "--size", "64K", "--device", &card.device])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // The first line of progress comes after the lock was taken.
    let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut stderr, &mut line).unwrap();
    assert!(line.starts_with("dma test, address: "), "{line}");
    card.world.file("data", "x");
    let ran = card.faascmd(&["dma", "write", "0", "data", "--channel", "1"]).exits(6);
    assert!(ran.stderr.contains("is locked by process"), "{}", ran.stderr);
    let junit = || std::fs::read_to_string(card.path("dma.xml")).unwrap();
    let before = junit();
    card.faascmd(&["test", "dma", "--yes", "--range", "0+1M", "--junit", "dma.xml"]).exits(6);
    assert_eq!(junit(), before, "who is refused leaves the reports of who has the lock alone");
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    std::io::Read::read_to_string(&mut stderr, &mut line).unwrap();
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(130));
    let document: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!((&document["result"], &document["seed"]), (&json!("interrupted"), &json!("16")));
    let detail = document["detail"].as_str().unwrap();
    assert!(detail.contains(" compared, of the range 1 MiB at 0x00000000"), "{document}");
    let xml = junit();
    assert!(xml.contains("name=\"dma\"") && xml.contains("<error message=\"interrupted after "), "{xml}");
}

#[test]
fn memory_that_prbs_uses_is_neither_written_nor_tested() {
    let card = Card::new(1);
    let bar = Bar { path: card.world.file("xdma0_user", vec![0; 64 * 1024]) };
    let before = card.memory();
    card.world.file("data", "x");
    let writers = [
        &["test", "dma", "--range", "0+64K", "--verify-only", "--pattern", "zero", "--yes"][..],
        &["dma", "fill", "0", "--len", "8", "--pattern", "one"],
        &["dma", "write", "0", "data"],
    ];
    let soak = Soak::new(&card.world, &bar, &["--duration", "1d"]);
    for args in writers {
        let said = card.faascmd(args).exits(6).stderr;
        assert!(said.contains("xdma0_user is locked by process"), "{args:?}: {said}");
    }
    soak.signal(Signal::SIGKILL);
    soak.end().exits(137);
    for args in &writers[1..] {
        let said = card.faascmd(args).exits(6).stderr;
        assert!(
            said.contains("PRBS is still running on ") && said.contains("--yes stops it first"),
            "{said}"
        );
    }
    assert!(card.memory() == before && bar.get(0x20) == 0);
    let said = card.faascmd(writers[0]).exits(0).stderr;
    assert!(said.contains("the PRBS test that was left running is stopped"), "{said}");
    assert_eq!(bar.get(0x20), 1);
    card.faascmd(writers[1]).exits(0);
}

#[test]
fn deploy_tests_the_memory_too() {
    let running = Cloud::start(&["--speed", "20", "--fault", "dma-stuck=9"]);
    let package = faascmd::testing::bitstream::sample::package("xcvu9p-flgb2104-2-i");
    running.world.file("bit.tar.gz", package);
    let deploy = ["deploy", "bit.tar.gz", "--driver", "none", "--test", "smoke,dma", "-o", "json"];
    let ran = running.faascmd(&deploy).exits(2);
    assert!(ran.stderr.contains("--yes"), "asked before anything is sent: {}", ran.stderr);
    let ran = running.faascmd(&[&deploy[..], &["--yes", "--dma-range", "0+256K"]].concat()).exits(11);
    let document = ran.error();
    let steps = document["steps"].as_array().unwrap();
    assert_eq!((&steps[5]["name"], &steps[5]["state"]), (&json!("dma"), &json!("failed")));
    assert_eq!(document["tests"][1]["faults"][0]["kind"], "stuck");
}

/// Starts it, and waits until its file is being made.
fn reading(card: &Card, length: &str) -> std::process::Child {
    let mut command = card.world.command("faascmd");
    command.args(["dma", "read", "0", "--len", length, "back", "--device", &card.device]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    while unfinished(card) == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before");
        std::thread::yield_now();
    }
    child
}

fn unfinished(card: &Card) -> usize {
    let files = std::fs::read_dir(card.world.path()).unwrap();
    files.filter(|it| it.as_ref().unwrap().file_name().to_string_lossy().starts_with(".faascmd-")).count()
}

#[test]
fn a_read_that_is_stopped_leaves_nothing_behind() {
    let card = Card::new(1);
    std::fs::File::options().write(true).open(card.path("memory")).unwrap().set_len(16 << 20).unwrap();
    card.play("xdma0_c2h_0", "{\"dma-slow\": 8000000}");
    let mut child = reading(&card, "16MiB");
    let pid = Pid::from_raw(child.id().try_into().unwrap());
    // GNU timeout sends two, one to the program and one to its group.
    for _ in 0..2 {
        kill(pid, Signal::SIGINT).unwrap();
    }
    let mut said = String::new();
    std::io::Read::read_to_string(child.stderr.as_mut().unwrap(), &mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains("stopped by SIGINT after "), "{said}");
    assert_eq!((unfinished(&card), card.path("back").exists()), (0, false));
}

#[test]
fn a_signal_waits_for_a_read_of_one_piece() {
    let card = Card::new(1);
    card.play("xdma0_c2h_0", "{\"dma-slow\": 4096}");
    let mut child = reading(&card, "4KiB");
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    let ended = child.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&ended), Some(Signal::SIGTERM as i32));
    assert_eq!(
        (unfinished(&card), card.memory()[..4096] == std::fs::read(card.path("back")).unwrap()[..]),
        (0, true)
    );
}

#[test]
fn a_read_follows_a_link_keeps_a_mode_and_writes_into_a_pipe() {
    let card = Card::new(1);
    let read = |into: &str| {
        format!("{} dma read 0 --len 4 --device {} {into}", env!("CARGO_BIN_EXE_faascmd"), card.device)
    };
    let script = format!(
        "umask 027; ln -s real link; touch old; chmod 664 old
        {} > /dev/null; {} > /dev/null; {} | grep -c 'read 4 B'
        readlink link; stat -c %a real old",
        read("link"),
        read("old"),
        read("/dev/stdout")
    );
    let ran = ran(card.world.command("sh").args(["-euc", &script])).exits(0);
    assert_eq!(ran.stdout, "1\nreal\n640\n664\n");
}

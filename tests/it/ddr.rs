//! `faascmd test …` on the simulated chip, and on a plain file whose registers the test itself plays.

use std::io::BufRead as _;

use faascmd::testing::sandbox::{Chip, ChipFaults, Seen};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::common::bar::{Bar, pci_device};
use crate::common::cloud::Cloud;
use crate::common::soak::Soak;
use crate::common::world::{Ran, World, ran};

/// A machine with a chip in which the reference design is loaded.
struct Machine {
    world: World,
    bar: Bar,
    chip: Chip,
}

impl Machine {
    fn new(faults: ChipFaults) -> Self {
        let world = World::new();
        let bar = Bar::new(&world);
        let chip = Chip::start(&bar.path, faults).unwrap();
        chip.load();
        Self { world, bar, chip }
    }

    fn faascmd(&self, args: &[&str]) -> Ran {
        self.bar.faascmd(&self.world, args)
    }
}

/// The seconds, to a tenth, that a line tells between two texts; on a busy machine they may be some.
#[track_caller]
fn told_seconds(line: &str, before: &str, after: &str) -> f64 {
    let time = line
        .strip_prefix(before)
        .and_then(|rest| rest.split_once('s'))
        .filter(|(_, rest)| rest.starts_with(after));
    let (seconds, _) = time.unwrap_or_else(|| panic!("{line}"));
    assert_eq!(seconds.split_once('.').map(|(_, tenths)| tenths.len()), Some(1), "{line}");
    seconds.parse().unwrap_or_else(|e| panic!("{e}: {line}"))
}

#[test]
fn smoke_passes_and_passes_again() {
    let machine = Machine::new(ChipFaults::default());
    let first = machine.faascmd(&["test", "smoke", "-o", "json"]).exits(0).json();
    assert_eq!(first["schema"], "faascmd.test.smoke/1");
    assert_eq!((&first["result"], &first["stale_before"]), (&json!("passed"), &json!(false)));
    let again = machine.faascmd(&["test", "smoke", "-o", "json"]).exits(0).json();
    assert_eq!(again["stale_before"], true, "the done bit of the first run was seen to be cleared");
    let human = machine.faascmd(&["test", "smoke", "-q"]).exits(0);
    told_seconds(&human.stdout, "✓ smoke  passed in ", " (the done bit 0x24 was 1 before the start)");
    assert_eq!(human.stderr, "");
    assert_eq!(machine.chip.seen(), Seen { smoke_starts: 3, ..Seen::default() });
}

#[test]
fn an_error_is_shown_as_it_is_and_not_called_a_count() {
    let machine = Machine::new(ChipFaults { ddr_error: true, ..ChipFaults::default() });
    let ran = machine.faascmd(&["test", "smoke"]).exits(11);
    told_seconds(&ran.stdout, "✗ smoke  failed: 0x30 reads 0x0000124e after ", "\n");
    let document = machine.faascmd(&["test", "prbs", "--duration", "50ms", "-o", "json"]).exits(11).json();
    assert_eq!((&document["result"], &document["error_register"]), (&json!("failed"), &json!(0x124e)));
    let all = machine.faascmd(&["test", "all", "-o", "json"]).exits(11).json();
    assert_eq!(all["items"].as_array().unwrap().len(), 1, "PRBS says nothing after a failed smoke test");
}

#[test]
fn an_error_that_was_seen_once_fails_the_test_although_it_is_gone() {
    let world = World::new();
    let bar = Bar::new(&world);
    nix::unistd::mkfifo(&world.path().join("log"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    bar.set(0x30, 0x4d2);
    let args = ["--duration", "1s", "--sample", "1ms", "--log", "log", "--bits-per-second", "1e11"];
    let mut command = world.command("faascmd");
    command.args(["test", "prbs", "--device", &bar.device(), "-o", "json", "--junit", "ddr.xml"]).args(args);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    let mut samples = std::io::BufReader::new(std::fs::File::open(world.path().join("log")).unwrap()).lines();
    let first: Value = serde_json::from_str(&samples.next().unwrap().unwrap()).unwrap();
    assert_eq!(first["error_register"], 0x4d2);
    bar.set(0x30, 0);
    // Nobody plays the chip, so done never comes after the stop: put it there.
    let done = std::thread::spawn({
        let bar = Bar { path: bar.path.clone() };
        move || {
            while bar.get(0x20) == 0 {
                std::thread::yield_now();
            }
            bar.set(0x28, 1);
        }
    });
    samples.for_each(drop);
    let output = child.wait_with_output().unwrap();
    done.join().unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &document["result"]), (Some(11), &json!("failed")), "{document}");
    let errors = &document["soak"]["errors"];
    assert_eq!((&errors["first"], &errors["highest"]), (&json!(0x4d2), &json!(0x4d2)));
    assert!(errors["samples"].as_u64().unwrap() >= 1 && document["soak"]["ber"].is_null(), "{document}");
    let xml = std::fs::read_to_string(world.path().join("ddr.xml")).unwrap();
    assert!(xml.contains("failures=\"1\"") && xml.contains("first 0x000004d2 after"), "{xml}");
}

#[test]
fn prbs_that_ends_by_itself_is_inconclusive() {
    let world = World::new();
    let bar = Bar::new(&world);
    let soak = Soak::new(&world, &bar, &["--duration", "1d", "-o", "json"]);
    bar.set(0x28, 1);
    let document = soak.end().exits(6).json();
    assert_eq!((&document["result"], &document["done_register"]), (&json!("inconclusive"), &json!(1)));
    let detail = document["detail"].as_str().unwrap();
    assert!(detail.starts_with("inconclusive: it ended by itself after "), "{detail}");
    assert_eq!((bar.get(0x20), &document["soak"]["asked_seconds"]), (1, &json!(86400.0)));
}

#[test]
fn flags_that_make_no_sense_are_refused() {
    let world = World::new();
    for args in [
        ["prbs", "--duration", "0"].as_slice(),
        &["prbs", "--duration", "0s"],
        &["all", "--duration", "0ms"],
        &["prbs", "--confidence", "0.99"],
    ] {
        world.faascmd(&[&["test"], args].concat()).exits(2);
    }
    world.faascmd(&["deploy", "x.tar.gz", "--test", "prbs", "--prbs-duration", "0"]).exits(2);
}

#[test]
fn outputs_are_opened_before_the_start_and_never_change_the_verdict() {
    let machine = Machine::new(ChipFaults { ddr_error: true, ..ChipFaults::default() });
    let test = |args: &[&str]| machine.faascmd(&[&["test"], args].concat());
    let said = test(&["smoke", "--junit", "no-such-folder/ddr.xml"]).exits(1).stderr;
    assert!(said.contains("the JUnit file no-such-folder/ddr.xml can't be written"), "{said}");
    assert_eq!(machine.chip.seen(), Seen::default());
    let ran = test(&["smoke", "--junit", "/dev/full"]).exits(11);
    assert!(ran.stdout.contains("failed: 0x30 reads 0x0000124e"), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("the JUnit file /dev/full can't be written: No space left"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_test_that_can_not_end_has_its_junit_all_the_same() {
    let machine = Machine::new(ChipFaults { shrink: true, ..ChipFaults::default() });
    machine.faascmd(&["test", "smoke", "--junit", "ddr.xml"]).exits(10);
    let xml = std::fs::read_to_string(machine.world.path().join("ddr.xml")).unwrap();
    assert!(xml.contains("errors=\"1\"") && xml.contains("the device vanished or shrank"), "{xml}");
    assert!(xml.contains(" time=\"0.000\"") && !xml.contains("-0.000"), "{xml}");
    let args = ["test", "smoke", "--device", "file:a\u{1}\u{1b}[31mb", "--junit", "ddr.xml"];
    machine.world.faascmd(&args).exits(10);
    let xml = std::fs::read_to_string(machine.world.path().join("ddr.xml")).unwrap();
    assert!(xml.contains("a\\u{1}\\u{1b}[31mb"), "{xml}");
    assert!(!xml.contains(|c: char| c.is_control() && c != '\n'), "XML has no such character: {xml:?}");
}

#[test]
fn the_first_result_is_shown_when_it_is_there() {
    let machine = Machine::new(ChipFaults::default());
    let mut command = machine.world.command("faascmd");
    command.args(["test", "all", "--duration", "1d", "-q", "--device", &machine.bar.device()]);
    command.stdout(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
    told_seconds(&lines.next().unwrap().unwrap(), "✓ smoke  passed in ", "");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGTERM)
        .unwrap();
    assert!(lines.next().unwrap().unwrap().starts_with("✗ prbs   interrupted"));
    assert_eq!(child.wait().unwrap().code(), Some(143));
}

#[test]
fn a_done_bit_that_never_comes_is_waited_for_until_the_timeout() {
    let machine = Machine::new(ChipFaults { never_done: true, ..ChipFaults::default() });
    let ran = machine.faascmd(&["test", "smoke", "--timeout", "60ms"]).exits(8);
    assert!(told_seconds(&ran.stdout, "✗ smoke  not done after ", ": 0x24 still reads 0") > 0.0);
    let soak = ["test", "prbs", "--duration", "20ms", "--timeout", "60ms", "-o", "json"];
    assert_eq!(machine.faascmd(&soak).exits(8).json()["result"], "not_done");
    assert_eq!(machine.chip.seen().prbs_stops, 1);
}

#[test]
fn a_done_bit_that_was_there_before_proves_nothing() {
    let machine = Machine::new(ChipFaults { stale_done: true, ..ChipFaults::default() });
    for test in ["smoke", "prbs"] {
        let flags: &[&str] = if test == "prbs" { &["--duration", "20ms"] } else { &[] };
        let args = [&["test", test, "--timeout", "50ms"], flags].concat();
        let ran = machine.faascmd(&args).exits(6);
        assert!(ran.stdout.contains("inconclusive: the done bit 0x2"), "{}", ran.stdout);
        let ran = machine.faascmd(&[args.as_slice(), &["--accept-stale"]].concat()).exits(0);
        assert!(ran.stdout.contains("was 1 before the start)"), "{}", ran.stdout);
    }
}

#[test]
fn an_empty_chip_is_no_device() {
    let machine = Machine::new(ChipFaults::default());
    machine.chip.unload();
    let error = machine.faascmd(&["test", "all", "-o", "json"]).exits(10).error();
    assert!(error["message"].as_str().unwrap().starts_with("suspicious: all ones: offset 0x24"), "{error}");
    assert_eq!(machine.chip.seen(), Seen::default());
}

#[test]
fn prbs_runs_for_its_time_and_is_stopped() {
    let machine = Machine::new(ChipFaults::default());
    let args =
        ["test", "prbs", "--duration", "100ms", "--sample", "20ms", "--log", "soak.jsonl", "-o", "json"];
    let document = machine.faascmd(&args).exits(0).json();
    assert_eq!((&document["schema"], &document["result"]), (&json!("faascmd.test.prbs/1"), &json!("passed")));
    let ran = document["soak"]["seconds"].as_f64().unwrap();
    assert!((0.1..60.0).contains(&ran), "{ran}");
    assert_eq!((machine.chip.seen().prbs_starts, machine.chip.seen().prbs_stops), (1, 1));

    let log = std::fs::read_to_string(machine.world.path().join("soak.jsonl")).unwrap();
    let samples: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(document["soak"]["samples"], samples.len());
    assert!((1..=6).contains(&samples.len()), "{log}");
    for sample in &samples {
        assert_eq!((&sample["error_register"], &sample["hex"]), (&json!(0), &json!("0x00000000")));
        sample["time"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    }
}

#[test]
fn a_test_that_is_refused_leaves_the_log_and_the_reports_of_who_has_the_lock() {
    let world = World::new();
    let bar = Bar::new(&world);
    let files = ["--log", "soak.jsonl", "--junit", "ddr.xml", "--html", "ddr.html"];
    let long = ["--duration", "1d", "--sample", "1ms"];
    let soak = Soak::new(&world, &bar, &[&long[..], &files].concat());
    let read = |name: &str| std::fs::read_to_string(world.path().join(name)).unwrap();
    while !read("soak.jsonl").contains('\n') {
        std::thread::yield_now();
    }
    let before = (read("soak.jsonl"), read("ddr.xml"), read("ddr.html"));
    for test in ["prbs", "all"] {
        bar.faascmd(&world, &[&["test", test][..], &files].concat()).exits(6);
        assert!(read("soak.jsonl").starts_with(&before.0), "{test}");
        assert_eq!((read("ddr.xml"), read("ddr.html")), (before.1.clone(), before.2.clone()), "{test}");
    }
    bar.set(0x30, 7);
    bar.set(0x28, 1);
    let ran = soak.end().exits(11);
    let looks = read("soak.jsonl").lines().count();
    assert!(
        ran.stdout.contains(&format!(" of {looks} looks")),
        "the look after the stop is one: {}",
        ran.stdout
    );
}

#[test]
fn a_signal_in_a_soak_stops_it_before_the_program_leaves() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let machine = Machine::new(ChipFaults::default());
        let soak = Soak::new(&machine.world, &machine.bar, &["--duration", "1d", "-o", "json"]);
        machine.faascmd(&["reg", "read", "ERROR"]).exits(0);
        machine.faascmd(&["reg", "write", "0x40", "1"]).exits(6);
        soak.signal(signal);
        let document = soak.end().exits(code).json();
        assert_eq!(document["result"], "interrupted");
        assert_eq!(machine.bar.get(0x20), 1, "the stop was written");
        // The chip looks every half millisecond.
        while machine.chip.seen().prbs_stops == 0 {
            std::thread::yield_now();
        }
    }
}

#[test]
fn the_loss_of_the_terminal_stops_a_soak_unless_nohup_says_otherwise() {
    let machine = Machine::new(ChipFaults::default());
    let soak = Soak::new(&machine.world, &machine.bar, &["--duration", "1d"]);
    soak.signal(Signal::SIGHUP);
    assert!(soak.end().exits(143).stdout.contains("interrupted and stopped after"));
    assert_eq!(machine.bar.get(0x20), 1);

    let soak = Soak::under("trap '' HUP", &machine.world, &machine.bar, &["--duration", "1d"]);
    soak.signal(Signal::SIGHUP);
    soak.signal(Signal::SIGINT);
    soak.end().exits(130);
}

#[test]
fn a_link_that_dies_in_a_soak_leaves_the_stop_written() {
    let world = World::new();
    let bar = Bar::new(&world);
    let soak = Soak::new(&world, &bar, &["--duration", "1d", "--sample", "1ms"]);
    assert_eq!((bar.get(0x1c), bar.get(0x20)), (1, 0));
    bar.set(0x30, u32::MAX);
    let said = soak.end().exits(10).stderr;
    assert!(said.contains("suspicious: all ones: offset 0x30 of "), "{said}");
    assert_eq!(bar.get(0x20), 1);

    let machine = Machine::new(ChipFaults { dead_link: true, ..ChipFaults::default() });
    machine.faascmd(&["test", "prbs", "--sample", "1ms"]).exits(10);
    machine.chip.load();
    machine.faascmd(&["test", "smoke"]).exits(10);
}

#[test]
fn a_device_that_is_removed_from_the_bus_ends_a_soak_and_is_stopped() {
    let world = World::new();
    let device = pci_device(&world.path().join("sys"), "0000:05:00.0");
    let bar = Bar { path: device.join("resource2") };
    let soak = Soak::new(&world, &bar, &["--duration", "1d"]);
    // As the kernel does: the resource goes, what is mapped stays.
    let kept = Bar { path: device.join("kept") };
    std::fs::rename(&bar.path, &kept.path).unwrap();
    let said = soak.end().exits(10).stderr;
    assert!(said.contains("resource2 vanished or shrank while it was in use"), "{said}");
    assert_eq!((kept.get(0x1c), kept.get(0x20)), (1, 1));
}

#[test]
fn a_device_that_goes_away_in_a_test_ends_it_with_the_reason() {
    let machine = Machine::new(ChipFaults { shrink: true, ..ChipFaults::default() });
    let said = machine.faascmd(&["test", "smoke"]).exits(10).stderr;
    assert!(said.contains("fpga.bin vanished or shrank while it was in use"), "{said}");
}

#[test]
fn the_bound_of_the_error_rate_rests_on_the_given_rate() {
    let machine = Machine::new(ChipFaults::default());
    let args = ["test", "prbs", "--duration", "20ms", "--bits-per-second", "1e11", "--confidence", "0.9"];
    let document = machine.faascmd(&[args.as_slice(), &["-o", "json"]].concat()).exits(0).json();
    let ber = &document["soak"]["ber"];
    let bits = document["soak"]["seconds"].as_f64().unwrap() * 1e11;
    let bound = ber["upper_bound"].as_f64().unwrap();
    assert!((bound * bits - 0.1_f64.ln().abs()).abs() < 1e-9, "{document}");
    assert_eq!(ber["assumption"], "rests on the given 1e11 bits per second");
    // Another one: a chip that is kept from looking sees only a change of the stop, which a soak leaves set.
    let machine = Machine::new(ChipFaults::default());
    let ran = machine.faascmd(&args).exits(0);
    assert!(
        ran.stdout.contains("at 90% confidence; rests on the given 1e11 bits per second\n"),
        "{}",
        ran.stdout
    );
    machine.faascmd(&["test", "prbs", "--confidence", "1"]).exits(2);
    for wrong in ["1", "1e-320"] {
        let machine = Machine::new(ChipFaults::default());
        let args = ["test", "prbs", "--duration", "20ms", "--bits-per-second", wrong, "-o", "json"];
        assert_eq!(machine.faascmd(&args).exits(0).json()["soak"]["ber"], Value::Null, "{wrong}");
    }
    for (faults, code) in [
        (ChipFaults { stale_done: true, ..ChipFaults::default() }, 6),
        (ChipFaults { never_done: true, ..ChipFaults::default() }, 8),
    ] {
        let ran = Machine::new(faults).faascmd(&[&args[..], &["--timeout", "60ms"]].concat()).exits(code);
        assert!(!ran.stdout.contains("bit error rate"), "{}", ran.stdout);
    }

    let faulty = Machine::new(ChipFaults { ddr_error: true, ..ChipFaults::default() });
    let ran = faulty.faascmd(&args).exits(11);
    assert!(ran.stdout.contains("and that 0x30 counts wrong bits, which nobody documents"), "{}", ran.stdout);
}

#[test]
fn junit_has_each_outcome() {
    let machine = Machine::new(ChipFaults::default());
    let junit = |machine: &Machine, test: &str, code| {
        let timeout = if code == 8 { "60ms" } else { "60s" };
        machine
            .faascmd(&["test", test, "--duration", "20ms", "--timeout", timeout, "--junit", "ddr.xml"])
            .exits(code);
        std::fs::read_to_string(machine.world.path().join("ddr.xml")).unwrap()
    };
    let xml = junit(&machine, "all", 0);
    assert!(xml.contains("<testsuite name=\"ddr\" tests=\"2\" failures=\"0\" errors=\"0\""), "{xml}");
    let xml = junit(&Machine::new(ChipFaults { ddr_error: true, ..ChipFaults::default() }), "prbs", 11);
    assert!(
        xml.contains("tests=\"1\" failures=\"1\" errors=\"0\"")
            && xml.contains("<failure message=\"failed: 0x30"),
        "{xml}"
    );
    let xml = junit(&Machine::new(ChipFaults { never_done: true, ..ChipFaults::default() }), "all", 8);
    assert!(
        xml.contains("failures=\"0\" errors=\"1\"") && xml.contains("<error message=\"not done"),
        "{xml}"
    );
    let xml = junit(&Machine::new(ChipFaults { all_ones: true, ..ChipFaults::default() }), "all", 10);
    assert!(xml.contains("name=\"smoke\"") && xml.contains("<error message=\"suspicious: all ones"), "{xml}");
}

#[test]
fn a_full_disk_does_not_end_a_soak() {
    let machine = Machine::new(ChipFaults::default());
    let args = ["test", "prbs", "--duration", "50ms", "--sample", "5ms", "--log", "/dev/full"];
    let said = machine.faascmd(&args).exits(0).stderr;
    assert_eq!(said.matches("the log is no longer complete: No space left on device").count(), 1, "{said}");
    let log = ["--log", "no-such-folder/soak.jsonl", "--junit", "ddr.xml"];
    for test in ["prbs", "all"] {
        machine.world.file("ddr.xml", "<testsuites/>");
        machine.faascmd(&[&["test", test], &log[..]].concat()).exits(1);
        let xml = std::fs::read_to_string(machine.world.path().join("ddr.xml")).unwrap();
        assert!(
            xml.contains("<error message=\"the log no-such-folder/soak.jsonl can&apos;t be written"),
            "{xml}"
        );
    }
    assert_eq!(machine.chip.seen().prbs_starts, 1, "a log that can't be made is told before the start");
}

#[test]
fn a_reader_who_stalls_does_not_make_a_soak_longer() {
    let machine = Machine::new(ChipFaults::default());
    let log = machine.world.path().join("log");
    nix::unistd::mkfifo(&log, nix::sys::stat::Mode::S_IRWXU).unwrap();
    // Open both ways, so that nobody waits for it; and full with the first line.
    let stalled = std::fs::File::options().read(true).write(true).open(&log).unwrap();
    nix::fcntl::fcntl(&stalled, nix::fcntl::FcntlArg::F_SETPIPE_SZ(1)).unwrap();
    let args = ["test", "prbs", "--duration", "100ms", "--sample", "1ms", "--log", "log"];
    let said = machine.faascmd(&args).exits(0).stderr;
    assert_eq!(
        said.matches("the log is no longer complete: whoever reads it has stalled").count(),
        1,
        "{said}"
    );
    assert_eq!(machine.chip.seen().prbs_stops, 1);
}

#[test]
fn the_sandbox_has_a_chip_that_can_be_tested() {
    let cloud = Cloud::start(&["--speed", "50"]);
    let ran = cloud.faascmd(&["test", "smoke"]).exits(10);
    assert!(ran.stderr.contains("is an image loaded?"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("--all-ones-ok"), "test has no such flag: {}", ran.stderr);
    let device = cloud.shell("wc -c < \"$FAASCMD_DEVICE\"").exits(0);
    assert_eq!(device.stdout.trim(), "65536");
}

#[test]
fn help_is_there_without_a_device() {
    let world = World::new();
    for command in ["smoke", "prbs", "all"] {
        let ran = ran(world.command("faascmd").args(["test", command, "--help"])).exits(0);
        assert!(ran.stdout.contains("Examples:"), "{}", ran.stdout);
    }
}

//! What a command finds in a sandbox, and what its caller sees of it.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::common::world::{Ran, World, ran};

/// The variables that a command sees, as `NAME=VALUE` lines.
fn environment(world: &World, given: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut command = world.command("faascmd");
    let out = ran(command.args(["sandbox", "--", "env"]).envs(given.iter().copied())).exits(0);
    let split = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    out.stdout.lines().filter_map(split).collect()
}

/// Runs a script in a shell in a sandbox.
fn script(world: &World, flags: &[&str], script: &str) -> Ran {
    world.faascmd(&[&["sandbox"], flags, &["--", "sh", "-euc", script]].concat())
}

fn left_behind(world: &World) -> Vec<String> {
    let names = std::fs::read_dir(world.path()).unwrap().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.to_string_lossy().into_owned()).filter(|name| name.contains("sandbox")).collect()
}

#[test]
fn a_command_finds_the_sandbox_in_its_environment_and_nothing_that_leads_out() {
    let world = World::new();
    let stray = [
        ("ALIBABA_CLOUD_SECURITY_TOKEN", "stray"),
        ("ALIBABA_CLOUD_PROFILE", "stray"),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "stray"),
        ("ALIBABACLOUD_ACCESS_KEY_SECRET", "stray"),
        ("ALICLOUD_ACCESS_KEY", "stray"),
        ("OSS_ACCESS_KEY_ID", "stray"),
        ("OSS_ACCESS_KEY_SECRET", "stray"),
        ("OSS_SESSION_TOKEN", "stray"),
        ("ACCESS_KEY_SECRET", "stray"),
        ("FAASCMD_OUTPUT", "human"),
        ("FAASCMD_REGION", "stray"),
        ("HTTP_PROXY", "stray"),
        ("https_proxy", "stray"),
        ("NO_PROXY", "stray"),
        ("all_proxy", "stray"),
        ("FAASCMD_OSS_STYLE", "path"),
        ("UNRELATED", "kept"),
    ];
    let found = environment(&world, &stray);
    let value = |name: &str| found.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    assert!(found.iter().all(|(_, value)| value != "stray"), "{found:?}");
    assert_eq!((value("FAASCMD_OSS_STYLE"), value("UNRELATED")), (Some("path"), Some("kept")));
    let mut set: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    set.retain(|name| name.starts_with("FAASCMD_") || name.starts_with("ALIBABA_"));
    set.sort_unstable();
    let expected = [
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        "FAASCMD_BUCKET",
        "FAASCMD_CREDENTIALS_FILE",
        "FAASCMD_DEVICE",
        "FAASCMD_ECS_IMAGE",
        "FAASCMD_ENDPOINT",
        "FAASCMD_INSTANCE_ID",
        "FAASCMD_OSS_STYLE",
        "FAASCMD_REGION",
        "FAASCMD_ROLE_ARN",
        "FAASCMD_SANDBOX",
        "FAASCMD_SECURITY_GROUP",
        "FAASCMD_VSWITCH",
    ];
    assert_eq!(set, expected);
    assert!(value("FAASCMD_ENDPOINT").unwrap().starts_with("http://127.0.0.1:"));
    assert_eq!(value("FAASCMD_REGION"), Some("cn-hangzhou"));
    assert_eq!(value("FAASCMD_ROLE_ARN"), Some("acs:ram::1234567890123456:role/AliyunFAASDefaultRole"));
}

#[test]
fn this_build_stands_first_on_the_path() {
    let found = script(&World::new(), &[], "command -v faascmd").exits(0).stdout;
    assert_eq!(Path::new(found.trim()), Path::new(env!("CARGO_BIN_EXE_faascmd")));
}

#[test]
fn the_device_reads_all_ones_and_the_credentials_file_is_not_there_yet() {
    let text = "od -An -tx4 -N4 \"$FAASCMD_DEVICE\"; wc -c < \"$FAASCMD_DEVICE\"; \
                  ls \"$FAASCMD_CREDENTIALS_FILE\" 2>/dev/null || echo none; \
                  ls -d \"$(dirname \"$FAASCMD_CREDENTIALS_FILE\")\" > /dev/null && echo folder";
    let out = script(&World::new(), &[], text).exits(0).stdout;
    let words: Vec<&str> = out.split_whitespace().collect();
    assert_eq!(words, ["ffffffff", "65536", "none", "folder"]);
}

#[test]
fn a_device_file_that_was_named_keeps_its_length_and_stays() {
    let world = World::new();
    let file = world.file("bar", [7; 1 << 17]);
    let words =
        "od -An -tx4 -N4 \"$FAASCMD_DEVICE\"; wc -c < \"$FAASCMD_DEVICE\"; dirname \"$FAASCMD_DEVICE\"";
    let out = script(&world, &["--device-file", "bar", "--loaded"], words).exits(0).stdout;
    let folder = world.path().to_str().unwrap();
    assert_eq!(out.split_whitespace().collect::<Vec<_>>(), ["00000000", "131072", folder]);
    assert_eq!(std::fs::read(file).unwrap(), vec![0; 1 << 17]);
    let taken = script(&World::new(), &["--device-file", "/"], "true").exits(1);
    assert!(taken.stderr.starts_with("error: can't start the sandbox: "), "{}", taken.stderr);
}

#[test]
fn the_status_is_the_command_s_and_stdout_is_its_own() {
    let world = World::new();
    let out = script(&world, &[], "echo answer; echo other >&2; exit 7").exits(7);
    assert_eq!((out.stdout.as_str(), out.stderr.as_str()), ("answer\n", "other\n"));
    script(&world, &[], "kill -KILL $$").exits(137);
    script(&world, &[], "kill -INT $$").exits(130);
    assert_eq!(left_behind(&world), Vec::<String>::new());
}

#[test]
fn a_command_that_is_not_there_is_127_and_one_that_can_not_run_126() {
    let world = World::new();
    let file = world.file("plain", "text");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let out = world.faascmd(&["sandbox", "--", "no-such-command"]).exits(127);
    assert!(out.stderr.contains("no-such-command"), "{}", out.stderr);
    world.faascmd(&["sandbox", "--", "./plain"]).exits(126);
    assert_eq!(left_behind(&world), Vec::<String>::new());
    // A folder of PATH into which one may not look has no command, and makes none that is there forbidden.
    let is_root = nix::unistd::geteuid().is_root();
    let (world, closed) = (World::new(), tempfile::tempdir().unwrap());
    std::fs::set_permissions(closed.path(), std::fs::Permissions::from_mode(0o0)).unwrap();
    let mut command = if is_root { world.faascmd_of(65534) } else { world.command("faascmd") };
    std::fs::set_permissions(world.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let path = format!("{}:/usr/bin:/bin", closed.path().display());
    let out = ran(command.env("PATH", path).args(["sandbox", "--", "no-such-command"])).exits(127);
    assert!(out.stderr.contains("can't run no-such-command: "), "{}", out.stderr);
}

#[test]
fn an_interrupt_is_left_to_the_command() {
    let world = World::new();
    script(&world, &[], "kill -INT $PPID; kill -QUIT $PPID; kill -INT $PPID; exit 5").exits(5);
    assert_eq!(left_behind(&world), Vec::<String>::new());
}

#[test]
fn a_termination_is_passed_on_and_the_command_s_answer_counts() {
    let world = World::new();
    script(&world, &[], "trap 'exit 9' TERM; kill -TERM $PPID; exec sleep 60 > /dev/null 2>&1 & wait $!")
        .exits(9);
    script(&world, &[], "kill -TERM $PPID; exec sleep 60").exits(143);
    assert_eq!(left_behind(&world), Vec::<String>::new());
}

#[test]
fn a_signal_that_was_ignored_from_the_start_stays_so() {
    let world = World::new();
    let program = env!("CARGO_BIN_EXE_faascmd");
    let script =
        format!("trap '' INT TERM; exec {program} sandbox -- sh -c 'kill -INT $$; kill -TERM $$; exit 3'");
    ran(world.command("sh").args(["-c", &script])).exits(3);
}

/// A sandbox that serves until a signal, and what it printed first.
struct Serving {
    child: Child,
    lines: Vec<String>,
}

impl Serving {
    fn start(command: &mut Command, lines: usize) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let lines = stdout.lines().take(lines).map(Result::unwrap).collect();
        Self { child, lines }
    }

    fn ends_by(mut self, signal: Signal) -> Option<i32> {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
        self.child.wait().unwrap().code()
    }
}

#[test]
fn without_a_command_it_prints_exports_and_serves_until_a_signal() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143), (Signal::SIGHUP, 129)] {
        let world = World::new();
        let mut command = world.command("faascmd");
        let command = command.args(["sandbox"]).env("https_proxy", "http://proxy:1");
        let serving = Serving::start(command, 13);
        assert_eq!(serving.lines[0], "unset https_proxy");
        let endpoint = serving.lines[1].strip_prefix("export FAASCMD_ENDPOINT='http://").unwrap();
        TcpStream::connect(endpoint.trim_end_matches('\'')).unwrap();
        let evaluated = format!("{}\nenv", serving.lines.join("\n"));
        let out = ran(world.command("sh").args(["-c", &evaluated])).exits(0);
        assert!(out.stdout.contains("ALIBABA_CLOUD_ACCESS_KEY_SECRET="), "{}", out.stdout);
        assert!(!left_behind(&world).is_empty());
        assert_eq!(serving.ends_by(signal), Some(code));
        assert_eq!(left_behind(&world), Vec::<String>::new());
    }
}

#[test]
fn without_a_command_the_exports_come_as_json_too() {
    let world = World::new();
    let serving = Serving::start(world.command("faascmd").args(["sandbox", "-o", "json"]), 18);
    let document: serde_json::Value = serde_json::from_str(&serving.lines.join("\n")).unwrap();
    assert_eq!(document["schema"], "faascmd.sandbox/1");
    assert_eq!(document["set"]["FAASCMD_REGION"], "cn-hangzhou");
    assert_eq!(document["unset"], serde_json::json!([]));
    serving.ends_by(Signal::SIGTERM);
}

#[test]
fn a_port_or_a_log_that_can_not_be_had_is_said() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let out = World::new().faascmd(&["sandbox", "--port", &port, "--", "true"]).exits(1);
    let expected = format!("can't start the sandbox: port {port} of 127.0.0.1: Address already in use");
    assert!(out.stderr.contains(&expected), "{}", out.stderr);
    let out = World::new().faascmd(&["sandbox", "--log", "no/such/folder", "--", "true"]).exits(1);
    assert!(out.stderr.contains("can't start the sandbox: no/such/folder: No such file"), "{}", out.stderr);
}

/// Runs a command in a sandbox that is killed; the command says first which processes are to end with it.
fn ends_with_its_sandbox(command: &str, kill: impl FnOnce(&mut Child)) {
    let world = World::new();
    let mut sandbox = world.command("faascmd");
    let mut sandbox =
        sandbox.args(["sandbox", "--", "sh", "-c", command]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(sandbox.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let pids: Vec<i32> = line.split_whitespace().map(|word| word.parse().unwrap()).collect();
    kill(&mut sandbox);
    sandbox.wait().unwrap();
    let end = std::time::Instant::now() + std::time::Duration::from_mins(5);
    let runs = |pid: &i32| {
        std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
    };
    while pids.iter().any(runs) || !left_behind(&world).is_empty() {
        assert!(std::time::Instant::now() < end, "{pids:?} {:?}", left_behind(&world));
        std::thread::yield_now();
    }
}

#[test]
fn when_it_is_killed_its_command_ends_with_all_that_it_started_and_nothing_is_left() {
    let all_that_it_started = "sleep 600 & echo $! $$; wait";
    ends_with_its_sandbox(all_that_it_started, |sandbox| sandbox.kill().unwrap());
    let without_its_environment = "env -i sleep 600 & echo $! $$; wait";
    ends_with_its_sandbox(without_its_environment, |sandbox| sandbox.kill().unwrap());
    let left_to_itself = "(sleep 600 & echo $!) > pid; echo $(cat pid) $$; exec sleep 600";
    ends_with_its_sandbox(left_to_itself, |sandbox| sandbox.kill().unwrap());
}

/// The moment at which the sandbox has just started the command, and done nothing since.
#[test]
fn it_may_be_killed_as_soon_as_its_command_begins() {
    for _ in 0..10 {
        ends_with_its_sandbox("kill -9 $PPID; echo $$; exec sleep 600", |_| ());
    }
}

#[test]
fn the_folder_of_one_that_was_killed_goes_with_the_next_start() {
    let world = World::new();
    let mut command = world.command("faascmd");
    let mut serving = command.arg("sandbox").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    BufReader::new(serving.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
    script(&world, &[], "true").exits(0);
    assert_eq!(left_behind(&world).len(), 1, "a sandbox that lives keeps its folder");
    serving.kill().unwrap();
    serving.wait().unwrap();
    script(&world, &[], "true").exits(0);
    assert_eq!(left_behind(&world), Vec::<String>::new());
}

#[test]
fn a_time_or_a_speed_beyond_every_calendar_is_refused() {
    let world = World::new();
    for given in ["--clock-offset=99999999999999", "--speed=1e-300", "--release-speed=inf"] {
        world.faascmd(&["sandbox", given, "--", "true"]).exits(2);
    }
    let slow = ["sandbox", "--build-time", "36600d", "--speed", "0.001", "--"];
    let create = ["faascmd", "image", "create", "none.gbs", "--no-check", "--shell", "V1.1"];
    let ran = world.faascmd(&[&slow[..], &create, &["--fpga-type", "intel"]].concat());
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
}

//! A killed upload goes on: only what is missing is sent, and what is stored is right.
//!
//! `scripts/kill-upload` runs the first test long: 256 MiB, killed at 20 points.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::common::bytes::bytes;
use crate::common::cloud::{Cloud, body_bytes, count};
use crate::common::line::{Fate, Line, part_of};
use crate::common::world::ran;

const MIB: u64 = 1 << 20;
const JOBS: u64 = 4;

fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn killed_at_any_byte_it_sends_at_most_the_parts_in_flight_twice() {
    let size = from_environment("FAASCMD_KILL_MIB", 12) * MIB;
    let kills = from_environment("FAASCMD_KILLS", 4);
    let cloud = Cloud::start(&[]);
    let content = bytes(size.try_into().unwrap(), 1);
    cloud.world.file("f", &content);
    let args = ["-o", "json", "object", "put", "f", "--part-size", "1MiB", "--jobs", &JOBS.to_string()];
    let mut received = 0;
    for kill in 0..kills {
        let mut put = cloud.command(&args).spawn().unwrap();
        let point = size * (kill + 1) / (kills + 1);
        received += cloud.until_received(point.saturating_sub(received).max(1));
        put.kill().unwrap();
        put.wait().unwrap();
    }
    let last = cloud.faascmd(&args).exits(0).json();
    let requests = cloud.requests();
    received += requests.iter().map(body_bytes).sum::<u64>();
    assert!(received <= size + kills * JOBS * MIB + MIB, "{received} bytes were sent for {size}");
    println!("{size} bytes, {kills} kills: {:.3} of the file was sent", received as f64 / size as f64);
    assert!(last["resumed"].as_u64().unwrap() > 0 || last["skipped"] == true, "{last}");
    cloud.faascmd(&["object", "get", "f", "g"]).exits(0);
    assert!(std::fs::read(cloud.world.path().join("g")).unwrap() == content);
    assert_eq!(cloud.faascmd(&["object", "uploads", "ls"]).exits(0).stdout, "");
}

/// A cloud with 6 MiB of which about half was sent.
struct Half {
    cloud: Cloud,
    line: Line,
    content: Vec<u8>,
}

const PUT: [&str; 9] = ["-o", "json", "object", "put", "f", "--part-size", "1MiB", "--jobs", "2"];

impl Half {
    fn sent() -> Self {
        let cloud = Cloud::start(&[]);
        let line = Line::of_parts(cloud.endpoint(), 4);
        let (cloud, content) = (cloud.over(&line), bytes(6 << 20, 1));
        cloud.world.file("f", &content);
        let half = Self { cloud, line, content };
        half.send_half();
        half
    }

    fn send_half(&self) {
        self.line.ail();
        let mut put = self.cloud.command(&PUT).spawn().unwrap();
        // A job sends its next part when the last one is noted: of four that arrived at least two are.
        self.cloud.until_received(4 * MIB);
        put.kill().unwrap();
        put.wait().unwrap();
        self.line.heal();
    }

    fn checkpoint(&self) -> PathBuf {
        let folder = self.cloud.world.path().join(".local/state/faascmd/uploads");
        let mut files = std::fs::read_dir(folder).unwrap();
        files.next().expect("a checkpoint").unwrap().path()
    }

    /// Runs it again; gives its answer and what it said.
    fn go_on(&self, args: &[&str]) -> (Value, String) {
        let ran = self.cloud.faascmd(args).exits(0);
        self.cloud.faascmd(&["object", "get", "f", "g"]).exits(0);
        assert!(std::fs::read(self.cloud.world.path().join("g")).unwrap() == self.content);
        assert_eq!(self.cloud.faascmd(&["object", "uploads", "ls"]).exits(0).stdout, "");
        (ran.json(), ran.stderr)
    }
}

#[test]
fn a_checkpoint_is_private_holds_no_secret_and_goes_when_the_upload_is_done() {
    use std::os::unix::fs::PermissionsExt;
    let half = Half::sent();
    let path = half.checkpoint();
    let modes = [&path, &path.parent().unwrap().to_owned()]
        .map(|p| p.metadata().unwrap().permissions().mode() & 0o777);
    assert_eq!(modes, [0o600, 0o700]);
    assert!(!std::fs::read_to_string(&path).unwrap().contains("SandboxUserSecret"));
    let (put, _) = half.go_on(&PUT);
    assert!(put["resumed"].as_u64().unwrap() >= 2 * MIB, "{put}");
    assert_eq!(put["resumed"].as_u64().unwrap() + put["sent"].as_u64().unwrap(), 6 * MIB);
    assert!(!path.exists());
}

#[test]
fn a_checkpoint_cut_off_at_any_byte_is_no_error() {
    let half = Half::sent();
    for cut_in_the_first_line in [true, false] {
        let path = half.checkpoint();
        let text = std::fs::read(&path).unwrap();
        let first_line = text.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        let length = if cut_in_the_first_line { first_line / 2 } else { text.len() - 1 };
        std::fs::write(&path, &text[..length]).unwrap();
        let ran = half.cloud.faascmd(&PUT).exits(0);
        assert_eq!(ran.json()["resumed"] == 0, cut_in_the_first_line, "{}", ran.stdout);
        assert_eq!(
            ran.stderr.contains("is cut off: beginning anew"),
            cut_in_the_first_line,
            "{}",
            ran.stderr
        );
        half.cloud.faascmd(&["object", "rm", "f"]).exits(0);
        half.cloud.requests();
        half.send_half();
    }
}

#[test]
fn a_file_that_was_changed_since_begins_anew_with_a_word() {
    let mut half = Half::sent();
    half.content = bytes(6 << 20, 2);
    half.cloud.world.file("f", &half.content);
    let (put, said) = half.go_on(&PUT);
    assert_eq!(put["resumed"], 0);
    assert!(said.contains("is of an earlier state of the file: beginning anew"), "{said}");
}

#[test]
fn a_part_that_differs_from_the_file_is_not_trusted() {
    let mut half = Half::sent();
    let path = half.cloud.world.path().join("f");
    let modified = path.metadata().unwrap().modified().unwrap();
    half.content[5] ^= 1;
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &half.content[..10], 0).unwrap();
    // As a restored backup or a clock that is set back has it: size and time say nothing.
    file.set_modified(modified).unwrap();
    let (put, _) = half.go_on(&PUT);
    assert!(put["resumed"].as_u64().unwrap() > 0, "{put}");
}

#[test]
fn other_parts_another_place_and_a_vanished_upload_begin_anew() {
    let half = Half::sent();
    let (put, said) = half.go_on(&["-o", "json", "object", "put", "f", "--part-size", "2MiB"]);
    assert_eq!(put["resumed"], 0);
    assert!(said.contains("has parts of another size"), "{said}");

    let half = Half::sent();
    half.cloud.faascmd(&["object", "uploads", "abort", "f"]).exits(0);
    let (put, said) = half.go_on(&PUT);
    assert_eq!(put["resumed"], 0);
    assert!(said.contains("is gone: beginning anew"), "{said}");

    let half = Half::sent();
    let foreign = half.checkpoint();
    let text = std::fs::read_to_string(&foreign).unwrap().replacen("\"key\":\"f\"", "\"key\":\"other\"", 1);
    std::fs::write(&foreign, text).unwrap();
    let said = half.cloud.faascmd(&PUT).exits(0).stderr;
    assert!(said.contains("is another upload's: beginning anew"), "{said}");
}

#[test]
fn a_link_in_the_place_of_a_checkpoint_is_not_followed() {
    let half = Half::sent();
    let (checkpoint, mine) = (half.checkpoint(), half.cloud.world.file("mine", "precious"));
    std::fs::remove_file(&checkpoint).unwrap();
    std::os::unix::fs::symlink(&mine, &checkpoint).unwrap();
    half.cloud.faascmd(&PUT).exits(0);
    assert_eq!(std::fs::read_to_string(&mine).unwrap(), "precious");
}

#[test]
fn who_may_not_list_parts_goes_by_the_checkpoint() {
    let half = Half::sent();
    let mut put = half.cloud.command(&PUT);
    put.env("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tFaascmdSandboxPuts");
    put.env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "SandboxPutsSecret0123456789abc");
    half.cloud.requests();
    let ran = ran(&mut put).exits(0);
    assert!(ran.stderr.contains("does not tell which parts it has"), "{}", ran.stderr);
    assert!(ran.json()["resumed"].as_u64().unwrap() >= 2 * MIB, "{}", ran.stdout);
    let sent =
        half.cloud.requests().into_iter().filter(|r| r["action"] == "UploadPart" && r["status"] == 200);
    assert!(sent.count() <= 4);
}

#[test]
fn two_who_upload_the_same_file_to_the_same_key_send_it_once() {
    let cloud = Cloud::start(&[]);
    // The first one's parts stay on the line until the second one has come.
    let both = Arc::new(OnceLock::new());
    let are_there = Arc::clone(&both);
    let line = Line::judged(cloud.endpoint(), move |head| {
        part_of(head).iter().for_each(|_| *are_there.wait());
        Fate::Passes
    });
    let cloud = cloud.over(&line);
    cloud.world.file("f", bytes(4 << 20, 1));
    let first = cloud.command(&PUT).spawn().unwrap();
    while cloud.next_request()["action"] != "InitiateMultipartUpload" {}
    let mut second = cloud.command(&PUT).spawn().unwrap();
    let mut said = BufReader::new(second.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(said.any(|line| line.contains("waiting for it")), "it did not wait");
    both.set(()).unwrap();
    // What is not read would hold it up.
    said.for_each(drop);
    let second = second.wait_with_output().unwrap();
    assert!(first.wait_with_output().unwrap().status.success() && second.status.success());
    assert_eq!(serde_json::from_slice::<Value>(&second.stdout).unwrap()["skipped"], true);
    assert_eq!(count(&cloud.requests(), "UploadPart"), 4);
}

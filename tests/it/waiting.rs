//! Waiting: what is shown, what ends it, and which command goes on.

use std::io::{BufRead as _, BufReader, Read as _};
use std::sync::atomic::{AtomicUsize, Ordering};

use faascmd::testing::bitstream::sample;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::common::bytes::bytes;
use crate::common::cloud::Cloud;
use crate::common::line::{Fate, Line};

/// A cloud in which a build takes longer than a test has patience, and a package that is uploaded.
fn slow_build() -> (Cloud, String) {
    let running = Cloud::start(&["--build-time", "600"]);
    running.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    running.faascmd(&["object", "put", "bit.tar.gz"]).exits(0);
    let image = running.faascmd(&["image", "create", "bit.tar.gz", "-o", "json"]).exits(0).json();
    (running, image["uuid"].as_str().unwrap().to_owned())
}

fn hint(error: &Value) -> &str {
    error["hints"][0].as_str().unwrap()
}

#[test]
fn when_the_time_is_over_the_exit_code_is_8_and_the_command_that_goes_on_is_named() {
    let (running, uuid) = slow_build();
    let error =
        running.faascmd(&["image", "wait", &uuid, "--timeout", "300ms", "-o", "json"]).exits(8).error();
    assert_eq!(error["kind"], "pending");
    assert!(hint(&error).ends_with(&format!("faascmd image wait {uuid}")), "{error}");
    let typed = ["deploy", "bit.tar.gz", "--timeout", "300ms", "-o", "json"];
    let error = running.faascmd(&typed).exits(8).error();
    assert!(hint(&error).ends_with("faascmd deploy bit.tar.gz -o json"), "the limit was too short: {error}");
}

#[test]
fn a_signal_ends_the_wait_with_its_own_exit_code_and_the_same_command() {
    for (signal, code, kind) in [(Signal::SIGINT, 130, "interrupted"), (Signal::SIGTERM, 143, "terminated")] {
        let (running, uuid) = slow_build();
        let mut child = running.command(&["image", "wait", &uuid, "-o", "json"]).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        // What it says of the state, it says as it waits.
        said.read_line(&mut String::new()).unwrap();
        kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
        let mut stderr = String::new();
        said.read_to_string(&mut stderr).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code));
        let error: Value = serde_json::from_str(stderr.lines().last().unwrap()).unwrap();
        assert_eq!(error["error"]["kind"], kind);
        assert!(hint(&error["error"]).ends_with(&format!("faascmd image wait {uuid}")), "{error}");
    }
}

#[test]
fn off_a_terminal_there_is_a_line_for_each_change_of_state() {
    let running = Cloud::start(&[]);
    let wait = |more: &[&str]| {
        // Each state is told twice: in the service's own time a busy machine may miss one.
        let (asked, uuid) = (AtomicUsize::new(0), crate::fpga::OLD);
        let line = Line::judged(running.endpoint(), move |_| {
            let state =
                ["queued", "compiling"].get(asked.fetch_add(1, Ordering::SeqCst) / 2).unwrap_or(&"success");
            let image = json!({"FpgaImageUUID": uuid, "State": state, "CreateTime": "Sat Oct 21 2017 15:52:19 GMT+0800 (CST)"});
            let body = json!({"RequestId": "R", "FpgaImages": {"fpgaImage": [image]}}).to_string();
            let length = body.len();
            Fate::Instead(format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}").into())
        });
        let args = [&["image", "wait", uuid], more].concat();
        running.faascmd_with(&[("FAASCMD_ENDPOINT", &line.endpoint())], &args).exits(0)
    };
    let ran = wait(&[]);
    let states: Vec<&str> = ran.stderr.lines().filter_map(|line| line.split(": ").nth(1)).collect();
    let words: Vec<&str> = states.iter().map(|state| state.split(' ').next().unwrap()).collect();
    assert_eq!(words, ["queued", "compiling"], "{}", ran.stderr);
    assert_eq!(wait(&["-q"]).stderr, "");
}

#[test]
fn a_list_that_is_none_ends_no_wait() {
    let (running, asked) = (Cloud::start(&[]), AtomicUsize::new(0));
    let line = Line::judged(running.endpoint(), move |_| {
        let image = |state: &str| json!({"fpgaImage": [{"FpgaImageUUID": crate::fpga::OLD, "State": state}]});
        let images = match asked.fetch_add(1, Ordering::SeqCst) {
            0..3 => image("compiling"),
            3 => Value::Null,
            _ => image("success"),
        };
        let body = json!({"RequestId": "R", "FpgaImages": images}).to_string();
        Fate::Instead(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into())
    });
    let wait = ["image", "wait", crate::fpga::OLD];
    let ran = running.faascmd_with(&[("FAASCMD_ENDPOINT", &line.endpoint())], &wait).exits(0);
    assert!(ran.stderr.contains("FpgaImages"), "{}", ran.stderr);
}

#[test]
fn a_wait_for_nothing_ends_at_once() {
    let running = Cloud::start(&[]);
    let uuid = "00000000-0000-0000-0000-000000000000";
    assert_eq!(running.faascmd(&["image", "wait", uuid, "-o", "json"]).exits(5).error()["kind"], "not_found");
    let empty = running.faascmd(&["fpga", "wait", "--fpga", "0", "-o", "json"]).exits(6).error();
    assert!(
        empty["message"].as_str().unwrap().ends_with("carries no image, and nothing is being loaded"),
        "{empty}"
    );
    assert_eq!(hint(&empty), "faascmd fpga load IMAGE_UUID --fpga 0x6c92bf4786940500");
}

#[test]
fn a_signal_ends_it_also_while_the_service_says_nothing() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let running = Cloud::start(&[]);
    running.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    let mut command = running.command(&["deploy", "bit.tar.gz", "-o", "json"]);
    let child = command.env("FAASCMD_ENDPOINT", endpoint).spawn().unwrap();
    let _held = silent.accept().unwrap();
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("it goes on where it stopped: faascmd deploy bit.tar.gz -o json"), "{stderr}");
}

#[test]
fn the_upload_of_another_process_is_waited_for_no_longer_than_the_time_allows() {
    let running = Cloud::start(&[]);
    running.world.file("bit.tar.gz", bytes(1 << 20, 1));
    let line = Line::of_parts(running.endpoint(), 0);
    let running = running.over(&line);
    let mut other =
        running.command(&["object", "put", "bit.tar.gz", "--part-size", "100KiB"]).spawn().unwrap();
    while running.next_request()["action"] != "InitiateMultipartUpload" {}
    let deploy = ["deploy", "bit.tar.gz", "--part-size", "100KiB", "--no-load", "--no-check"];
    let more = ["--fpga-type", "xilinx", "--shell", "f30001", "--timeout", "1s", "-ojson"];
    let error = running.faascmd(&[&deploy[..], &more].concat()).exits(8).error();
    other.kill().unwrap();
    other.wait().unwrap();
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("the upload of bit.tar.gz by another process is still under way"), "{error}");
    assert!(hint(&error).starts_with("it goes on where it stopped: faascmd deploy bit.tar.gz"), "{error}");
    assert!(!hint(&error).contains("--timeout"), "the limit was too short: {error}");
}

//! A load that never shows, and one that another replaced, are told for what they are.

use serde_json::json;

use super::fpga::OLD;
use crate::common::cloud::Cloud;
use crate::common::line::{Fate, Line};
use crate::common::world::ran;

const OTHER: &str = "a8cee2f0-b8bd-11e7-879a-0dba4bf26e88";

/// A line on which somebody says of a load that it is committed, and the service never hears of it.
fn pretending(running: &Cloud) -> Line {
    let body = json!({"RequestId": "R", "FpgaImageUUID": OTHER, "TaskStatus": "committed"}).to_string();
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    Line::judged(running.endpoint(), move |head| {
        let is_load = String::from_utf8_lossy(head).contains("Action=LoadFpgaImageTask");
        if is_load { Fate::Instead(answer.clone().into()) } else { Fate::Passes }
    })
}

#[test]
fn a_load_that_the_chip_never_shows_is_9_after_a_minute() {
    let running = Cloud::start(&["--speed", "20"]);
    let line = pretending(&running);
    let mut load = running.command(&["fpga", "load", OTHER, "--fpga", "1", "-o", "json"]);
    let error = ran(load.env("FAASCMD_ENDPOINT", line.endpoint())).exits(9).error();
    let message = error["message"].as_str().unwrap();
    assert!(message.contains(OTHER) && message.contains("after a minute the chip still says"), "{message}");
}

#[test]
fn a_load_that_another_s_replaced_is_6_with_theirs() {
    let running = Cloud::start(&["--speed", "20"]);
    let line = pretending(&running);
    let mut load = running.command(&["fpga", "load", OTHER, "--fpga", "1", "-o", "json"]);
    let load = load.env("FAASCMD_ENDPOINT", line.endpoint()).spawn().unwrap();
    // It looks at the chip before the order, and after it.
    for _ in 0..2 {
        while running.next_request()["action"] != "DescribeLoadTaskStatus" {}
    }
    let mut theirs = running.command(&["fpga", "load", OLD, "--fpga", "1", "--no-wait"]);
    ran(theirs.env("XDG_STATE_HOME", running.world.path().join("theirs"))).exits(0);
    let output = load.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(6), "{stderr}");
    assert!(stderr.contains(OLD) && stderr.contains("ordered at 20"), "{stderr}");
}

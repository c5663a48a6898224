//! An order for an image is given once: by many homes, after a kill, after a lost answer; and what guards that is on disk.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use faascmd::testing::bitstream::sample;
use serde_json::{Value, json};

use crate::common::cloud::{Cloud, count};
use crate::common::line::{Fate, Line};
use crate::common::tap::{Cut, Phase, Tap};
use crate::common::world::ran;

const CREATE: &str = "CreateFpgaImageTask";

/// A cloud with two objects.
fn with_objects(flags: &[&str]) -> Cloud {
    let running = Cloud::start(&[&["--speed", "50"], flags].concat());
    for (name, size) in [("a.gbs", 1000), ("b.gbs", 2000)] {
        running.world.file(name, sample::gbs(size));
        running.faascmd(&["object", "put", name]).exits(0);
    }
    running
}

fn create(key: &str) -> [&str; 7] {
    ["image", "create", key, "--shell", "V1.1", "-o", "json"]
}

/// The same order through a wire that is cut when the order has arrived and its answer has not.
fn killed_before_the_answer(running: &Cloud, args: &[&str]) -> Tap {
    let cloud = || running.endpoint().strip_prefix("http://").unwrap().parse().unwrap();
    let through = |tap: &Tap| {
        let mut command = running.command(args);
        command.env("FAASCMD_ENDPOINT", tap.endpoint());
        tap.run(&mut command).1
    };
    let rehearsal = Cloud::start(&["--speed", "50"]);
    for (name, size) in [("a.gbs", 1000), ("b.gbs", 2000)] {
        rehearsal.world.file(name, sample::gbs(size));
        rehearsal.faascmd(&["object", "put", name]).exits(0);
    }
    rehearsal.requests();
    rehearsal.faascmd(args).exits(0);
    let before = rehearsal.requests().iter().position(|request| request["action"] == CREATE).unwrap();
    let tap = Tap::before(cloud(), Cut::Request(before, Phase::Unanswered));
    assert!(through(&tap).cut);
    tap.heal();
    tap
}

fn through(running: &Cloud, tap: &Tap, args: &[&str]) -> Value {
    ran(running.command(args).env("FAASCMD_ENDPOINT", tap.endpoint())).exits(0).json()
}

fn images(running: &Cloud) -> Vec<Value> {
    let list = running.faascmd(&["image", "ls", "-o", "json"]).exits(0).json();
    // One image is there from the beginning.
    let all = list["items"].as_array().unwrap().clone();
    all.into_iter().filter(|image| image["uuid"] != "91598d20-b802-11e7-879a-8db2aa11bb22").collect()
}

#[test]
fn ten_homes_that_wait_for_their_turn_order_one_image() {
    let running = Cloud::start(&["--strict-frequency", "--speed", "300"]);
    running.world.file("a.gbs", sample::gbs(1000));
    let start = |home: usize| {
        let state = running.world.path().join(format!("home{home}"));
        let mut command = running.command(&["deploy", "a.gbs", "--no-load", "-o", "json"]);
        command.env("XDG_STATE_HOME", state).spawn().unwrap()
    };
    let children: Vec<_> = (0..10).map(start).collect();
    let uuids = children.into_iter().map(|child| {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["image"]["uuid"].clone()
    });
    let uuids: Vec<Value> = uuids.collect();
    let made = images(&running);
    assert_eq!(made.len(), 1, "{made:#?}");
    assert!(uuids.iter().all(|uuid| *uuid == made[0]["uuid"]), "{uuids:?}");
}

#[test]
fn another_s_image_is_not_taken_for_one_whose_answer_was_lost() {
    let running = with_objects(&[]);
    let tap = killed_before_the_answer(&running, &create("a.gbs"));
    let first = images(&running)[0]["uuid"].clone();
    let other = through(&running, &tap, &create("b.gbs"));
    let again = through(&running, &tap, &create("a.gbs"));
    assert_eq!(again["uuid"], first);
    assert_ne!(other["uuid"], first);
    assert_eq!(images(&running).len(), 2);
}

#[test]
fn new_content_under_the_same_key_is_a_new_order() {
    let running = with_objects(&[]);
    let tap = killed_before_the_answer(&running, &create("a.gbs"));
    let first = images(&running)[0]["uuid"].clone();
    running.world.file("a.gbs", sample::gbs(3000));
    running.faascmd(&["object", "put", "a.gbs"]).exits(0);
    assert_ne!(through(&running, &tap, &create("a.gbs"))["uuid"], first);
}

#[test]
fn with_force_a_new_image_is_ordered_although_a_killed_run_ordered_one() {
    let running = with_objects(&[]);
    let deploy = ["deploy", "a.gbs", "--no-load", "--no-wait", "-o", "json"];
    let tap = killed_before_the_answer(&running, &deploy);
    let first = images(&running)[0]["uuid"].clone();
    let forced = through(&running, &tap, &[&deploy[..], &["--force"]].concat());
    assert_ne!(forced["image"]["uuid"], first);
    assert_eq!(images(&running).len(), 2);
}

#[test]
fn where_nothing_can_be_written_down_nothing_is_ordered_or_loaded() {
    let running = with_objects(&[]);
    let in_the_way = running.world.file("in-the-way", "");
    let with_state = |args: &[&str], state: &Path| -> Command {
        let mut command = running.command(args);
        command.env("XDG_STATE_HOME", state);
        command
    };
    running.requests();
    for args in [&["deploy", "a.gbs", "-o", "json"][..], &create("a.gbs")] {
        let error = ran(&mut with_state(args, &in_the_way)).exits(1).error();
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("in-the-way/faascmd/") && message.contains("nothing was sent"), "{message}");
    }
    let requests = running.requests();
    assert_eq!([CREATE, "PutObject"].map(|action| count(&requests, action)), [0, 0]);
}

#[test]
fn without_a_home_it_is_said_that_nothing_guards_against_a_second_run() {
    let running = with_objects(&[]);
    let mut command = running.command(&["deploy", "a.gbs", "--no-load"]);
    let ran = ran(command.env_remove("HOME")).exits(0);
    assert!(ran.stderr.contains("nothing guards against a second run"), "{}", ran.stderr);
}

#[test]
fn a_list_of_images_that_can_t_be_read_is_no_empty_list() {
    let running = with_objects(&[]);
    let deploy = ["deploy", "a.gbs", "--shell", "V1.1", "-o", "json"];
    let image = running.faascmd(&deploy).exits(0).json()["image"].clone();
    running.requests();
    let unnamed = json!({
        "FpgaImageUUID": null, "State": "success", "ShellUUID": image["shell"], "Tags": image["tags"]
    });
    for list in [
        json!(null),
        json!("system busy"),
        json!({"fpgaImage": null}),
        json!({"message": "system busy"}),
        json!({"fpgaImage": [unnamed]}),
    ] {
        let body = json!({"RequestId": "R", "FpgaImages": list}).to_string();
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let line = Line::judged(running.endpoint(), move |head| {
            let lists = String::from_utf8_lossy(head).contains("DescribeFpgaImages");
            if lists { Fate::Instead(answer.clone().into()) } else { Fate::Passes }
        });
        let error = running.faascmd_with(&[("FAASCMD_ENDPOINT", &line.endpoint())], &deploy).exits(7).error();
        assert_eq!(error["action"], "DescribeFpgaImages", "{error}");
    }
    let requests = running.requests();
    assert_eq!([CREATE, "LoadFpgaImageTask"].map(|action| count(&requests, action)), [0, 0]);
}

#[test]
fn an_order_on_its_way_is_waited_for_also_under_another_name() {
    let running = with_objects(&[]);
    let (sent, is_sent) = std::sync::mpsc::channel();
    let line = Line::judged(running.endpoint(), move |head| {
        if !String::from_utf8_lossy(head).contains(CREATE) {
            return Fate::Passes;
        }
        sent.send(()).unwrap();
        Fate::Late(Duration::from_secs(3))
    });
    let deploy = ["deploy", "a.gbs", "--no-load", "--no-wait", "-o", "json"];
    let mut first = running.command(&deploy).env("FAASCMD_ENDPOINT", line.endpoint()).spawn().unwrap();
    is_sent.recv().unwrap();
    first.kill().unwrap();
    first.wait().unwrap();
    let named = ["--name", "nightly", "--description", "of tonight", "--tags", "night"];
    line.heal();
    let again = [&deploy[..], &named].concat();
    let second = running.faascmd_with(&[("FAASCMD_ENDPOINT", &line.endpoint())], &again).exits(0);
    line.until_all_arrived();
    let made = images(&running);
    assert_eq!(made.len(), 1, "{}\n{made:#?}", second.stderr);
    assert_eq!(second.json()["image"]["uuid"], made[0]["uuid"]);
}

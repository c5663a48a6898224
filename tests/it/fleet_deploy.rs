//! A file on the chips of many hosts: what is in the way is waited out, tried again, or told at once.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use faascmd::testing::bitstream::sample;
use serde_json::Value;

use crate::common::cloud::{Cloud, count};
use crate::common::line::{Fate, Line};
use crate::common::tap::{Cut, Phase, Tap};
use crate::common::world::ran;

fn fleet(kind: &str, hosts: &str) -> Cloud {
    let cloud = Cloud::start(&["--speed", "50", "--build-time", "1s"]);
    cloud.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    let up = ["fleet", "up", "ddr", "--type", kind, "--yes", "--count", hosts];
    cloud.faascmd(&up).exits(0);
    cloud
}

/// A line on which the hosts' first requests for the program break.
fn breaking(cloud: &Cloud, times: usize) -> Line {
    let asked = AtomicUsize::new(0);
    Line::judged(cloud.endpoint(), move |request| {
        let is_fetch = request.starts_with(b"GET /") && {
            let line = String::from_utf8_lossy(&request[..request.len().min(300)]).into_owned();
            line.contains("/faascmd/agent/")
        };
        let breaks = is_fetch && asked.fetch_add(1, Ordering::SeqCst) < times;
        if breaks { Fate::Unsent } else { Fate::Passes }
    })
}

#[test]
fn a_host_that_could_not_fetch_the_program_is_sent_to_again() {
    let cloud = fleet("ecs.f3-c4f1.xlarge", "1");
    // More often than the host tries by itself.
    let line = breaking(&cloud, 5);
    cloud.requests();
    let deploy = ["fleet", "deploy", "ddr", "bit.tar.gz", "--test", "smoke", "--driver", "none", "-ojson"];
    let deployed = cloud.faascmd_with(&[("FAASCMD_ENDPOINT", &line.endpoint())], &deploy).exits(0).json();
    assert_eq!(deployed["tests"]["hosts"][0]["fpgas"][0]["outcome"], "passed", "{deployed}");
    assert_eq!(count(&cloud.requests(), "RunCommand"), 2);
}

#[test]
fn a_shell_that_fits_no_chip_is_tried_on_one() {
    let cloud = fleet("ecs.f3-c16f1.8xlarge", "2");
    cloud.requests();
    let deploy = ["fleet", "deploy", "ddr", "bit.tar.gz", "--shell", "V1.0", "--test", "smoke", "-ojson"];
    let deployed = cloud.faascmd(&deploy).exits(9).json();
    assert_eq!((&deployed["counts"]["failed"], &deployed["counts"]["not_run"]), (&1.into(), &3.into()));
    let why = |n: usize| deployed["fpgas"][n]["why"].as_str().unwrap().to_owned();
    assert!((0..4).all(|n| why(n).contains("SHELL NOT MATCH")), "{deployed}");
    let requests = cloud.requests();
    assert_eq!((count(&requests, "LoadFpgaImageTask"), count(&requests, "CreateFpgaImageTask")), (1, 1));
}

#[test]
fn a_chip_that_is_busy_with_another_load_is_waited_for() {
    let cloud = fleet("ecs.f3-c4f1.xlarge", "2");
    let body = r#"{"RequestId":"R-1","HostId":"faas","Code":"ANOTHER TASK RUNNING","Message":"Another task is running."}"#;
    let busy = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let asked = AtomicUsize::new(0);
    let line = Line::judged(cloud.endpoint(), move |request| {
        let is_load = String::from_utf8_lossy(request).contains("Action=LoadFpgaImageTask");
        let refuses = is_load && asked.fetch_add(1, Ordering::SeqCst) < 2;
        if refuses { Fate::Instead(busy.clone().into_bytes()) } else { Fate::Passes }
    });
    let deploy = ["fleet", "deploy", "ddr", "bit.tar.gz", "-ojson"];
    let ran = cloud.faascmd_with(&[("FAASCMD_ENDPOINT", &line.endpoint())], &deploy).exits(0);
    assert_eq!(ran.json()["counts"]["passed"], 2);
    assert!(ran.stderr.contains("busy with another load (ANOTHER TASK RUNNING)"), "{}", ran.stderr);
    assert_eq!(count(&cloud.requests(), "LoadFpgaImageTask"), 2);
}

/// A run on both hosts, and how often each has done it.
fn once_each(cloud: &Cloud, tap: &Tap, number: usize) -> (Command, String) {
    let done = format!("$FAASCMD_HOST_ROOT/done-{number}");
    let mut run =
        cloud.command(&["fleet", "run", "ddr", "-ojson", "--", &format!("echo did >>{done}; cat {done}")]);
    run.env("FAASCMD_ENDPOINT", tap.endpoint());
    (run, "did\n".to_owned())
}

#[test]
fn a_run_that_was_killed_is_taken_up_and_done_once() {
    let cloud = fleet("ecs.f3-c4f1.xlarge", "2");
    let tap = Tap::before(cloud.address(), Cut::Never);
    cloud.requests();
    let (status, _) = tap.run(&mut once_each(&cloud, &tap, 0).0);
    assert!(status.success());
    let sent = cloud.requests().iter().position(|request| request["action"] == "RunCommand").unwrap();
    let cuts = [
        (sent - 1, Phase::Unanswered),
        (sent, Phase::Unsent),
        (sent, Phase::Unanswered),
        (sent + 1, Phase::HalfAnswered),
    ];
    for (number, (request, phase)) in cuts.into_iter().enumerate() {
        let tap = Tap::before(cloud.address(), Cut::Request(request, phase));
        let (mut run, said) = once_each(&cloud, &tap, number + 1);
        let (_, passed) = tap.run(&mut run);
        assert!(passed.cut, "{request} {phase:?}");
        tap.heal();
        let again = ran(&mut once_each(&cloud, &tap, number + 1).0).exits(0).json();
        let hosts = again["hosts"].as_array().unwrap();
        assert!(hosts.len() == 2 && hosts.iter().all(|host| host["output"] == *said), "{phase:?}: {again}");
    }
}

/// A program for the hosts on which somebody else loads a chip of the first of them, just before that is tested.
fn interfering(cloud: &Cloud, image_uuid: &str) {
    let variables: String =
        cloud.environment().iter().map(|(name, value)| format!("{name}='{value}' ")).collect();
    let (home, program) = (cloud.world.path().display(), env!("CARGO_BIN_EXE_faascmd"));
    let script = format!(
        "#!/bin/sh
         id=${{FAASCMD_HOST_ROOT##*/}}
         if mkdir '{home}/theirs'; then
             env HOME='{home}/theirs' {variables} '{program}' fpga load {image_uuid} --instance-id $id --fpga 0 --no-wait
         fi >/dev/null 2>&1
         exec '{program}' \"$@\"\n"
    );
    let agent = cloud.world.file("agent", script);
    std::fs::set_permissions(agent, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_test_of_a_chip_that_another_loaded_in_between_is_none_of_our_image() {
    let cloud = fleet("ecs.f3-c4f1.xlarge", "2");
    cloud.world.file("theirs.tar.gz", sample::package("xcvu9p-flgb2104-1-e"));
    let made =
        cloud.faascmd(&["deploy", "theirs.tar.gz", "--shell", "f30001", "--no-load", "-ojson"]).exits(0);
    let theirs = made.json()["image"]["uuid"].as_str().unwrap().to_owned();
    interfering(&cloud, &theirs);
    let deploy = ["fleet", "deploy", "ddr", "bit.tar.gz", "--agent", "./agent", "--test", "smoke", "-ojson"];
    let deployed = cloud.faascmd(&deploy).exits(9).json();
    let is_replaced = |item: &Value| {
        let why = item["why"].as_str().unwrap_or_default();
        item["outcome"] == "failed" && why.contains(&format!("was replaced by {theirs}"))
    };
    for list in ["fpgas", "hosts"] {
        let items = deployed[list].as_array().unwrap();
        let passed = items.iter().filter(|item| item["outcome"] == "passed").count();
        let replaced = items.iter().filter(|item| is_replaced(item)).count();
        assert_eq!((passed, replaced), (1, 1), "{deployed:#}");
    }
    // The same command loads it again.
    let again = cloud.faascmd(&deploy).exits(0).json();
    assert_eq!(again["counts"]["passed"], 2, "{again:#}");
}

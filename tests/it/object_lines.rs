//! Objects over lines that break, stay silent, or have somebody else on them.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::Stdio;

use faascmd::testing::bitstream::sample;

use crate::common::bytes::bytes;
use crate::common::cloud::{Cloud, count};
use crate::common::line::{Fate, LOGIN, Line};
use crate::common::world::ran;

const KIB: usize = 1 << 10;

/// A command whose cloud is at the end of the line.
fn over(line: &Line, cloud: &Cloud, args: &[&str]) -> std::process::Command {
    let mut command = cloud.command(args);
    command.env("FAASCMD_ENDPOINT", line.endpoint());
    command
}

#[test]
fn what_moves_a_little_more_than_the_smallest_part_between_two_breaks_finishes() {
    for (size, part) in [(700 * KIB, "8MiB"), (3000 * KIB, "1MiB")] {
        let cloud = Cloud::start(&[]);
        cloud.world.file("f", bytes(size, 1));
        let line = Line::breaking(cloud.endpoint(), 150 * KIB as u64, None);
        let put = ["object", "put", "f", "--part-size", part, "--jobs", "4"];
        ran(&mut over(&line, &cloud, &put)).exits(0);
        assert!(line.breaks() > size / (150 * KIB), "{}", line.breaks());
        cloud.faascmd(&["object", "get", "f", "g"]).exits(0);
        assert!(std::fs::read(cloud.world.path().join("g")).unwrap() == bytes(size, 1));
        assert_eq!(cloud.faascmd(&["object", "uploads", "ls"]).exits(0).stdout, "");
    }
}

#[test]
fn a_link_that_moves_more_than_a_part_between_two_breaks_sends_little_twice() {
    let (size, every) = (24 << 20, 5 << 20);
    let cloud = Cloud::start(&[]);
    cloud.world.file("f", bytes(size, 1));
    let line = Line::breaking(cloud.endpoint(), every, None);
    ran(&mut over(&line, &cloud, &["object", "put", "f", "--part-size", "8MiB", "--jobs", "4"])).exits(0);
    assert!(line.breaks() > 2);
    assert!(line.up() < 3 * size as u64, "{} bytes for {size}", line.up());
}

#[test]
fn killed_on_such_a_line_it_goes_on_with_the_small_parts_that_are_there() {
    let size = 3000 * KIB;
    let cloud = Cloud::start(&[]);
    cloud.world.file("f", bytes(size, 1));
    let line = Line::breaking(cloud.endpoint(), 150 * KIB as u64, None);
    let put = ["-o", "json", "object", "put", "f", "--part-size", "1MiB", "--jobs", "4"];
    let mut child = over(&line, &cloud, &put).spawn().unwrap();
    let small = |r: &serde_json::Value| r["action"] == "UploadPart" && r["status"] == 200;
    (0..6).for_each(|_| while !small(&cloud.next_request()) {});
    child.kill().unwrap();
    child.wait().unwrap();
    let again = ran(&mut over(&line, &cloud, &put)).exits(0).json();
    assert!(again["resumed"].as_u64().unwrap() >= 3 * 100 * KIB as u64, "{again}");
    cloud.faascmd(&["object", "get", "f", "g"]).exits(0);
    assert!(std::fs::read(cloud.world.path().join("g")).unwrap() == bytes(size, 1));
}

#[test]
fn the_login_page_of_a_network_is_no_answer() {
    let cloud = Cloud::start(&[]);
    cloud.world.file("f", "a file");
    let line = Line::judged(cloud.endpoint(), |_| Fate::Instead(LOGIN.into()));
    for args in [&["object", "put", "f"][..], &["object", "rm", "f", "--yes"], &["object", "uploads", "ls"]] {
        let said = ran(&mut over(&line, &cloud, args)).exits(7).stderr;
        assert!(said.contains("has no header of OSS's") || said.contains("is not the service's"), "{said}");
    }
    let said = ran(&mut over(&line, &cloud, &["object", "uploads", "ls"])).exits(7).stderr;
    assert!(said.contains("<html>Log in to the network</html>"), "{said}");
    assert_eq!(cloud.faascmd(&["object", "ls"]).exits(0).stdout, "");
}

#[test]
fn silence_is_said_after_a_few_seconds_with_its_end() {
    let cloud = Cloud::start(&[]);
    cloud.world.file("f", "a file");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let mut command = cloud.command(&["object", "put", "f"]);
    let mut put = command.env("FAASCMD_ENDPOINT", &endpoint).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(put.stderr.take().unwrap()).read_line(&mut line).unwrap();
    put.kill().unwrap();
    put.wait().unwrap();
    assert!(
        line.contains(&format!("HEAD {endpoint}/")) && line.contains("nothing has come for 5 s"),
        "{line}"
    );
    assert!(line.contains("waiting until 20"), "{line}");
}

#[test]
fn what_arrived_wrong_does_not_block_its_own_key() {
    let cloud = Cloud::start(&["--fault", "corrupt-body=0.5", "--fault-seed", "1", "--speed", "50"]);
    for n in 0..6 {
        let name = format!("{n}.gbs");
        cloud.world.file(&name, sample::gbs(1000 + n));
        let deploy = ["deploy", &name, "--no-load", "--no-wait", "--shell", "V1.1", "--dry-run"];
        cloud.faascmd(&deploy).exits(0);
        cloud.faascmd(&["object", "put", &name, "--no-clobber"]).exits(0);
    }
    let requests = cloud.requests();
    assert!(requests.iter().any(|r| r["action"] == "PutObject" && r["fault"] == "corrupt-body"));
    let list = cloud.faascmd(&["object", "ls", "-o", "json"]).exits(0).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 6, "{list}");
}

#[test]
fn a_deployment_s_parts_are_as_large_as_asked_for() {
    let cloud = Cloud::start(&["--speed", "50"]);
    cloud.world.file("a.gbs", sample::gbs(450 * KIB));
    let args = ["--no-load", "--no-wait", "--shell", "V1.1", "--part-size", "100KiB", "--jobs", "2"];
    cloud.faascmd(&[&["deploy", "a.gbs"], &args[..]].concat()).exits(0);
    assert_eq!(count(&cloud.requests(), "UploadPart"), 5);
}

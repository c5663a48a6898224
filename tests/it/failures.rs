//! Bad input and bad days on the road: each has its exit code and says what is wrong.

use std::io::{Read, Write};
use std::net::TcpListener;

use faascmd::testing::bitstream::sample;
use serde_json::{Value, json};

use crate::common::cloud::Cloud;
use crate::common::http::Nobody;
use crate::common::world::{Ran, World, ran};

/// A machine without a cloud, and a package in the working directory.
fn without_cloud() -> World {
    let world = World::new();
    world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    world
}

/// Deploys the package by settings of a user whose services are at the given address.
fn deploy_at(world: &World, endpoint: &str) -> Ran {
    let mut command = world.command("faascmd");
    command.args(["deploy", "bit.tar.gz", "-o", "json", "--endpoint", endpoint, "--region", "cn-hangzhou"]);
    command.args(["--bucket", "some-bucket", "--instance-id", "i-1", "--role-arn", "acs:ram::1:role/r"]);
    command.env("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tSomebody");
    ran(command.env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "some secret"))
}

/// A server that answers everything with these bytes, for as long as the test runs.
fn server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 65536];
            let _length = stream.read(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).ok();
            // Closed with something unread, the connection would be reset and the answer lost.
            stream.shutdown(std::net::Shutdown::Write).ok();
            stream.read_to_end(&mut Vec::new()).ok();
        }
    });
    format!("http://{address}")
}

fn message(error: &Value) -> &str {
    error["message"].as_str().unwrap()
}

#[test]
fn without_credentials_it_says_where_it_looked_and_sends_nothing() {
    let world = without_cloud();
    let args = ["deploy", "bit.tar.gz", "-o", "json", "--region", "cn-hangzhou", "--bucket", "bucket"];
    let mut command = world.command("faascmd");
    command.args(args).args(["--instance-id", "i-1", "--endpoint", "http://127.0.0.1:9"]);
    let error = ran(&mut command).exits(3).error();
    assert_eq!(error["kind"], "config");
    for place in ["ALIBABA_CLOUD_ACCESS_KEY_ID", ".faascredentials"] {
        assert!(message(&error).contains(place), "{error}");
    }
}

#[test]
fn a_wrong_secret_is_told_from_an_altered_request() {
    let running = Cloud::start(&[]);
    let mut command = running.command(&["image", "ls", "-o", "json"]);
    let error = ran(command.env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "wrong")).exits(4).error();
    assert_eq!(error["code"], "SignatureDoesNotMatch");
    assert!(message(&error).contains("the AccessKey secret is not the one of this id"), "{error}");
}

#[test]
fn an_error_with_the_status_of_a_success_is_an_error() {
    let body = r#"{"Code":"NOT AUTHORIZED","Message":"no","RequestId":"R-1"}"#;
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let running = Cloud::start(&[]);
    let mut command = running.command(&["fpga", "status", "--fpga", "0", "-o", "json"]);
    let error = ran(command.env("FAASCMD_ENDPOINT", server(answer.leak()))).exits(4).error();
    assert_eq!((&error["code"], &error["request_id"]), (&"NOT AUTHORIZED".into(), &"R-1".into()));
}

#[test]
fn things_that_are_not_there_are_exit_5() {
    let running = Cloud::start(&[]);
    running.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    for (args, what) in [
        (&["deploy", "bit.tar.gz", "--bucket", "no-such-bucket"][..], "NoSuchBucket"),
        (&["deploy", "absent.tar.gz"], "absent.tar.gz"),
        (&["image", "show", "no-such-image"], "no-such-image"),
        (&["image", "log", "no-such-image"], "no-such-image"),
        (&["image", "create", "no-such-object"], "no-such-object"),
    ] {
        let error = running.faascmd(&[args, &["-o", "json"]].concat()).exits(5).error();
        assert!(message(&error).contains(what), "{error}");
    }
}

#[test]
fn a_file_that_no_chip_takes_is_found_out_before_anything_is_sent() {
    let running = Cloud::start(&[]);
    running.world.file("empty.gbs", "");
    running.world.file("report.txt", "a report of the place and route tool\n");
    running.world.file("cut.tar.gz", &sample::package("xcvu9p-flgb2104-2-i")[..500]);
    std::fs::create_dir(running.world.path().join("folder")).unwrap();
    for (file, exit, says) in [
        ("empty.gbs", 11, "the file has no bytes"),
        ("report.txt", 11, "text"),
        ("cut.tar.gz", 11, "cut"),
        ("folder", 2, "directory"),
    ] {
        let error = running.faascmd(&["deploy", file, "-o", "json"]).exits(exit).error();
        assert!(message(&error).contains(says) && message(&error).contains(file), "{error}");
        assert!(!error["hints"].as_array().unwrap().is_empty(), "{error}");
    }
    assert!(running.requests().is_empty());
}

#[test]
fn a_service_out_of_reach_is_exit_7_with_its_address() {
    let nobody = Nobody::new();
    let endpoint = nobody.endpoint();
    let error = deploy_at(&without_cloud(), &endpoint).exits(7).error();
    assert!(message(&error).contains(&endpoint), "{error}");
    assert_eq!(error["kind"], "unreachable");
}

/// What is no answer of the service is shown and not believed.
fn not_believed(answer: &'static str, says: &str) {
    let error = deploy_at(&without_cloud(), &server(answer)).exits(7).error();
    assert!(message(&error).contains(says), "{error}");
}

#[test]
fn the_page_of_a_proxy_is_no_answer() {
    let page = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<html><title>Sign in</title></html>";
    not_believed(page, "<html><title>Sign in");
}

#[test]
fn the_refusal_of_a_proxy_is_none_of_the_service() {
    not_believed("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n<html>Blocked</html>", "<html>Blocked");
}

#[test]
fn a_json_document_that_is_cut_off_is_no_answer() {
    let cut = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"RequestId\":\"1\",\"AccountId\":\"12";
    not_believed(cut, "not whole JSON");
}

#[test]
fn an_xml_document_that_is_cut_off_is_no_list() {
    let cut = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<?xml version=\"1.0\"?><ListBucketResult><Contents><Key>a";
    let world = World::new();
    let mut command = world.command("faascmd");
    command.args(["object", "ls", "-o", "json", "--region", "cn-hangzhou", "--bucket", "some-bucket"]);
    command.args(["--endpoint", &server(cut)]).env("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tSomebody");
    let error = ran(command.env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "some secret")).exits(7).error();
    assert!(message(&error).contains("<ListBucketResult>"), "{error}");
}

#[test]
fn a_bucket_elsewhere_or_of_somebody_else_is_said() {
    let running = Cloud::start(&[]);
    running.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    let error = |bucket, exit| {
        running.faascmd(&["deploy", "bit.tar.gz", "--bucket", bucket, "-o", "json"]).exits(exit).error()
    };
    let elsewhere = error("faascmd-beijing", 4);
    let hints = elsewhere["hints"].to_string();
    assert!(hints.contains("cn-beijing"), "{elsewhere}");
    let foreign = error("faascmd-foreign", 4);
    assert_eq!(foreign["code"], "AccessDenied");
}

#[test]
fn without_a_role_the_next_command_is_named() {
    let running = Cloud::start(&["--without-role"]);
    running.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    let error = running.faascmd(&["deploy", "bit.tar.gz", "-o", "json"]).exits(5).error();
    assert_eq!(error["code"], "EntityNotExist.RoleError");
    assert!(error["hints"][0].as_str().unwrap().contains("faascmd auth --bucket"), "{error}");
}

#[test]
fn the_thirty_first_image_is_refused_with_the_command_that_makes_room() {
    let running = Cloud::start(&["--speed", "50"]);
    running.world.file("a.gbs", sample::gbs(1000));
    running.faascmd(&["object", "put", "a.gbs"]).exits(0);
    for _ in 0..29 {
        running.faascmd(&["image", "create", "a.gbs", "--shell", "V1.0"]).exits(0);
    }
    let error =
        running.faascmd(&["image", "create", "a.gbs", "--shell", "V1.0", "-o", "json"]).exits(6).error();
    assert_eq!(error["code"], "IMAGE NUMBER EXCEED");
    assert!(error["hints"][0].as_str().unwrap().contains("faascmd image rm"), "{error}");
}

#[test]
fn transient_failures_are_waited_out_and_the_last_one_says_how_often_and_how_long() {
    let running = Cloud::start(&[
        "--speed",
        "20",
        "--fault",
        "server-error=0.2",
        "--fault",
        "throttle=0.1",
        "--fault-seed",
        "7",
    ]);
    running.world.file("a.gbs", sample::gbs(1000));
    let document = running.faascmd(&["deploy", "a.gbs", "-o", "json"]).exits(0).json();
    assert_eq!(document["fpga"]["task_status"], json!("valid"));
    let storm = Cloud::start(&["--fault", "throttle=1"]);
    let error = storm.faascmd(&["image", "ls", "-o", "json"]).exits(7).error();
    assert!(message(&error).contains("tried 6 times in "), "{error}");
}

#[test]
fn a_clock_that_is_wrong_is_learned_and_said() {
    let running = Cloud::start(&["--speed", "20", "--clock-offset", "-7200"]);
    running.world.file("a.gbs", sample::gbs(1000));
    let ran = running.faascmd(&["deploy", "a.gbs", "-o", "json"]).exits(0);
    assert!(ran.stderr.contains("this machine's clock is 120 minutes ahead of"), "{}", ran.stderr);
}

//! `deploy --junit --html`: what the files say of a deployment, however it ends.

use faascmd::testing::bitstream::sample;

use crate::common::cloud::Cloud;
use crate::common::page::assert_asks_nothing_of_anywhere;

const REPORTS: [&str; 4] = ["--junit", "deploy.xml", "--html", "deploy.html"];

struct Told {
    junit: String,
    page: String,
}

/// Deploys in a cloud with these flags, and reads what the files say.
fn deployed(flags: &[&str], args: &[&str], code: i32) -> Told {
    let cloud = Cloud::start(&[&["--speed", "20"], flags].concat());
    cloud.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    cloud.faascmd(&[&["deploy", "bit.tar.gz"], &REPORTS[..], args].concat()).exits(code);
    let read = |name: &str| std::fs::read_to_string(cloud.world.path().join(name)).unwrap();
    let told = Told { junit: read("deploy.xml"), page: read("deploy.html") };
    assert_asks_nothing_of_anywhere(&told.page);
    told
}

impl Told {
    #[track_caller]
    fn says(&self, junit: &[&str], page: &[&str]) {
        junit.iter().for_each(|part| assert!(self.junit.contains(part), "{part}: {}", self.junit));
        page.iter().for_each(|part| assert!(self.page.contains(part), "{part}: {}", self.page));
    }
}

#[test]
fn a_deployment_with_tests_of_registers_and_memory_is_one_page() {
    let tests = ["--test", "all,dma", "--prbs-duration", "1200ms", "--dma-range", "0+256K", "--yes"];
    let told = deployed(&[], &[&tests[..], &["--driver", "none"]].concat(), 0);
    told.says(
        &[
            "<testsuite name=\"deploy\" tests=\"4\" failures=\"0\" errors=\"0\"",
            "<testsuite name=\"ddr\" tests=\"2\" failures=\"0\" errors=\"0\"",
            "<testsuite name=\"dma\" tests=\"6\" failures=\"0\" errors=\"0\"",
            "classname=\"faascmd.deploy\" name=\"create\"",
        ],
        &[
            "deploy, smoke, prbs, dma of bit.tar.gz</bdi>: <b>passed</b>",
            "<h2>Errors over time</h2>",
            "Throughput over size",
            "<h2>Steps</h2>",
            "--html deploy.html",
        ],
    );
}

#[test]
fn what_a_test_found_and_what_was_not_built_are_told_apart() {
    let tests = ["--test", "smoke,dma", "--dma-range", "0+256K", "--yes", "--driver", "none"];
    deployed(&["--fault", "dma-stuck=9"], &tests, 11).says(
        &["<testsuite name=\"dma\" tests=\"5\" failures=\"4\" errors=\"0\"", "name=\"smoke\""],
        &["<body class=\"fault\">", "deploy, smoke, dma of bit.tar.gz</bdi>: <b>failed</b>", "stuck"],
    );
    deployed(&["--fault", "build-fails"], &tests, 9).says(
        &["<testsuite name=\"deploy\" tests=\"3\" failures=\"0\" errors=\"1\"", "name=\"upload\""],
        &["<body class=\"failed\">", "deploy of bit.tar.gz</bdi>: <b>no result</b>", "deploy: "],
    );
}

#[test]
fn a_deployment_that_is_killed_leaves_files_that_say_so() {
    let cloud = Cloud::start(&["--build-time", "1000"]);
    cloud.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    let mut child = cloud.command(&[&["deploy", "bit.tar.gz"], &REPORTS[..]].concat()).spawn().unwrap();
    while cloud.next_request()["action"] != "CreateFpgaImageTask" {}
    child.kill().unwrap();
    child.wait().unwrap();
    for name in ["deploy.xml", "deploy.html"] {
        let text = std::fs::read_to_string(cloud.world.path().join(name)).unwrap();
        assert!(text.contains("did not come to its end"), "{name}: {text}");
    }
}

#[test]
fn a_file_that_can_not_be_written_is_known_before_anything_is_sent() {
    let cloud = Cloud::new();
    cloud.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    let ran = cloud.faascmd(&["deploy", "bit.tar.gz", "--html", "no-such-folder/deploy.html"]).exits(1);
    assert!(ran.stderr.contains("the page no-such-folder/deploy.html can't be written"), "{}", ran.stderr);
    assert_eq!(cloud.requests().len(), 0);
}

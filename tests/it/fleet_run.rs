//! A command, a test and a file on many hosts: once on each, and told apart by how it ended.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::common::cloud::{Cloud, count};

fn fleet(flags: &[&str], hosts: &str) -> Cloud {
    let cloud = Cloud::start(&[&["--speed", "50"], flags].concat());
    let up = ["fleet", "up", "ddr", "--type", "ecs.f3-c4f1.xlarge", "--yes", "--count", hosts];
    cloud.faascmd(&up).exits(0);
    cloud
}

fn outcomes(document: &Value) -> BTreeMap<String, u64> {
    let counts = document["counts"].as_object().unwrap().iter();
    counts.map(|(word, number)| (word.clone(), number.as_u64().unwrap())).filter(|(_, n)| *n > 0).collect()
}

fn run(command: &str) -> [&str; 6] {
    ["fleet", "run", "ddr", "-ojson", "--", command]
}

#[test]
fn equal_answers_are_one_group_and_a_user_s_exit_code_is_data() {
    let cloud = fleet(&[], "3");
    // What parts columns stays, and what a terminal would obey does not.
    let same = cloud.faascmd(&["fleet", "run", "ddr", "--", r"printf 'same\tcolumn\033[1m\n'"]).exits(0);
    assert_eq!(same.stdout, "── ddr-[001-003] (3): passed\nsame\tcolumn\\u{1b}[1m\n3 passed\n");
    let document = cloud.faascmd(&run("echo $$; exit 193")).exits(9).json();
    assert_eq!(outcomes(&document), [("failed".to_owned(), 3)].into());
    assert_eq!(document["hosts"][2]["exit_code"], 193);
    let log = document["hosts"][2]["log"].as_str().unwrap();
    assert_eq!(std::fs::read_to_string(log).unwrap(), document["hosts"][2]["output"].as_str().unwrap());
    // 193 turns a host off, if the agent gets to see it.
    let shown = cloud.faascmd(&["fleet", "show", "ddr", "--no-chips", "-ojson"]).exits(0).json();
    assert!(shown["hosts"].as_array().unwrap().iter().all(|host| host["state"] == "Running"), "{shown}");
    let failed =
        cloud.faascmd(&["fleet", "run", "ddr", "--on", "failed", "-ojson", "--", "true"]).exits(0).json();
    assert_eq!(failed["hosts"].as_array().unwrap().len(), 3);
    cloud.faascmd(&["fleet", "down", "ddr", "--yes"]).exits(0);
}

#[test]
fn neither_a_lost_answer_nor_a_double_delivery_runs_anything_twice() {
    let faults = ["lost-answer=RunCommand", "half-answer=RunCommand", "delivered-twice=1"];
    let cloud = fleet(&faults.map(|fault| ["--fault", fault]).concat(), "2");
    let command = "echo once >>\"$FAASCMD_HOST_ROOT/count\"; head -c 30000 /dev/urandom | base64; cat \"$FAASCMD_HOST_ROOT/count\"";
    let document = cloud.faascmd(&run(command)).exits(0).json();
    assert_eq!(outcomes(&document), [("passed".to_owned(), 2)].into());
    for host in document["hosts"].as_array().unwrap() {
        let output = host["output"].as_str().unwrap();
        assert!(output.ends_with("\nonce\n") && !output.ends_with("once\nonce\n"), "{output}");
    }
}

#[test]
fn a_cut_output_is_no_failure() {
    let cloud = fleet(&["--fault", "output-cut"], "1");
    let document = cloud.faascmd(&run("head -c 30000 /dev/urandom | base64")).exits(0).json();
    assert_eq!(outcomes(&document), [("passed".to_owned(), 1)].into());
    assert!(document["hosts"][0]["output"].as_str().unwrap().starts_with("(cut on the way"), "{document}");
    let document = cloud.faascmd(&run("exit 4")).exits(9).json();
    assert_eq!(document["hosts"][0]["exit_code"], 4);
}

#[test]
fn hosts_behind_a_canary_that_did_not_pass_are_not_run() {
    let cloud = fleet(&[], "2");
    let document = cloud
        .faascmd(&["fleet", "run", "ddr", "--canary", "1", "-ojson", "--", "test -e /nowhere"])
        .exits(9)
        .json();
    assert_eq!(outcomes(&document), [("failed".to_owned(), 1), ("not_run".to_owned(), 1)].into());
    assert_eq!(document["hosts"][1]["why"], "the canary did not pass");
}

#[test]
fn a_file_comes_to_every_chip_and_is_tested_there() {
    let cloud = Cloud::start(&["--speed", "50", "--build-time", "1s"]);
    let package = faascmd::testing::bitstream::sample::package("xcvu9p-flgb2104-2-i");
    cloud.world.file("bit.tar.gz", package);
    let up = ["fleet", "up", "ddr", "--type", "ecs.f3-c16f1.16xlarge", "--yes", "--count", "2"];
    cloud.faascmd(&up).exits(0);
    let deployed =
        cloud.faascmd(&["fleet", "deploy", "ddr", "bit.tar.gz", "--test", "smoke", "-ojson"]).exits(0).json();
    let chips = deployed["fpgas"].as_array().unwrap();
    assert_eq!((chips.len(), outcomes(&deployed)), (8, [("passed".to_owned(), 8)].into()));
    let hosts = deployed["hosts"].as_array().unwrap();
    assert!(hosts.len() == 2 && hosts.iter().all(|host| host["outcome"] == "passed"), "{deployed}");
    assert_eq!(hosts[1]["loads"].as_array().unwrap().len(), 4);
    let tests = deployed["tests"]["hosts"].as_array().unwrap();
    assert_eq!(tests.iter().map(|host| host["fpgas"].as_array().unwrap().len()).sum::<usize>(), 8);
    let again = cloud.faascmd(&["fleet", "deploy", "ddr", "bit.tar.gz", "-ojson"]).exits(0).json();
    assert!(again["fpgas"].as_array().unwrap().iter().all(|chip| chip["skipped"] == true), "{again}");
    let requests = cloud.requests();
    assert_eq!((count(&requests, "CreateFpgaImageTask"), count(&requests, "LoadFpgaImageTask")), (1, 8));
}

#[test]
fn the_memory_of_each_chip_is_tested_where_it_is_named() {
    let cloud = fleet(&["--fault", "dma-stuck=3"], "1");
    let test = ["fleet", "test", "ddr", "--test", "dma", "-ojson"];
    let error = cloud.faascmd(&test).exits(2).error();
    assert_eq!(error["message"], "the dma test overwrites memory, and which is not said");
    let document = cloud.faascmd(&[&test[..], &["--dma-range", "0x1000+64K"]].concat()).exits(11).json();
    assert_eq!(outcomes(&document), [("fault".to_owned(), 1)].into());
    let output = document["hosts"][0]["output"].as_str().unwrap();
    assert!(output.contains("bit 3 of 512 of the data is always 1"), "{output}");
}

#[test]
fn once_makes_tests_and_releases_and_its_exit_code_is_the_worst() {
    let cloud =
        Cloud::start(&["--speed", "50", "--build-time", "1s", "--fault", "ddr-error", "--ledger", "ledger"]);
    cloud.world.file("bit.tar.gz", faascmd::testing::bitstream::sample::package("xcvu9p-flgb2104-2-i"));
    cloud.world.file("nightly.toml", "count = 2\ntype = \"ecs.f3-c4f1.xlarge\"\ntest = [\"smoke\"]\n");
    let once = cloud.faascmd(&["fleet", "once", "nightly.toml", "bit.tar.gz", "-ojson"]).exits(11).json();
    assert_eq!((once["released"].as_array().unwrap().len(), once["outcome"].as_str()), (2, Some("fault")));
    assert_eq!((&once["hosts"][1]["outcome"], &once["counts"]["passed"]), (&"fault".into(), &2.into()));
    cloud.faascmd(&["fleet", "show", "nightly"]).exits(5);
    let report = cloud.faascmd(&["fleet", "report", "nightly", "-ojson"]).exits(11).json();
    let phases = report["hosts"][1]["phases"].as_array().unwrap();
    assert_eq!((phases.len(), &phases[0]["name"]), (6, &"boot".into()), "{report}");
    assert!(phases[0]["seconds"].as_f64().unwrap() > 0.0, "{report}");
    let ledger = std::fs::read_to_string(cloud.world.path().join("ledger")).unwrap();
    let mut last = BTreeMap::new();
    for line in ledger.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        if line["name"].as_str().unwrap().starts_with("nightly") {
            last.insert(line["instance_id"].as_str().unwrap().to_owned(), line["state"].clone());
        }
    }
    assert_eq!(last.values().collect::<Vec<_>>(), ["Released", "Released"]);
}

#[test]
fn hosts_of_a_failure_are_kept_for_as_long_as_was_asked() {
    let cloud = Cloud::start(&["--speed", "50", "--build-time", "1s", "--fault", "ddr-error"]);
    cloud.world.file("bit.tar.gz", faascmd::testing::bitstream::sample::package("xcvu9p-flgb2104-2-i"));
    cloud.world.file("nightly.toml", "count = 1\ntype = \"ecs.f3-c4f1.xlarge\"\ntest = [\"smoke\"]\n");
    let once = ["fleet", "once", "nightly.toml", "bit.tar.gz", "-ojson"];
    let kept = cloud.faascmd(&[&once[..], &["--keep-on-failure", "40m"]].concat()).exits(11);
    assert!(kept.stderr.contains("release them: faascmd fleet down nightly --yes"), "{}", kept.stderr);
    let kept = kept.json();
    let shown = cloud.faascmd(&["fleet", "show", "nightly", "--no-chips", "-ojson"]).exits(0).json();
    assert_eq!((&kept["kept"][0], &kept["released"]), (&shown["hosts"][0]["instance_id"], &json!([])));
    let release: jiff::Timestamp = shown["hosts"][0]["release"].as_str().unwrap().parse().unwrap();
    assert!((35..=41).contains(&release.duration_since(jiff::Timestamp::now()).as_mins()), "{release}");
    // The next run releases what it made itself.
    assert_ne!(cloud.faascmd(&once).exits(11).json()["released"], kept["kept"]);
    let shown = cloud.faascmd(&["fleet", "show", "nightly", "--no-chips", "-ojson"]).exits(0).json();
    assert_eq!(shown["hosts"].as_array().unwrap().len(), 1);
    assert_eq!(shown["hosts"][0]["instance_id"], kept["kept"][0]);
}

#[test]
fn once_reports_its_own_run_and_never_an_earlier_one() {
    let cloud = Cloud::start(&["--speed", "50", "--build-time", "1s"]);
    cloud.world.file("bit.tar.gz", faascmd::testing::bitstream::sample::package("xcvu9p-flgb2104-2-i"));
    cloud.world.file("nightly.toml", "count = 1\ntype = \"ecs.f3-c4f1.xlarge\"\ntest = [\"smoke\"]\n");
    let once = |spec: &str, file: &str, more: &[&str]| {
        let files = ["--junit", "r.xml", "--html", "r.html"];
        cloud.faascmd(&[&["fleet", "once", spec, file][..], &files, more].concat())
    };
    let read = |name: &str| std::fs::read_to_string(cloud.world.path().join(name)).unwrap_or_default();
    once("nightly.toml", "bit.tar.gz", &[]).exits(0);
    assert!(
        read("r.xml").contains("<testsuite name=\"nightly-001\" tests=\"1\" failures=\"0\" errors=\"0\"")
    );
    assert!(read("r.html").contains("<b>passed</b>"), "{}", read("r.html"));
    // What fails before any run has nothing to tell.
    for (spec, file) in [("nothing.toml", "bit.tar.gz"), ("nightly.toml", "nothing.tar.gz")] {
        std::fs::write(cloud.world.path().join("r.xml"), "of an earlier run").unwrap();
        assert_ne!(once(spec, file, &[]).code, 0);
        assert_eq!((read("r.xml"), read("r.html")), (String::new(), String::new()));
        assert!(!cloud.world.path().join("r.xml").exists());
    }
    // What fails before the first load has.
    let refused = once("nightly.toml", "bit.tar.gz", &["--shell", "nope"]);
    assert_ne!(refused.code, 0);
    assert!(
        read("r.xml").contains("errors=\"1\"") && read("r.xml").contains("SHELL NOT SUPPORT"),
        "{}",
        read("r.xml")
    );
    cloud.requests();
    let nowhere = ["fleet", "once", "nightly.toml", "bit.tar.gz", "--junit", "no/r.xml"];
    cloud.faascmd(&nowhere).exits(1);
    assert_eq!(count(&cloud.requests(), "RunInstances"), 0);
}

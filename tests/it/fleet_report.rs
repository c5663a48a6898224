//! What a run came to, told again: as a table, a document, JUnit and a page.

use crate::common::cloud::Cloud;
use crate::common::page::assert_asks_nothing_of_anywhere;

fn ran() -> Cloud {
    let cloud = Cloud::start(&["--speed", "50"]);
    let up = ["fleet", "up", "ddr", "--type", "ecs.f3-c4f1.xlarge", "--yes", "--count", "2"];
    cloud.faascmd(&up).exits(0);
    // One of two answers otherwise, and says something that neither XML nor HTML may take for its own.
    let command = r#"echo "<b>&\"x"; case $(curl -s "${FAASCMD_ENDPOINT##*metadata=}/latest/meta-data/instance/instance-name") in *001) exit 3 ;; esac"#;
    cloud.faascmd(&["fleet", "run", "ddr", "--", command]).exits(9);
    cloud
}

#[test]
fn a_run_is_told_again_in_every_form() {
    let cloud = ran();
    let folder = cloud.world.path();
    let (junit, html) = (folder.join("r.xml"), folder.join("r.html"));
    let files = ["--junit", junit.to_str().unwrap(), "--html", html.to_str().unwrap()];
    let document =
        cloud.faascmd(&[&["fleet", "report", "ddr", "-ojson"][..], &files[..]].concat()).exits(9).json();
    assert_eq!(document["schema"], "faascmd.fleet.report/1");
    assert_eq!((&document["verdict"], &document["counts"]["failed"]), (&"failed".into(), &1.into()));
    assert_eq!(document["hosts"][0]["exit_code"], 3);
    let junit = std::fs::read_to_string(junit).unwrap();
    assert!(junit.contains("<testsuite name=\"ddr-001\" tests=\"1\" failures=\"0\" errors=\"1\""), "{junit}");
    assert!(junit.contains("<testsuite name=\"ddr-002\" tests=\"1\" failures=\"0\" errors=\"0\""), "{junit}");
    assert!(junit.contains("&lt;b&gt;&amp;"), "{junit}");
    let page = std::fs::read_to_string(html).unwrap();
    assert!(
        page.contains("ddr-001: exit 3") && page.contains("&#60;b&#62;&#38;") && !page.contains("<b>&\""),
        "{page}"
    );
    assert_asks_nothing_of_anywhere(&page);
    let run = document["run"].as_str().unwrap();
    let table = cloud.faascmd(&["fleet", "report", &run[..6]]).exits(9).stdout;
    assert!(table.contains("ddr-001") && table.contains("exit 3"), "{table}");
}

#[test]
fn the_page_of_a_memory_test_has_throughput_over_size() {
    let cloud = Cloud::start(&["--speed", "50"]);
    let up = ["fleet", "up", "ddr", "--type", "ecs.f3-c4f1.xlarge", "--yes", "--count", "1"];
    cloud.faascmd(&up).exits(0);
    let html = cloud.world.path().join("r.html");
    let page = || {
        cloud.faascmd(&["fleet", "report", "ddr", "--html", html.to_str().unwrap()]).exits(0);
        std::fs::read_to_string(&html).unwrap()
    };
    cloud.faascmd(&["fleet", "run", "ddr", "--", "true"]).exits(0);
    assert!(!page().contains("Throughput over size"));
    cloud.faascmd(&["fleet", "test", "ddr", "--test", "dma", "--dma-range", "0+64K"]).exits(0);
    let page = page();
    assert_eq!(page.matches("<h2>Throughput over size: ddr-001 ").count(), 1, "{page}");
    for line in ["h2c ×1", "c2h ×4", "both ×4"] {
        assert!(page.contains(&format!("</svg> {line}</span>")), "{line} in {page}");
    }
    assert!(page.contains("Fastest transfers, the slowest chip first") && page.contains("4 KiB: "), "{page}");
    assert!(page.contains(" of the link</td>"), "{page}");
    assert_asks_nothing_of_anywhere(&page);
}

#[test]
fn old_runs_leave_this_machine_but_for_the_last_of_each_target() {
    let cloud = Cloud::start(&["--speed", "50", "--instances", "2"]);
    let listed = cloud.faascmd(&["fleet", "ls", "--all", "-ojson"]).exits(0).json();
    let ids: Vec<_> = listed["hosts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|host| host["name"] != "faascmd-sandbox")
        .map(|host| host["instance_id"].as_str().unwrap().to_owned())
        .collect();
    let (first, second) = (&ids[0], &ids[1]);
    let run = |target: &str| {
        let ran = cloud.faascmd(&["fleet", "run", target, "-ojson", "--", "true"]).exits(0).json();
        std::path::PathBuf::from(ran["logs"].as_str().unwrap()).parent().unwrap().to_owned()
    };
    let (old, of_other) = (run(first), run(second));
    for folder in [&old, &of_other] {
        let mut record: serde_json::Value =
            serde_json::from_slice(&std::fs::read(folder.join("run.json")).unwrap()).unwrap();
        record["started"] = "2020-01-01T00:00:00Z".into();
        std::fs::write(folder.join("run.json"), record.to_string()).unwrap();
    }
    // It is the last of its target until there is another.
    let new = run(first);
    assert!(old.exists() && of_other.exists() && new.exists());
    run(first);
    assert!(!old.exists() && of_other.exists() && new.exists());
    cloud.faascmd(&["fleet", "report", second]).exits(0);
}

#[test]
fn a_run_that_is_none_is_said_to_be_none() {
    let cloud = Cloud::start(&[]);
    let missing = cloud.faascmd(&["fleet", "report", "7f3b"]).exits(5);
    assert!(missing.stderr.contains("no run 7f3b"), "{}", missing.stderr);
    let homeless = cloud.faascmd_with(&[("HOME", "")], &["fleet", "report"]).exits(5);
    assert!(homeless.stderr.contains("no run is kept on this machine: neither HOME"), "{}", homeless.stderr);
}

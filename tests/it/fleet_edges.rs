//! What people write and meet at the edges: a limit of no time, a work that was refused, a host that is kept or stopped.

use faascmd::testing::bitstream::sample;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;

use crate::common::cloud::{Cloud, count};

const TYPE: &str = "ecs.f3-c4f1.xlarge";

fn cloud(flags: &[&str]) -> Cloud {
    let own = if flags.contains(&"--build-time") { &[][..] } else { &["--build-time", "1s"] };
    Cloud::start(&[&["--speed", "50"], own, flags].concat())
}

fn ddr(flags: &[&str], hosts: &str) -> Cloud {
    let cloud = cloud(flags);
    cloud.faascmd(&["fleet", "up", "ddr", "--type", TYPE, "--yes", "--count", hosts]).exits(0);
    cloud
}

#[test]
fn a_limit_of_less_than_a_second_is_one_and_none_is_refused() {
    let cloud = ddr(&[], "1");
    let late = ["fleet", "run", "ddr", "--timeout", "500ms", "-ojson", "--", "sleep 60"];
    let document = cloud.faascmd(&late).exits(9).json();
    assert_eq!(document["hosts"][0]["why"], "it did not end in its time");
    for work in
        [&["run", "ddr"][..], &["put", "ddr", "file", "/x"], &["get", "ddr", "/x", "."], &["test", "ddr"]]
    {
        for (time, said) in [("0", "longer than 0"), ("24h", "23h55m at most")] {
            let limit = ["--timeout", time, "--", "true"];
            let limit = if work[0] == "run" { &limit[..] } else { &limit[..2] };
            let refused = cloud.faascmd(&[&["fleet"], work, limit].concat()).exits(2);
            assert!(refused.stderr.contains(said), "{}", refused.stderr);
        }
    }
    let day = ["fleet", "test", "ddr", "--test", "prbs", "--prbs-duration", "24h"];
    assert!(cloud.faascmd(&day).exits(2).stderr.contains("--prbs-duration"));
}

#[test]
fn an_order_that_was_refused_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.json");
    let all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let none = json!({"Effect": "Deny", "Action": "ecs:RunCommand", "Resource": "*"});
    std::fs::write(&file, json!({"Version": "1", "Statement": [all, none]}).to_string()).unwrap();
    let cloud = ddr(&["--caller-policy", file.to_str().unwrap()], "1");
    cloud.faascmd(&["fleet", "run", "ddr", "--", "true"]).exits(4);
    let report = cloud.faascmd(&["fleet", "report", "ddr", "-ojson"]).exits(7).json();
    assert_eq!(report["hosts"][0]["outcome"], "not_run");
    assert!(report["hosts"][0]["why"].as_str().unwrap().contains("RunCommand"), "{report}");
    cloud.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    cloud.faascmd(&["fleet", "deploy", "ddr", "bit.tar.gz"]).exits(4);
    let report = cloud.faascmd(&["fleet", "report", "ddr", "-ojson"]).exits(7).json();
    assert_eq!((&report["kind"], &report["hosts"][0]["outcome"]), (&json!("deploy"), &json!("not_run")));
}

#[test]
fn what_failed_before_the_tests_says_what_became_of_the_hosts() {
    let cloud = cloud(&[]);
    cloud.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    cloud.world.file("nightly.toml", format!("count = 2\ntype = \"{TYPE}\"\n"));
    let once = ["fleet", "once", "nightly.toml", "bit.tar.gz", "--shell", "nope", "-ojson"];
    let hints = |more: &[&str]| {
        let ran = cloud.faascmd(&[&once[..], more].concat());
        assert_ne!(ran.code, 0);
        ran.error()["hints"].to_string()
    };
    let kept = hints(&["--keep-on-failure", "30m"]);
    assert!(kept.contains("its 2 hosts are kept; release them: faascmd fleet down nightly --yes"), "{kept}");
    let released = hints(&[]);
    assert!(released.contains("its 2 hosts are released") && !released.contains("fleet down"), "{released}");
    cloud.world.file("nightly.toml", format!("count = 2\ntype = \"{TYPE}\"\nvswitch = \"vsw-nope\"\n"));
    let ran = cloud.faascmd_with(&[("FAASCMD_VSWITCH", "")], &once);
    assert_ne!(ran.code, 0);
    assert!(!ran.error()["hints"].to_string().contains("hosts are"), "{}", ran.stderr);
}

#[test]
fn what_is_empty_is_not_said() {
    let cloud = cloud(&[]);
    let (vswitch, group) = (cloud.variable("FAASCMD_VSWITCH"), cloud.variable("FAASCMD_SECURITY_GROUP"));
    let up = ["fleet", "up", "ddr", "--count", "1", "--dry-run", "-ojson"];
    for (empty, missing) in [
        (["--type", "", "--vswitch", vswitch], "--type"),
        (["--type", TYPE, "--vswitch", ","], "--vswitch"),
        (["--type", TYPE, "--ecs-image", ""], "--ecs-image"),
    ] {
        let error = cloud.faascmd(&[&up[..], &empty].concat()).exits(2).error();
        assert!(error["message"].as_str().unwrap().contains(missing), "{error}");
    }
    // What a file says is not beaten by it.
    cloud.world.file(
        "ddr.toml",
        format!("type = \"{TYPE}\"\nvswitch = \"{vswitch}\"\nsecurity_group = \"{group}\"\n"),
    );
    let mut command = cloud.command(&[&up[..], &["-f", "ddr.toml"]].concat());
    command.env("FAASCMD_VSWITCH", "").env("FAASCMD_SECURITY_GROUP", "");
    assert!(command.output().unwrap().status.success());
    assert_eq!(count(&cloud.requests(), "RunInstances"), 1);
}

#[test]
fn a_dry_run_ends_as_the_work_would() {
    let cloud = cloud(&["--fault", "no-stock=cn-hangzhou-b"]);
    let up = |flags: &[&str]| {
        cloud.faascmd(&[&["fleet", "up", "ddr", "--count", "1", "--type", TYPE, "-ojson"], flags].concat())
    };
    let first = cloud.variable("FAASCMD_VSWITCH");
    let both = format!("{first},vsw-bp1faascmdsandboxg");
    let prepaid = ["--prepaid", "1month", "--vswitch", &both];
    // What the first zone lacks the second one has.
    let by_hour = up(&["--dry-run", "--vswitch", &both]).exits(0).json();
    assert_eq!((&by_hour["refusal"], by_hour.get("in_advance")), (&json!(null), None));
    let plan = up(&["--dry-run", "--vswitch", first]).exits(7).json();
    assert!(plan["refusal"].as_str().unwrap().contains("OperationDenied.NoStock"), "{plan}");
    up(&["--yes", "--vswitch", first]).exits(7);
    let by_month = up(&[&prepaid[..], &["--dry-run"]].concat()).exits(0).json();
    assert_eq!((&by_month["cost"], &by_month["in_advance"]["period"]), (&json!(null), &json!("1 month")));
    let month = by_month["in_advance"]["price"].as_f64().unwrap();
    assert!((month / by_hour["cost"]["hourly"].as_f64().unwrap() - 720.0).abs() < 0.1, "{by_month}");
    let paid = up(&prepaid).exits(2).error();
    let said = format!("for {month:.2} CNY, paid in advance for 1 month and not to be released before");
    assert!(paid["message"].to_string().contains(&said), "{paid}");
    up(&[&prepaid[..], &["--yes"]].concat()).exits(0);
    let plan = cloud.faascmd(&["fleet", "down", "ddr", "--dry-run", "-ojson"]).exits(6).json();
    assert_eq!((&plan["hosts"], &plan["left"][0]["name"]), (&json!([]), &json!("ddr-001")));
    let left = cloud.faascmd(&["fleet", "down", "ddr", "--yes", "-ojson"]).exits(6).error();
    let hints = left["hints"].to_string();
    assert!(hints.contains("it is paid in advance") && !hints.contains("once more"), "{hints}");
}

#[test]
fn who_is_stopped_costs_nothing_is_not_heard_of_and_starts_by_his_name() {
    let cloud = ddr(&[], "2");
    let none = cloud.faascmd(&["fleet", "start", "ddr"]).exits(0);
    assert!(!none.stderr.contains("chips come up empty"), "{}", none.stderr);
    let cost =
        || cloud.faascmd(&["fleet", "show", "ddr", "--no-chips", "-ojson"]).exits(0).json()["cost"].clone();
    let before = cost()["hourly"].as_f64().unwrap();
    let stopped = cloud.faascmd(&["fleet", "stop", "ddr", "--on", "2", "--yes", "-ojson"]).exits(0).json();
    assert_eq!(cost()["hourly"].as_f64().unwrap() * 2.0, before);
    let id = stopped["hosts"][0]["instance_id"].as_str().unwrap();
    let ill = cloud.faascmd(&["fleet", "doctor", id, "-ojson"]).exits(1).json();
    let checks = ill["hosts"][0]["checks"].as_array().unwrap();
    assert_eq!(
        (checks.len(), &checks[0]["next"]),
        (1, &json!(format!("start it: faascmd fleet start {id}")))
    );
    let started = cloud.faascmd(&["fleet", "start", "ddr", "--no-wait", "-ojson"]).exits(0);
    assert!(started.stderr.contains("faascmd fleet deploy ddr FILE"), "{}", started.stderr);
    assert_ne!(started.json()["hosts"][0]["state"], "Stopped");
    let renew = cloud.faascmd(&["fleet", "renew", "ddr", "-ojson"]).exits(6).error();
    assert!(renew["hints"].to_string().contains("faascmd fleet show ddr"), "{renew}");
}

#[test]
fn a_folder_is_no_file_and_a_file_no_folder() {
    let cloud = ddr(&[], "1");
    cloud.world.file("file", "x");
    cloud.faascmd(&["fleet", "get", "ddr", "/etc/passwd", "file"]).exits(1);
    // A host's own folder is in the way: what it sent is gone from the bucket all the same.
    std::fs::create_dir(cloud.world.path().join("back")).unwrap();
    cloud.world.file("back/ddr-001", "x");
    let got = cloud.faascmd(&["fleet", "get", "ddr", "/etc/passwd", "back"]).exits(9);
    assert!(got.stdout.contains("back/ddr-001"), "{}", got.stdout);
    assert_eq!(cloud.faascmd(&["object", "ls", "faascmd/from-hosts/"]).exits(0).stdout, "");
    let put = cloud.faascmd(&["fleet", "put", "ddr", "back", "/x"]).exits(2).stderr;
    assert!(put.contains("back is a directory") && !put.contains("compiled file"), "{put}");
    let agent = cloud.faascmd(&["fleet", "test", "ddr", "--agent", "back"]).exits(2).stderr;
    assert!(agent.contains("it is a directory") && agent.contains("--agent FILE"), "{agent}");
}

#[test]
fn a_deployment_that_is_stopped_says_how_it_goes_on_and_ends() {
    let cloud = ddr(&["--build-time", "1000h"], "1");
    cloud.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    let deploy = cloud.command(&["fleet", "deploy", "ddr", "bit.tar.gz"]).spawn().unwrap();
    while cloud.next_request()["action"] != "CreateFpgaImageTask" {}
    while cloud.next_request()["action"] != "DescribeFpgaImages" {}
    kill(Pid::from_raw(deploy.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    let output = deploy.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{said}");
    for line in ["go on: faascmd fleet deploy ddr bit.tar.gz", "release the hosts: faascmd fleet down ddr"] {
        assert_eq!(said.matches(line).count(), 1, "{said}");
    }
}

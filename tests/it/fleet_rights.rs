//! What the least policy of a fleet's operator lets be done, and what each of its rights is for.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::common::cloud::Cloud;
use crate::common::world::interrupted_again;

const UP: &str = "fleet up ddr --type ecs.f3-c4f1.xlarge --count 2 --yes";
const PAID: &str = "fleet up paid --type ecs.f3-c4f1.xlarge --count 1 --prepaid 1month --yes";

/// A right, and the commands of which the last can't do without it.
const RIGHTS: [(&str, &[&str]); 14] = [
    ("RunInstances", &[UP]),
    ("DescribeInstances", &["fleet ls"]),
    ("DescribeCloudAssistantStatus", &[UP]),
    ("RunCommand", &[UP, "fleet run ddr -- true"]),
    ("DescribeInvocations", &[UP, "fleet run ddr -- true"]),
    ("DescribeInvocationResults", &[UP, "fleet run ddr -- true"]),
    ("StopInstances", &[UP, "fleet stop ddr --yes"]),
    ("StartInstances", &[UP, "fleet stop ddr --yes", "fleet start ddr"]),
    ("ModifyInstanceAutoReleaseTime", &[UP, "fleet extend ddr --release-after 3h --yes"]),
    ("DeleteInstances", &[UP, "fleet down ddr --yes"]),
    ("DescribeInstanceAutoRenewAttribute", &[PAID, "fleet renew paid"]),
    ("ModifyInstanceAutoRenewAttribute", &[PAID, "fleet renew paid --auto 1month --yes"]),
    ("DescribeAvailableResource", &["fleet prices ecs.f3-c4f1.xlarge"]),
    ("DescribePrice", &["fleet prices ecs.f3-c4f1.xlarge"]),
];

/// The policy that docs/permissions.md gives a fleet's operator.
fn documented() -> Value {
    let document = include_str!("../../docs/permissions.md");
    let (_, section) = document.split_once("## What a fleet's operator may do").unwrap();
    let (_, text) = section.split_once("```json\n").unwrap();
    serde_json::from_str(text.split_once("```").unwrap().0).unwrap()
}

fn actions(policy: &Value) -> BTreeSet<String> {
    let statements = policy["Statement"].as_array().unwrap();
    let actions = statements.iter().flat_map(|statement| statement["Action"].as_array().unwrap());
    actions.map(|action| action.as_str().unwrap().trim_start_matches("ecs:").to_owned()).collect()
}

fn without(mut policy: Value, action: &str) -> Value {
    for statement in policy["Statement"].as_array_mut().unwrap() {
        statement["Action"].as_array_mut().unwrap().retain(|own| *own != format!("ecs:{action}"));
    }
    policy["Statement"].as_array_mut().unwrap().retain(|s| s["Action"] != json!([]));
    policy
}

fn cloud(policy: &Value, flags: &[&str]) -> Cloud {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.json");
    std::fs::write(&file, policy.to_string()).unwrap();
    let given = ["--speed", "100", "--exec", "scripted", "--caller-policy", file.to_str().unwrap()];
    Cloud::start(&[&given, flags].concat())
}

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

#[test]
fn the_documented_rights_are_enough_and_each_is_needed() {
    let policy = documented();
    let tested: BTreeSet<_> = RIGHTS.iter().map(|(right, _)| (*right).to_owned()).collect();
    let by_others = ["StopInvocation", "DescribeSpotPriceHistory"].map(str::to_owned);
    assert_eq!(actions(&policy), tested.union(&by_others.into()).cloned().collect());
    std::thread::scope(|scope| {
        for half in RIGHTS.chunks(RIGHTS.len() / 2) {
            scope.spawn(|| half.iter().for_each(|(right, lines)| is_needed(&policy, right, lines)));
        }
    });
}

fn is_needed(policy: &Value, right: &str, lines: &[&str]) {
    let (whole, less) = (cloud(policy, &[]), cloud(&without(policy.clone(), right), &[]));
    let (last, before) = lines.split_last().unwrap();
    for line in before {
        whole.faascmd(&words(line)).exits(0);
        less.faascmd(&words(line)).exits(0);
    }
    whole.faascmd(&words(last)).exits(0);
    let refused = less.faascmd(&words(last));
    // What could not be released is left, which is a code of its own.
    assert!([4, 6].contains(&refused.code), "without {right}: {last}: {}{}", refused.stdout, refused.stderr);
    assert!(refused.stderr.contains("Forbidden"), "without {right}: {}", refused.stderr);
}

#[test]
fn hosts_that_are_not_of_a_fleet_are_out_of_its_reach() {
    let cloud = cloud(&documented(), &["--instances", "1"]);
    let id = "i-bp1faascmdsandbox1001";
    cloud.faascmd(&["fleet", "show", id, "--no-chips"]).exits(0);
    for line in ["run ID -- true", "stop ID --yes", "extend ID --release-after 3h --yes", "down ID --yes"] {
        let line = line.replace("ID", id);
        let code = cloud.faascmd(&[&["fleet"], &words(&line)[..]].concat()).code;
        assert!([4, 6].contains(&code), "{line}: {code}");
    }
    let shown = cloud.faascmd(&["fleet", "show", id, "--no-chips", "-ojson"]).exits(0).json();
    assert_eq!(shown["hosts"][0]["state"], "Running");
}

#[test]
fn what_was_begun_can_be_stopped_with_the_right_for_it_only() {
    let policy = documented();
    for (policy, said) in
        [(policy.clone(), "stopped on 2 hosts"), (without(policy, "StopInvocation"), "could not be stopped")]
    {
        let folder = tempfile::tempdir().unwrap();
        let rules = folder.path().join("rules.json");
        std::fs::write(&rules, json!([{"contains": "endless", "seconds": 1e6}]).to_string()).unwrap();
        let cloud = cloud(&policy, &["--script", rules.to_str().unwrap()]);
        cloud.faascmd(&words(UP)).exits(0);
        let run =
            cloud.command(&["fleet", "run", "ddr", "--timeout", "1h", "--", "endless"]).spawn().unwrap();
        while cloud.next_request()["action"] != "DescribeInvocations" {}
        let rest = interrupted_again(run).stderr;
        assert!(rest.contains(said), "{rest}");
    }
}

//! What goes with a fleet: files there and back, diagnosis, a live view, what a deployment came to.

use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use crate::common::cloud::{Cloud, count};
use crate::common::rpc::{call, user};
use crate::common::schema::type_of;
use crate::common::terminal::Terminal;
use crate::common::world::interrupted_again;

fn fleet(flags: &[&str], kind: &str, hosts: &str) -> Cloud {
    let cloud = Cloud::start(&[&["--speed", "50", "--build-time", "1s"], flags].concat());
    let up = ["fleet", "up", "ddr", "--type", kind, "--yes", "--count", hosts];
    cloud.faascmd(&up).exits(0);
    cloud
}

fn small(flags: &[&str], hosts: &str) -> Cloud {
    fleet(flags, "ecs.f3-c4f1.xlarge", hosts)
}

#[test]
fn a_file_goes_to_every_host_and_comes_back_from_each() {
    let cloud = small(&[], "3");
    cloud.world.file("vectors.bin", [0, 255, 10, 13].repeat(9000));
    cloud.faascmd(&["fleet", "put", "ddr", "vectors.bin", "/root/test"]).exits(0);
    let change = "test -s $FAASCMD_HOST_ROOT/root/test/vectors.bin && basename $FAASCMD_HOST_ROOT >>$FAASCMD_HOST_ROOT/root/test/vectors.bin";
    cloud.faascmd(&["fleet", "run", "ddr", "--", change]).exits(0);
    let got =
        cloud.faascmd(&["fleet", "get", "ddr", "/root/test/vectors.bin", "back", "-ojson"]).exits(0).json();
    assert_eq!((&got["schema"], &got["counts"]["passed"]), (&"faascmd.fleet.get/1".into(), &3.into()));
    for host in got["hosts"].as_array().unwrap() {
        let name = host["name"].as_str().unwrap();
        let bytes = std::fs::read(cloud.world.path().join("back").join(name).join("vectors.bin")).unwrap();
        let (sent, own) = bytes.split_at(36_000);
        assert_eq!(sent, [0, 255, 10, 13].repeat(9000));
        assert_eq!(String::from_utf8_lossy(own).trim(), host["instance_id"].as_str().unwrap());
    }
    // What was on its way through the bucket is out of it again.
    let listed = cloud.faascmd(&["object", "ls", "faascmd/from-hosts/", "-ojson"]).exits(0).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 0, "{listed}");
    let absent = cloud.faascmd(&["fleet", "get", "ddr", "/nowhere", "back"]).exits(9);
    assert!(absent.stdout.contains("there is no file /nowhere"), "{}", absent.stdout);
    cloud.faascmd(&["fleet", "get", "ddr", "/", "back"]).exits(2);
}

#[test]
fn a_long_output_is_here_whole() {
    let cloud = small(&[], "1");
    let ran = cloud.faascmd(&[
        "fleet",
        "run",
        "ddr",
        "-ojson",
        "--",
        "seq 40000; head -c 40000 /dev/urandom | base64",
    ]);
    let document = ran.exits(0).json();
    let host = &document["hosts"][0];
    let log = std::fs::read_to_string(host["log"].as_str().unwrap()).unwrap();
    assert_eq!(host["output_bytes"].as_u64().unwrap(), log.len() as u64);
    assert!(log.starts_with("1\n2\n3\n") && log.contains("\n40000\n"), "{}", &log[..100]);
    // Without a bucket its end is, and it is said where the rest stands.
    let ran = cloud.faascmd_with(
        &[("FAASCMD_BUCKET", "")],
        &["fleet", "run", "ddr", "--", "head -c 40000 /dev/urandom | base64"],
    );
    let ran = ran.exits(0);
    assert!(ran.stderr.contains("the whole is there in /var/lib/faascmd/"), "{}", ran.stderr);
}

#[test]
fn the_doctor_tells_what_is_wrong_where() {
    let cloud = small(&[], "3");
    let well = cloud.faascmd(&["fleet", "doctor", "ddr", "-ojson"]).exits(0).json();
    assert_eq!((&well["schema"], &well["ok"]), (&"faascmd.fleet.doctor/1".into(), &true.into()));
    let names = |host: &Value| -> Vec<String> {
        host["checks"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        names(&well["hosts"][0]),
        ["instance", "assistant", "driver", "devices", "disk", "tools", "oss", "clock"]
    );
    let second = well["hosts"][1]["instance_id"].as_str().unwrap();
    cloud.faascmd(&["fleet", "stop", "ddr", "--on", "2", "--yes"]).exits(0);
    let ill = cloud.faascmd(&["fleet", "doctor", "ddr"]).exits(1).stdout;
    assert!(ill.lines().next().unwrap().contains("fail"), "{ill}");
    assert!(ill.contains("Stopped") && ill.contains("ddr-002") && ill.contains("ddr-[001,003]"), "{ill}");
    let ill = cloud.faascmd(&["fleet", "doctor", second, "-ojson"]).exits(1).json();
    assert_eq!(ill["hosts"][0]["outcome"], "not_run");
}

#[test]
fn numbers_of_names_follow_each_other_over_several_orders() {
    let cloud = Cloud::start(&["--speed", "50", "--exec", "scripted"]);
    let up = |count| {
        let up = ["fleet", "up", "many", "--type", "ecs.f3-c4f1.xlarge", "--yes", "-ojson", "--count", count];
        let made = cloud.faascmd(&up).exits(0).json();
        let names = made["hosts"].as_array().unwrap().iter();
        names.map(|host| host["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let expected = |count: u32| (1..=count).map(|n| format!("many-{n:03}")).collect::<Vec<_>>();
    assert_eq!(up("230"), expected(230));
    assert_eq!(up("234"), expected(234));
}

/// Whether a document is what a schema says, as far as the words go that the schema uses.
fn fits(schema: &Value, root: &Value, value: &Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        return fits(&root["$defs"][name.trim_start_matches("#/$defs/")], root, value, at);
    }
    if let Some(wanted) = schema.get("const") {
        assert_eq!(value, wanted, "{at}");
    }
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{at}: {value}");
    }
    let kind = type_of(value);
    let kinds: Vec<_> = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(many) => many.iter().map(|one| one.as_str().unwrap()).collect(),
        _ => return,
    };
    assert!(kinds.contains(&kind) || kind == "integer" && kinds.contains(&"number"), "{at}: {value}");
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(value.get(name.as_str().unwrap()).is_some(), "{at}: {name} is not there");
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        assert!(schema["properties"].get(name).is_some(), "{at}.{name} is not in the schema");
        fits(&schema["properties"][name], root, value, &format!("{at}.{name}"));
    }
    for (n, value) in value.as_array().into_iter().flatten().enumerate() {
        fits(&schema["items"], root, value, &format!("{at}[{n}]"));
    }
}

#[test]
fn a_deployment_is_reported_with_its_loads_phases_and_cost() {
    let cloud = fleet(&["--fault", "bad-chip=ddr-002/1"], "ecs.f3-c16f1.8xlarge", "2");
    cloud.world.file("bit.tar.gz", faascmd::testing::bitstream::sample::package("xcvu9p-flgb2104-2-i"));
    let deployed = cloud
        .faascmd(&["fleet", "deploy", "ddr", "bit.tar.gz", "--test", "smoke", "-ojson"])
        .exits(11)
        .json();
    let files = ["--junit", "r.xml", "--html", "r.html"];
    let report = cloud.faascmd(&[&["fleet", "report", "-ojson"], &files[..]].concat()).exits(11).json();
    assert_eq!((&report["run"], &report["kind"]), (&deployed["run"], &"deploy".into()));
    let schema: Value = serde_json::from_str(include_str!("../../docs/fleet.report.schema.json")).unwrap();
    fits(&schema, &schema, &report, "report");
    assert!(report["cost"]["hourly"].as_f64().unwrap() > 0.0);
    let host = &report["hosts"][1];
    assert_eq!((&host["name"], &host["outcome"]), (&"ddr-002".into(), &"fault".into()));
    let phases: Vec<_> = host["phases"].as_array().unwrap().iter().map(|p| p["name"].clone()).collect();
    assert_eq!(phases, ["image", "driver-out", "load", "driver-in", "test"]);
    assert_eq!((host["loads"].as_array().unwrap().len(), &host["fpgas"][1]["outcome"]), (2, &"fault".into()));
    let read = |name| std::fs::read_to_string(cloud.world.path().join(name)).unwrap();
    assert!(read("r.xml").contains("<testsuite name=\"ddr-002\" tests=\"2\" failures=\"1\" errors=\"0\""));
    let page = read("r.html");
    assert!(page.contains("driver-out") && page.contains("CNY/h"), "{page}");
    // `failed` are the hosts of that deployment, and of none of its parts.
    let again = cloud.faascmd(&["fleet", "test", "ddr", "--on", "failed", "-ojson"]).exits(11).json();
    let names: Vec<_> = again["hosts"].as_array().unwrap().iter().map(|host| host["name"].clone()).collect();
    assert_eq!(names, ["ddr-002"]);
}

#[test]
fn the_way_of_the_program_to_the_hosts_ends_after_a_quarter_of_an_hour() {
    let cloud = small(&[], "1");
    cloud.world.file("bit.tar.gz", faascmd::testing::bitstream::sample::package("xcvu9p-flgb2104-2-i"));
    cloud.faascmd(&["fleet", "deploy", "ddr", "bit.tar.gz", "--test", "smoke"]).exits(0);
    let listed = call(&cloud, &user(), ("2014-05-26", "DescribeInvocations"), &[]).json();
    let listed = listed["Invocations"]["Invocation"].as_array().unwrap().iter();
    let scripts = listed.map(|sent| BASE64.decode(sent["CommandContent"].as_str().unwrap()).unwrap());
    let scripts: Vec<_> = scripts.map(|script| String::from_utf8(script).unwrap()).collect();
    assert!(scripts.iter().any(|script| script.contains("x-oss-expires=900&")), "{scripts:?}");
    // On this machine there is no URL, nor where the hosts keep what they did.
    let told =
        ["fleet", "run", "ddr", "--", "! grep -r 'x-oss-expires=[0-9]' $FAASCMD_HOST_ROOT/var/lib/faascmd"];
    cloud.faascmd(&told).exits(0);
    let kept =
        Command::new("grep").args(["-rl", "x-oss-signature"]).arg(cloud.world.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&kept.stdout), "");
    // A program that real hosts can't run is seen before anything is sent to them.
    cloud.world.file("agent", "#!/bin/sh\n");
    cloud.requests();
    let ecs_only = format!("ecs={}", cloud.endpoint());
    let refused = cloud
        .faascmd_with(&[("FAASCMD_ENDPOINT", &ecs_only)], &["fleet", "test", "ddr", "--agent", "agent"])
        .exits(2);
    assert!(refused.stderr.contains("--agent"), "{}", refused.stderr);
    assert_eq!(count(&cloud.requests(), "RunCommand"), 0);
}

/// A run that goes on until somebody stops it; the pipe ends when nothing of it is left.
fn endless(cloud: &Cloud) -> (String, std::path::PathBuf) {
    let pipe = cloud.world.path().join("held");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    (format!("exec 9>'{}'; sleep 300", pipe.display()), pipe)
}

#[test]
fn the_first_ctrl_c_leaves_the_hosts_at_it_and_the_second_stops_them() {
    let cloud = small(&[], "1");
    let (command, pipe) = endless(&cloud);
    let run = cloud.command(&["fleet", "run", "ddr", "--", &command]).spawn().unwrap();
    let mut held = std::fs::File::open(pipe).unwrap();
    let stopped = interrupted_again(run).exits(130).stderr;
    assert!(
        stopped.contains("stopped on 1 hosts") && stopped.contains("faascmd fleet down ddr"),
        "{stopped}"
    );
    held.read_to_end(&mut Vec::new()).unwrap();
    let report = cloud.faascmd(&["fleet", "report", "ddr", "-ojson"]).exits(9).json();
    assert_eq!(report["hosts"][0]["why"], "it was stopped");
}

#[test]
fn who_presses_enter_hears_who_is_still_at_it() {
    let cloud = small(&[], "2");
    let (command, pipe) = endless(&cloud);
    let mut setsid = Command::new("setsid");
    let run = cloud.command(&["fleet", "run", "ddr", "--timeout", "5m", "--", &command]);
    setsid.arg("--ctty").arg(run.get_program()).args(run.get_args());
    setsid.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
    setsid.current_dir(cloud.world.path());
    setsid.process_group(0);
    let mut terminal = Terminal::start(setsid);
    let held = std::fs::File::open(pipe).unwrap();
    terminal.shows("running");
    terminal.type_line("");
    terminal.shows("still running: ddr-[001-002]");
    drop((terminal, held));
}

#[test]
fn prices_renewals_and_an_inventory_are_told() {
    let cloud = Cloud::start(&["--speed", "50"]);
    let prices = cloud.faascmd(&["fleet", "prices", "ecs.f3-c4f1.xlarge", "-ojson"]).exits(0).json();
    assert!(prices.to_string().contains("cn-hangzhou"), "{prices}");
    let up = [
        "fleet",
        "up",
        "paid",
        "--type",
        "ecs.f3-c4f1.xlarge",
        "--count",
        "1",
        "--prepaid",
        "1month",
        "--yes",
    ];
    cloud.faascmd(&up).exits(0);
    let before = cloud.faascmd(&["fleet", "renew", "paid", "-ojson"]).exits(0).json();
    assert_eq!(before["items"].as_array().unwrap().len(), 1, "{before}");
    let inventory = cloud.faascmd(&["fleet", "inventory", "paid"]).exits(0).stdout;
    assert!(inventory.starts_with("[paid]\npaid-001 ansible_host="), "{inventory}");
    let ids: BTreeMap<_, _> = inventory
        .split_whitespace()
        .filter_map(|word| word.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    assert_eq!(Value::from(ids["instance_id"].clone()), before["items"][0]["instance_id"]);
    cloud.world.file("prepaid.toml", "count = 1\ntype = \"ecs.f3-c4f1.xlarge\"\nprepaid = \"1month\"\n");
    cloud.world.file("bit.tar.gz", "x");
    let refused = cloud.faascmd(&["fleet", "once", "prepaid.toml", "bit.tar.gz"]).exits(2);
    assert!(refused.stderr.contains("paid in advance"), "{}", refused.stderr);
}

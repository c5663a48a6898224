//! Simulated instances on which commands really run.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::common::cloud::Cloud;
use crate::common::http::send;
use crate::common::rpc::{call, user};

const ECS: &str = "2014-05-26";
const FAAS: &str = "2017-08-24";
const ID: &str = "i-bp1faascmdsandbox1001";

fn start(instances: usize) -> Cloud {
    Cloud::start(&["--speed", "100", "--instances", &instances.to_string()])
}

fn ecs(cloud: &Cloud, action: &str, given: &[(&str, &str)]) -> Value {
    let answer = call(cloud, &user(), (ECS, action), given);
    assert_eq!(answer.status, 200, "{action}: {}", answer.text());
    answer.json()
}

/// Repeats until there is something; the sandbox's own times are short here.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_mins(5);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "never: {what}");
        std::thread::yield_now();
    }
}

/// Runs a script on an instance and gives its id.
fn begin(cloud: &Cloud, script: &str, more: &[(&str, &str)]) -> String {
    let content = STANDARD.encode(script);
    let mut given = vec![
        ("Type", "RunShellScript"),
        ("CommandContent", content.as_str()),
        ("ContentEncoding", "Base64"),
        ("InstanceId.1", ID),
    ];
    given.extend(more);
    ecs(cloud, "RunCommand", &given)["InvokeId"].as_str().unwrap().to_owned()
}

fn row(cloud: &Cloud, id: &str) -> Option<Value> {
    let given = [("InvokeId", id), ("ContentEncoding", "PlainText")];
    let answer = ecs(cloud, "DescribeInvocationResults", &given);
    let row = answer["Invocation"]["InvocationResults"]["InvocationResult"][0].clone();
    (!row.is_null()).then_some(row)
}

/// What became of a script.
fn end_of(cloud: &Cloud, id: &str) -> Value {
    until("the command is over", || {
        let row = row(cloud, id)?;
        let status = row["InvocationStatus"].as_str().unwrap();
        (!["Pending", "Running", "Stopping"].contains(&status)).then_some(row)
    })
}

fn run(cloud: &Cloud, script: &str) -> Value {
    end_of(cloud, &begin(cloud, script, &[]))
}

fn output(cloud: &Cloud, script: &str) -> String {
    let row = run(cloud, script);
    assert_eq!(row["InvocationStatus"], "Success", "{row}");
    row["Output"].as_str().unwrap().to_owned()
}

fn status(cloud: &Cloud) -> String {
    let answer = ecs(cloud, "DescribeInstanceStatus", &[("InstanceId.1", ID)]);
    answer["InstanceStatuses"]["InstanceStatus"][0]["Status"].as_str().unwrap_or_default().to_owned()
}

fn exists(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    !(stat.is_empty() || stat.contains(") Z "))
}

#[test]
fn a_command_runs_in_its_instance_s_folder_with_a_clean_environment() {
    let cloud = start(2);
    let text = output(&cloud, "#!/bin/sh\npwd; env | sort; echo and an error >&2; cat");
    let value = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(&format!("{name}=")));
        line.unwrap_or_else(|| panic!("no {name} in {text}"))[name.len() + 1..].to_owned()
    };
    let root = value("FAASCMD_HOST_ROOT");
    assert!(root.ends_with(ID) && value("HOME").starts_with(&root), "{text}");
    assert_eq!(text.lines().next(), Some(value("HOME").as_str()));
    assert!(text.ends_with("and an error\n"));
    assert_eq!(value("FAASCMD_DEVICES"), value("FAASCMD_DEVICE"));
    assert!(value("PATH").split(':').next().unwrap().ends_with("/bin"));
    assert!(!text.contains("ALIBABA_CLOUD_") && !text.contains("CARGO"), "{text}");
    let metadata = value("FAASCMD_ENDPOINT").split("metadata=http://").nth(1).unwrap().to_owned();
    let answer = send(metadata.parse().unwrap(), "GET /latest/meta-data/instance-id", &[], b"");
    assert_eq!(answer.text(), ID);
}

#[test]
fn exit_codes_and_output_come_back_and_a_cut_is_told() {
    let cloud = start(1);
    let failed = run(&cloud, "echo no; exit 3");
    assert_eq!((&failed["InvocationStatus"], &failed["ExitCode"]), (&json!("Failed"), &json!(3)));
    assert_eq!((&failed["Output"], &failed["ErrorCode"]), (&json!("no\n"), &json!("ExitCodeNonzero")));
    let long = run(&cloud, "head -c 100000 /dev/zero | tr '\\0' x; echo end");
    assert_eq!((long["Output"].as_str().unwrap().len(), &long["Dropped"]), (24_576, &json!(75_428)));
    assert!(long["Output"].as_str().unwrap().ends_with("xend\n"));
    let nowhere = end_of(&cloud, &begin(&cloud, "true", &[("WorkingDir", "/no/such/folder")]));
    assert_eq!(
        (&nowhere["InvocationStatus"], &nowhere["ErrorCode"]),
        (&json!("Invalid"), &json!("DirectoryNotExists"))
    );
}

#[test]
fn the_agent_waits_for_the_shell_and_not_for_what_it_leaves_behind() {
    let cloud = start(1);
    let pid = output(&cloud, "sleep 300 & echo $!");
    assert!(exists(&pid));
    let daemon = output(&cloud, "setsid sleep 300 > /dev/null 2>&1 & echo $!");
    assert!(exists(&daemon));
    drop(cloud);
    until("what was left behind ends with the sandbox", || (!exists(&pid) && !exists(&daemon)).then_some(()));
}

#[test]
fn stopping_kills_the_shell_and_with_process_tree_its_children_too() {
    let cloud = start(1);
    let script = "sleep 300 & echo $!; wait";
    for (mode, child_lives) in [("Process", true), ("ProcessTree", false)] {
        let id = begin(&cloud, script, &[("TerminationMode", mode)]);
        until("it runs", || row(&cloud, &id).filter(|row| row["InvocationStatus"] == "Running"));
        ecs(&cloud, "StopInvocation", &[("InvokeId", &id)]);
        let end = end_of(&cloud, &id);
        assert_eq!(end["InvocationStatus"], "Terminated");
        // Stopped before it printed anything, it has nothing to tell of its child.
        let pid = end["Output"].as_str().unwrap();
        if !pid.is_empty() && !child_lives {
            until("the child is gone", || (!exists(pid)).then_some(()));
        }
        assert!(pid.is_empty() || exists(pid) == child_lives, "{mode}");
    }
}

/// A pipe by name; its reading end is at its end when all who hold the other are gone.
fn pipe(folder: &Path, name: &str) -> String {
    let path = folder.join(name);
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_end_of_its_time_kills_the_shell_and_with_process_tree_its_children_too() {
    let (cloud, folder) = (start(1), tempfile::tempdir().unwrap());
    let begun = |mode: &str, script: &str| {
        let pipe = pipe(folder.path(), mode);
        let script = format!("exec 9>'{pipe}'; {script}");
        // Less than the least, which counts.
        let id = begin(&cloud, &script, &[("Timeout", "1"), ("TerminationMode", mode)]);
        (id, std::fs::File::open(pipe).unwrap())
    };
    let shell = begun("Process", "sleep 300 9>&- & echo $!; wait");
    let tree = begun("ProcessTree", "sleep 300 & echo $!; wait");
    for ((id, pipe), child_lives) in [(shell, true), (tree, false)] {
        let began = Instant::now();
        // Without Process Tree only the shell holds the pipe, with it the child does too.
        assert_eq!(std::io::read_to_string(pipe).unwrap(), "");
        assert!(
            began.elapsed() < Duration::from_secs(120),
            "the child, living: {child_lives}, ended by itself"
        );
        let end = end_of(&cloud, &id);
        let told = ["InvocationStatus", "ErrorCode"].map(|name| end[name].as_str().unwrap().to_owned());
        assert_eq!(told, ["Timeout", "ExecutionTimeout"], "{end}");
        let time = |name: &str| end[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        assert_eq!((time("FinishedTime") - time("StartTime")).get_seconds(), 10);
        assert_eq!((&end["ExitCode"], exists(end["Output"].as_str().unwrap())), (&json!(1), child_lives));
    }
}

#[test]
fn two_exit_codes_and_two_programs_turn_the_machine_off_or_restart_it() {
    let cloud = start(1);
    let running = || until("it runs again", || (status(&cloud) == "Running").then_some(()));
    // Its status counts as online for a while although it is not back: only a command that ran tells.
    let online = || {
        until("its assistant is back", || {
            let given = [("Type", "RunShellScript"), ("CommandContent", "true"), ("InstanceId.1", ID)];
            let answer = call(&cloud, &user(), (ECS, "RunCommand"), &given);
            let id =
                (answer.status == 200).then(|| answer.json()["InvokeId"].as_str().unwrap().to_owned())?;
            (end_of(&cloud, &id)["InvocationStatus"] == "Success").then_some(())
        });
    };
    for script in ["exit 193", "shutdown -h now"] {
        let id = begin(&cloud, script, &[]);
        until("it is off", || (status(&cloud) == "Stopped").then_some(()));
        let rows = ecs(&cloud, "DescribeInstances", &[("InstanceIds", &json!([ID]).to_string())]);
        assert_eq!(rows["Instances"]["Instance"][0]["StoppedMode"], "KeepCharging");
        assert!(row(&cloud, &id).is_some());
        ecs(&cloud, "StartInstance", &[("InstanceId", ID)]);
        running();
        online();
    }
    for script in ["exit 194", "reboot"] {
        let daemon = output(&cloud, "setsid sleep 3000 > /dev/null 2>&1 & echo $!");
        begin(&cloud, script, &[]);
        // It is away for some hundredths of a second, in which nobody may look at its state.
        until("what ran there ends", || (!exists(&daemon)).then_some(()));
        running();
        online();
    }
}

#[test]
fn a_file_is_sent_into_the_instance_and_never_out_of_it() {
    let cloud = start(1);
    let content = STANDARD.encode("#!/bin/sh\necho from the file\n");
    let file = [
        ("InstanceId.1", ID),
        ("Name", "say.sh"),
        ("TargetDir", "/opt/say"),
        ("Content", content.as_str()),
        ("ContentType", "Base64"),
        ("FileMode", "0755"),
    ];
    let sent = |cloud: &Cloud| {
        let id = ecs(cloud, "SendFile", &file)["InvokeId"].as_str().unwrap().to_owned();
        until("the file is there", || {
            let answer = ecs(cloud, "DescribeSendFileResults", &[("InvokeId", &id)]);
            let run = answer["Invocations"]["Invocation"][0]["InvokeInstances"]["InvokeInstance"][0].clone();
            ["Success", "Failed"].iter().any(|end| run["InvocationStatus"] == *end).then_some(run)
        })
    };
    assert_eq!(sent(&cloud)["InvocationStatus"], "Success");
    assert_eq!(output(&cloud, "\"$FAASCMD_HOST_ROOT/opt/say/say.sh\""), "from the file\n");
    assert_eq!(sent(&cloud)["ErrorCode"], "FileAlreadyExists");
    let out: Vec<(&str, &str)> =
        file.iter().map(|(n, v)| (*n, if *n == "TargetDir" { "/opt/../../up" } else { v })).collect();
    let refused = call(&cloud, &user(), (ECS, "SendFile"), &out);
    assert_eq!(refused.code(), "403 FileTargetDir.Invalid");
}

#[test]
fn an_instance_with_four_chips_has_four_devices_and_loses_its_images_when_it_stops() {
    let cloud = start(1);
    let given = [
        ("ImageId", "m-bp1faascmdsandbox0001"),
        ("InstanceType", "ecs.f3-c16f1.16xlarge"),
        ("VSwitchId", "vsw-bp1faascmdsandboxb"),
        ("SecurityGroupId", "sg-bp1faascmdsandbox"),
    ];
    let id = ecs(&cloud, "RunInstances", &given)["InstanceIdSets"]["InstanceIdSet"][0]
        .as_str()
        .unwrap()
        .to_owned();
    let chips = |cloud: &Cloud| {
        let answer = call(cloud, &user(), (FAAS, "DescribeFpgaInstances"), &[("InstanceId", &id)]);
        let rows = (answer.status == 200).then(|| answer.json()["Instances"]["instance"].clone())?;
        let ids = rows.as_array()?.iter().map(|chip| chip["FpgaUUID"].as_str().unwrap().to_owned());
        Some(ids.collect::<Vec<_>>())
    };
    let first = until("its chips are there", || chips(&cloud));
    assert_eq!(first.len(), 4);
    ecs(&cloud, "StopInstance", &[("InstanceId", &id), ("StoppedMode", "StopCharging")]);
    until("its chips are given back", || chips(&cloud).is_none().then_some(()));
    ecs(&cloud, "StartInstance", &[("InstanceId", &id)]);
    let second = until("it has others", || chips(&cloud));
    assert!(second.iter().all(|chip| !first.contains(chip)), "{first:?} {second:?}");
}

#[test]
fn the_driver_s_nodes_go_and_come() {
    let cloud = start(1);
    let script = "nodes() { ls $FAASCMD_HOST_ROOT/dev | grep xdma; }; nodes; rmmod xdma && nodes; rmmod xdma 2>&1; \
                  depmod; modprobe xdma; nodes; rmmod ext4 2>&1; true";
    let channels = ["c2h_0", "c2h_1", "c2h_2", "c2h_3", "h2c_0", "h2c_1", "h2c_2", "h2c_3", "user"];
    let nodes = channels.map(|name| format!("xdma0_{name}\n")).concat();
    let expected = format!(
        "{nodes}rmmod: ERROR: Module xdma is not currently loaded\n{nodes}\
         rmmod: ERROR: Module ext4 is not currently loaded\n"
    );
    assert_eq!(output(&cloud, script), expected);
}

fn folder_of(cloud: &Cloud) -> PathBuf {
    PathBuf::from(output(cloud, "dirname \"$(dirname \"$FAASCMD_HOST_ROOT\")\"").trim())
}

#[test]
fn nothing_is_left_of_the_hosts_when_the_sandbox_ends() {
    let cloud = start(2);
    let folder = folder_of(&cloud);
    assert!(folder.join("hosts").join(ID).is_dir());
    let left = begin(&cloud, "sleep 300", &[]);
    until("it runs", || row(&cloud, &left).filter(|row| row["InvocationStatus"] == "Running"));
    drop(cloud);
    assert!(!Path::new(&folder).exists());
}

#[test]
fn nothing_is_left_of_the_hosts_when_the_sandbox_is_killed() {
    let mut cloud = start(1);
    let left = "setsid sleep 300 >/dev/null 2>&1 & echo $!; sleep 300 >/dev/null 2>&1 & echo $!; echo $FAASCMD_HOST_ROOT";
    let told = cloud.faascmd(&["fleet", "run", ID, "-ojson", "--", left]).exits(0).json();
    let lines: Vec<_> = told["hosts"][0]["output"].as_str().unwrap().lines().collect();
    let (root, pipe) = (Path::new(lines[2]), pipe(cloud.world.path(), "held"));
    let sandbox = root.parent().unwrap().parent().unwrap();
    let holds = format!("exec 9>'{pipe}'; echo; sleep 300");
    let mut waits = cloud.command(&["fleet", "run", ID, "--", &holds]).spawn().unwrap();
    let held = std::fs::File::open(&pipe).unwrap();
    assert!(exists(lines[0]) && exists(lines[1]) && sandbox.is_dir());
    cloud.dies();
    // What ran is gone when nobody holds the pipe any more.
    assert_eq!(std::io::read_to_string(held).unwrap(), "");
    until("what was left behind ends", || (!exists(lines[0]) && !exists(lines[1])).then_some(()));
    until("the folder is gone", || (!sandbox.exists()).then_some(()));
    waits.kill().unwrap();
    waits.wait().unwrap();
}

#[test]
fn what_is_delivered_twice_runs_twice_and_an_old_assistant_kills_no_tree() {
    let with = |fault| Cloud::start(&["--speed", "100", "--instances", "1", "--fault", fault]);
    let twice = with("delivered-twice=1");
    output(&twice, "echo ran >>\"$HOME/count\"");
    until("it ran twice", || (output(&twice, "grep -c ran \"$HOME/count\"") == "2\n").then_some(()));
    let old = with("old-agent=1");
    let refused = end_of(&old, &begin(&old, "true", &[("TerminationMode", "ProcessTree")]));
    assert_eq!(
        (&refused["InvocationStatus"], &refused["ErrorCode"]),
        (&json!("Invalid"), &json!("ClientNeedUpgrade"))
    );
    assert_eq!(run(&old, "true")["InvocationStatus"], "Success");
}

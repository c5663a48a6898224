//! Commands at a clock that the test moves.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::refusals;
use crate::sandbox::options::{Exec, Options};
use crate::sandbox::rpc::testing::{Cloud, Given, with};

const ID: &str = "i-bp1faascmdsandbox1001";
const OTHER: &str = "i-bp1faascmdsandbox1002";
const RUN: [(&str, &str); 3] =
    [("Type", "RunShellScript"), ("CommandContent", "echo hello"), ("InstanceId.1", ID)];

fn cloud(faults: &[&str]) -> Cloud {
    let mut options =
        Options { exec: Exec::Scripted, instances: 2, fault_seed: Some(7), ..Options::default() };
    faults.iter().for_each(|fault| options.faults.add(fault).unwrap());
    Cloud::with(options)
}

fn run(cloud: &Cloud, more: Given<'_>) -> String {
    cloud.call("RunCommand", &with(&RUN, more))["InvokeId"].as_str().unwrap().to_owned()
}

fn result(cloud: &Cloud, id: &str) -> Value {
    let answer = cloud.call("DescribeInvocationResults", &[("InvokeId", id)]);
    answer["Invocation"]["InvocationResults"]["InvocationResult"][0].clone()
}

#[test]
fn a_command_is_unknown_at_first_then_pending_running_and_over() {
    let mut cloud = cloud(&[]);
    let id = run(&cloud, &[]);
    assert_eq!(result(&cloud, &id), Value::Null);
    cloud.later(1);
    assert!(["Pending", "Running"].contains(&result(&cloud, &id)["InvocationStatus"].as_str().unwrap()));
    let result = result(cloud.later(3), &id);
    assert_eq!(
        (&result["InvocationStatus"], &result["InvokeRecordStatus"]),
        (&json!("Success"), &json!("Finished"))
    );
    assert_eq!(
        (&result["ExitCode"], &result["ErrorCode"], &result["StopTime"]),
        (&json!(0), &json!(""), &json!(""))
    );
    let whole =
        cloud.call("DescribeInvocations", &[("InvokeId", &id)])["Invocations"]["Invocation"][0].clone();
    assert_eq!(whole["InvocationStatus"], "Success");
    assert_eq!(whole["CommandContent"], STANDARD.encode("echo hello"));
}

#[test]
fn one_instance_that_can_not_keeps_all_from_running() {
    let mut cloud = cloud(&[]);
    let both = [("InstanceId.2", OTHER)];
    assert_eq!(
        cloud.refused("RunCommand", &with(&RUN, &[("InstanceId.2", "i-none")])).code,
        "InvalidInstance.NotFound"
    );
    cloud.call("StopInstance", &[("InstanceId", OTHER), ("StoppedMode", "KeepCharging")]);
    assert_eq!(cloud.refused("RunCommand", &with(&RUN, &both)).code, "InvalidInstance.NotMatch");
    let answer = cloud.later(200).call("DescribeInvocations", &[]);
    assert_eq!(answer["TotalCount"], 0);
    cloud.call("StartInstance", &[("InstanceId", OTHER)]);
    cloud.later(200);
    assert!(cloud.call("RunCommand", &with(&RUN, &both))["InvokeId"].is_string());
}

#[test]
fn what_can_not_be_is_refused_by_its_code() {
    let cloud = cloud(&[]);
    let code = |more: Given<'_>| cloud.refused("RunCommand", &with(&RUN, more)).code.into_owned();
    let long = "x".repeat(24 << 10);
    for (more, wanted) in [
        (("Type", "RunPerlScript"), "InvalidCmdType.NotFound"),
        (("CommandContent", long.as_str()), "CmdContent.ExceedLimit"),
        (("Parameters", "{\"a\":\"b\"}"), "Parameter.Disabled"),
        (("RepeatMode", "Period"), "InvalidParameter"),
        (("Timeout", "86401"), "InvalidParameter"),
    ] {
        assert_eq!(code(&[more]), wanted, "{more:?}");
    }
    let ids: Vec<String> = (1..=101).map(|n| format!("InstanceId.{n}")).collect();
    let many: Vec<(&str, &str)> = ids.iter().map(|name| (name.as_str(), ID)).collect();
    assert_eq!(code(&many), "InstanceIds.ExceedLimit");
    assert_eq!(cloud.refused("StopInvocation", &[("InvokeId", "t-none")]), refusals::INVOKE_NOT_FOUND);
}

#[test]
fn a_kept_command_is_base64_by_default_and_takes_parameters() {
    let mut cloud = cloud(&[]);
    let content = STANDARD.encode("echo {{what}} on {{ACS::RegionId}}");
    let kept = [
        ("Name", "say"),
        ("Type", "RunShellScript"),
        ("CommandContent", content.as_str()),
        ("EnableParameter", "true"),
    ];
    let command = cloud.call("CreateCommand", &kept)["CommandId"].as_str().unwrap().to_owned();
    let given =
        [("CommandId", command.as_str()), ("InstanceId.1", ID), ("Parameters", "{\"what\":\"hello\"}")];
    let id = cloud.call("InvokeCommand", &given)["InvokeId"].as_str().unwrap().to_owned();
    let asked = [("InvokeId", id.as_str()), ("ContentEncoding", "PlainText")];
    let whole = cloud.later(2).call("DescribeInvocations", &asked)["Invocations"]["Invocation"][0].clone();
    assert_eq!(whole["CommandContent"], "echo hello on cn-hangzhou");
}

#[test]
fn what_is_not_delivered_in_a_minute_never_ran() {
    let mut cloud = cloud(&["delivery-timeout=1"]);
    let id = run(&cloud, &[]);
    assert_eq!(result(cloud.later(59), &id)["InvocationStatus"], "Pending");
    let result = result(cloud.later(2), &id);
    assert_eq!(
        (&result["InvocationStatus"], &result["ErrorCode"]),
        (&json!("Aborted"), &json!("DeliveryTimeout"))
    );
    assert_eq!((&result["StartTime"], result.get("ExitCode")), (&json!(""), None));
}

#[test]
fn an_instance_that_dies_is_online_for_a_while_and_takes_its_command_along() {
    let mut cloud = cloud(&["host-dies=1"]);
    let id = run(&cloud, &[]);
    assert_eq!(result(cloud.later(5), &id)["InvocationStatus"], "Running");
    let online = |cloud: &Cloud| {
        let answer = cloud.call("DescribeCloudAssistantStatus", &[("InstanceId.1", ID)]);
        answer["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"][0]["CloudAssistantStatus"]
            .clone()
    };
    assert_eq!(online(&cloud), "true");
    let statuses = cloud.call("DescribeInstanceStatus", &[("InstanceId.1", ID)]);
    assert_eq!(statuses["InstanceStatuses"]["InstanceStatus"][0]["Status"], "Stopped");
    let result = result(cloud.later(130), &id);
    assert_eq!(
        (&result["InvocationStatus"], &result["ErrorCode"]),
        (&json!("Error"), &json!("ClientNotResponse"))
    );
    assert_eq!(online(&cloud), "false");
}

#[test]
fn stopping_cancels_what_waits_and_terminates_what_runs() {
    let mut cloud = cloud(&[]);
    let id = run(&cloud, &[]);
    cloud.later(1);
    cloud.call("StopInvocation", &[("InvokeId", &id)]);
    let status = result(cloud.later(2), &id)["InvocationStatus"].as_str().unwrap().to_owned();
    assert!(["Cancelled", "Terminated"].contains(&status.as_str()), "{status}");
    let waiting = run(&cloud, &[]);
    assert_eq!(cloud.refused("StopInvocation", &[("InvokeId", &waiting)]), refusals::INVOKE_NOT_FOUND);
}

#[test]
fn an_assistant_comes_late_or_not_at_all() {
    let mut cloud = cloud(&["assistant-offline=1"]);
    let row = |cloud: &Cloud| {
        let answer = cloud.call("DescribeCloudAssistantStatus", &[("InstanceId.1", ID)]);
        answer["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"][0].clone()
    };
    assert_eq!(
        (&row(&cloud)["CloudAssistantStatus"], &row(&cloud)["CloudAssistantVersion"]),
        (&json!("false"), &json!(""))
    );
    cloud.call("InstallCloudAssistant", &[("InstanceId.1", ID)]);
    assert_eq!(row(cloud.later(300))["CloudAssistantStatus"], "false");
    cloud.call("RebootInstance", &[("InstanceId", ID)]);
    assert_eq!(row(cloud.later(200))["CloudAssistantStatus"], "true");
}

#[test]
fn a_script_says_what_commands_answer() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let rules =
        r#"[{"host": "sandbox-002", "contains": "hello", "exit_code": 3, "output": "no", "seconds": 60}]"#;
    std::fs::write(file.path(), rules).unwrap();
    let options = Options {
        exec: Exec::Scripted,
        instances: 2,
        script: Some(file.path().to_owned()),
        ..Options::default()
    };
    let mut cloud = Cloud::with(options);
    let (one, other) = (run(&cloud, &[]), run(&cloud, &[("InstanceId.1", OTHER)]));
    assert_eq!(result(cloud.later(5), &one)["InvocationStatus"], "Success");
    assert_eq!(result(&cloud, &other)["InvocationStatus"], "Running");
    let result = result(cloud.later(60), &other);
    assert_eq!((&result["InvocationStatus"], &result["ExitCode"]), (&json!("Failed"), &json!(3)));
    assert_eq!(
        (&result["Output"], &result["ErrorCode"]),
        (&json!(STANDARD.encode("no")), &json!("ExitCodeNonzero"))
    );
}

#[test]
fn a_script_of_the_fleet_prints_its_summary_and_ends_with_0_whatever_its_command_did() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), r#"[{"exit_code": 193, "output": "hi\n", "seconds": 2}]"#).unwrap();
    let options = Options {
        exec: Exec::Scripted,
        instances: 1,
        script: Some(file.path().to_owned()),
        ..Options::default()
    };
    let mut cloud = Cloud::with(options);
    let inside = STANDARD.encode("for test in smoke; do true; done");
    let script =
        format!("dir=\"${{FAASCMD_HOST_ROOT:-}}/var/lib/faascmd/7f3b\"\nbase64 -d <<'END'\n{inside}\nEND\n");
    let printed = |cloud: &mut Cloud| {
        let id = run(cloud, &[("CommandContent", &script)]);
        let result = result(cloud.later(5), &id);
        assert_eq!((&result["ExitCode"], &result["InvocationStatus"]), (&json!(0), &json!("Success")));
        String::from_utf8(STANDARD.decode(result["Output"].as_str().unwrap()).unwrap()).unwrap()
    };
    let output = printed(&mut cloud);
    let ended = output.rsplit_once("\n---8<--- faascmd 7f3b ended ").unwrap().1;
    let (head, body) = ended.split_once('\n').unwrap();
    assert_eq!(head.split_once(' ').unwrap().0, body.len().to_string());
    assert_eq!(body, "{\"code\":\"193\",\"seconds\":2,\"size\":3}\n");
    let unscripted = Options { exec: Exec::Scripted, instances: 1, ..Options::default() };
    let output = printed(&mut Cloud::with(unscripted));
    assert!(output.contains("\"code\":\"0\"") && output.contains("\"size\":34"), "{output}");
}

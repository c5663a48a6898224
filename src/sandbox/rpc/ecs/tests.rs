//! Instances at a clock that the test moves.

use serde_json::{Value, json};

use super::refusals;
use crate::sandbox::identity::{ECS_IMAGE_ID, SECURITY_GROUP, VSWITCH};
use crate::sandbox::options::{Exec, Options};
use crate::sandbox::rpc::testing::{Cloud, Given, with};

const RUN: [(&str, &str); 4] = [
    ("ImageId", ECS_IMAGE_ID),
    ("InstanceType", "ecs.f3-c4f1.xlarge"),
    ("VSwitchId", VSWITCH),
    ("SecurityGroupId", SECURITY_GROUP),
];

fn cloud(faults: &[&str]) -> Cloud {
    let mut options = Options { exec: Exec::Scripted, fault_seed: Some(7), ..Options::default() };
    faults.iter().for_each(|fault| options.faults.add(fault).unwrap());
    Cloud::with(options)
}

fn run(cloud: &Cloud, more: Given<'_>) -> Vec<String> {
    let answer = cloud.call("RunInstances", &with(&RUN, more));
    let ids = answer["InstanceIdSets"]["InstanceIdSet"].as_array().unwrap();
    ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

fn describe(cloud: &Cloud, ids: &[String]) -> Vec<Value> {
    let ids = json!(ids).to_string();
    let answer = cloud.call("DescribeInstances", &[("InstanceIds", &ids), ("PageSize", "100")]);
    answer["Instances"]["Instance"].as_array().unwrap().clone()
}

fn status(cloud: &Cloud, id: &str) -> String {
    describe(cloud, &[id.to_owned()])
        .first()
        .map_or(String::new(), |row| row["Status"].as_str().unwrap().to_owned())
}

#[test]
fn an_instance_appears_late_and_starts_by_the_clock() {
    let mut cloud = cloud(&[]);
    let ids = run(&cloud, &[("Amount", "40")]);
    assert_eq!(ids.len(), 40);
    let seen = describe(&cloud, &ids).len();
    assert!(seen < 40, "{seen} are seen at once");
    assert_eq!(describe(cloud.later(5), &ids).len(), 40);
    assert_eq!(status(&cloud, &ids[0]), "Pending");
    cloud.later(10);
    assert!(["Starting", "Running"].contains(&status(&cloud, &ids[0]).as_str()));
    assert_eq!(status(cloud.later(60), &ids[0]), "Running");
    let row = &describe(&cloud, &ids[..1])[0];
    assert_eq!(row["StartTime"].as_str().unwrap().len(), "2017-12-10T04:04Z".len());
    assert_eq!(row["VpcAttributes"]["VSwitchId"], VSWITCH);
}

#[test]
fn stock_gives_all_or_none_or_as_many_as_there_are() {
    let cloud = cloud(&[]);
    let of_ten = ("VSwitchId", "vsw-bp1faascmdsandboxg");
    assert_eq!(cloud.refused("RunInstances", &with(&RUN, &[of_ten, ("Amount", "11")])), refusals::NO_STOCK);
    assert_eq!(run(&cloud, &[of_ten, ("Amount", "11"), ("MinAmount", "2")]).len(), 10);
    assert_eq!(cloud.refused("RunInstances", &with(&RUN, &[of_ten])), refusals::NO_STOCK);
    assert_eq!(run(&cloud, &[of_ten, ("InstanceType", "ecs.f3-c8f1.2xlarge")]).len(), 1);
    let sold_out = ("VSwitchId", "vsw-bp1faascmdsandboxh");
    assert_eq!(cloud.refused("RunInstances", &with(&RUN, &[sold_out])), refusals::NO_STOCK);
}

#[test]
fn faults_take_stock_and_quota_away() {
    let empty = cloud(&["no-stock=cn-hangzhou-b"]);
    assert_eq!(empty.refused("RunInstances", &RUN), refusals::NO_STOCK);
    let refusal = cloud(&["quota"]).refused("RunInstances", &RUN);
    assert_eq!(refusal.code, "QuotaExceed.ElasticQuota");
    let failing = &mut cloud(&["creation-fails=1"]);
    let ids = run(failing, &[]);
    assert_eq!(status(failing.later(5), &ids[0]), "Pending");
    assert_eq!(status(failing.later(15), &ids[0]), "");
}

#[test]
fn a_token_gives_the_same_answer_and_refuses_another_question() {
    let cloud = cloud(&[]);
    let token = ("ClientToken", "fleet-1");
    let first = run(&cloud, &[token, ("Amount", "2")]);
    assert_eq!(run(&cloud, &[token, ("Amount", "2")]), first);
    let refusal = cloud.refused("RunInstances", &with(&RUN, &[token, ("Amount", "3")]));
    assert_eq!(refusal, refusals::TOKEN_MISMATCH);
    assert_ne!(run(&cloud, &[("ClientToken", "fleet-2"), ("Amount", "2")]), first);
    let long = "x".repeat(65);
    assert_eq!(cloud.refused("RunInstances", &with(&RUN, &[("ClientToken", &long)])), refusals::CLIENT_TOKEN);
}

#[test]
fn what_can_not_be_is_refused_by_its_code() {
    let cloud = cloud(&[]);
    let code = |more: Given<'_>| cloud.refused("RunInstances", &with(&RUN, more)).code.into_owned();
    for (more, wanted) in [
        (("InstanceType", "ecs.f4"), "InvalidInstanceType.ValueNotSupported"),
        (("ImageId", "m-none"), "InvalidImageId.NotFound"),
        (("ImageId", "centos_7_9_x64_20G_alibase_20240628.vhd"), "ImageNotSupportInstanceType"),
        (("VSwitchId", "vsw-none"), "InvalidVSwitchId.NotFound"),
        (("SecurityGroupId", "sg-none"), "InvalidSecurityGroupId.NotFound"),
        (("SecurityGroupId", "sg-2zefaascmdsandbox"), "InvalidParameter.Mismatch"),
        (("ZoneId", "cn-hangzhou-g"), "InvalidParameter.Mismatch"),
        (("SystemDisk.Size", "20"), "InvalidSystemDiskSize.LessThanImageSize"),
        (("SystemDisk.Category", "cloud_essd"), "InvalidDiskCategory.NotSupported"),
        (("Amount", "101"), "InvalidParam.Amount"),
        (("MinAmount", "2"), "InvalidParam.Amount"),
        (("SpotPriceLimit", "1"), "InvalidSpotPriceLimit"),
        (("SpotStrategy", "Cheap"), "InvalidSpotStrategy"),
        (("RamRoleName", "none"), "InvalidRamRole.NotFound"),
        (("KeyPairName", "none"), "InvalidKeyPairName.NotFound"),
        (("Tag.1.Key", "acs:x"), "InvalidTagKey.Malformed"),
        (("DryRun", "true"), "DryRunOperation"),
        (("Amout", "2"), "UnsupportedParameter"),
    ] {
        assert_eq!(code(&[more]), wanted, "{more:?}");
    }
    let low = [("SpotStrategy", "SpotWithPriceLimit"), ("SpotPriceLimit", "0.01")];
    assert_eq!(code(&low), "InvalidSpotPriceLimit.LowerThanPublicPrice");
    let missing = crate::sandbox::rpc::testing::without(&RUN, "ImageId");
    assert!(cloud.refused("RunInstances", &missing).message.contains("\"ImageId\""));
}

#[test]
fn an_automatic_release_is_cut_to_its_minute_and_happens_at_real_time() {
    let options = Options { exec: Exec::Scripted, speed: 100.0, ..Options::default() };
    let mut cloud = Cloud::with(options);
    let at = |cloud: &Cloud, minutes: i64| {
        let time = cloud.now + jiff::SignedDuration::from_mins(minutes);
        time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    };
    let too_soon = at(&cloud, 29);
    let refusal = cloud.refused("RunInstances", &with(&RUN, &[("AutoReleaseTime", &too_soon)]));
    assert_eq!(refusal, refusals::AUTO_RELEASE_TIME);
    let in_time = at(&cloud, 31);
    let ids = run(&cloud, &[("AutoReleaseTime", &in_time), ("Amount", "2")]);
    cloud.later(10);
    let told = describe(&cloud, &ids)[0]["AutoReleaseTime"].as_str().unwrap().to_owned();
    assert!(told.ends_with(":00Z") && told[..16] == in_time[..16], "{told} of {in_time}");
    cloud.call("ModifyInstanceAutoReleaseTime", &[("InstanceId", &ids[0])]);
    assert_eq!(describe(cloud.later(29 * 60), &ids).len(), 2);
    let left = describe(cloud.later(121), &ids);
    assert_eq!(left.len(), 1);
    assert_eq!((&left[0]["InstanceId"], &left[0]["AutoReleaseTime"]), (&json!(ids[0]), &json!("")));
}

#[test]
fn instances_are_released_together_or_not_at_all() {
    let mut cloud = cloud(&[]);
    let ids = run(&cloud, &[("Amount", "2")]);
    let both = [("InstanceId.1", ids[0].as_str()), ("InstanceId.2", ids[1].as_str())];
    let forced = with(&both, &[("Force", "true")]);
    cloud.later(5);
    assert_eq!(cloud.refused("DeleteInstances", &forced), refusals::INITIALIZING);
    cloud.later(60);
    assert_eq!(cloud.refused("DeleteInstances", &both), refusals::WRONG_STATUS);
    let one_is_not = with(&both, &[("InstanceId.2", "i-none"), ("Force", "true")]);
    assert_eq!(cloud.refused("DeleteInstances", &one_is_not).code, "InvalidInstanceId.NotFound");
    assert_eq!(describe(&cloud, &ids).len(), 2);
    let answer = cloud.call("DeleteInstances", &forced);
    assert_eq!(answer.as_object().unwrap().len(), 1, "{answer}");
    assert!(describe(&cloud, &ids).is_empty());
}

#[test]
fn lists_come_in_pages_whose_tokens_are_bound_to_the_query() {
    let mut cloud = cloud(&[]);
    let tag = [("Tag.1.Key", "faascmd-fleet"), ("Tag.1.Value", "ddr")];
    let mut made = Vec::new();
    for _ in 0..3 {
        made.extend(run(&cloud, &with(&tag, &[("Amount", "45")])));
    }
    cloud.later(5);
    let first = cloud.call("DescribeInstances", &tag);
    assert_eq!(first["Instances"]["Instance"].as_array().unwrap().len(), 10);
    assert_eq!((&first["TotalCount"], &first["PageSize"]), (&json!(135), &json!(10)));
    let (mut found, mut token, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let answer =
            cloud.call("DescribeInstances", &with(&tag, &[("MaxResults", "1000"), ("NextToken", &token)]));
        for row in answer["Instances"]["Instance"].as_array().unwrap() {
            found.push(row["InstanceId"].as_str().unwrap().to_owned());
        }
        pages += 1;
        token = answer["NextToken"].as_str().unwrap().to_owned();
        if token.is_empty() {
            break;
        }
        let elsewhere = cloud.refused("DescribeInstances", &[("NextToken", &token)]);
        assert_eq!(elsewhere, refusals::NEXT_TOKEN);
    }
    assert_eq!((found, pages), (made, 2));
}

#[test]
fn tags_are_put_on_asked_for_and_taken_off() {
    let mut cloud = cloud(&[]);
    let id = run(&cloud, &[("Tag.1.Key", "team"), ("Tag.1.Value", "fpga")]).remove(0);
    cloud.later(5);
    let resource = [("ResourceType", "instance"), ("ResourceId.1", id.as_str())];
    cloud.call("TagResources", &with(&resource, &[("Tag.1.Key", "run"), ("Tag.1.Value", "7")]));
    let tags = |filter: Given<'_>| {
        let answer = cloud.call("ListTagResources", &with(&[("ResourceType", "instance")], filter));
        let rows = answer["TagResources"]["TagResource"].as_array().unwrap().clone();
        rows.iter().map(|row| row["TagKey"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(tags(&[("ResourceId.1", &id)]), ["team", "run"]);
    assert_eq!(tags(&[("Tag.1.Key", "run"), ("Tag.1.Value", "8")]), [""; 0]);
    cloud.call("UntagResources", &with(&resource, &[("TagKey.1", "run")]));
    assert_eq!(tags(&[("ResourceId.1", &id)]), ["team"]);
}

#[test]
fn the_instances_from_the_start_run() {
    let cloud = Cloud::with(Options { instances: 3, exec: Exec::Scripted, ..Options::default() });
    let answer = cloud.call("DescribeInstances", &[("InstanceType", "ecs.f3-c4f1.xlarge")]);
    let rows = answer["Instances"]["Instance"].as_array().unwrap().clone();
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row["Status"] == "Running" && row["Tags"]["Tag"] == json!([])));
}

#[test]
fn a_caller_with_a_policy_does_what_it_allows_to_instances_with_its_tags() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let policy = r#"{"Version":"1","Statement":[
        {"Effect":"Allow","Action":["ecs:Describe*"],"Resource":"*"},
        {"Effect":"Allow","Action":["ecs:RunInstances","ecs:DeleteInstances"],"Resource":"*",
         "Condition":{"StringLike":{"ecs:tag/faascmd-fleet":"*"}}}]}"#;
    std::fs::write(file.path(), policy).unwrap();
    let options = Options {
        exec: Exec::Scripted,
        instances: 1,
        caller_policy: Some(file.path().to_owned()),
        ..Options::default()
    };
    let mut cloud = Cloud::with(options);
    let code = |cloud: &Cloud, action: &str, given: Given<'_>| cloud.refused(action, given).code.into_owned();
    assert_eq!(code(&cloud, "RunInstances", &RUN), "Forbidden.RAM");
    let tag = [("Tag.1.Key", "faascmd-fleet"), ("Tag.1.Value", "ddr")];
    let with_role = with(&tag, &[("RamRoleName", "SandboxInstanceRole")]);
    assert_eq!(code(&cloud, "RunInstances", &with(&RUN, &with_role)), "InvalidUser.PassRoleForbidden");
    let id = run(&cloud, &tag).remove(0);
    cloud.later(100);
    let others = [("InstanceId.1", "i-bp1faascmdsandbox1001"), ("Force", "true")];
    assert_eq!(code(&cloud, "DeleteInstances", &others), "Forbidden.RAM");
    let command = [("Type", "RunShellScript"), ("CommandContent", "true"), ("InstanceId.1", id.as_str())];
    assert_eq!(code(&cloud, "RunCommand", &command), "Forbidden.RAM");
    cloud.call("DeleteInstances", &[("InstanceId.1", &id), ("Force", "true")]);
    assert_eq!(code(&cloud, "DescribeFpgaImages", &[]), "Forbidden.RAM");
    std::fs::write(
        file.path(),
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:*","Resource":"*"}]}"#,
    )
    .unwrap();
    let options = Options { caller_policy: Some(file.path().to_owned()), ..Options::default() };
    let blind = Cloud::with(options);
    assert_eq!(blind.call("DescribeInstances", &[])["TotalCount"], 0);
    assert_eq!(code(&blind, "DescribeInstances", &[("DryRun", "true")]), "Forbidden.RAM");
}

#[test]
fn an_action_is_taken_so_often_in_a_minute_and_again_in_the_next() {
    let mut cloud = cloud(&["throttle-after=2"]);
    cloud.call("DescribeRegions", &[]);
    cloud.call("DescribeRegions", &[]);
    assert_eq!(cloud.refused("DescribeRegions", &[]), refusals::THROTTLED);
    cloud.call("DescribeZones", &[]);
    cloud.later(60).call("DescribeRegions", &[]);
}

#[test]
fn an_economical_stop_costs_nothing_and_gives_the_chip_away() {
    let mut cloud = cloud(&[]);
    let of_ten = ("VSwitchId", "vsw-bp1faascmdsandboxg");
    let ids = run(&cloud, &[of_ten, ("Amount", "10")]);
    cloud.later(100);
    let chip =
        cloud.call("DescribeFpgaInstances", &[("InstanceId", &ids[0])])["Instances"]["instance"][0].clone();
    assert_eq!((&chip["ShellUUID"], &chip["FpgaType"]), (&json!("f30001"), &json!("xilinx")));
    cloud.call("StopInstances", &[("InstanceId.1", &ids[0]), ("StoppedMode", "StopCharging")]);
    assert_eq!(status(cloud.later(20), &ids[0]), "Stopped");
    assert_eq!(
        cloud.refused("DescribeFpgaInstances", &[("InstanceId", &ids[0])]).code,
        "INSTANCE INVALIDATE"
    );
    // Somebody else takes what it gave back.
    run(&cloud, &[of_ten]);
    assert_eq!(cloud.refused("StartInstance", &[("InstanceId", &ids[0])]), refusals::NO_STOCK);
    let both = [
        ("InstanceId.1", ids[0].as_str()),
        ("InstanceId.2", ids[1].as_str()),
        ("BatchOptimization", "SuccessFirst"),
    ];
    let answer = cloud.call("RebootInstances", &both)["InstanceResponses"]["InstanceResponse"].clone();
    assert_eq!((&answer[0]["Code"], &answer[1]["Code"]), (&json!("IncorrectInstanceStatus"), &json!("200")));
    assert_eq!(answer[1]["CurrentStatus"], "Starting");
}

#[test]
fn a_preemptible_instance_is_announced_and_taken_back() {
    let mut cloud = cloud(&["spot-recycle=1"]);
    let id = run(&cloud, &[("SpotStrategy", "SpotAsPriceGo")]).remove(0);
    let mut locked = false;
    for _ in 0..60 {
        let rows = describe(cloud.later(10), std::slice::from_ref(&id));
        let Some(row) = rows.first() else { break };
        locked |= row["OperationLocks"]["LockReason"][0]["LockReason"] == "Recycling";
    }
    assert!(locked && describe(&cloud, std::slice::from_ref(&id)).is_empty());
}

#[test]
fn a_prepaid_instance_is_renewed_and_never_released() {
    let mut cloud = cloud(&[]);
    let prepaid = [("InstanceChargeType", "PrePaid"), ("Period", "1"), ("PeriodUnit", "Week")];
    let id = run(&cloud, &prepaid).remove(0);
    cloud.later(100);
    let released = cloud.refused("DeleteInstances", &[("InstanceId.1", &id), ("Force", "true")]);
    assert_eq!(released, refusals::CHARGE_TYPE);
    cloud.call(
        "ModifyInstanceAutoRenewAttribute",
        &[("InstanceId", &id), ("AutoRenew", "true"), ("Duration", "2")],
    );
    let shown = cloud.call("DescribeInstanceAutoRenewAttribute", &[("InstanceId", &id)]);
    let row = &shown["InstanceRenewAttributes"]["InstanceRenewAttribute"][0];
    assert_eq!((&row["AutoRenewEnabled"], &row["Duration"]), (&json!(true), &json!(2)));
    let before = describe(&cloud, std::slice::from_ref(&id))[0]["ExpiredTime"].clone();
    cloud.call("RenewInstance", &[("InstanceId", &id), ("Period", "1")]);
    assert_ne!(describe(&cloud, std::slice::from_ref(&id))[0]["ExpiredTime"], before);
}

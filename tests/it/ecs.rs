//! The client of ECS and Cloud Assistant, held to the answers that the documents print.

use std::sync::Arc;

use faascmd::testing::ecs::{
    Cloud, CommandOrder, CommandState, Ecs, Endpoints, FileOrder, Fixed, Http, InstanceFilter, InstanceOrder,
    Origin, OssSignature, OssStyle, PriceOf, Setup, Silent, StopMode,
};
use serde_json::{Value, json};

use crate::common::rpc::user;
use crate::common::scripted::{Says, Scripted};

fn ecs(service: &Scripted) -> Ecs {
    Ecs::new(Cloud::new(Setup {
        http: Http::new(),
        endpoints: Endpoints::parse(&[format!("ecs={}", service.endpoint)], &Origin::Flag("--endpoint"))
            .unwrap(),
        region: Some("cn-shanghai".into()),
        credentials: Arc::new(Fixed(user())),
        oss_style: OssStyle::default(),
        oss_signature: OssSignature::default(),
        progress: Arc::new(Silent),
    }))
}

/// Runs a piece of work to its end.
fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn service(answers: Vec<Value>) -> Scripted {
    Scripted::start(answers.into_iter().map(|answer| Says::Answer(200, answer)).collect())
}

fn ids(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("i-{number:04}")).collect()
}

fn page(from: usize, count: usize, token: &str) -> Value {
    let instance = |number: usize| {
        json!({
            "InstanceId": format!("i-{number:04}"), "Status": "Running", "CreationTime": "2017-12-10T04:04Z",
            "InstanceType": "ecs.f3-c16f1.16xlarge", "Tags": {"Tag": [{"TagKey": "faascmd-fleet", "TagValue": "ddr"}]},
            "VpcAttributes": {"PrivateIpAddress": {"IpAddress": ["10.0.0.1"]}}, "ExtraField": {"kept": true},
            "OperationLocks": {"LockReason": [{"LockReason": "Recycling"}]}
        })
    };
    let rows: Vec<_> = (from..from + count).map(instance).collect();
    // With a token the total means nothing.
    json!({"RequestId": "x", "TotalCount": 7, "NextToken": token, "Instances": {"Instance": rows}})
}

#[test]
fn a_fleet_of_many_pages_is_read_to_its_end_and_each_keeps_its_own_words() {
    let service = service(vec![page(0, 100, "t1"), page(100, 100, "t2"), page(200, 50, "")]);
    let filter = InstanceFilter::Tag("faascmd-fleet".into(), Some("ddr".into()));
    let found = run(ecs(&service).instances(&filter)).unwrap();
    assert_eq!(found.len(), 250);
    let last = &found[249];
    assert_eq!((last.id.as_str(), last.tags["faascmd-fleet"].as_str()), ("i-0249", "ddr"));
    assert_eq!(last.created.as_ref().unwrap().to_string(), "2017-12-10T04:04:00Z");
    assert_eq!(last.private_ips, ["10.0.0.1"]);
    assert!(last.is_being_recycled());
    assert_eq!(last.raw["ExtraField"]["kept"], true);
    let asked = service.asked();
    assert_eq!(asked.iter().map(|page| page.of("NextToken")).collect::<Vec<_>>(), ["", "t1", "t2"]);
    assert!(asked.iter().all(|page| page.of("MaxResults") == "100" && page.of("Tag.1.Value") == "ddr"));
    assert!(
        asked.iter().all(|page| page.of("RegionId") == "cn-shanghai" && page.of("Version") == "2014-05-26")
    );
}

#[test]
fn a_list_that_turns_in_a_circle_is_an_error_and_no_endless_loop() {
    let service = service(vec![page(0, 100, "t1"), page(0, 100, "t1")]);
    let error = run(ecs(&service).instances(&InstanceFilter::All)).unwrap_err().to_string();
    assert!(error.contains("NextToken"), "{error}");
}

#[test]
fn many_ids_go_in_hundreds_and_their_states_come_in_fifties() {
    let states = |from: usize| {
        let rows: Vec<_> =
            ids(from + 50)[from..].iter().map(|id| json!({"InstanceId": id, "Status": "Stopped"})).collect();
        json!({"TotalCount": 100, "InstanceStatuses": {"InstanceStatus": rows}})
    };
    let last = json!({"TotalCount": 1, "InstanceStatuses": {"InstanceStatus": [{"InstanceId": "i-0100"}]}});
    let service = service(vec![states(0), states(50), last]);
    let found = run(ecs(&service).instance_states(&ids(101))).unwrap();
    assert_eq!(found.len(), 101);
    let asked = service.asked();
    assert_eq!(asked.iter().map(|page| page.of("PageNumber")).collect::<Vec<_>>(), ["1", "2", "1"]);
    assert_eq!((asked[1].of("InstanceId.100"), asked[2].of("InstanceId.1")), ("i-0099", "i-0100"));
}

#[test]
fn a_lost_answer_is_asked_for_again_with_the_same_token_and_another_nonce() {
    let made = json!({"InstanceIdSets": {"InstanceIdSet": ["i-1", "i-2"]}, "TradePrice": "0.165"});
    let failed = json!({"Code": "InternalError", "Message": "x", "RequestId": "r"});
    let service = Scripted::start(vec![Says::Nothing, Says::Answer(500, failed), Says::Answer(200, made)]);
    let order =
        InstanceOrder { amount: 2, at_least: 1, user_data: Some("x".into()), ..InstanceOrder::default() };
    let launched = run(ecs(&service).run_instances(&order, "token-1")).unwrap();
    assert_eq!((launched.view.ids.len(), launched.view.trade_price), (2, Some(0.165)));
    assert_eq!(launched.answer.raw["TradePrice"], "0.165");
    let asked = service.asked();
    assert!(asked.iter().all(|call| call.of("ClientToken") == "token-1" && call.form["UserData"] == "eA=="));
    let mut nonces: Vec<_> = asked.iter().map(|call| call.of("SignatureNonce")).collect();
    nonces.dedup();
    assert_eq!(nonces.len(), 3);
}

#[test]
fn a_restart_is_not_repeated_when_it_may_have_happened() {
    let service = Scripted::start(vec![Says::Nothing]);
    run(ecs(&service).reboot(&ids(1))).unwrap_err();
    assert_eq!(service.asked().len(), 1);
}

#[test]
fn a_dry_run_that_went_well_is_told_by_a_code_whatever_its_status() {
    let refusal = |code: &str| json!({"Code": code, "Message": "x", "RequestId": "r"});
    let service = Scripted::start(vec![
        Says::Answer(400, refusal("DryRunOperation")),
        Says::Answer(412, refusal("DRYRUN.SUCCESS")),
        Says::Answer(403, refusal("Forbidden.RAM")),
    ]);
    let ecs = ecs(&service);
    run(ecs.check_order(&InstanceOrder::default())).unwrap();
    run(ecs.may_list_instances()).unwrap();
    let error = run(ecs.may_list_instances()).unwrap_err();
    assert_eq!(error.code(), Some("Forbidden.RAM"));
    assert!(service.asked().iter().all(|call| call.of("DryRun") == "true"));
}

#[test]
fn one_that_cannot_be_stopped_is_named_and_keeps_none_of_the_others() {
    let service = service(vec![json!({"InstanceResponses": {"InstanceResponse": [
        {"InstanceId": "i-0000", "Code": "200", "Message": "success", "CurrentStatus": "Stopping"},
        {"InstanceId": "i-0001", "Code": "IncorrectInstanceStatus", "Message": "no"}
    ]}})]);
    let changed = run(ecs(&service).stop(&ids(2), StopMode::StopCharging)).unwrap();
    assert!(changed[0].refusal.is_none());
    assert_eq!(changed[1].refusal.as_ref().unwrap().0, "IncorrectInstanceStatus");
    let asked = &service.asked()[0];
    assert_eq!((asked.of("BatchOptimization"), asked.of("StoppedMode")), ("SuccessFirst", "StopCharging"));
}

#[test]
fn leaving_the_time_out_is_what_cancels_a_release() {
    let service = service(vec![json!({}), json!({})]);
    let ecs = ecs(&service);
    run(ecs.set_release("i-1", Some("2026-11-21T08:30:01Z".parse().unwrap()))).unwrap();
    run(ecs.set_release("i-1", None)).unwrap();
    let asked = service.asked();
    assert_eq!(asked[0].of("AutoReleaseTime"), "2026-11-21T08:31:00Z");
    assert!(!asked[1].query.contains_key("AutoReleaseTime"));
}

#[test]
fn a_command_says_what_the_service_would_choose_badly_and_its_script_is_in_the_body() {
    let service = service(vec![json!({"CommandId": "c-1", "InvokeId": "t-1"})]);
    let order = CommandOrder {
        script: "echo ä\n".into(),
        instance_ids: ids(2),
        timeout_seconds: 600,
        name: "run".into(),
        tags: vec![("faascmd-run".into(), "r1".into())],
    };
    assert_eq!(run(ecs(&service).run_command(&order, "token")).unwrap().view, "t-1");
    let asked = &service.asked()[0];
    assert_eq!(
        (asked.of("ContentEncoding"), asked.of("Timeout"), asked.of("KeepCommand")),
        ("Base64", "600", "false")
    );
    assert_eq!((asked.of("TerminationMode"), asked.of("Tag.1.Key")), ("ProcessTree", "faascmd-run"));
    assert_eq!((asked.of("InstanceId.2"), asked.form["CommandContent"].as_str()), ("i-0001", "ZWNobyDDpAo="));
}

#[test]
fn results_are_read_from_within_their_invocation_page_by_page() {
    let results = |from: usize, count: usize, token: &str| {
        let row = |id: &String| {
            json!({"InstanceId": id, "InvocationStatus": "Success", "ExitCode": 0, "Output": "b2s=", "Dropped": 0,
                   "ErrorCode": "", "FinishedTime": "2020-05-11T09:01:41Z"})
        };
        let rows: Vec<_> = ids(from + count)[from..].iter().map(row).collect();
        json!({"Invocation": {"InvocationResults": {"InvocationResult": rows}, "NextToken": token}})
    };
    let service = service(vec![results(0, 50, "more"), results(50, 50, "")]);
    let found = run(ecs(&service).results("t-1")).unwrap();
    assert_eq!(
        (found.len(), &found[99].state, found[99].output.as_slice()),
        (100, &CommandState::Success, &b"ok"[..])
    );
    let asked = service.asked();
    assert_eq!((asked[1].of("NextToken"), asked[1].of("MaxResults")), ("more", "50"));
    assert_eq!(asked[0].of("ContentEncoding"), "Base64");
}

#[test]
fn what_became_of_a_file_has_other_names_for_the_same() {
    let done = json!({"Invocations": {"Invocation": [{"InvokeId": "f-1", "Overwrite": "true", "InvokeInstances": {
        "InvokeInstance": [
            {"InstanceId": "i-0000", "InvocationStatus": "Success", "FinishTime": "2020-05-11T09:01:41Z"},
            {"InstanceId": "i-0001", "InvocationStatus": "Failed", "ErrorCode": "FileCreateFail"}
        ]}}]}, "NextToken": ""});
    let service = service(vec![json!({"InvokeId": "f-1"}), done]);
    let ecs = ecs(&service);
    let order =
        FileOrder { name: "a".into(), content: b"x".to_vec(), mode: "0644".into(), ..FileOrder::default() };
    let id = run(ecs.send_file(&order, "token")).unwrap().view;
    let results = run(ecs.file_results(&id)).unwrap();
    assert!(results[0].finished.is_some());
    assert_eq!(results[1].error_code.as_deref(), Some("FileCreateFail"));
    assert_eq!(service.asked()[0].form["Content"], "eA==");
}

#[test]
fn only_assistants_of_which_the_service_knows_are_told_and_the_others_are_missing() {
    let row =
        json!({"InstanceId": "i-0001", "CloudAssistantStatus": "true", "CloudAssistantVersion": "2.2.3.578"});
    let of = |rows: Vec<Value>| json!({"InstanceCloudAssistantStatusSet": {"InstanceCloudAssistantStatus": rows}, "NextToken": ""});
    let service = service(vec![of(vec![row]), of(vec![])]);
    let found = run(ecs(&service).assistants(&ids(60))).unwrap();
    assert_eq!(found.keys().collect::<Vec<_>>(), ["i-0001"]);
    assert!(found["i-0001"].online);
    assert_eq!(service.asked()[1].of("InstanceId.10"), "i-0059");
}

#[test]
fn prices_and_the_market_are_read_whether_numbers_or_text() {
    let price =
        json!({"PriceInfo": {"Price": {"OriginalPrice": 5.2, "TradePrice": "4.68", "Currency": "CNY"}}});
    let spot = |price: f64, next: u64| {
        json!({"Currency": "USD", "NextOffset": next, "SpotPrices": {"SpotPriceType": [
            {"ZoneId": "cn-shanghai-b", "OriginPrice": 0.354, "SpotPrice": price, "Timestamp": "2018-01-01T00:00:00Z"}]}})
    };
    let service = service(vec![price, spot(0.036, 1), spot(0.04, 0)]);
    let ecs = ecs(&service);
    let of = PriceOf { instance_type: "ecs.f3-c4f1.xlarge", amount: 3, ..Default::default() };
    let price = run(ecs.price(&of)).unwrap();
    assert_eq!((price.trade, price.original, price.currency.as_str()), (4.68, 5.2, "CNY"));
    let (prices, currency) = run(ecs.spot_prices("ecs.f3-c4f1.xlarge")).unwrap();
    assert_eq!((prices.len(), prices[1].price, currency.as_str()), (2, 0.04, "USD"));
}

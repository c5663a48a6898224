//! Each fault of the network side strikes as the table in `docs/sandbox.md` says.

use std::time::{Duration, Instant};

use faascmd::testing::sandbox::FAULTS;
use faascmd::testing::sign::encode;

use crate::common::cloud::Cloud;
use crate::common::raw::{Answer, Sent, Signer};
use crate::common::rpc::{call, parameters, signed};
use crate::common::world::World;

const FAAS: &str = "2017-08-24";

fn faas(cloud: &Cloud, action: &str, given: &[(&str, &str)]) -> Answer {
    call(cloud, &cloud.credential, (FAAS, action), given)
}

fn crc64(bytes: &[u8]) -> String {
    crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Xz, bytes).to_string()
}

fn put(cloud: &Cloud, body: impl Into<Vec<u8>>) -> Answer {
    cloud.oss(&Sent::new("PUT", "key").body(body))
}

#[test]
fn throttled_requests_are_told_when_to_come_again() {
    let cloud = Cloud::with_faults(&["throttle=1"], 0);
    let answer = put(&cloud, "x");
    assert_eq!(answer.refusal(), (503, "UploadTrafficRateLimitExceeded".to_owned()));
    assert_eq!(answer.header("x-oss-qos-delay-time").unwrap_or_default(), "50");
    assert_eq!(cloud.oss(&Sent::new("GET", "key")).element("Code"), "DownloadTrafficRateLimitExceeded");
    let answer = faas(&cloud, "DescribeFpgaImages", &[]);
    assert_eq!(answer.refusal(), (400, "Throttling.User".to_owned()));
}

#[test]
fn a_request_that_meets_a_server_error_is_not_carried_out() {
    let cloud = Cloud::with_faults(&["server-error=0.5"], 3);
    let (mut failed, mut kinds) = (0, Vec::new());
    for number in 0..40 {
        let key = format!("key{number}");
        let answer = cloud.oss(&Sent::new("PUT", &key).body("x"));
        if answer.status != 200 {
            failed += 1;
            kinds.push(answer.refusal());
            // The head may meet an error of its own; only a 200 would say that the put was carried out.
            assert_ne!(cloud.oss(&Sent::new("HEAD", &key)).status, 200);
        }
    }
    assert!((10..30).contains(&failed), "{failed}");
    kinds.sort();
    kinds.dedup();
    let expected = [(500, "InternalError".to_owned()), (503, "ServiceUnavailable".to_owned())];
    assert_eq!(kinds, expected);
}

#[test]
fn a_seed_gives_the_same_faults_again() {
    let answers = |seed| {
        let cloud = Cloud::with_faults(&["throttle=0.2", "server-error=0.2"], seed);
        let statuses: Vec<u16> = (0..30).map(|_| put(&cloud, "x").status).collect();
        statuses
    };
    assert_eq!(answers(5), answers(5));
    assert_ne!(answers(5), answers(6));
}

#[test]
fn a_connection_is_reset_each_time_the_bytes_have_passed() {
    let cloud = Cloud::with_faults(&["reset-after=100000"], 0);
    assert!(cloud.send(&cloud.sign(&big(), Signer::V4Header)).is_err());
    assert_eq!(put(&cloud, vec![0; 40_000]).status, 200);
    let get = cloud.sign(&Sent::new("GET", "key"), Signer::V4Header);
    assert_eq!(cloud.send(&get).unwrap().body.len(), 40_000);
    assert!(cloud.send(&get).is_err());
    assert_eq!(cloud.send(&get).unwrap().body.len(), 40_000);
}

fn big() -> Sent {
    Sent::new("PUT", "big").body(vec![0; 150_000])
}

#[test]
fn a_wrong_checksum_is_told_of_right_data() {
    let cloud = Cloud::with_faults(&["wrong-crc=1"], 0);
    let right = crc64(b"content");
    assert_ne!(put(&cloud, "content").header("x-oss-hash-crc64ecma").unwrap_or_default(), right);
    let got = cloud.oss(&Sent::new("GET", "key"));
    assert_eq!(got.text(), "content");
    assert_ne!(got.header("x-oss-hash-crc64ecma").unwrap_or_default(), right);
    assert_eq!(
        cloud.oss(&Sent::new("HEAD", "key")).header("x-oss-hash-crc64ecma").unwrap_or_default(),
        right
    );
}

#[test]
fn a_corrupted_body_is_betrayed_by_its_checksum() {
    let cloud = Cloud::with_faults(&["corrupt-body=1"], 0);
    let answer = put(&cloud, "content");
    assert_eq!(answer.status, 200);
    assert_ne!(answer.header("x-oss-hash-crc64ecma").unwrap_or_default(), crc64(b"content"));
    let got = cloud.oss(&Sent::new("GET", "key"));
    assert_eq!(
        got.header("x-oss-hash-crc64ecma").unwrap_or_default(),
        answer.header("x-oss-hash-crc64ecma").unwrap_or_default()
    );
    assert_ne!(crc64(&got.body), got.header("x-oss-hash-crc64ecma").unwrap_or_default());
    let with_md5 =
        Sent::new("PUT", "key").headers(&[("content-md5", "mgNkuembtIDdJeHwKEyFVQ==")]).body("content");
    assert_eq!(cloud.oss(&with_md5).refusal(), (400, "InvalidDigest".to_owned()));
}

#[test]
fn what_was_done_stays_done_when_its_answer_is_lost() {
    let cloud = Cloud::with_faults(&["lost-answer=PutObject", "lost-answer=UpdateImageAttribute"], 0);
    let request = cloud.sign(&Sent::new("PUT", "key").body("x"), Signer::V4Header);
    assert!(cloud.send(&request).is_err());
    assert_eq!(cloud.oss(&Sent::new("HEAD", "key")).status, 200);
    assert_eq!(cloud.send(&request).unwrap().status, 200);
    let given = [("FpgaImageUUID", "91598d20-b802-11e7-879a-8db2aa11bb22"), ("Name", "renamed")];
    let update = || {
        let call = parameters(&cloud.credential, (FAAS, "UpdateImageAttribute"), &given);
        let query = encode::query(&signed("POST", &cloud.credential, call));
        cloud.send_head(&format!("POST /?{query}"), &[], Some(0), b"")
    };
    assert!(update().is_err());
    assert!(faas(&cloud, "DescribeFpgaImages", &[]).text().contains("renamed"));
    assert_eq!(update().unwrap().status, 200);
}

#[test]
fn a_refused_action_loses_no_answer() {
    let cloud = Cloud::with_faults(&["lost-answer=DeleteFpgaImage"], 0);
    let answer = faas(&cloud, "DeleteFpgaImage", &[("FpgaImageUUID", "absent")]);
    assert_eq!(answer.refusal(), (404, "IMAGE NOT FOUND".to_owned()));
}

#[test]
fn a_slow_body_takes_its_time() {
    let cloud = Cloud::with_faults(&["slow=1000000"], 0);
    let started = Instant::now();
    put(&cloud, vec![0; 200_000]);
    assert!(started.elapsed() >= Duration::from_millis(200));
    let started = Instant::now();
    assert_eq!(cloud.oss(&Sent::new("GET", "key")).body.len(), 200_000);
    assert!(started.elapsed() >= Duration::from_millis(200));
}

#[test]
fn the_log_has_a_line_for_every_request_also_for_a_broken_one() {
    let cloud = Cloud::with_faults(&["reset-after=100000", "lost-answer=DeleteObject"], 0);
    put(&cloud, "content");
    let lost = cloud.sign(&Sent::new("DELETE", "key"), Signer::V4Url);
    assert!(cloud.send(&lost).is_err());
    assert!(cloud.send(&cloud.sign(&big(), Signer::V4Header)).is_err());
    faas(&cloud, "DescribeFpgaInstances", &[("InstanceId", "i-other")]);
    let lines = [(); 4].map(|()| cloud.next_request());
    let of = |name: &str| lines.iter().map(|line| line[name].to_string()).collect::<Vec<_>>();
    let actions = ["\"PutObject\"", "\"DeleteObject\"", "\"PutObject\"", "\"DescribeFpgaInstances\""];
    assert_eq!(of("action"), actions);
    assert_eq!(of("service"), ["\"oss\"", "\"oss\"", "\"oss\"", "\"faas\""]);
    assert_eq!(of("status"), ["200", "null", "null", "401"]);
    assert_eq!(of("code"), ["null", "null", "null", "\"NOT AUTHORIZED\""]);
    assert_eq!(of("fault"), ["null", "\"lost-answer\"", "\"reset-after\"", "null"]);
    assert_eq!((lines[0]["body_bytes"].as_u64(), lines[1]["body_bytes"].as_u64()), (Some(7), Some(0)));
    assert!((99_000..150_000).contains(&lines[2]["body_bytes"].as_u64().unwrap()));
    assert_eq!(lines[1]["path"], "/faascmd-sandbox/key");
}

#[test]
fn an_unknown_fault_is_a_usage_error_that_names_them_all() {
    let ran = World::new().faascmd(&["sandbox", "--fault", "trottle=0.1", "--", "true"]).exits(2);
    for (name, value, _) in FAULTS {
        assert!(ran.stderr.contains(&format!("{name}{value}")), "{}", ran.stderr);
    }
    let ran = World::new().faascmd(&["sandbox", "--fault", "throttle=2", "--", "true"]).exits(2);
    assert!(ran.stderr.contains("`throttle=2` should read throttle=P, P from 0 to 1"), "{}", ran.stderr);
}

#[test]
fn the_help_and_the_document_name_every_fault() {
    let help = World::new().faascmd(&["sandbox", "--help"]).exits(0).stdout;
    let document = include_str!("../../docs/sandbox.md");
    for (name, value, _) in FAULTS {
        let form = format!("{name}{value}");
        assert!(help.contains(&form), "{form}");
        assert!(document.contains(&format!("`{form}`")), "{form}");
    }
}

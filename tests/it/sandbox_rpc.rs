//! The sandbox's RPC services and metadata over HTTP.

use std::time::{Duration, Instant};

use faascmd::testing::sign::{Credential, OssRequest, Pairs, oss_v1, rpc_v1};
use jiff::Timestamp;
use serde_json::Value;

use crate::common::cloud::Cloud;
use crate::common::data::real_files;
use crate::common::http::{post_query, send};
use crate::common::rpc::{call, parameters, signed, user};

const ROLE: &str = "acs:ram::1234567890123456:role/AliyunFAASDefaultRole";
const OPERATOR: &str = "acs:ram::1234567890123456:role/SandboxOperatorRole";
const BUCKET: &str = "faascmd-sandbox";
const INSTANCE: &str = "i-bp1faascmdsandbox0001";
const FAAS: &str = "2017-08-24";
const STS: &str = "2015-04-01";

fn start() -> Cloud {
    Cloud::new()
}

/// Temporary credentials as the answer's document holds them.
fn credential(document: &Value) -> Credential {
    let text = |name: &str| document[name].as_str().unwrap().to_owned();
    Credential::long_lived(text("AccessKeyId"), text("AccessKeySecret")).with_token(text("SecurityToken"))
}

fn assume(cloud: &Cloud) -> Credential {
    let given = [("RoleArn", OPERATOR), ("RoleSessionName", "test")];
    credential(&call(cloud, &user(), (STS, "AssumeRole"), &given).json()["Credentials"])
}

fn put(cloud: &Cloud, key: &str, body: &[u8]) {
    let date = Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let request =
        OssRequest { method: "PUT", bucket: Some(BUCKET), key: Some(key), headers: &[], query: &[] };
    let signed = oss_v1::sign(&request, &user(), &date);
    let headers: Vec<(&str, &str)> = signed.add.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(send(cloud.address(), &format!("PUT /{BUCKET}/{key}"), &headers, body).status, 200);
}

/// Repeats until the answer is as wanted; the sandbox's own times are short here.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_mins(5);
    while !holds() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::yield_now();
    }
}

#[test]
fn each_signed_parameter_altered_taken_away_or_added_is_refused() {
    let cloud = start();
    let temporary = assume(&cloud);
    let given =
        [("FpgaImageUUID", "91598d20-b802-11e7-879a-8db2aa11bb22"), ("Name", "a+b c~*"), ("Tags", "")];
    let sign = || signed("POST", &temporary, parameters(&temporary, (FAAS, "UpdateImageAttribute"), &given));
    let names: Vec<String> = sign().into_iter().map(|(name, _)| name).collect();
    assert!(names.len() >= 14, "{names:?}");
    for name in &names {
        let mut altered = sign();
        let (_, value) = altered.iter_mut().find(|(other, _)| other == name).unwrap();
        *value = match name.as_str() {
            "Action" => "DeleteFpgaImage".into(),
            "Format" => "json".into(),
            "Timestamp" => rpc_v1::timestamp(Timestamp::now() + Duration::from_secs(60)),
            "AccessKeyId" => user().id,
            _ => format!("{value}x"),
        };
        let expected = match name.as_str() {
            "Version" => "400 InvalidVersion",
            "SignatureMethod" | "SignatureVersion" => "400 InvalidSignatureMethod",
            "AccessKeyId" | "SecurityToken" => "400 InvalidSecurityToken.MismatchWithAccessKey",
            _ => "400 SignatureDoesNotMatch",
        };
        assert_eq!(post_query(cloud.address(), &altered).code(), expected, "{name} altered");
        let less: Pairs = sign().into_iter().filter(|(other, _)| other != name).collect();
        let refused = post_query(cloud.address(), &less);
        assert!(refused.status >= 400, "{name} taken away: {refused:?}");
    }
    let mut more = sign();
    more.push(("Description".into(), "added".into()));
    assert_eq!(post_query(cloud.address(), &more).code(), "400 SignatureDoesNotMatch");
    let by_get =
        send(cloud.address(), &format!("GET /?{}", faascmd::testing::sign::encode::query(&sign())), &[], b"");
    assert_eq!(by_get.code(), "400 SignatureDoesNotMatch");
}

#[test]
fn the_order_of_parameters_and_what_the_headers_say_do_not_matter() {
    let cloud = start();
    let mut pairs = signed("POST", &user(), parameters(&user(), (STS, "GetCallerIdentity"), &[]));
    pairs.reverse();
    let query = faascmd::testing::sign::encode::query(&pairs);
    let headers = [("X-ACS-Action", "Nothing"), ("USER-AGENT", "x")];
    assert_eq!(send(cloud.address(), &format!("POST /?{query}"), &headers, b"").code(), "200");
}

#[test]
fn parameters_in_a_form_body_are_as_good_as_in_the_query() {
    let cloud = start();
    let pairs = signed("POST", &user(), parameters(&user(), (STS, "GetCallerIdentity"), &[]));
    let body = faascmd::testing::sign::encode::query(&pairs);
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let answer = send(cloud.address(), "POST /", &headers, body.as_bytes());
    assert_eq!(answer.json()["IdentityType"], "RAMUser");
}

#[test]
fn a_wrong_secret_is_told_the_string_to_sign_and_the_time() {
    let cloud = start();
    let wrong = Credential::long_lived(user().id, "wrong");
    let pairs = parameters(&wrong, (FAAS, "DescribeFpgaImages"), &[]);
    let ours = rpc_v1::string_to_sign("POST", &pairs);
    let answer = post_query(cloud.address(), &signed("POST", &wrong, pairs));
    assert_eq!(answer.code(), "400 SignatureDoesNotMatch");
    let message = answer.json()["Message"].as_str().unwrap().to_owned();
    assert_eq!(message.split_once("server string to sign is:").unwrap().1, ours);
    for name in ["RequestId", "HostId", "Recommend"] {
        assert!(answer.json()[name].is_string(), "{name}");
    }
    assert!(answer.header("date").is_some_and(|date| date.ends_with("GMT")));
}

#[test]
fn a_sandbox_whose_clock_is_wrong_refuses_and_says_its_time() {
    let cloud = Cloud::start(&["--clock-offset", "3600"]);
    let answer = call(&cloud, &user(), (FAAS, "DescribeFpgaImages"), &[]);
    assert_eq!(answer.code(), "400 InvalidTimeStamp.Expired");
    let date = jiff::fmt::rfc2822::parse(answer.header("date").unwrap()).unwrap().timestamp();
    assert!((3540..3660).contains(&date.duration_since(Timestamp::now()).as_secs()), "{date}");
}

/// Creates an image of an object and gives its UUID.
fn create(cloud: &Cloud, key: &str, fpga: (&str, &str)) -> String {
    let given =
        [("Bucket", BUCKET), ("Object", key), ("FpgaType", fpga.0), ("ShellUUID", fpga.1), ("RoleArn", ROLE)];
    let image = call(cloud, &user(), (FAAS, "CreateFpgaImageTask"), &given).json();
    image["FpgaImageUUID"].as_str().unwrap().to_owned()
}

/// Waits for the end of a build and gives the state.
fn end_of(cloud: &Cloud, uuid: &str) -> String {
    let mut state = String::new();
    until("the build is over", || {
        let images = call(cloud, &user(), (FAAS, "DescribeFpgaImages"), &[]).json();
        let images = images["FpgaImages"]["fpgaImage"].as_array().unwrap().clone();
        let image = images.iter().find(|image| image["FpgaImageUUID"] == uuid).unwrap();
        state = image["State"].as_str().unwrap().to_owned();
        !["queued", "compiling"].contains(&state.as_str())
    });
    state
}

#[test]
fn an_image_is_built_and_loaded_and_brings_the_device_to_life_without_being_asked() {
    let cloud = start();
    put(&cloud, "bit.tar.gz", &faascmd::testing::bitstream::sample::package("xcvu9p-flgb2104-2-i"));
    let uuid = create(&cloud, "bit.tar.gz", ("xilinx", "f30001"));
    assert_eq!(end_of(&cloud, &uuid), "success");
    let device = cloud.variable("FAASCMD_DEVICE");
    let is_dead = || std::fs::read(device).unwrap().iter().all(|byte| *byte == 0xff);
    assert!(is_dead());
    let load = [
        ("InstanceId", INSTANCE),
        ("FpgaUUID", "0x6c92bf4786940500"),
        ("FpgaType", "xilinx"),
        ("FpgaImageUUID", uuid.as_str()),
        ("FpgaImageType", "afu"),
        ("ShellUUID", "f30001"),
    ];
    assert_eq!(call(&cloud, &user(), (FAAS, "LoadFpgaImageTask"), &load).json()["TaskStatus"], "committed");
    until("the device is alive", || !is_dead());
}

#[test]
fn real_files_are_built() {
    let Some(folder) = real_files() else { return };
    let cloud = start();
    for (name, fpga) in [("bit.tar.gz", ("xilinx", "f30001")), ("dma_afu.gbs", ("intel", "V1.1"))] {
        put(&cloud, name, &std::fs::read(folder.join(name)).unwrap());
        assert_eq!(end_of(&cloud, &create(&cloud, name, fpga)), "success", "{name}");
    }
}

#[test]
fn the_metadata_service_gives_a_token_and_credentials_that_the_services_take() {
    let cloud = Cloud::start(&["--metadata-v2-only"]);
    let get =
        |path: &str, headers: &[(&str, &str)]| send(cloud.address(), &format!("GET {path}"), headers, b"");
    let roles = "/latest/meta-data/ram/security-credentials/";
    assert_eq!(get(roles, &[]).status, 403);
    let ttl = [("X-aliyun-ecs-metadata-token-ttl-seconds", "21600")];
    let token = send(cloud.address(), "PUT /latest/api/token", &ttl, b"").text();
    let token = [("X-aliyun-ecs-metadata-token", token.as_str())];
    let role = get(roles, &token).text();
    let document = get(&format!("{roles}{role}"), &token).json();
    let identity = call(&cloud, &credential(&document), (STS, "GetCallerIdentity"), &[]).json();
    assert_eq!(identity["IdentityType"], "AssumedRoleUser");
}

#[test]
fn the_credentials_uri_gives_credentials_that_the_services_take() {
    let cloud = start();
    assert_eq!(send(cloud.address(), "GET /.sandbox/credentials", &[], b"").status, 403);
    let path = format!("GET /.sandbox/credentials?key={}", user().secret.expose());
    let document = send(cloud.address(), &path, &[], b"").json();
    assert_eq!(document["Code"], "Success");
    let identity = call(&cloud, &credential(&document), (STS, "GetCallerIdentity"), &[]).json();
    assert_eq!(identity["Arn"], "acs:ram::1234567890123456:assumed-role/SandboxOperatorRole/credentials-uri");
}

#[test]
fn a_transient_refusal_is_in_the_gateway_s_own_words() {
    let code_with = |fault: &str| {
        let cloud = Cloud::with_faults(&[fault], 0);
        call(&cloud, &user(), (FAAS, "DescribeFpgaImages"), &[]).code()
    };
    assert_eq!(code_with("throttle=1"), "400 Throttling.User");
    let code = code_with("server-error=1");
    assert!(["500 InternalError", "503 ServiceUnavailable"].contains(&code.as_str()), "{code}");
}

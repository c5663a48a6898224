//! The sandbox takes what is signed rightly, in whatever order and case, and refuses every altered field.

use faascmd::testing::sign::{Credential, oss_v4};
use jiff::{SignedDuration, Timestamp};

use crate::common::cloud::Cloud;
use crate::common::raw::{Answer, BUCKET, Sent, Signer};
use crate::common::rpc::call;

const SIGNERS: [Signer; 4] = [Signer::V4Header, Signer::V4Url, Signer::V1Header, Signer::V1Url];

/// A request in which every kind of field is signed.
fn rich() -> Sent {
    Sent::new("PUT", "dir/文件 +1.bin")
        .query(&[("response-content-type", "text/x y")])
        .headers(&[
            ("content-type", "application/x-test"),
            ("content-md5", "XrY7u+Ae7tCTyyK7j1rNww=="),
            ("x-oss-meta-tool", "faas"),
            ("x-oss-object-acl", "private"),
        ])
        .body("hello world")
}

#[track_caller]
fn refused(answer: &Answer, what: &str, code: &str) {
    assert_eq!(answer.refusal(), (403, code.to_owned()), "{what}: {}", answer.text());
}

/// Sends the signed request once per field with that field altered.
fn alters_each_field(signer: Signer) {
    let cloud = Cloud::new();
    let right = cloud.sign(&rich(), signer);
    assert_eq!(cloud.send(&right).unwrap().status, 200);
    let altered = |what: &str, change: &dyn Fn(&mut Sent)| {
        let mut request = right.clone();
        change(&mut request);
        refused(&cloud.send(&request).unwrap(), what, "SignatureDoesNotMatch");
    };
    altered("method", &|request| request.method = "POST".into());
    altered("key", &|request| request.key.push('x'));
    altered("another bucket", &|request| request.bucket = "faascmd-foreign".into());
    altered("a parameter's value", &|request| request.query[0].1.push('x'));
    altered("a parameter's name", &|request| request.query[0].0 = "response-expires".into());
    altered("a parameter more", &|request| request.query.push(("response-expires".into(), "0".into())));
    altered("a parameter less", &|request| drop(request.query.remove(0)));
    for index in 0..rich().headers.len() {
        let name = right.headers[index].0.clone();
        altered(&name, &|request| request.headers[index].1.insert(0, 'x'));
        altered(&format!("no {name}"), &|request| drop(request.headers.remove(index)));
    }
    altered("a header more", &|request| request.headers.push(("x-oss-meta-more".into(), "1".into())));
}

#[test]
fn v4_by_header_refuses_each_altered_field() {
    alters_each_field(Signer::V4Header);
}

#[test]
fn v4_in_the_url_refuses_each_altered_field() {
    alters_each_field(Signer::V4Url);
}

#[test]
fn v1_by_header_refuses_each_altered_field() {
    alters_each_field(Signer::V1Header);
}

#[test]
fn v1_in_the_url_refuses_each_altered_field() {
    alters_each_field(Signer::V1Url);
}

#[test]
fn order_and_case_of_headers_and_parameters_do_not_matter() {
    let cloud = Cloud::new();
    for signer in SIGNERS {
        let mut request = cloud.sign(&rich(), signer);
        request.headers.reverse();
        request.query.reverse();
        for (name, value) in &mut request.headers {
            *name = name.to_ascii_uppercase();
            value.push(' ');
        }
        assert_eq!(cloud.send(&request).unwrap().status, 200, "{signer:?}");
    }
}

#[test]
fn a_listed_additional_header_is_signed() {
    let cloud = Cloud::new();
    let request = Sent::new("GET", "").headers(&[("range", "bytes=0-1"), ("host", "127.0.0.1")]);
    let time = Timestamp::now();
    let date_time = oss_v4::date_time(time);
    let scope = oss_v4::Scope::new(&date_time, "cn-hangzhou");
    let request =
        request.headers(&[("x-oss-date", &date_time), ("x-oss-content-sha256", "UNSIGNED-PAYLOAD")]);
    let canonical = oss_v4::canonical_request(&request.signed(), &["host", "range"]);
    let text = oss_v4::string_to_sign(&canonical, scope);
    let signature = oss_v4::signature(cloud.credential.secret.expose(), scope, &text);
    let authorization = format!(
        "OSS4-HMAC-SHA256 Credential={}/{}, AdditionalHeaders=host;range, Signature={signature}",
        cloud.credential.id,
        scope.text()
    );
    let right = request.headers(&[("authorization", &authorization)]);
    assert_eq!(cloud.send(&right).unwrap().status, 200);
    let mut altered = right.clone();
    altered.headers[0].1 = "bytes=0-2".into();
    refused(&cloud.send(&altered).unwrap(), "range", "SignatureDoesNotMatch");
}

#[test]
fn a_wrong_secret_is_answered_with_the_string_that_the_service_signed() {
    let mut cloud = Cloud::new();
    cloud.credential = Credential::long_lived(cloud.credential.id.clone(), "wrong");
    for signer in SIGNERS {
        let request = cloud.sign(&Sent::new("GET", "key"), signer);
        let answer = cloud.send(&request).unwrap();
        refused(&answer, "secret", "SignatureDoesNotMatch");
        assert_eq!(answer.element("OSSAccessKeyId"), cloud.credential.id);
        assert!(!answer.element("SignatureProvided").is_empty());
        let v4 = matches!(signer, Signer::V4Header | Signer::V4Url);
        assert_eq!(answer.element("CanonicalRequest").starts_with("GET\n/faascmd-sandbox/key\n"), v4);
        let expected = if v4 { "OSS4-HMAC-SHA256\n" } else { "GET\n\n\n" };
        assert!(answer.element("StringToSign").starts_with(expected), "{}", answer.text());
        let bytes = answer.element("StringToSignBytes");
        assert_eq!(bytes.split(' ').count(), answer.element("StringToSign").len());
        let ec = if v4 { "0002-00000201" } else { "0002-00000040" };
        assert_eq!((answer.element("EC").as_str(), answer.header("x-oss-ec").unwrap_or_default()), (ec, ec));
    }
}

#[test]
fn a_clock_that_is_off_by_more_than_15_minutes_is_refused_with_both_times() {
    let cloud = Cloud::new();
    for minutes in [16, -16] {
        let time = Timestamp::now() + SignedDuration::from_mins(minutes);
        for signer in [Signer::V4Header, Signer::V1Header] {
            let answer = cloud.send(&cloud.sign_at(&Sent::new("GET", ""), signer, time)).unwrap();
            refused(&answer, "clock", "RequestTimeTooSkewed");
            assert_eq!(answer.element("MaxAllowedSkewMilliseconds"), "900000");
            let server: Timestamp = answer.element("ServerTime").parse().unwrap();
            let ours: Timestamp = answer.element("RequestTime").parse().unwrap();
            let apart = ours.duration_since(server).as_secs();
            assert!((apart - minutes * 60).abs() <= 2, "{apart}");
            assert_eq!(answer.element("EC"), "0002-00000504");
        }
    }
    let near = Timestamp::now() + SignedDuration::from_mins(14);
    assert_eq!(
        cloud.send(&cloud.sign_at(&Sent::new("GET", ""), Signer::V4Header, near)).unwrap().status,
        200
    );
}

#[test]
fn the_sandbox_s_own_clock_can_be_shifted() {
    let cloud = Cloud::start(&["--clock-offset", "3600"]);
    refused(&cloud.oss(&Sent::new("GET", "")), "clock", "RequestTimeTooSkewed");
    let right = Timestamp::now() + SignedDuration::from_hours(1);
    let answer = cloud.send(&cloud.sign_at(&Sent::new("GET", ""), Signer::V4Header, right)).unwrap();
    assert_eq!(answer.status, 200);
}

#[test]
fn a_presigned_url_ends() {
    let cloud = Cloud::new();
    let long_ago = Timestamp::now() - SignedDuration::from_mins(5);
    for (signer, message) in
        [(Signer::V4Url, "Request has expired."), (Signer::V1Url, "Request has expired.")]
    {
        let answer = cloud.send(&cloud.sign_at(&Sent::new("GET", "key"), signer, long_ago)).unwrap();
        refused(&answer, "expiry", "AccessDenied");
        assert_eq!(
            (answer.element("Message").as_str(), answer.element("EC").as_str()),
            (message, "0002-00000069")
        );
    }
}

#[test]
fn each_malformed_signature_has_its_refusal() {
    let cloud = Cloud::new();
    let by_header = |authorization: &str| {
        let request = Sent::new("GET", "").headers(&[
            ("authorization", authorization),
            ("x-oss-content-sha256", "UNSIGNED-PAYLOAD"),
            ("x-oss-date", &oss_v4::date_time(Timestamp::now())),
        ]);
        let answer = cloud.send(&request).unwrap();
        (answer.status, answer.element("Code"), answer.element("EC"))
    };
    let invalid = |ec: &str| (400, "InvalidArgument".to_owned(), ec.to_owned());
    let today = &oss_v4::date_time(Timestamp::now())[..8];
    let v4 = |scope: &str| by_header(&format!("OSS4-HMAC-SHA256 Credential=id/{scope},Signature=0"));
    assert_eq!(by_header("Basic x"), invalid("0002-00000061"));
    assert_eq!(by_header("OSS id:"), invalid("0002-00000065"));
    assert_eq!(by_header("OSS4-HMAC-SHA256 Signature=0"), invalid("0002-00000202"));
    assert_eq!(v4(&format!("{today}/cn-hangzhou/oss/aws4_request")), invalid("0002-00000213"));
    assert_eq!(v4("19700101/cn-hangzhou/oss/aliyun_v4_request"), invalid("0002-00000212"));
    for (names, ec) in [("", "0002-00000209"), ("host;", "0002-00000210"), ("host;range", "0002-00000211")] {
        let scope = format!("{today}/cn-hangzhou/oss/aliyun_v4_request");
        let given = format!("OSS4-HMAC-SHA256 Credential=id/{scope},AdditionalHeaders={names},Signature=0");
        assert_eq!(by_header(&given), invalid(ec), "{names}");
    }
    assert_eq!(v4(&format!("{today}/cn-shanghai/oss/aliyun_v4_request")), invalid("0002-00000228"));
    let unknown = (403, "InvalidAccessKeyId".to_owned(), "0002-00000902".to_owned());
    assert_eq!(v4(&format!("{today}/cn-hangzhou/oss/aliyun_v4_request")), unknown);
    let anonymous = cloud.send(&Sent::new("GET", "")).unwrap();
    assert_eq!(anonymous.refusal(), (403, "AccessDenied".to_owned()));
}

#[test]
fn keys_that_are_disabled_or_limited_are_told_apart() {
    let mut cloud = Cloud::new();
    cloud.oss(&Sent::new("PUT", "key").body("x"));
    cloud.credential = Credential::long_lived("LTAI5tFaascmdSandboxOff0", "SandboxOff0Secret0123456789abc");
    let answer = cloud.oss(&Sent::new("GET", "key"));
    refused(&answer, "disabled", "InvalidAccessKeyId");
    assert_eq!(answer.element("EC"), "0002-00000903");
    cloud.credential = Credential::long_lived("LTAI5tFaascmdSandboxPuts", "SandboxPutsSecret0123456789abc");
    assert_eq!(cloud.oss(&Sent::new("GET", "key")).status, 200);
    let upload = cloud.oss(&Sent::new("POST", "key").query(&[("uploads", "")])).element("UploadId");
    refused(&cloud.oss(&Sent::new("GET", "")), "list", "AccessDenied");
    for method in ["GET", "DELETE"] {
        let request = Sent::new(method, "key").query(&[("uploadId", &upload)]);
        refused(&cloud.oss(&request), method, "AccessDenied");
    }
}

#[test]
fn a_token_must_be_there_be_right_and_be_alive() {
    let cloud = Cloud::with_faults(&["expired-token=2"], 0);
    let role =
        [("RoleArn", "acs:ram::1234567890123456:role/SandboxOperatorRole"), ("RoleSessionName", "test")];
    let answer = call(&cloud, &cloud.credential, ("2015-04-01", "AssumeRole"), &role);
    let given: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let field = |name: &str| given["Credentials"][name].as_str().unwrap().to_owned();
    let mut caller = Cloud::with_faults(&[], 0);
    let key = Credential::long_lived(field("AccessKeyId"), field("AccessKeySecret"));
    let get = |caller: &Cloud, time: Timestamp| {
        SIGNERS.map(|signer| {
            let answer = cloud.send(&caller.sign_at(&Sent::new("GET", ""), signer, time)).unwrap();
            (answer.status, answer.element("EC"))
        })
    };
    let now = Timestamp::now();
    let all = |status: u16, ec: &str| [(); 4].map(|()| (status, ec.to_owned()));
    caller.credential = key.clone();
    assert_eq!(get(&caller, now), all(403, "0002-00000003"));
    caller.credential = key.clone().with_token("wrong");
    assert_eq!(get(&caller, now), all(403, "0002-00000006"));
    caller.credential = key.with_token(field("SecurityToken"));
    assert_eq!(get(&caller, now), all(200, ""));
    caller.credential = cloud.credential.clone().with_token("superfluous");
    assert_eq!(get(&caller, now), all(403, "0002-00000002"));
}

#[test]
fn the_fault_that_ends_tokens_early_is_answered_as_an_expired_one() {
    let cloud = Cloud::with_faults(&["expired-token"], 0);
    let role =
        [("RoleArn", "acs:ram::1234567890123456:role/SandboxOperatorRole"), ("RoleSessionName", "test")];
    let statuses = [(); 2].map(|()| {
        let answer = call(&cloud, &cloud.credential, ("2015-04-01", "AssumeRole"), &role);
        let given: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        let field = |name: &str| given["Credentials"][name].as_str().unwrap().to_owned();
        let mut caller = Cloud::new();
        caller.credential = Credential::long_lived(field("AccessKeyId"), field("AccessKeySecret"))
            .with_token(field("SecurityToken"));
        let request = caller.sign(&Sent::new("GET", ""), Signer::V4Header);
        cloud.send(&request).unwrap().refusal()
    });
    assert_eq!(statuses[0], (403, "SecurityTokenExpired".to_owned()));
    assert_eq!(statuses[1].0, 200);
}

#[test]
fn styles_of_url_are_signed_alike() {
    let cloud = Cloud::new();
    cloud.oss(&Sent::new("PUT", "dir/a b").body("x"));
    for host in [format!("{BUCKET}.localhost"), format!("{BUCKET}.127.0.0.1"), "cname.localhost".into()] {
        let request = cloud.sign(&Sent::new("GET", "dir/a b"), Signer::V4Header);
        let mut headers = request.headers.clone();
        headers.push(("host".into(), host.clone()));
        let answer = cloud.send_head("GET /dir/a%20b", &headers, None, b"").unwrap();
        assert_eq!((answer.status, answer.text().as_str()), (200, "x"), "{host}");
    }
    let request = cloud.sign(&Sent::new("GET", "dir/a b"), Signer::V4Header);
    let mut headers = request.headers.clone();
    headers.push(("host".into(), "oss-cn-hangzhou.aliyuncs.com".into()));
    let answer = cloud.send_head(&format!("GET /{BUCKET}/dir/a%20b"), &headers, None, b"").unwrap();
    refused(&answer, "path style", "SecondLevelDomainForbidden");
}

/// The request with its signature, made over a `Date` header instead of `x-oss-date`.
fn signed_by_date(cloud: &Cloud, request: Sent, date: &str, day: &str) -> Sent {
    let request = request.headers(&[("date", date), ("x-oss-content-sha256", "UNSIGNED-PAYLOAD")]);
    let canonical = oss_v4::canonical_request(&request.signed(), &[]);
    let scope = oss_v4::Scope { date, day, region: "cn-hangzhou" };
    let text = oss_v4::string_to_sign(&canonical, scope);
    let signature = oss_v4::signature(cloud.credential.secret.expose(), scope, &text);
    let (id, scope) = (&cloud.credential.id, scope.text());
    request.headers(&[(
        "authorization",
        &format!("OSS4-HMAC-SHA256 Credential={id}/{scope}, Signature={signature}"),
    )])
}

#[test]
fn v4_is_taken_with_a_date_header_as_go_s_first_sdk_and_ossutil_sign() {
    let cloud = Cloud::new();
    let now = Timestamp::now();
    let (date, day) =
        (now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(), now.strftime("%Y%m%d").to_string());
    let put = || Sent::new("PUT", "key").body("x");
    assert_eq!(cloud.send(&signed_by_date(&cloud, put(), &date, &day)).unwrap().status, 200);
    let other_day = cloud.send(&signed_by_date(&cloud, put(), &date, "20200101")).unwrap();
    assert_eq!((other_day.status, other_day.element("EC").as_str()), (400, "0002-00000212"));
    let mut altered = signed_by_date(&cloud, put(), &date, &day);
    let earlier = now - SignedDuration::from_secs(60);
    altered.headers[0].1 = earlier.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    refused(&cloud.send(&altered).unwrap(), "date", "SignatureDoesNotMatch");
    let iso = cloud.send(&signed_by_date(&cloud, put(), &oss_v4::date_time(now), &day)).unwrap();
    assert_eq!((iso.status, iso.element("EC").as_str()), (403, "0002-00000502"));
    let mut dateless = signed_by_date(&cloud, put(), &date, &day);
    dateless.headers.remove(0);
    assert_eq!(cloud.send(&dateless).unwrap().element("EC"), "0002-00000503");
}

#[test]
fn v1_takes_either_form_of_time_in_x_oss_date() {
    let cloud = Cloud::new();
    for format in ["%Y%m%dT%H%M%SZ", "%a, %d %b %Y %H:%M:%S GMT"] {
        let date = Timestamp::now().strftime(format).to_string();
        let request = Sent::new("GET", "").headers(&[("x-oss-date", &date)]);
        assert_eq!(cloud.send(&cloud.sign(&request, Signer::V1Header)).unwrap().status, 200, "{date}");
    }
}

#[test]
fn a_bucket_that_is_not_there_is_said_before_anything_about_the_key() {
    let mut cloud = Cloud::new();
    cloud.credential = Credential::long_lived("LTAInone", "wrong");
    for signer in SIGNERS {
        let request = Sent { bucket: "no-such-bucket".into(), ..Sent::new("GET", "key") };
        let answer = cloud.send(&cloud.sign(&request, signer)).unwrap();
        assert_eq!(answer.refusal(), (404, "NoSuchBucket".to_owned()), "{signer:?}");
    }
}

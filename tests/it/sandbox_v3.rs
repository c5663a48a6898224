//! Calls signed by headers (ACS3-HMAC-SHA256), as the newer generation of the SDKs sends them.

use faascmd::testing::sign::Credential;
use jiff::{SignedDuration, Timestamp};

use crate::common::cloud::Cloud;
use crate::common::rpc::{V3, call, user};

const STS: &str = "2015-04-01";
const FAAS: &str = "2017-08-24";
const OPERATOR: &str = "acs:ram::1234567890123456:role/SandboxOperatorRole";

fn start() -> Cloud {
    Cloud::new()
}

fn who_am_i(credential: &Credential) -> V3 {
    V3::new(credential, (STS, "GetCallerIdentity"), &[])
}

fn temporary(cloud: &Cloud) -> Credential {
    let given = [("RoleArn", OPERATOR), ("RoleSessionName", "test")];
    let answer = call(cloud, &user(), (STS, "AssumeRole"), &given).json();
    let text = |name: &str| answer["Credentials"][name].as_str().unwrap().to_owned();
    Credential::long_lived(text("AccessKeyId"), text("AccessKeySecret")).with_token(text("SecurityToken"))
}

#[test]
fn an_action_is_called_by_headers_with_parameters_in_the_query_or_a_form() {
    let cloud = start();
    let given = [("RoleArn", OPERATOR), ("RoleSessionName", "a.b@c-d_e")];
    let call = || V3::new(&user(), (STS, "AssumeRole"), &given);
    for signed in [call().signed(&user()), call().form().signed(&user())] {
        let answer = signed.send(&cloud);
        assert_eq!(answer.code(), "200", "{answer:?}");
        let arn = answer.json()["AssumedRoleUser"]["Arn"].clone();
        assert_eq!(arn, "acs:ram::1234567890123456:role/SandboxOperatorRole/a.b@c-d_e");
    }
    let mut get =
        V3::new(&user(), (FAAS, "DescribeFpgaImages"), &[("ProfileName", "a+b c~*/文"), ("Empty", "")]);
    get.method = "GET";
    assert_eq!(get.signed(&user()).send(&cloud).code(), "200");
}

#[test]
fn the_answer_is_json_unless_xml_is_accepted() {
    let cloud = start();
    let answer = who_am_i(&user()).signed(&user()).send(&cloud);
    assert_eq!(answer.json()["IdentityType"], "RAMUser");
    let mut xml = who_am_i(&user());
    xml.set("accept", "application/xml");
    assert_eq!(xml.signed(&user()).send(&cloud).element("IdentityType"), "RAMUser");
}

#[test]
fn each_header_altered_or_taken_away_is_refused() {
    let cloud = start();
    let credential = temporary(&cloud);
    let signed = || {
        let given = [("FpgaImageUUID", "91598d20-b802-11e7-879a-8db2aa11bb22"), ("Name", "a+b c~*")];
        let mut call = V3::new(&credential, (FAAS, "UpdateImageAttribute"), &given).form();
        call.set("user-agent", "test/1.0");
        call.signed(&credential)
    };
    for (name, value) in signed().headers {
        let mut altered = signed();
        let other = match name.as_str() {
            "x-acs-action" => "DeleteFpgaImage".to_owned(),
            "x-acs-version" => STS.to_owned(),
            "x-acs-date" => value.replace('Z', ".000Z"),
            "content-type" => format!("{value}; charset=utf-8"),
            "authorization" => value.replace("Signature=", "Signature=0"),
            _ => format!("{value}1"),
        };
        altered.set(&name, &other);
        let expected = match name.as_str() {
            "x-acs-security-token" => "400 InvalidSecurityToken.MismatchWithAccessKey",
            "x-acs-version" => "404 InvalidAction.NotFound",
            _ => "400 SignatureDoesNotMatch",
        };
        assert_eq!(altered.send(&cloud).code(), expected, "{name} altered");
        let mut less = signed();
        less.headers.retain(|(other, _)| *other != name);
        assert!(less.send(&cloud).status >= 400, "{name} taken away");
    }
}

#[test]
fn the_body_the_query_and_the_method_are_signed_too() {
    let cloud = start();
    let given = [("RoleArn", OPERATOR), ("RoleSessionName", "test")];
    let right = V3::new(&user(), (STS, "AssumeRole"), &given);
    let mut body = right.clone().form().signed(&user());
    body.body = body.body.replace("test", "tess");
    assert_eq!(body.send(&cloud).code(), "400 SignatureDoesNotMatch");
    let mut hash = right.clone().form();
    hash.set("x-acs-content-sha256", &"0".repeat(64));
    assert_eq!(hash.signed(&user()).send(&cloud).code(), "400 SignatureDoesNotMatch");
    let mut query = right.clone().signed(&user());
    query.query.push(("DurationSeconds".into(), "900".into()));
    assert_eq!(query.send(&cloud).code(), "400 SignatureDoesNotMatch");
    let method = V3 { method: "GET", ..right.signed(&user()) };
    assert_eq!(method.send(&cloud).code(), "400 SignatureDoesNotMatch");
}

#[test]
fn what_a_header_says_counts_only_if_it_is_signed() {
    let cloud = start();
    for name in
        ["host", "content-type", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce"]
    {
        let answer = who_am_i(&user()).form().signed_without(&[name], &user()).send(&cloud);
        assert_eq!(answer.code(), "400 IncompleteSignature", "{name}");
        assert!(answer.json()["Message"].as_str().unwrap().contains(name), "{name}");
    }
    let mut agent = who_am_i(&user());
    agent.set("user-agent", "test/1.0");
    assert_eq!(agent.signed_without(&["user-agent"], &user()).send(&cloud).code(), "200");
}

#[test]
fn each_way_to_say_too_little_has_its_refusal() {
    let cloud = start();
    let without = |name: &str| {
        let mut call = who_am_i(&user());
        call.headers.retain(|(other, _)| other != name);
        call.signed(&user()).send(&cloud)
    };
    for name in
        ["x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"]
    {
        let answer = without(name);
        assert_eq!(answer.code(), "400 MissingParameter", "{name}");
        assert!(answer.json()["Message"].as_str().unwrap().contains(name), "{name}");
    }
    let with = |authorization: &str| {
        let mut call = who_am_i(&user());
        call.set("authorization", authorization);
        call.send(&cloud).code()
    };
    assert_eq!(who_am_i(&user()).send(&cloud).code(), "400 IncompleteSignature");
    assert_eq!(with("ACS3-HMAC-SHA256"), "400 IncompleteSignature");
    assert_eq!(with("ACS3-HMAC-SHA256 Credential=x,SignedHeaders=host"), "400 IncompleteSignature");
    assert_eq!(
        with("ACS3-HMAC-SM3 Credential=x,SignedHeaders=host,Signature=0"),
        "400 InvalidSignatureMethod"
    );
}

#[test]
fn the_key_the_clock_and_the_nonce_are_looked_at_as_with_parameters() {
    let cloud = start();
    let as_is = |credential: &Credential| who_am_i(credential).signed(credential).send(&cloud);
    assert_eq!(as_is(&Credential::long_lived("LTAInone", "x")).code(), "404 InvalidAccessKeyId.NotFound");
    let wrong = as_is(&Credential::long_lived(user().id, "x"));
    assert_eq!(wrong.code(), "400 SignatureDoesNotMatch");
    let message = wrong.json()["Message"].as_str().unwrap().to_owned();
    assert!(message.contains("server string to sign is:ACS3-HMAC-SHA256\n"), "{message}");
    let credential = temporary(&cloud);
    assert_eq!(as_is(&credential).code(), "200");
    let without_token = Credential::long_lived(&credential.id, credential.secret.expose());
    assert_eq!(as_is(&without_token).code(), "400 MissingSecurityToken");

    let at = |minutes: i64| {
        let mut call = who_am_i(&user());
        let time = Timestamp::now() + SignedDuration::from_mins(minutes);
        call.set("x-acs-date", &time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        call.signed(&user()).send(&cloud).code()
    };
    assert_eq!([at(-14), at(14)], ["200", "200"]);
    assert_eq!([at(-16), at(16)], ["400 InvalidTimeStamp.Expired", "400 InvalidTimeStamp.Expired"]);

    let once = who_am_i(&user()).signed(&user());
    assert_eq!(once.send(&cloud).code(), "200");
    assert_eq!(once.send(&cloud).code(), "400 SignatureNonceUsed");
}

#[test]
fn an_action_that_needs_no_signature_is_known_by_its_header_alone() {
    let cloud = start();
    let given = [("RoleArn", OPERATOR), ("RoleSessionName", "test"), ("OIDCToken", "abc")];
    let mut call = V3::new(&user(), (STS, "AssumeRoleWithOIDC"), &given);
    call.query.push(("OIDCProviderArn".into(), "acs:ram::1:oidc-provider/x".into()));
    assert_eq!(call.form().send(&cloud).code(), "401 AuthenticationFail.OIDCToken.Invalid");
}

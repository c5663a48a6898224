use super::super::refusal::gateway as refused;
use super::super::testing::{Cloud, key_of, outcome, post, sign, with};
use super::*;
use crate::sandbox::identity::{FixedCaller, OPERATOR_ROLE_NAME};
use crate::sign::{Credential, rpc_v1};

/// A signed call with parameters changed before it was signed; None takes one away.
fn changed(cloud: &Cloud, credential: &Credential, changes: &[(&str, Option<&str>)]) -> Result<(), Refusal> {
    let mut pairs = cloud.signed(credential, "GetCallerIdentity", &[]);
    for (name, value) in changes {
        pairs.retain(|(other, _)| other != name);
        pairs.extend(value.map(|value| ((*name).to_owned(), value.to_owned())));
    }
    cloud.ask(sign(pairs, "POST", credential)).map(drop)
}

fn user() -> Credential {
    key_of(FixedCaller::User)
}

#[test]
fn a_call_without_a_common_parameter_is_told_which() {
    let cloud = Cloud::new();
    let names = [
        "Action",
        "Version",
        "AccessKeyId",
        "SignatureMethod",
        "SignatureVersion",
        "SignatureNonce",
        "Timestamp",
    ];
    for name in names {
        let refusal = changed(&cloud, &user(), &[(name, None), ("Format", Some("JSON"))]).unwrap_err();
        assert_eq!((refusal.status, refusal.code.as_ref()), (400, "MissingParameter"), "{name}");
        assert!(refusal.message.contains(name), "{}", refusal.message);
    }
    let mut unsigned = cloud.signed(&user(), "GetCallerIdentity", &[]);
    unsigned.retain(|(name, _)| name != "Signature");
    assert_eq!(cloud.ask(unsigned).unwrap_err(), refused::INCOMPLETE_SIGNATURE);
}

#[test]
fn what_names_no_service_or_action_is_not_found() {
    let cloud = Cloud::new();
    let code = |changes: &[(&str, Option<&str>)]| changed(&cloud, &user(), changes).unwrap_err();
    assert_eq!(code(&[("Action", Some("GetMe"))]), refused::INVALID_ACTION);
    assert_eq!(code(&[("Version", Some("1999-01-01"))]), refused::INVALID_VERSION);
    assert_eq!(code(&[("SignatureMethod", Some("HMAC-MD5"))]), refused::SIGNATURE_METHOD);
    assert_eq!(code(&[("SignatureType", Some("BEARERTOKEN"))]), refused::SIGNATURE_METHOD);
    let pairs = cloud.signed(&user(), "GetCallerIdentity", &[]);
    let elsewhere = Request { host: "fass.cn-hangzhou.aliyuncs.com".into(), ..post(pairs.clone()) };
    assert_eq!(outcome(&cloud.answer(&elsewhere)), Err(refused::INVALID_PRODUCT));
    let put = Request { method: "PUT".into(), ..post(pairs) };
    assert_eq!(outcome(&cloud.answer(&put)), Err(refused::UNSUPPORTED_METHOD));
}

#[test]
fn an_unknown_key_a_disabled_one_and_a_wrong_secret_are_three_things() {
    let cloud = Cloud::new();
    let code = |credential: &Credential| changed(&cloud, credential, &[]).unwrap_err();
    assert_eq!(code(&Credential::long_lived("LTAInone", "x")), refused::KEY_NOT_FOUND);
    assert_eq!(code(&key_of(FixedCaller::Disabled)), refused::KEY_INACTIVE);
    let refusal = code(&Credential::long_lived(user().id, "x"));
    assert_eq!((refusal.status, refusal.code.as_ref()), (400, "SignatureDoesNotMatch"));
    let expected = "Specified signature is not matched with our calculation. \
                    server string to sign is:POST&%2F&AccessKeyId%3D";
    assert!(refusal.message.starts_with(expected), "{}", refusal.message);
}

#[test]
fn the_clock_may_be_fifteen_minutes_off_and_no_second_more() {
    let cloud = Cloud::new();
    let at = |seconds: i64| {
        let time = rpc_v1::timestamp(Timestamp::from_second(cloud.now.as_second() + seconds).unwrap());
        changed(&cloud, &user(), &[("Timestamp", Some(&time))])
    };
    assert_eq!(at(899), Ok(()));
    assert_eq!(at(-899), Ok(()));
    assert_eq!(at(902), Err(refused::TIMESTAMP_EXPIRED));
    assert_eq!(at(-902), Err(refused::TIMESTAMP_EXPIRED));
    let written = |format: &str| {
        let time = cloud.now.strftime(format).to_string();
        changed(&cloud, &user(), &[("Timestamp", Some(&time))])
    };
    assert_eq!(written("%Y-%m-%dT%H:%M:%S.%3fZ"), Ok(()));
    for odd in
        ["%a, %d %b %Y %H:%M:%S GMT", "%Y-%m-%dT%H:%M:%S.%6fZ", "%Y-%m-%d %H:%M:%SZ", "%Y-%m-%dT%H:%M:%S"]
    {
        assert_eq!(written(odd), Err(refused::TIMESTAMP_FORMAT), "{odd}");
    }
}

#[test]
fn a_nonce_is_taken_once_and_not_by_a_call_that_was_refused() {
    let mut cloud = Cloud::new();
    let pairs = cloud.signed(&user(), "GetCallerIdentity", &[]);
    let forged = with_signature(&pairs, "x");
    assert!(cloud.ask(forged).is_err());
    assert!(cloud.ask(pairs.clone()).is_ok());
    assert_eq!(cloud.ask(pairs.clone()), Err(refused::NONCE_USED));
    cloud.later(3600);
    assert_eq!(cloud.ask(pairs), Err(refused::TIMESTAMP_EXPIRED));
}

fn with_signature(pairs: &Pairs, signature: &str) -> Pairs {
    let others = pairs.iter().filter(|(name, _)| name != "Signature").cloned();
    others.chain([("Signature".to_owned(), signature.to_owned())]).collect()
}

#[test]
fn a_temporary_key_needs_its_own_token() {
    let cloud = Cloud::new();
    let (one, other) = (cloud.assume(OPERATOR_ROLE_NAME), cloud.assume(OPERATOR_ROLE_NAME));
    let token = |credential: &Credential, token: Option<&str>| {
        changed(&cloud, credential, &[("SecurityToken", token)]).map_err(|refusal| refusal.code.into_owned())
    };
    let code = |refusal: Refusal| Err(refusal.code.into_owned());
    let text = |credential: &Credential| credential.token.as_ref().map(|token| token.expose().to_owned());
    assert_eq!(token(&one, text(&one).as_deref()), Ok(()));
    assert_eq!(token(&one, None), code(refused::TOKEN_MISSING));
    assert_eq!(token(&one, text(&other).as_deref()), code(refused::TOKEN_MISMATCH));
    assert_eq!(token(&user(), text(&one).as_deref()), code(refused::TOKEN_MISMATCH));
    assert_eq!(token(&one, Some("nonsense")), code(refused::TOKEN_MALFORMED));
}

#[test]
fn a_temporary_key_ends() {
    let mut cloud = Cloud::new();
    let credential = cloud.assume(OPERATOR_ROLE_NAME);
    cloud.later(3599);
    assert_eq!(changed(&cloud, &credential, &[]), Ok(()));
    cloud.later(1);
    assert_eq!(changed(&cloud, &credential, &[]), Err(refused::TOKEN_EXPIRED));
}

#[test]
fn a_fault_ends_the_first_temporary_key_before_its_time() {
    let cloud = Cloud::with_faults(&["expired-token"]);
    let (first, second) = (cloud.assume(OPERATOR_ROLE_NAME), cloud.assume(OPERATOR_ROLE_NAME));
    assert_eq!(changed(&cloud, &first, &[]), Err(refused::TOKEN_EXPIRED));
    assert_eq!(changed(&cloud, &second, &[]), Ok(()));
}

#[test]
fn parameters_may_stand_in_a_form_body_and_are_signed_there() {
    let cloud = Cloud::new();
    let given =
        [("RoleArn", "acs:ram::1234567890123456:role/SandboxOperatorRole"), ("RoleSessionName", "a-b")];
    let pairs = cloud.signed(&user(), "AssumeRole", &given);
    let (body, query): (Pairs, Pairs) = pairs.into_iter().partition(|(name, _)| name.starts_with("Role"));
    let mut request = post(query);
    request.headers.push(("content-type".into(), "application/x-www-form-urlencoded".into()));
    request.body = crate::sign::encode::query(&body).into();
    assert!(outcome(&cloud.answer(&request)).is_ok());
    request.body = request.body.to_ascii_uppercase().into();
    assert_eq!(outcome(&cloud.answer(&request)).unwrap_err().code, "SignatureDoesNotMatch");
}

#[test]
fn an_empty_signature_type_is_signed_and_taken() {
    assert_eq!(changed(&Cloud::new(), &user(), &[("SignatureType", Some(""))]), Ok(()));
}

#[test]
fn without_a_format_the_answer_is_xml() {
    let cloud = Cloud::new();
    let answer = |format: Option<&str>| {
        let mut pairs = cloud.signed(&user(), "GetCallerIdentity", &[]);
        pairs.retain(|(name, _)| name != "Format");
        pairs.extend(format.map(|format| ("Format".to_owned(), format.to_owned())));
        let response = cloud.answer(&post(sign(pairs, "POST", &user())));
        (response.status, String::from_utf8(response.body.to_vec()).unwrap())
    };
    let (status, text) = answer(None);
    let expected = "<?xml version='1.0' encoding='UTF-8'?><GetCallerIdentityResponse><RequestId>";
    assert!(status == 200 && text.starts_with(expected), "{text}");
    let (status, text) = answer(Some("YAML"));
    assert!(status == 400 && text.contains("<Code>InvalidParameter.Format</Code>"), "{text}");
}

#[test]
fn parameters_that_replace_others_do_so() {
    assert_eq!(with(&[("a", "1"), ("b", "2")], &[("a", "3")]), [("b", "2"), ("a", "3")]);
}

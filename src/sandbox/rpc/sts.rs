//! STS 2015-04-01: who am I, and temporary credentials of a role.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::State;
use super::action::{Action, signed};
use super::call::{Answer, Call, Handler, Question};
use super::policy::{Document, Kind};
use super::ram::{Role, allowed, ram_user};
use super::refusal::Refusal;
use crate::sandbox::identity::{ACCOUNT, FixedCaller, OIDC_PROVIDER_ARN, role_arn};
use crate::sandbox::keys::{Caller, Issued, Session};

/// Every action that users call.
pub(super) const ACTIONS: &[Action] = &[
    signed("GetCallerIdentity", who_am_i),
    signed("AssumeRole", assume_role),
    Action { name: "AssumeRoleWithOIDC", handler: Handler::Unsigned(assume_role_with_oidc), takes: None },
];

/// What STS refuses, in the words of its documents "STS common errors" and "Error codes".
pub(super) mod refusals {
    crate::sandbox::rpc::refusal::refusals! {
        ROOT = 403, "NoPermission", "Roles may not be assumed by root accounts.";
        NO_PERMISSION = 403, "NoPermission",
            "You are not authorized to do this action. You should be authorized by RAM.";
        NOT_TRUSTED = 403, "NoPermission", "No permission perform sts:AssumeRole on this Role. Maybe you are not \
            authorized to perform sts:AssumeRole or the specified role does not trust you";
        ROLE_NOT_EXIST = 404, "EntityNotExist.Role", "The specified Role not exists.";
        ROLE_ARN = 400, "InvalidParameter.RoleArn", "The parameter RoleArn is wrongly formed.";
        SESSION_NAME = 400, "InvalidParameter.RoleSessionName",
            "The parameter RoleSessionName is wrongly formed.";
        DURATION = 400, "InvalidParameter.DurationSeconds",
            "The Min/Max value of DurationSeconds is 15min/1hr.";
        POLICY_GRAMMAR = 400, "InvalidParameter.PolicyGrammar",
            "The parameter Policy has not passed grammar check.";
        POLICY_SIZE = 400, "InvalidParameter.PolicySize", "The size of Policy must be smaller than 2048 bytes.";
        NO_PROVIDER = 401, "AuthenticationFail.NoPermission", "No such OIDC Provider registered.";
        OIDC_INVALID = 401, "AuthenticationFail.OIDCToken.Invalid",
            "The number of Jwt field should be divided into 3 parts with '.' .";
        OIDC_EXPIRED = 401, "AuthenticationFail.OIDCToken.Expired", "This JsonWebToken is expired.";
    }
}

/// `GetCallerIdentity`.
fn who_am_i(call: &Call<'_>, state: &mut State) -> Answer {
    let arn = |rest: String| format!("acs:ram::{ACCOUNT}:{rest}");
    Ok(match &call.caller {
        Caller::AssumedRole(Session { role, name, .. }) => {
            let id = state.ram.role_id(role);
            json!({
                "IdentityType": "AssumedRoleUser",
                "AccountId": ACCOUNT,
                "PrincipalId": format!("{id}:{name}"),
                "RoleId": id,
                "Arn": arn(format!("assumed-role/{role}/{name}")),
            })
        }
        fixed => {
            let (kind, id, arn) = match ram_user(fixed) {
                Some((name, id)) => ("RAMUser", id, arn(format!("user/{name}"))),
                None => ("Account", ACCOUNT, arn("root".to_owned())),
            };
            json!({
                "IdentityType": kind,
                "AccountId": ACCOUNT,
                "PrincipalId": id,
                "UserId": id,
                "Arn": arn,
            })
        }
    })
}

/// `AssumeRole`.
fn assume_role(call: &Call<'_>, state: &mut State) -> Answer {
    if call.caller == Caller::Fixed(FixedCaller::Root) {
        return Err(refusals::ROOT);
    }
    let name = role_name(call)?;
    let session = session(call, name)?;
    if !allowed(&call.caller, &state.ram, "sts:AssumeRole", &role_arn(name)) {
        return Err(refusals::NO_PERMISSION);
    }
    let role = state.ram.role(name).ok_or(refusals::ROLE_NOT_EXIST)?;
    let own = ram_user(&call.caller).map(|(user, _)| format!("acs:ram::{ACCOUNT}:user/{user}"));
    let account = format!("acs:ram::{ACCOUNT}:root");
    if !role.trusts(&[account.as_str(), own.as_deref().unwrap_or_default()]) {
        return Err(refusals::NOT_TRUSTED);
    }
    credentials(call, role, session)
}

/// `AssumeRoleWithOIDC`. The token's own signature is not checked, for the provider's keys are nowhere.
fn assume_role_with_oidc(question: &Question<'_>, state: &mut State) -> Answer {
    let name = role_name(question)?;
    let session = session(question, name)?;
    let provider = question.need("OIDCProviderArn")?;
    let claims = claims(question.need("OIDCToken")?, question.now)?;
    if provider != OIDC_PROVIDER_ARN {
        return Err(refusals::NO_PROVIDER);
    }
    let role = state.ram.role(name).ok_or(refusals::ROLE_NOT_EXIST)?;
    if !role.trusts(&[provider]) {
        return Err(refusals::NOT_TRUSTED);
    }
    let mut fields = credentials(question, role, session)?;
    if let Value::Object(fields) = &mut fields {
        let info = json!({"Subject": claims["sub"], "Issuer": claims["iss"], "ClientIds": claims["aud"]});
        fields.insert("OIDCTokenInfo".to_owned(), info);
    }
    Ok(fields)
}

/// The name in `RoleArn`, if it is of the account.
fn role_name<'a>(question: &Question<'a>) -> Result<&'a str, Refusal> {
    let arn = question.need("RoleArn")?.strip_prefix("acs:ram::").ok_or(refusals::ROLE_ARN)?;
    let (account, role) = arn.split_once(":role/").ok_or(refusals::ROLE_ARN)?;
    if account == ACCOUNT { Ok(role) } else { Err(refusals::ROLE_NOT_EXIST) }
}

/// `RoleSessionName`: 2 to 64 letters, digits, `.`, `@`, `-`, `_`.
fn session_name<'a>(question: &Question<'a>) -> Result<&'a str, Refusal> {
    let name = question.need("RoleSessionName")?;
    let fits = |c: char| c.is_ascii_alphanumeric() || ".@-_".contains(c);
    let is_one = (2..=64).contains(&name.len()) && name.chars().all(fits);
    if is_one { Ok(name) } else { Err(refusals::SESSION_NAME) }
}

/// The most bytes of a session's own policy.
const POLICY_LIMIT: usize = 2048;

/// The session of a role as the caller wants it: its name, and in `Policy` what it may not go beyond.
fn session(question: &Question<'_>, role: &str) -> Result<Session, Refusal> {
    let name = session_name(question)?.to_owned();
    let policy = question.get("Policy");
    if policy.is_some_and(|text| text.len() > POLICY_LIMIT) {
        return Err(refusals::POLICY_SIZE);
    }
    if policy.is_some_and(|text| Document::parse(text, Kind::Permission).is_err()) {
        return Err(refusals::POLICY_GRAMMAR);
    }
    Ok(Session { role: role.to_owned(), name, policy: policy.map(str::to_owned) })
}

/// What a JWT claims, if it has three parts, can be read and has not expired.
fn claims(token: &str, now: Timestamp) -> Result<Value, Refusal> {
    let parts: Vec<&str> = token.trim().split('.').collect();
    let [_, payload, _] = parts[..] else { return Err(refusals::OIDC_INVALID) };
    let bytes = BASE64.decode(payload.trim_end_matches('=')).ok();
    let claims: Option<Value> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let unreadable =
        || refusals::OIDC_INVALID.saying("The Jwt content is invalid that cannot be recognized.");
    let claims = claims.ok_or_else(unreadable)?;
    if claims["exp"].as_i64().is_some_and(|end| end <= now.as_second()) {
        return Err(refusals::OIDC_EXPIRED);
    }
    Ok(claims)
}

/// Issues the credentials and says whose they are.
fn credentials(question: &Question<'_>, role: &Role, session: Session) -> Answer {
    let seconds = match question.get("DurationSeconds") {
        None => Some(3600.min(role.max_session)),
        Some(text) => text.parse().ok().filter(|seconds| (900..=role.max_session).contains(seconds)),
    };
    let lifetime = Duration::from_secs(seconds.ok_or(refusals::DURATION)?.into());
    let user = json!({
        "AssumedRoleId": format!("{}:{}", role.id, session.name),
        "Arn": format!("{}/{}", role_arn(&session.role), session.name),
    });
    let issued = question.cloud.keys.issue(Caller::AssumedRole(session), question.now, lifetime);
    Ok(json!({
        "AssumedRoleUser": user,
        "Credentials": fields(&issued),
    }))
}

/// `AccessKeyId`, `AccessKeySecret`, `SecurityToken`, `Expiration`.
pub(super) fn fields(issued: &Issued) -> Value {
    json!({
        "AccessKeyId": issued.id,
        "AccessKeySecret": issued.secret,
        "SecurityToken": issued.token,
        "Expiration": issued.expiration.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Cloud, Given, credential, key_of, with};
    use super::*;
    use crate::sandbox::identity::{INSTANCE_ROLE_NAME, OIDC_ROLE_NAME, OPERATOR_ROLE_NAME};
    use crate::sign::Credential;

    fn identity(cloud: &Cloud, credential: &Credential) -> Value {
        cloud.call_as(credential, "GetCallerIdentity", &[]).unwrap()
    }

    #[test]
    fn everyone_is_told_who_they_are() {
        let cloud = Cloud::new();
        let user = identity(&cloud, &key_of(FixedCaller::User));
        assert_eq!((&user["IdentityType"], &user["AccountId"]), (&json!("RAMUser"), &json!(ACCOUNT)));
        assert_eq!(user["Arn"], "acs:ram::1234567890123456:user/faas-engineer");
        let root = identity(&cloud, &key_of(FixedCaller::Root));
        assert_eq!((&root["IdentityType"], &root["UserId"]), (&json!("Account"), &json!(ACCOUNT)));
        let role = identity(&cloud, &cloud.assume(OPERATOR_ROLE_NAME));
        assert_eq!(role["IdentityType"], "AssumedRoleUser");
        assert_eq!(role["Arn"], "acs:ram::1234567890123456:assumed-role/SandboxOperatorRole/test");
        assert_eq!((role.get("UserId"), &role["PrincipalId"]), (None, &json!("300000000000000003:test")));
    }

    #[test]
    fn a_role_with_the_right_may_take_on_another() {
        let cloud = Cloud::new();
        let now = cloud.now;
        let caller = |role: &str| {
            Caller::AssumedRole(Session { role: role.to_owned(), name: "i".to_owned(), policy: None })
        };
        let issue =
            |role| credential(&fields(&cloud.cloud.keys.issue(caller(role), now, Duration::from_mins(60))));
        let operator = role_arn(OPERATOR_ROLE_NAME);
        let given = [("RoleArn", operator.as_str()), ("RoleSessionName", "chain")];
        assert!(cloud.call_as(&issue(INSTANCE_ROLE_NAME), "AssumeRole", &given).is_ok());
        let refused = cloud.call_as(&issue(OIDC_ROLE_NAME), "AssumeRole", &given);
        assert_eq!(refused, Err(refusals::NO_PERMISSION));
    }

    #[test]
    fn each_wrong_parameter_has_its_refusal() {
        let cloud = Cloud::new();
        let operator = role_arn(OPERATOR_ROLE_NAME);
        let right = [("RoleArn", operator.as_str()), ("RoleSessionName", "me")];
        let code = |others: Given<'_>| cloud.refused("AssumeRole", &with(&right, others));
        assert_eq!(code(&[("RoleArn", "")]).code, "MissingRoleArn");
        assert_eq!(code(&[("RoleArn", "role/x")]), refusals::ROLE_ARN);
        assert_eq!(code(&[("RoleArn", &role_arn("none"))]), refusals::ROLE_NOT_EXIST);
        assert_eq!(code(&[("RoleArn", &role_arn(INSTANCE_ROLE_NAME))]), refusals::NOT_TRUSTED);
        assert_eq!(code(&[("RoleSessionName", "x")]), refusals::SESSION_NAME);
        assert_eq!(code(&[("RoleSessionName", "a b")]), refusals::SESSION_NAME);
        assert_eq!(code(&[("DurationSeconds", "899")]), refusals::DURATION);
        assert_eq!(code(&[("DurationSeconds", "3601")]), refusals::DURATION);
        assert_eq!(code(&[("Policy", "{}")]), refusals::POLICY_GRAMMAR);
        assert_eq!(code(&[("Policy", &" ".repeat(2049))]), refusals::POLICY_SIZE);
        let by = |caller| cloud.call_as(&key_of(caller), "AssumeRole", &right).unwrap_err();
        assert_eq!(by(FixedCaller::Root), refusals::ROOT);
        assert_eq!(by(FixedCaller::Uploader), refusals::NO_PERMISSION);
    }

    /// `{"alg":"none"}`, claims, anything.
    fn token(claims: &str) -> String {
        format!("{}.{}.eA", BASE64.encode(r#"{"alg":"none"}"#), BASE64.encode(claims))
    }

    fn with_oidc(cloud: &Cloud, others: Given<'_>) -> Result<Value, Refusal> {
        let (arn, token) = (role_arn(OIDC_ROLE_NAME), token(r#"{"sub":"me","iss":"https://sandbox"}"#));
        let given = [
            ("Action", "AssumeRoleWithOIDC"),
            ("Version", "2015-04-01"),
            ("Format", "JSON"),
            ("RoleArn", arn.as_str()),
            ("OIDCProviderArn", OIDC_PROVIDER_ARN),
            ("OIDCToken", token.as_str()),
            ("RoleSessionName", "ci"),
        ];
        let given = with(&given, others);
        cloud.ask(given.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    #[test]
    fn a_token_of_the_provider_gives_credentials_without_a_signature() {
        let cloud = Cloud::new();
        let answer = with_oidc(&cloud, &[]).unwrap();
        assert_eq!(answer["OIDCTokenInfo"]["Subject"], "me");
        let role = identity(&cloud, &credential(&answer["Credentials"]));
        assert_eq!(role["Arn"], "acs:ram::1234567890123456:assumed-role/SandboxOidcRole/ci");
    }

    #[test]
    fn a_token_that_is_none_or_expired_is_refused() {
        let cloud = Cloud::new();
        let code = |others: Given<'_>| with_oidc(&cloud, others).unwrap_err();
        assert_eq!(code(&[("OIDCToken", "abc")]), refusals::OIDC_INVALID);
        assert_eq!(code(&[("OIDCToken", "a.b.c")]).code, "AuthenticationFail.OIDCToken.Invalid");
        assert_eq!(code(&[("OIDCToken", &token(r#"{"exp":1}"#))]), refusals::OIDC_EXPIRED);
        assert_eq!(code(&[("OIDCProviderArn", "acs:ram::1:oidc-provider/x")]), refusals::NO_PROVIDER);
        assert_eq!(code(&[("RoleArn", &role_arn(OPERATOR_ROLE_NAME))]), refusals::NOT_TRUSTED);
    }
}

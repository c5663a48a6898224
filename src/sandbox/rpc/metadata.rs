//! The instance metadata service, v1 and v2, and a credentials URI.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::ecs::Identity;
use super::sts;
use crate::sandbox::cloud::Cloud;
use crate::sandbox::http::{Request, Response};
use crate::sandbox::identity::{ACCOUNT, INSTANCE_ID, OPERATOR_ROLE_NAME};
use crate::sandbox::keys::{Caller, Issued, Session, unguessable};

/// How long the temporary credentials of the instance live, and of the credentials URI.
const INSTANCE_LIFETIME: Duration = Duration::from_hours(6);
const URI_LIFETIME: Duration = Duration::from_hours(1);
/// The instance gets new credentials when the old ones live no longer than this.
const RENEWAL: Duration = Duration::from_mins(30);
const TTL_HEADER: &str = "x-aliyun-ecs-metadata-token-ttl-seconds";
const TOKEN_HEADER: &str = "x-aliyun-ecs-metadata-token";

/// What the service keeps.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Tokens of v2 and their ends.
    tokens: HashMap<String, Timestamp>,
    /// The credentials that each instance has.
    issued: HashMap<String, Issued>,
}

/// Where the credentials URI points; it is asked with the secret of the caller's key, `?key=…`.
pub(crate) const CREDENTIALS_PATH: &str = "/.sandbox/credentials";

/// Answers `/latest/…` and [`CREDENTIALS_PATH`] for the first instance.
pub(crate) fn metadata(cloud: &Cloud, request: &Request) -> Response {
    metadata_at(cloud, request, (INSTANCE_ID, cloud.now()))
}

/// Answers `/latest/…` for another one; None when it is no more.
pub(crate) fn metadata_of(cloud: &Cloud, request: &Request, instance: &str) -> Option<Response> {
    cloud.rpc().ecs.identity(instance)?;
    Some(metadata_at(cloud, request, (instance, cloud.now())))
}

/// New credentials of the operator's role: `{"Code": "Success", "AccessKeyId": …}`.
fn credentials(cloud: &Cloud, now: Timestamp) -> Response {
    let caller = caller(OPERATOR_ROLE_NAME, "credentials-uri");
    document(&cloud.keys.issue(caller, now, URI_LIFETIME), now)
}

fn metadata_at(cloud: &Cloud, request: &Request, at: (&str, Timestamp)) -> Response {
    let (instance, now) = at;
    match (request.method.as_str(), request.path.as_str()) {
        ("PUT", "/latest/api/token") => new_token(cloud, request, now),
        ("GET", "/latest/api/token") => Response::new(405),
        ("GET", CREDENTIALS_PATH) if request.parameter("key") != Some(cloud.keys.user_secret()) => {
            Response::text(403, "Forbidden: add ?key= and the secret of the sandbox's AccessKey")
        }
        ("GET", CREDENTIALS_PATH) => credentials(cloud, now),
        ("GET", path) => {
            if !may_read(cloud, request, now) {
                return Response::text(403, "Forbidden");
            }
            let Some(identity) = cloud.rpc().ecs.identity(instance) else { return Response::new(404) };
            read(cloud, path, (&identity, now))
        }
        _ => Response::new(405),
    }
}

/// A token for as many seconds as the header says.
fn new_token(cloud: &Cloud, request: &Request, now: Timestamp) -> Response {
    let seconds = request.header(TTL_HEADER).and_then(|text| text.parse().ok());
    let Some(seconds) = seconds.filter(|seconds| (1..=21600).contains(seconds)) else {
        return Response::text(400, "Bad Request");
    };
    let token = unguessable(56);
    cloud.rpc().metadata.tokens.insert(token.clone(), now + Duration::from_secs(seconds));
    Response::text(200, token)
}

/// Whether the request carries a token that is valid, or needs none.
fn may_read(cloud: &Cloud, request: &Request, now: Timestamp) -> bool {
    match request.header(TOKEN_HEADER) {
        None => !cloud.options.metadata_v2_only,
        Some(token) => cloud.rpc().metadata.tokens.get(token).is_some_and(|end| *end > now),
    }
}

fn read(cloud: &Cloud, path: &str, at: (&Identity, Timestamp)) -> Response {
    if let Some(item) = path.strip_prefix("/latest/dynamic/") {
        return match item {
            "instance-identity/document" => Response::text(200, identity_document(at.0).to_string()),
            _ => Response::text(404, "Not Found"),
        };
    }
    let item = path.strip_prefix("/latest/meta-data").map(|item| item.trim_matches('/'));
    match item.and_then(|item| item_text(cloud, item, at)) {
        Some(response) => response,
        None => Response::text(404, "Not Found"),
    }
}

/// What stands at an item's place; a folder lists what is in it.
fn item_text(cloud: &Cloud, item: &str, at: (&Identity, Timestamp)) -> Option<Response> {
    const ROLES: &str = "ram/security-credentials";
    let (identity, now) = at;
    let role = identity.role.as_deref();
    if role.is_some_and(|role| item.strip_prefix(ROLES) == Some(&format!("/{role}"))) {
        return Some(document(&instance_credentials(cloud, identity, now), now));
    }
    let text = match item {
        "" => {
            "hostname\nimage-id\ninstance-id\ninstance/\nowner-account-id\nprivate-ipv4\nram/\nregion-id\nzone-id"
        }
        "hostname" => &identity.host_name,
        "image-id" => &identity.image,
        "instance-id" => &identity.id,
        "instance" => "instance-name\ninstance-type",
        "instance/instance-name" => &identity.name,
        "instance/instance-type" => identity.kind,
        "instance/spot/termination-time" => identity.ends.as_deref()?,
        "owner-account-id" => ACCOUNT,
        "private-ipv4" => &identity.private_ip,
        "ram" if role.is_some() => "security-credentials/",
        ROLES => role?,
        "region-id" => identity.region,
        "zone-id" => identity.zone,
        _ => return None,
    };
    Some(Response::text(200, text))
}

fn identity_document(identity: &Identity) -> Value {
    json!({
        "zone-id": identity.zone,
        "serial-number": "4acd2b47-b328-4762-852f-998e7b5e8a57",
        "instance-id": identity.id,
        "region-id": identity.region,
        "private-ipv4": identity.private_ip,
        "owner-account-id": ACCOUNT,
        "mac": "00:16:3e:0f:aa:01",
        "image-id": identity.image,
        "instance-type": identity.kind,
    })
}

/// The instance's credentials: the same ones until they come near their end, or the services no longer take them.
fn instance_credentials(cloud: &Cloud, identity: &Identity, now: Timestamp) -> Issued {
    let mut state = cloud.rpc();
    let lives = |issued: &&Issued| {
        let real_end = cloud.keys.find(&issued.id).and_then(|key| key.ends);
        issued.expiration > now + RENEWAL && real_end.is_some_and(|end| end > now)
    };
    if let Some(issued) = state.metadata.issued.get(&identity.id).filter(lives) {
        return issued.clone();
    }
    let issued = cloud.keys.issue(
        caller(identity.role.as_deref().unwrap_or_default(), &identity.id),
        now,
        INSTANCE_LIFETIME,
    );
    state.metadata.issued.insert(identity.id.clone(), issued.clone());
    issued
}

fn caller(role: &str, session: &str) -> Caller {
    Caller::AssumedRole(Session { role: role.to_owned(), name: session.to_owned(), policy: None })
}

/// Credentials as the metadata service and a credentials URI give them.
fn document(issued: &Issued, now: Timestamp) -> Response {
    let mut fields = sts::fields(issued);
    if let Value::Object(fields) = &mut fields {
        let updated = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        fields.insert("LastUpdated".to_owned(), json!(updated));
        fields.insert("Code".to_owned(), json!("Success"));
    }
    Response::json(200, &fields)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Cloud, credential};
    use super::*;
    use crate::sandbox::identity::{INSTANCE_TYPE, REGION};
    use crate::sandbox::options::Options;

    fn ask(cloud: &Cloud, method: &str, path: &str, header: Option<(&str, &str)>) -> (u16, String) {
        let headers = header.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
        let request = Request { method: method.into(), path: path.into(), headers, ..Request::default() };
        let response = metadata_at(&cloud.cloud, &request, (INSTANCE_ID, cloud.now));
        (response.status, String::from_utf8(response.body.to_vec()).unwrap())
    }

    fn get(cloud: &Cloud, path: &str) -> (u16, String) {
        ask(cloud, "GET", path, None)
    }

    #[test]
    fn the_instance_knows_itself() {
        let cloud = Cloud::new();
        let item = |path: &str| get(&cloud, &format!("/latest/meta-data/{path}")).1;
        assert_eq!(item("region-id"), REGION);
        assert_eq!(item("instance-id"), INSTANCE_ID);
        assert_eq!(item("instance/instance-type"), INSTANCE_TYPE);
        assert!(item("").lines().any(|line| line == "region-id"));
        let document: Value =
            serde_json::from_str(&get(&cloud, "/latest/dynamic/instance-identity/document").1).unwrap();
        assert_eq!(
            (&document["owner-account-id"], &document["region-id"]),
            (&json!(ACCOUNT), &json!(REGION))
        );
        assert_eq!(get(&cloud, "/latest/meta-data/instance/spot/termination-time").0, 404);
        assert_eq!(get(&cloud, "/latest/user-data").0, 404);
        assert_eq!(ask(&cloud, "POST", "/latest/meta-data/region-id", None).0, 405);
    }

    #[test]
    fn a_token_is_made_for_a_while_and_then_no_longer_taken() {
        let mut cloud = Cloud::with(Options { metadata_v2_only: true, ..Options::default() });
        let region = "/latest/meta-data/region-id";
        assert_eq!(get(&cloud, region).0, 403);
        assert_eq!(ask(&cloud, "PUT", "/latest/api/token", None).0, 400);
        assert_eq!(ask(&cloud, "PUT", "/latest/api/token", Some((TTL_HEADER, "21601"))).0, 400);
        let (status, token) = ask(&cloud, "PUT", "/latest/api/token", Some((TTL_HEADER, "60")));
        assert_eq!(status, 200);
        assert_eq!(ask(&cloud, "GET", region, Some((TOKEN_HEADER, &token))), (200, REGION.into()));
        cloud.later(60);
        assert_eq!(ask(&cloud, "GET", region, Some((TOKEN_HEADER, &token))).0, 403);
    }

    #[test]
    fn the_role_s_credentials_are_taken_and_renewed_before_they_end() {
        let mut cloud = Cloud::new();
        let folder = "/latest/meta-data/ram/security-credentials/";
        let role = get(&cloud, folder).1;
        let issued = |cloud: &Cloud| -> Value {
            serde_json::from_str(&get(cloud, &format!("{folder}{role}")).1).unwrap()
        };
        let first = issued(&cloud);
        assert_eq!(first["Code"], "Success");
        let who = cloud.call_as(&credential(&first), "GetCallerIdentity", &[]).unwrap();
        assert_eq!(who["IdentityType"], "AssumedRoleUser");
        assert_eq!(issued(&cloud)["AccessKeyId"], first["AccessKeyId"]);
        cloud.later(6 * 3600 - 1800);
        assert_ne!(issued(&cloud)["AccessKeyId"], first["AccessKeyId"]);
        assert_eq!(get(&cloud, &format!("{folder}another")).0, 404);
    }

    #[test]
    fn an_instance_without_a_role_has_no_credentials() {
        let cloud = Cloud::with(Options { without_instance_role: true, ..Options::default() });
        assert_eq!(get(&cloud, "/latest/meta-data/ram/security-credentials/").0, 404);
    }

    #[test]
    fn the_credentials_uri_gives_credentials_that_are_taken() {
        let cloud = Cloud::new();
        assert_eq!(get(&cloud, CREDENTIALS_PATH).0, 403);
        let query = vec![("key".to_owned(), cloud.cloud.keys.user_secret().to_owned())];
        let (method, path) = ("GET".into(), CREDENTIALS_PATH.into());
        let answer = metadata_at(
            &cloud.cloud,
            &Request { method, path, query, ..Request::default() },
            (INSTANCE_ID, cloud.now),
        );
        let document: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(document["Code"], "Success");
        assert!(cloud.call_as(&credential(&document), "GetCallerIdentity", &[]).is_ok());
    }
}

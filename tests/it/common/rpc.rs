//! Calls of RPC services, signed here.

use faascmd::testing::sign::{Credential, Pairs, acs3, encode, rpc_v1};
use jiff::Timestamp;

use super::cloud::Cloud;
use super::http::{Answer, post_query, send};

/// The RAM user whose key a sandbox gives to commands.
pub fn user() -> Credential {
    Credential::long_lived("LTAI5tFaascmdSandboxUser", "SandboxUserSecret0123456789abc")
}

/// The parameters of a call (version, action) without their signature; the nonce is new.
pub fn parameters(credential: &Credential, call: (&str, &str), given: &[(&str, &str)]) -> Pairs {
    let nonce = uuid::Uuid::new_v4().to_string();
    let (version, action) = call;
    let call =
        rpc_v1::Call { action, version, region: Some("cn-hangzhou"), time: Timestamp::now(), nonce: &nonce };
    let mut pairs = rpc_v1::common_parameters(&call, credential);
    pairs.extend(given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    pairs
}

/// The parameters with their signature.
pub fn signed(method: &str, credential: &Credential, mut pairs: Pairs) -> Pairs {
    let text = rpc_v1::string_to_sign(method, &pairs);
    pairs.push(("Signature".into(), rpc_v1::signature(credential.secret.expose(), &text)));
    pairs
}

/// Calls an action (version, action).
pub fn call(cloud: &Cloud, credential: &Credential, action: (&str, &str), given: &[(&str, &str)]) -> Answer {
    post_query(cloud.address(), &signed("POST", credential, parameters(credential, action, given)))
}

/// A call that the newer SDKs sign by headers (V3).
#[derive(Clone)]
pub struct V3 {
    pub method: &'static str,
    pub query: Pairs,
    /// All headers but `authorization`; names in lower case.
    pub headers: Pairs,
    pub body: String,
}

impl V3 {
    /// A call of an action (version, action) with its parameters in the query.
    pub fn new(credential: &Credential, action: (&str, &str), given: &[(&str, &str)]) -> Self {
        let own = |pairs: &[(&str, &str)]| -> Pairs {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let (time, nonce) = (rpc_v1::timestamp(Timestamp::now()), uuid::Uuid::new_v4().to_string());
        let mut headers = own(&[
            ("host", "127.0.0.1:1"),
            ("x-acs-version", action.0),
            ("x-acs-action", action.1),
            ("x-acs-date", &time),
            ("x-acs-signature-nonce", &nonce),
            ("x-acs-content-sha256", &acs3::body_hash(b"")),
        ]);
        headers.extend(
            credential.token.iter().map(|token| ("x-acs-security-token".into(), token.expose().to_owned())),
        );
        Self { method: "POST", query: own(given), headers, body: String::new() }
    }

    /// The same with its parameters in a form.
    pub fn form(mut self) -> Self {
        self.body = encode::query(&std::mem::take(&mut self.query));
        self.set("x-acs-content-sha256", &acs3::body_hash(self.body.as_bytes()));
        self.set("content-type", "application/x-www-form-urlencoded");
        self
    }

    /// Sets a header.
    pub fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(other, _)| other != name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    /// Signs all headers but those named.
    pub fn signed_without(mut self, unsigned: &[&str], credential: &Credential) -> Self {
        let mut names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.retain(|name| !unsigned.contains(name));
        names.sort_unstable();
        let canonical = acs3::canonical_request(&acs3::Request {
            method: self.method,
            query: &self.query,
            headers: &self.headers,
            signed_headers: &names,
            body_hash: &acs3::body_hash(self.body.as_bytes()),
        });
        let signature = acs3::signature(credential.secret.expose(), &acs3::string_to_sign(&canonical));
        let authorization = format!(
            "ACS3-HMAC-SHA256 Credential={},SignedHeaders={},Signature={signature}",
            credential.id,
            names.join(";")
        );
        self.set("authorization", &authorization);
        self
    }

    pub fn signed(self, credential: &Credential) -> Self {
        self.signed_without(&[], credential)
    }

    pub fn send(&self, cloud: &Cloud) -> Answer {
        let headers: Vec<(&str, &str)> = self.headers.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let line = format!("{} /?{}", self.method, encode::query(&self.query));
        send(cloud.address(), &line, &headers, self.body.as_bytes())
    }
}

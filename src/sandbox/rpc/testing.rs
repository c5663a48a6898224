//! What the tests of the services share: a cloud whose clock they move, and signed calls.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::refusal::Refusal;
use crate::sandbox::http::{Pairs, Request, Response};
use crate::sandbox::identity::{BUCKET, FixedCaller, KEYS, ROLE_NAME, XILINX_FPGA, role_arn};
use crate::sandbox::options::Options;
use crate::sign::{Credential, rpc_v1};

/// Names and values of parameters.
pub(crate) type Given<'a> = &'a [(&'a str, &'a str)];

/// A sandbox without its server, at a moment that only the test moves.
pub(crate) struct Cloud {
    pub(super) cloud: crate::sandbox::cloud::Cloud,
    pub(crate) now: Timestamp,
}

/// The key of one of the fixed callers.
pub(super) fn key_of(caller: FixedCaller) -> Credential {
    let key = KEYS.iter().find(|key| key.caller == caller).unwrap();
    Credential::long_lived(key.id, key.secret)
}

/// Parameters with others put in their place or added.
pub(super) fn with<'v>(
    given: &[(&'v str, &'v str)],
    others: &[(&'v str, &'v str)],
) -> Vec<(&'v str, &'v str)> {
    let kept = given.iter().filter(|(name, _)| others.iter().all(|(other, _)| other != name));
    kept.chain(others).copied().collect()
}

/// Parameters without one of them.
pub(super) fn without<'v>(given: &[(&'v str, &'v str)], name: &str) -> Vec<(&'v str, &'v str)> {
    given.iter().filter(|(other, _)| *other != name).copied().collect()
}

impl Cloud {
    pub(super) fn new() -> Self {
        Self::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Self {
        let cloud = crate::sandbox::cloud::Cloud::new(options).unwrap();
        let now = cloud.now();
        Self { cloud, now }
    }

    /// A cloud in which things go wrong.
    pub(super) fn with_faults(faults: &[&str]) -> Self {
        let mut options = Options::default();
        faults.iter().for_each(|fault| options.faults.add(fault).unwrap());
        Self::with(options)
    }

    pub(super) fn later(&mut self, seconds: u64) -> &mut Self {
        self.now += Duration::from_secs(seconds);
        self
    }

    /// Signs a call.
    pub(super) fn signed(&self, credential: &Credential, action: &str, given: Given<'_>) -> Pairs {
        let nonce = uuid::Uuid::new_v4().to_string();
        let (version, time) = (super::version_of(action), self.now);
        let call = rpc_v1::Call { action, version, region: Some("cn-hangzhou"), time, nonce: &nonce };
        let mut pairs = rpc_v1::common_parameters(&call, credential);
        pairs.extend(given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        sign(pairs, "POST", credential)
    }

    pub(super) fn answer(&self, request: &Request) -> Response {
        super::answer_at(&self.cloud, request, self.now)
    }

    /// Asks with these parameters, which need not be signed.
    pub(super) fn ask(&self, pairs: Pairs) -> Result<Value, Refusal> {
        outcome(&self.answer(&post(pairs)))
    }

    pub(super) fn call_as(
        &self,
        credential: &Credential,
        action: &str,
        given: Given<'_>,
    ) -> Result<Value, Refusal> {
        self.ask(self.signed(credential, action, given))
    }

    /// Calls as the caller that the sandbox exports the key of.
    pub(super) fn call(&self, action: &str, given: Given<'_>) -> Value {
        self.call_as(&key_of(FixedCaller::User), action, given).unwrap()
    }

    /// The same, or with which status and code it is refused.
    pub(crate) fn asked(&self, action: &str, given: Given<'_>) -> Result<Value, (u16, String)> {
        let answered = self.call_as(&key_of(FixedCaller::User), action, given);
        answered.map_err(|refusal| (refusal.status, refusal.code.into_owned()))
    }

    /// The same, when it is to be refused.
    pub(super) fn refused(&self, action: &str, given: Given<'_>) -> Refusal {
        self.call_as(&key_of(FixedCaller::User), action, given).unwrap_err()
    }

    /// Puts an object into the bucket.
    pub(crate) fn put(&self, key: &str, bytes: &[u8]) {
        self.cloud.store.put(BUCKET, key, bytes, self.now).unwrap();
    }

    /// An object of the bucket, as text.
    pub(super) fn text_of(&self, key: &str) -> Option<String> {
        let object = self.cloud.store.head(BUCKET, key)?;
        Some(std::io::read_to_string(object.reader()).unwrap())
    }

    /// Temporary credentials of a role.
    pub(super) fn assume(&self, role: &str) -> Credential {
        let given = [("RoleArn", role_arn(role)), ("RoleSessionName", "test".to_owned())];
        let given = [(given[0].0, given[0].1.as_str()), (given[1].0, given[1].1.as_str())];
        credential(&self.call("AssumeRole", &given)["Credentials"])
    }

    /// Creates an image of a small package, and gives its UUID.
    pub(super) fn package(&self) -> String {
        self.put("bit.tar.gz", &crate::bitstream::sample::package("xcvu9p-flgb2104-2-i"));
        let created = self.call("CreateFpgaImageTask", &creation(&role_arn(ROLE_NAME)));
        created["FpgaImageUUID"].as_str().unwrap().to_owned()
    }
}

/// The parameters that make an image of the package.
pub(super) fn creation(role_arn: &str) -> [(&str, &str); 5] {
    [
        ("Bucket", BUCKET),
        ("Object", "bit.tar.gz"),
        ("FpgaType", "xilinx"),
        ("ShellUUID", "f30001"),
        ("RoleArn", role_arn),
    ]
}

/// The parameters that load an image onto the first chip.
pub(super) fn loading(image: &str) -> [(&str, &str); 6] {
    [
        ("InstanceId", crate::sandbox::identity::INSTANCE_ID),
        ("FpgaUUID", XILINX_FPGA),
        ("FpgaType", "xilinx"),
        ("FpgaImageUUID", image),
        ("FpgaImageType", "afu"),
        ("ShellUUID", "f30001"),
    ]
}

/// Signs the parameters anew.
pub(super) fn sign(mut pairs: Pairs, method: &str, credential: &Credential) -> Pairs {
    pairs.retain(|(name, _)| name != "Signature");
    let text = rpc_v1::string_to_sign(method, &pairs);
    pairs.push(("Signature".to_owned(), rpc_v1::signature(credential.secret.expose(), &text)));
    pairs
}

/// A request with the parameters in the query, as the Python SDK sends it.
pub(super) fn post(query: Pairs) -> Request {
    Request {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        query,
        host: "127.0.0.1".to_owned(),
        ..Request::default()
    }
}

/// The credential in an answer.
pub(super) fn credential(fields: &Value) -> Credential {
    let text = |name: &str| fields[name].as_str().unwrap().to_owned();
    Credential::long_lived(text("AccessKeyId"), text("AccessKeySecret")).with_token(text("SecurityToken"))
}

/// What an answer says.
pub(super) fn outcome(response: &Response) -> Result<Value, Refusal> {
    let body: Value = serde_json::from_slice(&response.body).unwrap();
    if response.status == 200 {
        return Ok(body);
    }
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    assert!(text("Recommend").starts_with("https://"));
    assert_eq!(response.code.as_deref(), Some(text("Code").as_str()));
    Err(Refusal { status: response.status, code: text("Code").into(), message: text("Message").into() })
}

//! Calls of RPC services, signed here.

use faascmd::sandbox::Sandbox;
use faascmd::sign::{Credential, Pairs, rpc_v1};
use jiff::Timestamp;

use super::http::{Answer, post_query};

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
pub fn call(
    sandbox: &Sandbox,
    credential: &Credential,
    action: (&str, &str),
    given: &[(&str, &str)],
) -> Answer {
    post_query(sandbox.address(), &signed("POST", credential, parameters(credential, action, given)))
}

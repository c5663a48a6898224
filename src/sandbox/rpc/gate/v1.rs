//! Signature V1 (HMAC-SHA1): everything stands in parameters.

use super::super::refusal::{Refusal, gateway};
use super::{Claim, Envelope};
use crate::sign::rpc_v1;

pub(super) fn claim<'a>(envelope: &'a Envelope<'_>) -> Result<Claim<'a>, Refusal> {
    let (key_id, nonce) = (envelope.need("AccessKeyId")?, envelope.need("SignatureNonce")?);
    check_method(envelope)?;
    Ok(Claim {
        key_id,
        nonce,
        time: envelope.need("Timestamp")?,
        token: envelope.get("SecurityToken"),
        signature: envelope.get("Signature").ok_or(gateway::INCOMPLETE_SIGNATURE)?,
        string_to_sign: rpc_v1::string_to_sign(&envelope.request.method, &envelope.parameters),
        sign: rpc_v1::signature,
    })
}

/// The parameters that say how the call is signed. `SignatureType` may be there and empty, as the Python SDK sends it.
fn check_method(envelope: &Envelope<'_>) -> Result<(), Refusal> {
    let method = envelope.need("SignatureMethod")?;
    let version = envelope.need("SignatureVersion")?;
    if method != "HMAC-SHA1" || version != "1.0" || envelope.get("SignatureType").is_some() {
        return Err(gateway::SIGNATURE_METHOD);
    }
    Ok(())
}

//! RPC signature V1 (HMAC-SHA1), as FaaS, RAM, STS and ECS take it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;

use super::{Credential, Pairs, encode};

/// What every call carries besides its own parameters.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// `CreateFpgaImageTask`.
    pub action: &'a str,
    /// `2017-08-24`.
    pub version: &'a str,
    /// `RegionId`, where the service takes one.
    pub region: Option<&'a str>,
    /// The moment of signing: the service refuses one more than 15 minutes from its own.
    pub time: Timestamp,
    /// A text that no earlier call carried.
    pub nonce: &'a str,
}

/// `2024-03-01T08:15:42Z`.
pub fn timestamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The common parameters of a call, without its signature.
pub fn common_parameters(call: &Call<'_>, credential: &Credential) -> Pairs {
    let mut pairs: Pairs = vec![
        ("Action".into(), call.action.into()),
        ("Version".into(), call.version.into()),
        ("Format".into(), "JSON".into()),
        ("AccessKeyId".into(), credential.id.clone()),
        ("SignatureMethod".into(), "HMAC-SHA1".into()),
        ("SignatureVersion".into(), "1.0".into()),
        ("SignatureNonce".into(), call.nonce.into()),
        ("Timestamp".into(), timestamp(call.time)),
    ];
    pairs.extend(call.region.map(|region| ("RegionId".into(), region.into())));
    pairs.extend(credential.token.iter().map(|token| ("SecurityToken".into(), token.expose().into())));
    pairs
}

/// The parameters encoded and sorted by name (byte order); a parameter `Signature` is left out.
pub fn canonical_query(parameters: &[(String, String)]) -> String {
    let mut sorted: Pairs = parameters.iter().filter(|(name, _)| name != "Signature").cloned().collect();
    sorted.sort();
    encode::query(&sorted)
}

/// The string to sign over all parameters, those in the URL and those of a form body alike. It holds the
/// `AccessKeyId` and the token, so it does not belong in a log.
pub fn string_to_sign(method: &str, parameters: &[(String, String)]) -> String {
    format!("{method}&%2F&{}", encode::component(&canonical_query(parameters)))
}

/// `base64(HMAC-SHA1(secret + "&", string to sign))`, the value of the parameter `Signature`.
pub fn signature(secret: &str, string_to_sign: &str) -> String {
    BASE64.encode(encode::hmac_sha1(format!("{secret}&").as_bytes(), string_to_sign.as_bytes()))
}

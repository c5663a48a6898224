//! Signature V3 (ACS3-HMAC-SHA256), by which the newer SDKs call the same actions: action, version, time and nonce stand
//! in headers, and the headers and the body are signed.

use sha2::{Digest, Sha256};

use super::encode;
use crate::base::fingerprint::hex;

/// The algorithm's name, as it stands in `Authorization` and in the string to sign.
pub const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// What a signature covers.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// `GET`, `POST`…
    pub method: &'a str,
    /// The parameters of the URL, decoded; those of a form are covered by the body's hash.
    pub query: &'a [(String, String)],
    /// The headers of the request; names in lower case.
    pub headers: &'a [(String, String)],
    /// The names of the headers that are signed, in lower case and sorted.
    pub signed_headers: &'a [&'a str],
    /// [`body_hash`] of what is sent.
    pub body_hash: &'a str,
}

/// The value of `x-acs-content-sha256`.
pub fn body_hash(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

/// The canonical request of an RPC action, whose path is always `/`.
pub fn canonical_request(request: &Request<'_>) -> String {
    let mut query = request.query.to_vec();
    query.sort();
    let value = |name: &str| request.headers.iter().find(|(other, _)| other == name).map(|(_, v)| v.trim());
    let headers: String = request
        .signed_headers
        .iter()
        .map(|name| format!("{name}:{}\n", value(name).unwrap_or_default()))
        .collect();
    let (query, names) = (encode::query(&query), request.signed_headers.join(";"));
    format!("{}\n/\n{query}\n{headers}\n{names}\n{}", request.method, request.body_hash)
}

/// The string to sign over a canonical request.
pub fn string_to_sign(canonical_request: &str) -> String {
    format!("{ALGORITHM}\n{}", body_hash(canonical_request.as_bytes()))
}

/// The signature: 64 hexadecimal digits. The secret is the key as it is, without the `&` of V1.
pub fn signature(secret: &str, string_to_sign: &str) -> String {
    hex(&encode::hmac_sha256(secret.as_bytes(), string_to_sign.as_bytes()))
}

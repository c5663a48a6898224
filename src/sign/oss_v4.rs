//! OSS signature V4 (OSS4-HMAC-SHA256), by header and presigned.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{Credential, OssRequest, Pairs, Signed, encode};
use crate::base::fingerprint::hex;

/// The algorithm's name, as it stands in `Authorization` and in the string to sign.
pub const ALGORITHM: &str = "OSS4-HMAC-SHA256";
/// The body is not part of the signature; its CRC-64 is compared instead.
pub const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// What a signature is valid for: a day, a region, the service.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The request's date as it is sent: `20231216T162057Z`, or that of a `Date` header.
    pub date: &'a str,
    /// `20231216`.
    pub day: &'a str,
    /// `cn-hangzhou`, without `oss-`.
    pub region: &'a str,
}

impl<'a> Scope<'a> {
    /// The scope of a moment that [`date_time`] wrote.
    pub fn new(date_time: &'a str, region: &'a str) -> Self {
        Self { date: date_time, day: date_time.get(..8).unwrap_or(date_time), region }
    }

    /// `20231216/cn-hangzhou/oss/aliyun_v4_request`.
    pub fn text(&self) -> String {
        format!("{}/{}/oss/aliyun_v4_request", self.day, self.region)
    }
}

/// `20231216T162057Z`.
pub fn date_time(time: Timestamp) -> String {
    time.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The canonical request. `additional` names signed headers beyond the obligatory ones, in lower case and sorted.
/// A parameter `x-oss-signature` is left out, so a presigned URL can be checked as it came.
pub fn canonical_request(request: &OssRequest<'_>, additional: &[&str]) -> String {
    let is_signed = |name: &str| {
        name.starts_with("x-oss-")
            || name == "content-type"
            || name == "content-md5"
            || additional.contains(&name)
    };
    let headers: String = request
        .canonical_headers(is_signed)
        .iter()
        .map(|(name, value)| format!("{name}:{value}\n"))
        .collect();
    let path = encode::path(&request.resource());
    let query = request.canonical_query("x-oss-signature");
    format!("{}\n{path}\n{query}\n{headers}\n{}\n{UNSIGNED_PAYLOAD}", request.method, additional.join(";"))
}

/// The string to sign over a canonical request.
pub fn string_to_sign(canonical_request: &str, scope: Scope<'_>) -> String {
    let hash = hex(&Sha256::digest(canonical_request.as_bytes()));
    format!("{ALGORITHM}\n{}\n{}\n{hash}", scope.date, scope.text())
}

/// The signature: 64 hexadecimal digits, by a key derived for the scope.
pub fn signature(secret: &str, scope: Scope<'_>, string_to_sign: &str) -> String {
    let seed = format!("aliyun_v4{secret}");
    let parts = [scope.day, scope.region, "oss", "aliyun_v4_request"];
    let key = parts.iter().fold(seed.into_bytes(), |key, part| encode::hmac_sha256(&key, part.as_bytes()));
    hex(&encode::hmac_sha256(&key, string_to_sign.as_bytes()))
}

/// Signs by header.
pub fn sign(request: &OssRequest<'_>, credential: &Credential, region: &str, time: Timestamp) -> Signed {
    let date_time = date_time(time);
    let scope = Scope::new(&date_time, region);
    let mut add: Pairs = vec![
        ("x-oss-date".into(), date_time.clone()),
        ("x-oss-content-sha256".into(), UNSIGNED_PAYLOAD.into()),
    ];
    if let Some(token) = &credential.token {
        add.push(("x-oss-security-token".into(), token.expose().into()));
    }
    let headers = [request.headers, &add].concat();
    let canonical_request = canonical_request(&OssRequest { headers: &headers, ..*request }, &[]);
    let string_to_sign = string_to_sign(&canonical_request, scope);
    let signature = signature(credential.secret.expose(), scope, &string_to_sign);
    let authorization =
        format!("{ALGORITHM} Credential={}/{},Signature={signature}", credential.id, scope.text());
    add.push(("authorization".into(), authorization));
    Signed { add, string_to_sign, canonical_request }
}

/// Makes the parameters of a presigned URL, valid for `seconds` (604 800 at most) from `time`.
pub fn presign(
    request: &OssRequest<'_>,
    credential: &Credential,
    region: &str,
    time: Timestamp,
    seconds: u32,
) -> Signed {
    let date_time = date_time(time);
    let scope = Scope::new(&date_time, region);
    let mut add: Pairs = vec![
        ("x-oss-signature-version".into(), ALGORITHM.into()),
        ("x-oss-credential".into(), format!("{}/{}", credential.id, scope.text())),
        ("x-oss-date".into(), date_time.clone()),
        ("x-oss-expires".into(), seconds.to_string()),
    ];
    if let Some(token) = &credential.token {
        add.push(("x-oss-security-token".into(), token.expose().into()));
    }
    let query = [request.query, &add].concat();
    let canonical_request = canonical_request(&OssRequest { query: &query, ..*request }, &[]);
    let string_to_sign = string_to_sign(&canonical_request, scope);
    add.push(("x-oss-signature".into(), signature(credential.secret.expose(), scope, &string_to_sign)));
    Signed { add, string_to_sign, canonical_request }
}

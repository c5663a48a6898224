//! OSS signature V1 (HMAC-SHA1). Closed to new accounts since 2025-03 and to new buckets since 2025-09.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{Credential, OssRequest, Pairs, Signed, encode};

/// The query parameters that name a sub-resource or change the answer, and are therefore signed.
const SIGNED_PARAMETERS: &[&str] = &[
    "accessPoint",
    "accessPointPolicy",
    "acl",
    "append",
    "asyncFetch",
    "bucketArchiveDirectRead",
    "bucketInfo",
    "callback",
    "callback-var",
    "cloudboxes",
    "cname",
    "comp",
    "continuation-token",
    "cors",
    "delete",
    "encryption",
    "endTime",
    "group",
    "httpsConfig",
    "img",
    "inventory",
    "inventoryId",
    "lifecycle",
    "link",
    "live",
    "location",
    "logging",
    "metaQuery",
    "objectInfo",
    "objectMeta",
    "partNumber",
    "policy",
    "position",
    "publicAccessBlock",
    "qos",
    "qosInfo",
    "qosRequester",
    "redundancyTransition",
    "referer",
    "regionList",
    "replication",
    "replicationLocation",
    "replicationProgress",
    "requestPayment",
    "requesterQosInfo",
    "resourceGroup",
    "resourcePool",
    "resourcePoolBuckets",
    "resourcePoolInfo",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "responseHeader",
    "restore",
    "rtc",
    "security-token",
    "sequential",
    "startTime",
    "stat",
    "status",
    "style",
    "styleName",
    "symlink",
    "tagging",
    "transferAcceleration",
    "udf",
    "udfApplication",
    "udfApplicationLog",
    "udfId",
    "udfImage",
    "udfImageDesc",
    "udfName",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "vod",
    "website",
    "withHashContext",
    "worm",
    "wormExtend",
    "wormId",
];

/// Whether V1 signs a query parameter: it names a sub-resource or changes the answer.
pub fn is_sub_resource(name: &str) -> bool {
    SIGNED_PARAMETERS.contains(&name)
}

/// The string to sign. `date` is the `Date` header's value, or the expiry in Unix seconds of a presigned URL; an
/// `x-oss-date` header among the request's takes its place.
pub fn string_to_sign(request: &OssRequest<'_>, date: &str) -> String {
    let date = Some(request.header("x-oss-date")).filter(|d| !d.is_empty()).unwrap_or(date);
    let (md5, content_type) = (request.header("content-md5"), request.header("content-type"));
    let mut text = format!("{}\n{md5}\n{content_type}\n{date}\n", request.method);
    for (name, value) in request.canonical_headers(|name| name.starts_with("x-oss-")) {
        text.push_str(&format!("{name}:{value}\n"));
    }
    text.push_str(&request.resource());
    let mut separator = '?';
    for (name, value) in signed_parameters(request.query) {
        text.push(separator);
        text.push_str(name);
        if !value.is_empty() {
            text.push('=');
            text.push_str(value);
        }
        separator = '&';
    }
    text
}

fn signed_parameters(query: &[(String, String)]) -> Vec<(&str, &str)> {
    let is_signed = |name: &str| SIGNED_PARAMETERS.contains(&name) || name.starts_with("x-oss-");
    let mut pairs: Vec<(&str, &str)> =
        query.iter().filter(|(name, _)| is_signed(name)).map(|(k, v)| (k.as_str(), v.as_str())).collect();
    pairs.sort_unstable();
    pairs
}

/// `base64(HMAC-SHA1(secret, string to sign))`.
pub fn signature(secret: &str, string_to_sign: &str) -> String {
    BASE64.encode(encode::hmac_sha1(secret.as_bytes(), string_to_sign.as_bytes()))
}

/// Signs by header. `date` is in the form `Sat, 16 Dec 2023 16:20:57 GMT`.
pub fn sign(request: &OssRequest<'_>, credential: &Credential, date: &str) -> Signed {
    let mut add: Pairs = vec![("date".into(), date.into())];
    if let Some(token) = &credential.token {
        add.push(("x-oss-security-token".into(), token.expose().into()));
    }
    let headers = [request.headers, &add[1..]].concat();
    let string_to_sign = string_to_sign(&OssRequest { headers: &headers, ..*request }, date);
    let signature = signature(credential.secret.expose(), &string_to_sign);
    add.push(("authorization".into(), format!("OSS {}:{signature}", credential.id)));
    Signed { add, string_to_sign, canonical_request: String::new() }
}

/// Makes the parameters of a presigned URL that ends at `expires` (Unix seconds).
pub fn presign(request: &OssRequest<'_>, credential: &Credential, expires: i64) -> Signed {
    let mut add: Pairs = Vec::new();
    if let Some(token) = &credential.token {
        add.push(("security-token".into(), token.expose().into()));
    }
    let query = [request.query, &add].concat();
    let string_to_sign = string_to_sign(&OssRequest { query: &query, ..*request }, &expires.to_string());
    let signature = signature(credential.secret.expose(), &string_to_sign);
    add.push(("OSSAccessKeyId".into(), credential.id.clone()));
    add.push(("Expires".into(), expires.to_string()));
    add.push(("Signature".into(), signature));
    Signed { add, string_to_sign, canonical_request: String::new() }
}

//! Signature V4, by header and in the URL.

use jiff::{SignedDuration, Timestamp};

use super::{check_clock, check_token, expired, key, mismatch, signed};
use crate::sandbox::identity::REGION;
use crate::sandbox::keys::Caller;
use crate::sandbox::oss::call::Call;
use crate::sandbox::oss::error::OssError;
use crate::sandbox::oss::refusals;
use crate::sandbox::time::parse_iso_basic;
use crate::sign::oss_v4::{ALGORITHM, Scope, UNSIGNED_PAYLOAD, canonical_request, signature, string_to_sign};

/// A presigned URL lives seven days at most, in seconds.
const MAX_EXPIRES: i64 = 604_800;

/// What a V4 signature says of itself.
#[derive(Clone, Copy, Debug, Default)]
struct Presented<'a> {
    credential: &'a str,
    additional_headers: &'a str,
    signature: &'a str,
    date_time: &'a str,
    token: Option<&'a str>,
}

/// Checks `Authorization: OSS4-HMAC-SHA256 Credential=…,AdditionalHeaders=…,Signature=…`.
pub(super) fn by_header(call: &Call<'_>, authorization: &str) -> Result<Caller, OssError> {
    let mut presented = Presented::default();
    for field in authorization.split(',') {
        match field.trim().split_once('=') {
            Some(("Credential", value)) => presented.credential = value,
            Some(("AdditionalHeaders", value)) => presented.additional_headers = value,
            Some(("Signature", value)) => presented.signature = value,
            _ => return Err(refusals::V4_HEADER_INVALID.into()),
        }
    }
    if presented.credential.is_empty() || presented.signature.is_empty() {
        return Err(refusals::V4_HEADER_INVALID.into());
    }
    let header = |name: &str| call.request.header(name);
    if header("x-oss-content-sha256") != Some(UNSIGNED_PAYLOAD) {
        return Err(refusals::V4_PAYLOAD_INVALID.into());
    }
    presented.date_time = header("x-oss-date").ok_or(refusals::NO_DATE)?;
    presented.token = header("x-oss-security-token");
    check_clock(call, parse_iso_basic(presented.date_time).ok_or(refusals::NO_DATE)?)?;
    check(call, presented)
}

/// Checks the parameters `x-oss-signature…` of a presigned URL.
pub(super) fn by_url(call: &Call<'_>) -> Result<Caller, OssError> {
    let parameter = |name: &str| call.request.parameter(name).filter(|value| !value.is_empty());
    if parameter("x-oss-signature-version") != Some(ALGORITHM) {
        return Err(refusals::V4_VERSION_INVALID.into());
    }
    let expires = parameter("x-oss-expires").ok_or(refusals::V4_EXPIRES_MISSING)?;
    let presented = Presented {
        credential: parameter("x-oss-credential").ok_or(refusals::V4_CREDENTIAL_MISSING)?,
        additional_headers: parameter("x-oss-additional-headers").unwrap_or_default(),
        signature: parameter("x-oss-signature").ok_or(refusals::V4_SIGNATURE_MISSING)?,
        date_time: parameter("x-oss-date").ok_or(refusals::NO_DATE)?,
        token: parameter("x-oss-security-token"),
    };
    check_expiry(call, presented.date_time, expires)?;
    check(call, presented)
}

fn check_expiry(call: &Call<'_>, date_time: &str, expires: &str) -> Result<(), OssError> {
    let from: Timestamp = parse_iso_basic(date_time).ok_or(refusals::NO_DATE)?;
    let seconds = expires.parse().ok().filter(|seconds| (1..=MAX_EXPIRES).contains(seconds));
    let seconds = seconds.ok_or(refusals::V4_EXPIRES_INVALID)?;
    if from > call.now {
        check_clock(call, from)?;
    }
    let end = from + SignedDuration::from_secs(seconds);
    if end < call.now { Err(expired(call, end)) } else { Ok(()) }
}

fn check(call: &Call<'_>, presented: Presented<'_>) -> Result<Caller, OssError> {
    let scope: Vec<&str> = presented.credential.split('/').collect();
    let [id, day, region, "oss", "aliyun_v4_request"] = scope[..] else {
        return Err(refusals::V4_CREDENTIAL_INVALID.into());
    };
    if !presented.date_time.starts_with(day) || day.len() != 8 {
        return Err(refusals::V4_DAY_INVALID.into());
    }
    if !is_region_of(call, region) {
        return Err(refusals::V4_REGION_INVALID.into());
    }
    let key = key(call, id)?;
    check_token(call, id, &key, presented.token)?;
    let additional: Vec<&str> =
        presented.additional_headers.split(';').filter(|name| !name.is_empty()).collect();
    let canonical = canonical_request(&signed(call), &additional);
    let scope = Scope { date_time: presented.date_time, region };
    let text = string_to_sign(&canonical, scope);
    if signature(&key.secret, scope, &text) == presented.signature {
        return Ok(key.caller);
    }
    let error = mismatch(refusals::V4_MISMATCH, (id, presented.signature), &text);
    Err(error.with("CanonicalRequest", canonical))
}

/// The region of the endpoint, or that of a bucket which lies in another one: where that is to be told, the
/// signature must not be in the way.
fn is_region_of(call: &Call<'_>, region: &str) -> bool {
    region == REGION || call.world.store.bucket(call.bucket()).is_some_and(|bucket| bucket.region == region)
}

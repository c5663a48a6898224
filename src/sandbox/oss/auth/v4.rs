//! Signature V4, by header and in the URL.

use jiff::{SignedDuration, Timestamp};

use super::{check_clock, check_token, expired, key, mismatch, sent_date, signed};
use crate::sandbox::identity::REGION;
use crate::sandbox::keys::Caller;
use crate::sandbox::oss::call::Call;
use crate::sandbox::oss::error::OssError;
use crate::sandbox::oss::refusals::{self, Refusal};
use crate::sandbox::time::parse_iso_basic;
use crate::sign::oss_v4::{ALGORITHM, Scope, UNSIGNED_PAYLOAD, canonical_request, signature, string_to_sign};

/// A presigned URL lives seven days at most, in seconds.
const MAX_EXPIRES: i64 = 604_800;

/// What a V4 signature says of itself.
#[derive(Debug)]
struct Presented<'a> {
    credential: &'a str,
    /// None where the field is absent; it must not be empty.
    additional_headers: Option<&'a str>,
    signature: &'a str,
    /// As it was sent.
    date: &'a str,
    time: Timestamp,
    token: Option<&'a str>,
    /// What a scope of another day is refused with.
    wrong_day: &'static Refusal,
}

/// Checks `Authorization: OSS4-HMAC-SHA256 Credential=…,AdditionalHeaders=…,Signature=…`.
pub(super) fn by_header(call: &Call<'_>, authorization: &str) -> Result<Caller, OssError> {
    let (mut credential, mut additional_headers, mut signature) = ("", None, "");
    for field in authorization.split(',') {
        match field.trim().split_once('=') {
            Some(("Credential", value)) => credential = value,
            Some(("AdditionalHeaders", value)) => additional_headers = Some(value),
            Some(("Signature", value)) => signature = value,
            _ => return Err(refusals::V4_HEADER_INVALID.into()),
        }
    }
    if credential.is_empty() || signature.is_empty() {
        return Err(refusals::V4_HEADER_INVALID.into());
    }
    if call.request.header("x-oss-content-sha256") != Some(UNSIGNED_PAYLOAD) {
        return Err(refusals::V4_PAYLOAD_INVALID.into());
    }
    let (date, time) = sent_date(call, parse_iso_basic)?;
    check_clock(call, time)?;
    let token = call.request.header("x-oss-security-token");
    let wrong_day = refusals::V4_DAY_INVALID;
    check(call, &Presented { credential, additional_headers, signature, date, time, token, wrong_day })
}

/// Checks the parameters `x-oss-signature…` of a presigned URL.
pub(super) fn by_url(call: &Call<'_>) -> Result<Caller, OssError> {
    let parameter = |name: &str| call.request.parameter(name).filter(|value| !value.is_empty());
    if parameter("x-oss-signature-version") != Some(ALGORITHM) {
        return Err(refusals::V4_VERSION_INVALID.into());
    }
    let expires = parameter("x-oss-expires").ok_or(refusals::V4_EXPIRES_MISSING)?;
    let credential = parameter("x-oss-credential").ok_or(refusals::V4_CREDENTIAL_MISSING)?;
    let signature = parameter("x-oss-signature").ok_or(refusals::V4_SIGNATURE_MISSING)?;
    let date = parameter("x-oss-date").ok_or(refusals::NO_DATE)?;
    let time = parse_iso_basic(date).ok_or(refusals::DATE_INVALID)?;
    check_expiry(call, time, expires)?;
    let presented = Presented {
        credential,
        additional_headers: parameter("x-oss-additional-headers"),
        signature,
        date,
        time,
        token: parameter("x-oss-security-token"),
        wrong_day: refusals::V4_URL_DAY_INVALID,
    };
    check(call, &presented)
}

fn check_expiry(call: &Call<'_>, from: Timestamp, expires: &str) -> Result<(), OssError> {
    let seconds = expires.parse().ok().filter(|seconds| (1..=MAX_EXPIRES).contains(seconds));
    let seconds = seconds.ok_or(refusals::V4_EXPIRES_INVALID)?;
    if from > call.now {
        check_clock(call, from)?;
    }
    let end = from + SignedDuration::from_secs(seconds);
    if end < call.now { Err(expired(call, end)) } else { Ok(()) }
}

fn check(call: &Call<'_>, presented: &Presented<'_>) -> Result<Caller, OssError> {
    let scope: Vec<&str> = presented.credential.split('/').collect();
    let [id, day, region, "oss", "aliyun_v4_request"] = scope[..] else {
        return Err(refusals::V4_CREDENTIAL_INVALID.into());
    };
    if presented.time.strftime("%Y%m%d").to_string() != day {
        return Err(presented.wrong_day.into());
    }
    if !is_region_of(call, region) {
        return Err(refusals::V4_REGION_INVALID.into());
    }
    let additional = additional_headers(call, presented.additional_headers)?;
    let key = key(call, id)?;
    check_token(call, id, &key, presented.token)?;
    let canonical = canonical_request(&signed(call), &additional);
    let scope = Scope { date: presented.date, day, region };
    let text = string_to_sign(&canonical, scope);
    if signature(&key.secret, scope, &text) == presented.signature {
        return Ok(key.caller);
    }
    let error = mismatch(refusals::V4_MISMATCH, (id, presented.signature), &text);
    Err(error.with("CanonicalRequest", canonical))
}

/// The further headers that are signed; each has to be there.
fn additional_headers<'a>(call: &Call<'_>, field: Option<&'a str>) -> Result<Vec<&'a str>, OssError> {
    let Some(field) = field else { return Ok(Vec::new()) };
    if field.is_empty() {
        return Err(refusals::V4_ADDITIONAL_EMPTY.into());
    }
    let names: Vec<&str> = field.split(';').collect();
    if names.contains(&"") {
        return Err(refusals::V4_ADDITIONAL_NAMELESS.into());
    }
    let absent = |name: &&&str| name.contains('_') || call.request.header(name).is_none();
    match names.iter().find(absent) {
        Some(name) => Err(refusals::V4_ADDITIONAL_ABSENT.with("ArgumentName", *name)),
        None => Ok(names),
    }
}

/// The region of the endpoint, or that of a bucket which lies in another one: where that is to be told, the
/// signature must not be in the way.
fn is_region_of(call: &Call<'_>, region: &str) -> bool {
    region == REGION || call.cloud.store.bucket(call.bucket()).is_some_and(|bucket| bucket.region == region)
}

//! Who signs a request: the signature, the clock and the token are checked on every one.

mod v1;
mod v4;

use jiff::Timestamp;

use super::call::Call;
use super::error::OssError;
use super::refusals::{self, Refusal};
use super::unbuilt;
use crate::sandbox::keys::{Caller, Key};
use crate::sandbox::time::{iso, parse_http_date};
use crate::sign::OssRequest;

/// A request is refused whose time is further from the service's than that, in milliseconds.
const MAX_SKEW_MILLISECONDS: i64 = 900_000;

/// Checks whichever signature the request carries.
pub(super) fn authenticate(call: &Call<'_>) -> Result<Caller, OssError> {
    let authorization = call.request.header("authorization");
    let by_url = |name: &str| call.request.parameter(name).is_some();
    match authorization.map(|text| text.split_once(' ').unwrap_or((text, ""))) {
        Some((crate::sign::oss_v4::ALGORITHM, rest)) => v4::by_header(call, rest),
        Some(("OSS", rest)) => v1::by_header(call, rest),
        Some(("OSS2", _)) => Err(unbuilt::signature_v2()),
        Some(_) => Err(refusals::UNKNOWN_SIGNATURE.into()),
        None if call.request.parameter("x-oss-signature-version") == Some("OSS2") => {
            Err(unbuilt::signature_v2())
        }
        None if by_url("x-oss-signature") || by_url("x-oss-signature-version") => v4::by_url(call),
        None if by_url("Signature") || by_url("OSSAccessKeyId") => v1::by_url(call),
        None => Err(refusals::ANONYMOUS.into()),
    }
}

/// What the signature covers.
fn signed<'a>(call: &Call<'a>) -> OssRequest<'a> {
    OssRequest {
        method: &call.request.method,
        bucket: call.target.bucket.as_deref(),
        key: call.target.key.as_deref(),
        query: &call.request.query,
        headers: &call.request.headers,
    }
}

/// The key of this id, if it may be used.
fn key(call: &Call<'_>, id: &str) -> Result<Key, OssError> {
    let refused = |refusal: &'static Refusal| refusal.with("OSSAccessKeyId", id);
    let key = call.cloud.keys.find(id).ok_or_else(|| refused(refusals::KEY_NOT_FOUND))?;
    if key.is_disabled() { Err(refused(refusals::KEY_DISABLED)) } else { Ok(key) }
}

/// Holds the token that came to the one that belongs to the key.
fn check_token(call: &Call<'_>, id: &str, key: &Key, given: Option<&str>) -> Result<(), OssError> {
    let expired = key.ends.is_some_and(|ends| ends <= call.now);
    let refusal = match (&key.token, given.filter(|token| !token.is_empty())) {
        (None, None) => return Ok(()),
        (None, Some(_)) => refusals::KEY_WITHOUT_TOKENS,
        (Some(_), None) => refusals::TOKEN_MISSING,
        (Some(right), Some(given)) if right != given => refusals::TOKEN_INVALID,
        (Some(_), Some(_)) if expired => refusals::TOKEN_EXPIRED,
        (Some(_), Some(_)) => return Ok(()),
    };
    Err(refusal.with("OSSAccessKeyId", id))
}

/// The time that a header names, as it stands there: `x-oss-date`, else `Date`.
fn sent_date<'a>(
    call: &Call<'a>,
    parse_own: fn(&str) -> Option<Timestamp>,
) -> Result<(&'a str, Timestamp), OssError> {
    let header = |name: &str| call.request.header(name);
    let (text, time) = match (header("x-oss-date"), header("date")) {
        (Some(own), _) => (own, parse_own(own)),
        (None, Some(date)) => (date, parse_http_date(date)),
        (None, None) => return Err(refusals::NO_DATE.into()),
    };
    Ok((text, time.ok_or(refusals::DATE_INVALID)?))
}

/// Refuses a time that is too far from the service's own.
fn check_clock(call: &Call<'_>, time: Timestamp) -> Result<(), OssError> {
    if (call.now.as_millisecond() - time.as_millisecond()).abs() <= MAX_SKEW_MILLISECONDS {
        return Ok(());
    }
    Err(refusals::SKEWED_CLOCK
        .with("MaxAllowedSkewMilliseconds", MAX_SKEW_MILLISECONDS.to_string())
        .with("RequestTime", iso(time))
        .with("ServerTime", iso(call.now)))
}

/// A presigned URL past its end.
fn expired(call: &Call<'_>, end: Timestamp) -> OssError {
    refusals::EXPIRED_URL.with("Expires", iso(end)).with("ServerTime", iso(call.now))
}

/// A signature that is not ours: what came, and what we signed.
fn mismatch(kind: &'static Refusal, signer: (&str, &str), string_to_sign: &str) -> OssError {
    let bytes: Vec<String> = string_to_sign.bytes().map(|byte| format!("{byte:02X}")).collect();
    let (id, given) = signer;
    kind.with("OSSAccessKeyId", id)
        .with("SignatureProvided", given)
        .with("StringToSign", string_to_sign)
        .with("StringToSignBytes", bytes.join(" "))
}

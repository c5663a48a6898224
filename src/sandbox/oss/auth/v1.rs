//! Signature V1, by header and in the URL.

use jiff::Timestamp;

use super::{check_clock, check_token, expired, key, mismatch, sent_date, signed};
use crate::sandbox::keys::Caller;
use crate::sandbox::oss::call::Call;
use crate::sandbox::oss::error::OssError;
use crate::sandbox::oss::refusals;
use crate::sandbox::time::{parse_http_date, parse_iso_basic};
use crate::sign::oss_v1::{signature, string_to_sign};

/// Checks `Authorization: OSS ID:SIGNATURE`.
pub(super) fn by_header(call: &Call<'_>, authorization: &str) -> Result<Caller, OssError> {
    let (id, given) = authorization.trim().split_once(':').unwrap_or_default();
    if id.is_empty() || given.is_empty() {
        return Err(refusals::V1_HEADER_INVALID.into());
    }
    // The documents want ISO 8601 in `x-oss-date`; the SDK `ali-oss` writes an HTTP date there.
    let (date, time) = sent_date(call, |text| parse_iso_basic(text).or_else(|| parse_http_date(text)))?;
    check_clock(call, time)?;
    // The SDK `alibabacloud-oss-v2` sends the token in the second of these, which is not signed.
    let token = call.request.header("x-oss-security-token").or(call.request.header("security-token"));
    check(call, (id, given), date, token)
}

/// Checks `OSSAccessKeyId`, `Expires` and `Signature`.
pub(super) fn by_url(call: &Call<'_>) -> Result<Caller, OssError> {
    let parameter = |name: &str| call.request.parameter(name).filter(|value| !value.is_empty());
    let (id, ends, given) = (parameter("OSSAccessKeyId"), parameter("Expires"), parameter("Signature"));
    let (Some(id), Some(ends), Some(given)) = (id, ends, given) else {
        return Err(refusals::V1_URL_INCOMPLETE.into());
    };
    let end = ends.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let end = end.ok_or(refusals::V1_EXPIRES_INVALID)?;
    if end < call.now {
        return Err(expired(call, end));
    }
    check(call, (id, given), ends, parameter("security-token"))
}

fn check(call: &Call<'_>, signer: (&str, &str), date: &str, token: Option<&str>) -> Result<Caller, OssError> {
    let (id, given) = signer;
    let key = key(call, id)?;
    check_token(call, id, &key, token)?;
    let text = string_to_sign(&signed(call), date);
    if signature(&key.secret, &text) == given {
        return Ok(key.caller);
    }
    Err(mismatch(refusals::V1_MISMATCH, signer, &text))
}

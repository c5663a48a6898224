//! Signature V1, by header and in the URL.

use jiff::Timestamp;

use super::{check_clock, check_token, expired, key, mismatch, no_date, signed};
use crate::sandbox::keys::Caller;
use crate::sandbox::oss::call::Call;
use crate::sandbox::oss::error::OssError;
use crate::sandbox::time::parse_http_date;
use crate::sign::oss_v1::{signature, string_to_sign};

/// Checks `Authorization: OSS ID:SIGNATURE`.
pub(super) fn by_header(call: &Call<'_>, authorization: &str) -> Result<Caller, OssError> {
    let (id, given) = authorization.trim().split_once(':').unwrap_or_default();
    if id.is_empty() || given.is_empty() {
        let message = "Authorization header is invalid.";
        return Err(OssError::new((400, "InvalidArgument", "0002-00000065"), message));
    }
    let date = call.request.header("x-oss-date").or(call.request.header("date")).ok_or_else(no_date)?;
    check_clock(call, parse_http_date(date).ok_or_else(no_date)?)?;
    check(call, (id, given), date, call.request.header("x-oss-security-token"))
}

/// Checks `OSSAccessKeyId`, `Expires` and `Signature`.
pub(super) fn by_url(call: &Call<'_>) -> Result<Caller, OssError> {
    let parameter = |name: &str| call.request.parameter(name).filter(|value| !value.is_empty());
    let (id, ends, given) = (parameter("OSSAccessKeyId"), parameter("Expires"), parameter("Signature"));
    let (Some(id), Some(ends), Some(given)) = (id, ends, given) else {
        let message =
            "Query-string authentication requires the Signature, Expires and OSSAccessKeyId parameters.";
        return Err(OssError::new((403, "AccessDenied", "0002-00000067"), message));
    };
    let end = ends.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let end = end.ok_or_else(|| {
        OssError::new((403, "AccessDenied", "0002-00000070"), "Invalid date (should be seconds since epoch).")
    })?;
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
    Err(OssError { ec: "0002-00000040", ..mismatch(id, given, &text) })
}

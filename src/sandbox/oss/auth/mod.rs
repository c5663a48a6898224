//! Who signs a request: the signature, the clock and the token are checked on every one.

mod v1;
mod v4;

use jiff::Timestamp;

use super::call::Call;
use super::error::OssError;
use crate::sandbox::keys::{Caller, Key};
use crate::sandbox::time::iso;
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
        Some((_, _)) => {
            Err(OssError::new((400, "InvalidArgument", "0002-00000061"), "Authorization header is invalid."))
        }
        None if by_url("x-oss-signature") || by_url("x-oss-signature-version") => v4::by_url(call),
        None if by_url("Signature") || by_url("OSSAccessKeyId") => v1::by_url(call),
        None => Err(OssError::new(
            (403, "AccessDenied", "0003-00000001"),
            "You have no right to access this object because of bucket acl.",
        )),
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
    let unknown = "The OSS Access Key Id you provided does not exist in our records.";
    let refused = |ec, message: &str| {
        OssError::new((403, "InvalidAccessKeyId", ec), message).with("OSSAccessKeyId", id)
    };
    let key = call.world.keys.find(id).ok_or_else(|| refused("0002-00000902", unknown))?;
    if key.is_disabled() {
        return Err(refused("0002-00000903", "The OSS Access Key Id you provided is disabled."));
    }
    Ok(key)
}

/// Holds the token that came to the one that belongs to the key.
fn check_token(call: &Call<'_>, id: &str, key: &Key, given: Option<&str>) -> Result<(), OssError> {
    let unknown = |ec| {
        let message = "The OSS Access Key Id you provided does not exist in our records.";
        OssError::new((403, "InvalidAccessKeyId", ec), message).with("OSSAccessKeyId", id)
    };
    match (&key.token, given.filter(|token| !token.is_empty())) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(unknown("0002-00000002")),
        (Some(_), None) => Err(unknown("0002-00000003")),
        (Some(right), Some(given)) if right != given => {
            let message = "The security token you provided is invalid.";
            Err(OssError::new((403, "InvalidSecurityToken", "0002-00000006"), message))
        }
        (Some(_), Some(_)) if key.ends.is_some_and(|ends| ends <= call.now) => {
            let message = "The security token you provided has expired.";
            Err(OssError::new((403, "SecurityTokenExpired", "0002-00000007"), message))
        }
        (Some(_), Some(_)) => Ok(()),
    }
}

/// Refuses a time that is too far from the service's own.
fn check_clock(call: &Call<'_>, time: Timestamp) -> Result<(), OssError> {
    if (call.now.as_millisecond() - time.as_millisecond()).abs() <= MAX_SKEW_MILLISECONDS {
        return Ok(());
    }
    let message = "The difference between the request time and the current time is too large.";
    Err(OssError::new((403, "RequestTimeTooSkewed", "0002-00000504"), message)
        .with("MaxAllowedSkewMilliseconds", MAX_SKEW_MILLISECONDS.to_string())
        .with("RequestTime", iso(time))
        .with("ServerTime", iso(call.now)))
}

/// A request without a time that can be read.
fn no_date() -> OssError {
    OssError::new((403, "AccessDenied", ""), "OSS authentication requires a valid Date.")
}

/// A presigned URL past its end.
fn expired(call: &Call<'_>, end: Timestamp) -> OssError {
    OssError::new((403, "AccessDenied", "0002-00000069"), "Request has expired.")
        .with("Expires", iso(end))
        .with("ServerTime", iso(call.now))
}

/// A signature that is not ours: what came, and what we signed.
fn mismatch(id: &str, given: &str, string_to_sign: &str) -> OssError {
    let bytes: Vec<String> = string_to_sign.bytes().map(|byte| format!("{byte:02X}")).collect();
    let message = "The request signature we calculated does not match the signature you provided. Check your key \
                   and signing method.";
    OssError::new((403, "SignatureDoesNotMatch", ""), message)
        .with("OSSAccessKeyId", id)
        .with("SignatureProvided", given)
        .with("StringToSign", string_to_sign)
        .with("StringToSignBytes", bytes.join(" "))
}

//! `PutObject` and `DeleteObject`, and how any body comes in.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::bucket::{document, grant};
use super::call::{Answer, Call, Stopped};
use super::error::{OssError, already_exists, no_such_key};
use super::refusals;
use crate::sandbox::exchange::Intake;
use crate::sandbox::http::Response;
use crate::sandbox::store::{Acl, Class, Described, Object, Received};

/// The largest body of one request: 5 GB ("OSS document `PutObject`").
const MAX_BODY_BYTES: u64 = 5 << 30;

/// Headers that are kept and given back with the object.
const KEPT_HEADERS: [&str; 5] =
    ["cache-control", "content-disposition", "content-encoding", "content-language", "expires"];

/// What the service knows of a download and not of a `PutObject`.
const CONDITIONS: [&str; 4] = ["If-Modified-Since", "If-Unmodified-Since", "If-Match", "If-None-Match"];

/// `PutObject`.
pub(super) async fn put(call: &Call<'_>, intake: &mut Intake) -> Answer {
    let is_set = |name: &&str| call.request.header(&name.to_ascii_lowercase()).is_some();
    if let Some(condition) = CONDITIONS.into_iter().find(is_set) {
        return Err(refusals::CONDITION_OF_PUT.with("Header", condition).into());
    }
    let exists = || call.cloud.store.head(call.bucket(), call.key()).is_some();
    if call.forbids_overwrite() && exists() {
        return Err(already_exists(call.key()).into());
    }
    let received = receive(call, intake).await?;
    let response = acknowledged(&received);
    let object = Object::whole(received, described(call), call.now);
    let inserted = call.cloud.store.insert(call.place(), object, call.forbids_overwrite());
    inserted.map_err(|_| already_exists(call.key()))?;
    Ok(response)
}

/// `DeleteObject`: 204 also when there is none.
pub(super) fn delete(call: &Call<'_>) -> Response {
    call.cloud.store.remove(call.bucket(), call.key());
    Response::new(204)
}

/// `GetObjectAcl`.
pub(super) fn acl(call: &Call<'_>) -> Answer {
    let object = call.cloud.store.head(call.bucket(), call.key()).ok_or_else(|| no_such_key(call.key()))?;
    Ok(document(grant(if object.described.acl == Acl::Private { "private" } else { "default" })))
}

/// What the client says about the object.
pub(super) fn described(call: &Call<'_>) -> Described {
    let is_kept = |name: &str| name.starts_with("x-oss-meta-") || KEPT_HEADERS.contains(&name);
    let headers = call.request.headers.iter().filter(|(name, _)| is_kept(name)).cloned().collect();
    let acl = asked_acl(call).unwrap_or_default();
    let content_type = call.request.header("content-type").map(str::to_owned);
    Described { content_type, headers, acl, class: class(call) }
}

/// The class that the request asks for, else that of the bucket.
pub(super) fn class(call: &Call<'_>) -> Class {
    if call.request.header("x-oss-storage-class").is_some() {
        return Class::Standard;
    }
    call.cloud.store.bucket(call.bucket()).map(|bucket| bucket.class).unwrap_or_default()
}

/// Refuses to read what has to be restored first.
pub(super) fn check_readable(object: &Object) -> Result<(), OssError> {
    if object.described.class.is_frozen() { Err(refusals::FROZEN.into()) } else { Ok(()) }
}

/// `x-oss-object-acl`.
pub(super) fn asked_acl(call: &Call<'_>) -> Option<Acl> {
    let acl = call.request.header("x-oss-object-acl")?;
    Some(if acl.eq_ignore_ascii_case("private") { Acl::Private } else { Acl::Default })
}

/// Takes a body to the disk and holds it to the length and the MD5 that its headers name.
pub(super) async fn receive(call: &Call<'_>, intake: &mut Intake) -> Result<Received, Stopped> {
    check_length(call)?;
    let mut writer = call.cloud.store.writer()?;
    while let Some(slice) = intake.next().await? {
        writer.write_all(&slice)?;
    }
    let received = writer.finish();
    match call.request.header("content-md5") {
        Some(md5) if md5 != BASE64.encode(received.md5) => {
            Err(refusals::INVALID_DIGEST.with("Content-MD5", md5).into())
        }
        _ => Ok(received),
    }
}

fn check_length(call: &Call<'_>) -> Result<(), OssError> {
    let chunked = call.request.header("transfer-encoding").is_some();
    let Some(length) = call.request.header("content-length") else {
        return if chunked { Ok(()) } else { Err(refusals::MISSING_LENGTH.into()) };
    };
    if length.parse::<u64>().is_ok_and(|length| length > MAX_BODY_BYTES) {
        let error = refusals::TOO_LARGE.with("MaxSizeAllowed", MAX_BODY_BYTES.to_string());
        return Err(error.with("ProposedSize", length));
    }
    Ok(())
}

/// The answer to a body that came in: its `ETag`, MD5 and CRC-64.
pub(super) fn acknowledged(received: &Received) -> Response {
    Response::new(200)
        .with_header("etag", crate::sandbox::store::etag(&received.md5))
        .with_header("content-md5", BASE64.encode(received.md5))
        .with_header("x-oss-hash-crc64ecma", received.crc64.to_string())
}

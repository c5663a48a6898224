//! `GetObject`, `HeadObject` and `GetObjectMeta`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::call::{Answer, Call};
use super::conditions;
use super::error::{OssError, no_such_key};
use super::object::check_readable;
use super::operation::Operation;
use super::range::{Range, range};
use super::refusals;
use crate::sandbox::http::{Download, Response};
use crate::sandbox::store::Object;
use crate::sandbox::time::http_date;

/// Parameters that replace a header of the answer ("OSS document `GetObject`").
const OVERRIDES: [&str; 6] = [
    "response-content-type",
    "response-content-language",
    "response-expires",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
];

/// `GetObject`.
pub(super) fn get(call: &Call<'_>) -> Answer {
    let object = found(call)?;
    check_readable(&object)?;
    let standard = call.request.header("x-oss-range-behavior") == Some("standard");
    let (status, from, length) = match range(call.request.header("range"), standard, object.size) {
        Range::Whole => (200, 0, object.size),
        Range::Part(from, length) => (206, from, length),
        Range::NotSatisfiable => return Err(not_satisfiable(call, &object).into()),
    };
    let mut response =
        overridden(call, described(status, &object)).with_header("content-length", length.to_string());
    if status == 206 {
        let last = from + length - 1;
        response = response.with_header("content-range", format!("bytes {from}-{last}/{}", object.size));
    }
    let corrupts = length > 0 && call.cloud.faults.corrupts(&call.fault_name());
    response.download = Some(Download { object, from, length, corrupts, limit: call.traffic_limit()? });
    Ok(response)
}

/// `HeadObject` and `GetObjectMeta`; the latter tells less.
pub(super) fn head(call: &Call<'_>) -> Answer {
    let object = found(call)?;
    let mut response = described(200, &object).with_header("content-length", object.size.to_string());
    if call.operation == Operation::GetObjectMeta {
        let told = ["etag", "last-modified", "content-length", "x-oss-hash-crc64ecma"];
        response.headers.retain(|(name, _)| told.contains(&name.as_str()));
    }
    Ok(response)
}

/// The object, if the request's conditions are met.
fn found(call: &Call<'_>) -> Result<Object, OssError> {
    let object = call.cloud.store.head(call.bucket(), call.key()).ok_or_else(|| no_such_key(call.key()))?;
    conditions::check(call.request, "", &object)?;
    Ok(object)
}

fn not_satisfiable(call: &Call<'_>, object: &Object) -> OssError {
    refusals::INVALID_RANGE
        .with("ActualObjectSize", object.size.to_string())
        .with("RangeRequested", call.request.header("range").unwrap_or_default())
        .with_header("content-range", format!("bytes */{}", object.size))
}

/// The headers that tell about an object.
fn described(status: u16, object: &Object) -> Response {
    let content_type = object.described.content_type.as_deref().unwrap_or("application/octet-stream");
    let mut response = Response::new(status)
        .with_header("accept-ranges", "bytes")
        .with_header("content-type", content_type)
        .with_header("etag", &object.etag)
        .with_header("last-modified", http_date(object.modified))
        .with_header("x-oss-object-type", object.kind)
        .with_header("x-oss-storage-class", object.described.class.word());
    if let Some(crc64) = object.crc64 {
        response = response.with_header("x-oss-hash-crc64ecma", crc64.to_string());
    }
    if let Some(md5) = object.md5 {
        response = response.with_header("content-md5", BASE64.encode(md5));
    }
    for (name, value) in &object.described.headers {
        response = response.with_header(name, value);
    }
    response
}

fn overridden(call: &Call<'_>, mut response: Response) -> Response {
    for parameter in OVERRIDES {
        let Some(value) = call.request.parameter(parameter) else { continue };
        let name = parameter.trim_start_matches("response-");
        response.headers.retain(|(header, _)| header != name);
        response = response.with_header(name, value);
    }
    response
}

//! `CopyObject` and `UploadPartCopy`: the bytes come from an object that is there.

use std::io::{Read, Seek, SeekFrom};

use super::bucket::document;
use super::call::{Answer, Call};
use super::conditions;
use super::error::{OssError, already_exists, invalid_argument, no_such_key};
use super::multipart::{part_number, put_part_of, upload_exists};
use super::object::{asked_acl, check_readable, class, described};
use super::range::{Range, range};
use super::refusals;
use super::xml::Xml;
use crate::sandbox::store::{Object, Part};
use crate::sandbox::time::iso;

/// Bucket and key that `x-oss-copy-source` names: `/bucket/key`, percent-encoded.
pub(super) fn source(call: &Call<'_>) -> Result<(String, String), OssError> {
    let header = call.request.header("x-oss-copy-source").unwrap_or_default();
    let invalid = || {
        let message = "The x-oss-copy-source header must be /bucket/key.";
        invalid_argument(message, "x-oss-copy-source", header)
    };
    if header.contains("?versionId=") {
        return Err(refusals::NOT_IMPLEMENTED
            .with("Header", "x-oss-copy-source")
            .with("HeaderValue", header));
    }
    let decoded = crate::sign::encode::decode(header).ok_or_else(invalid)?;
    let (bucket, key) = decoded.trim_start_matches('/').split_once('/').ok_or_else(invalid)?;
    if bucket.is_empty() || key.is_empty() { Err(invalid()) } else { Ok((bucket.to_owned(), key.to_owned())) }
}

/// The object that is copied, if the request's conditions on it are met.
fn found(call: &Call<'_>) -> Result<Object, OssError> {
    let (bucket, key) = source(call)?;
    let object = call.cloud.store.head(&bucket, &key).ok_or_else(|| no_such_key(&key))?;
    conditions::check(call.request, "x-oss-copy-source-", &object)?;
    check_readable(&object)?;
    Ok(object)
}

/// `CopyObject`. The copy shares the bytes; what is told about it comes from the source or, with
/// `x-oss-metadata-directive: REPLACE` or onto itself, from the request.
pub(super) fn object(call: &Call<'_>) -> Answer {
    let replaces =
        match call.request.header("x-oss-metadata-directive").map(str::to_ascii_uppercase).as_deref() {
            None | Some("COPY") => source(call)? == (call.bucket().to_owned(), call.key().to_owned()),
            Some("REPLACE") => true,
            Some(other) => {
                let message = "Unknown metadata directive.";
                return Err(invalid_argument(message, "x-oss-metadata-directive", other).into());
            }
        };
    let mut object = found(call)?;
    object.modified = call.now;
    if replaces {
        object.described = described(call);
    }
    object.described.acl = asked_acl(call).unwrap_or_default();
    object.described.class = class(call);
    let xml = Xml::new("CopyObjectResult").leaf("ETag", &object.etag).leaf("LastModified", iso(call.now));
    let mut response = document(xml).with_header("etag", &object.etag);
    if let Some(crc64) = object.crc64 {
        response = response.with_header("x-oss-hash-crc64ecma", crc64.to_string());
    }
    let inserted = call.cloud.store.insert(call.place(), object, call.forbids_overwrite());
    inserted.map_err(|_| already_exists(call.key()))?;
    Ok(response)
}

/// `UploadPartCopy`.
pub(super) fn part(call: &Call<'_>) -> Answer {
    let number = part_number(call)?;
    upload_exists(call)?;
    let object = found(call)?;
    let wanted = call.request.header("x-oss-copy-source-range");
    let (from, length) = match range(wanted, true, object.size) {
        Range::Part(from, length) => (from, length),
        Range::Whole => (0, object.size),
        Range::NotSatisfiable => {
            return Err(refusals::INVALID_RANGE.with("RangeRequested", wanted.unwrap_or_default()).into());
        }
    };
    let mut reader = object.reader();
    reader.seek(SeekFrom::Start(from))?;
    let mut writer = call.cloud.store.writer()?;
    std::io::copy(&mut reader.take(length), &mut writer)?;
    let part = Part::new(writer.finish(), call.now);
    let etag = part.etag.clone();
    put_part_of(call, number, part)?;
    let xml = Xml::new("CopyPartResult").leaf("LastModified", iso(call.now)).leaf("ETag", &etag);
    Ok(document(xml).with_header("etag", &etag))
}

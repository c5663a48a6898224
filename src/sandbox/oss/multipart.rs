//! Multipart uploads: initiate, parts, complete, abort.

use serde::Deserialize;

use super::bucket::document;
use super::call::{Answer, Call, shown};
use super::error::{OssError, already_exists};
use super::object::{acknowledged, asked_acl, described, receive};
use super::refusals;
use super::uploads::root;
use crate::sandbox::exchange::Intake;
use crate::sandbox::http::Response;
use crate::sandbox::store::{MIN_PART_BYTES, NotComplete, Part};

/// `InitiateMultipartUpload`.
pub(super) fn initiate(call: &Call<'_>) -> Answer {
    let exists = || call.cloud.store.head(call.bucket(), call.key()).is_some();
    if call.forbids_overwrite() && exists() {
        return Err(already_exists(call.key()).into());
    }
    let encoded = call.encodes_names()?;
    let id = call.cloud.store.initiate(call.place(), described(call), call.now);
    let xml = root("InitiateMultipartUploadResult", encoded).leaf("Bucket", call.bucket());
    Ok(document(xml.leaf("Key", shown(call.key(), encoded)).leaf("UploadId", id)))
}

/// `UploadPart`; the upload is looked up again when the body is there, for it may have ended meanwhile.
pub(super) async fn put_part(call: &Call<'_>, intake: &mut Intake) -> Answer {
    let number = part_number(call)?;
    upload_exists(call)?;
    let received = receive(call, intake).await?;
    let response = acknowledged(&received);
    put_part_of(call, number, Part::new(received, call.now))?;
    Ok(response)
}

/// Adds a part, unless the upload has ended meanwhile.
pub(super) fn put_part_of(call: &Call<'_>, number: u32, part: Part) -> Result<(), OssError> {
    let there = call.cloud.store.put_part(call.place(), call.upload_id(), (number, part));
    if there { Ok(()) } else { Err(call.no_such_upload()) }
}

pub(super) fn upload_exists(call: &Call<'_>) -> Result<(), OssError> {
    let upload = call.cloud.store.has_upload(call.place(), call.upload_id());
    if upload { Ok(()) } else { Err(call.no_such_upload()) }
}

pub(super) fn part_number(call: &Call<'_>) -> Result<u32, OssError> {
    let text = call.request.parameter("partNumber").unwrap_or_default();
    let number = text.parse().ok().filter(|number| (1..=10_000).contains(number));
    let named = || refusals::INVALID_PART_NUMBER.with("ArgumentName", "PartNumber");
    number.ok_or_else(|| named().with("ArgumentValue", text))
}

#[derive(Debug, Deserialize)]
struct CompleteMultipartUpload {
    #[serde(rename = "Part", default)]
    parts: Vec<ChosenPart>,
}

#[derive(Debug, Deserialize)]
struct ChosenPart {
    #[serde(rename = "PartNumber")]
    number: u32,
    #[serde(rename = "ETag")]
    etag: String,
}

/// `CompleteMultipartUpload`: of the parts that the body lists, or of all with `x-oss-complete-all: yes`.
pub(super) async fn complete(call: &Call<'_>, intake: &mut Intake) -> Answer {
    let encoded = call.encodes_names()?;
    let body = call.document(intake).await?;
    let chosen = chosen(call, &body)?;
    let assemble = |upload: &crate::sandbox::store::Upload| {
        let mut object = upload.assemble(chosen.as_deref(), call.now)?;
        object.described.acl = asked_acl(call).unwrap_or(object.described.acl);
        Ok(object)
    };
    let completed =
        call.cloud.store.complete(call.place(), call.upload_id(), assemble, call.forbids_overwrite());
    let object = completed.map_err(|why| not_complete(call, why))?;
    let host = call.request.header("host").unwrap_or_default();
    let xml = root("CompleteMultipartUploadResult", encoded)
        .leaf("Location", format!("http://{host}{}", call.request.path))
        .leaf("Bucket", call.bucket())
        .leaf("Key", shown(call.key(), encoded))
        .leaf("ETag", &object.etag);
    let response = document(xml).with_header("etag", &object.etag);
    Ok(match object.crc64 {
        Some(crc64) => response.with_header("x-oss-hash-crc64ecma", crc64.to_string()),
        None => response,
    })
}

/// The parts in the order of the request; None for all.
fn chosen(call: &Call<'_>, body: &str) -> Result<Option<Vec<(u32, String)>>, OssError> {
    if call.request.header("x-oss-complete-all").is_some_and(|value| value.eq_ignore_ascii_case("yes")) {
        let named = || refusals::COMPLETE_ALL_WITH_BODY.with("ArgumentName", "x-oss-complete-all");
        return if body.trim().is_empty() { Ok(None) } else { Err(named().with("ArgumentValue", "yes")) };
    }
    let document: CompleteMultipartUpload =
        quick_xml::de::from_str(body).map_err(|_| refusals::MALFORMED_XML)?;
    let parts: Vec<_> =
        document.parts.into_iter().map(|part| (part.number, part.etag.trim().to_owned())).collect();
    // No parts of none are an empty object.
    let upload = call.cloud.store.upload(call.place(), call.upload_id());
    if parts.is_empty() && upload.is_some_and(|upload| !upload.parts.is_empty()) {
        return Err(refusals::MALFORMED_XML.into());
    }
    if parts.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
        return Err(refusals::INVALID_PART_ORDER.into());
    }
    Ok(Some(parts))
}

fn not_complete(call: &Call<'_>, why: NotComplete) -> OssError {
    match why {
        NotComplete::NoSuchUpload => call.no_such_upload(),
        NotComplete::AlreadyExists => already_exists(call.key()),
        NotComplete::InvalidPart { number, etag } => refusals::INVALID_PART
            .with("PartNumber", number.to_string())
            .with("UploadId", call.upload_id())
            .with("PartEtag", etag),
        NotComplete::TooSmall { number, size, etag } => refusals::TOO_SMALL
            .with("MinSizeAllowed", MIN_PART_BYTES.to_string())
            .with("ProposedSize", size.to_string())
            .with("PartNumber", number.to_string())
            .with("PartEtag", etag),
    }
}

/// `AbortMultipartUpload`.
pub(super) fn abort(call: &Call<'_>) -> Answer {
    if call.cloud.store.abort(call.place(), call.upload_id()) {
        return Ok(Response::new(204));
    }
    Err(call.no_such_upload().into())
}

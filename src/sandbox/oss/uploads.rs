//! `ListParts` and `ListMultipartUploads`.

use super::bucket::{document, owner};
use super::call::{Answer, Call, shown};
use super::error::{OssError, invalid_argument};
use super::xml::Xml;
use crate::sandbox::store::{Page, Part, key_and_id, upload_name};
use crate::sandbox::time::iso;

/// What an upload that its client encrypts was begun with, which whoever goes on with it has to know.
const CLIENT_ENCRYPTION: [(&str, &str); 6] = [
    ("x-oss-meta-client-side-encryption-key", "ClientEncryptionKey"),
    ("x-oss-meta-client-side-encryption-start", "ClientEncryptionStart"),
    ("x-oss-meta-client-side-encryption-cek-alg", "ClientEncryptionCekAlg"),
    ("x-oss-meta-client-side-encryption-wrap-alg", "ClientEncryptionWrapAlg"),
    ("x-oss-meta-client-side-encryption-data-size", "ClientEncryptionDataSize"),
    ("x-oss-meta-client-side-encryption-part-size", "ClientEncryptionPartSize"),
];

/// `ListParts`, by number.
pub(super) fn list_parts(call: &Call<'_>) -> Answer {
    let max = call.count("max-parts", 1, 1000)?;
    let encoded = call.encodes_names()?;
    let marker = part_number_marker(call)?;
    let upload = call.cloud.store.upload(call.place(), call.upload_id());
    let upload = upload.ok_or_else(|| call.no_such_upload())?;
    let after: Vec<_> = upload.parts.range(marker.saturating_add(1)..).take(max + 1).collect();
    let page = &after[..after.len().min(max)];
    let last = page.last().map_or(marker, |(number, _)| **number);
    let mut xml = root("ListPartsResult", encoded)
        .leaf("Bucket", call.bucket())
        .leaf("Key", shown(call.key(), encoded))
        .leaf("UploadId", call.upload_id())
        .leaf("StorageClass", upload.described.class.word())
        .leaf("PartNumberMarker", marker.to_string())
        .leaf("NextPartNumberMarker", last.to_string())
        .leaf("MaxParts", max.to_string())
        .leaf("IsTruncated", (after.len() > max).to_string());
    for (header, element) in CLIENT_ENCRYPTION {
        let mut headers = upload.described.headers.iter();
        if let Some((_, value)) = headers.find(|(name, _)| name == header) {
            xml = xml.leaf(element, value);
        }
    }
    for (number, part) in page {
        xml = described(xml, **number, part);
    }
    Ok(document(xml))
}

/// A document that says whether its names are percent-encoded.
pub(super) fn root(name: &'static str, encoded: bool) -> Xml {
    let xml = Xml::new(name);
    if encoded { xml.leaf("EncodingType", "url") } else { xml }
}

fn part_number_marker(call: &Call<'_>) -> Result<u32, OssError> {
    let text = call.request.parameter("part-number-marker").filter(|text| !text.is_empty());
    let Some(text) = text else { return Ok(0) };
    let message = "Argument part-number-marker must be an integer.";
    text.parse().map_err(|_| invalid_argument(message, "part-number-marker", text))
}

fn described(xml: Xml, number: u32, part: &Part) -> Xml {
    let xml = xml
        .open("Part")
        .leaf("PartNumber", number.to_string())
        .leaf("LastModified", iso(part.modified))
        .leaf("ETag", &part.etag);
    let xml = match part.crc64 {
        Some(crc64) => xml.leaf("HashCrc64ecma", crc64.to_string()),
        None => xml,
    };
    xml.leaf("Size", part.size.to_string()).close()
}

/// `ListMultipartUploads`, by key and within a key by upload id.
pub(super) fn list(call: &Call<'_>) -> Answer {
    let parameter = |name: &str| call.request.parameter(name).unwrap_or_default();
    let (key_marker, id_marker) = (parameter("key-marker"), parameter("upload-id-marker"));
    let page = Page {
        prefix: parameter("prefix").to_owned(),
        delimiter: parameter("delimiter").to_owned(),
        after: after(key_marker, id_marker),
        max: call.count("max-uploads", 1, 1000)?,
    };
    let encoded = call.encodes_names()?;
    let name = |name: &str| shown(name, encoded);
    let listing = call.cloud.store.list_uploads(call.bucket(), &page);
    // The last of the page, whether more follow or not.
    let last = listing.entries.last().map(|(upload, _)| upload).max(listing.prefixes.last());
    let (next_key, next_id) = key_and_id(last.map_or("", String::as_str));
    let mut xml = root("ListMultipartUploadsResult", encoded)
        .leaf("Bucket", call.bucket())
        .leaf("KeyMarker", name(key_marker))
        .leaf("UploadIdMarker", id_marker)
        .leaf("NextKeyMarker", name(next_key))
        .leaf("NextUploadIdMarker", next_id)
        .leaf("Delimiter", name(&page.delimiter))
        .leaf("Prefix", name(&page.prefix))
        .leaf("MaxUploads", page.max.to_string())
        .leaf("IsTruncated", listing.next.is_some().to_string());
    for (upload, (initiated, class)) in &listing.entries {
        let (key, id) = key_and_id(upload);
        xml = owner(xml.open("Upload").leaf("Key", name(key)).leaf("UploadId", id));
        xml = xml.leaf("StorageClass", class.word()).leaf("Initiated", iso(*initiated)).close();
    }
    for prefix in &listing.prefixes {
        xml = xml.open("CommonPrefixes").leaf("Prefix", name(prefix)).close();
    }
    Ok(document(xml))
}

/// The place in the order of uploads after which a page begins.
fn after(key_marker: &str, id_marker: &str) -> String {
    match (key_marker, id_marker) {
        ("", _) => String::new(),
        // After every upload of that key: no id has a tilde.
        (key, "") => upload_name(key, "~"),
        (key, id) => upload_name(key, id),
    }
}

//! `ListParts` and `ListMultipartUploads`.

use super::bucket::{document, owner};
use super::call::{Answer, Call, shown};
use super::error::{invalid_argument, no_such_upload};
use super::xml::Xml;
use crate::sandbox::store::{Page, upload_name};
use crate::sandbox::time::iso;

/// `ListParts`, by number.
pub(super) fn list_parts(call: &Call<'_>) -> Answer {
    let max = call.count("max-parts", 1, 1000)?;
    let encoded = call.encodes_names()?;
    let marker_text = call.request.parameter("part-number-marker").unwrap_or_default();
    let marker: u32 = match marker_text {
        "" => 0,
        text => text.parse().map_err(|_| {
            invalid_argument("Argument part-number-marker must be an integer.", "part-number-marker", text)
        })?,
    };
    let upload = call.world.store.upload(call.place(), call.upload_id());
    let upload = upload.ok_or_else(|| no_such_upload(call.upload_id()))?;
    let after: Vec<_> = upload.parts.range(marker.saturating_add(1)..).take(max + 1).collect();
    let shown_parts = &after[..after.len().min(max)];
    let last = shown_parts.last().map_or(marker, |(number, _)| **number);
    let mut xml = Xml::new("ListPartsResult");
    if encoded {
        xml = xml.leaf("EncodingType", "url");
    }
    xml = xml
        .leaf("Bucket", call.bucket())
        .leaf("Key", shown(call.key(), encoded))
        .leaf("UploadId", call.upload_id())
        .leaf("StorageClass", "Standard")
        .leaf("PartNumberMarker", marker.to_string())
        .leaf("NextPartNumberMarker", last.to_string())
        .leaf("MaxParts", max.to_string())
        .leaf("IsTruncated", (after.len() > max).to_string());
    for (number, part) in shown_parts {
        xml = xml
            .open("Part")
            .leaf("PartNumber", number.to_string())
            .leaf("LastModified", iso(part.modified))
            .leaf("ETag", &part.etag);
        if let Some(crc64) = part.crc64 {
            xml = xml.leaf("HashCrc64ecma", crc64.to_string());
        }
        xml = xml.leaf("Size", part.size.to_string()).close();
    }
    Ok(document(xml))
}

/// `ListMultipartUploads`, by key and within a key by upload id.
pub(super) fn list(call: &Call<'_>) -> Answer {
    let parameter = |name: &str| call.request.parameter(name).unwrap_or_default();
    let (key_marker, id_marker) = (parameter("key-marker"), parameter("upload-id-marker"));
    let after = match (key_marker, id_marker) {
        ("", _) => String::new(),
        // After every upload of that key: no id has a tilde.
        (key, "") => upload_name(key, "~"),
        (key, id) => upload_name(key, id),
    };
    let max = call.count("max-uploads", 1, 1000)?;
    let page = Page {
        prefix: parameter("prefix").to_owned(),
        delimiter: parameter("delimiter").to_owned(),
        after,
        max,
    };
    let encoded = call.encodes_names()?;
    let listing = call.world.store.list_uploads(call.bucket(), &page);
    let name = |name: &str| shown(name, encoded);
    let mut xml = Xml::new("ListMultipartUploadsResult").leaf("Bucket", call.bucket());
    if encoded {
        xml = xml.leaf("EncodingType", "url");
    }
    xml = xml.leaf("KeyMarker", name(key_marker)).leaf("UploadIdMarker", id_marker);
    let next = listing.next.as_deref().unwrap_or_default();
    let (next_key, next_id) = next.rsplit_once('\0').unwrap_or((next, ""));
    xml = xml
        .leaf("NextKeyMarker", name(next_key))
        .leaf("NextUploadIdMarker", next_id)
        .leaf("Delimiter", name(&page.delimiter))
        .leaf("Prefix", name(&page.prefix))
        .leaf("MaxUploads", max.to_string())
        .leaf("IsTruncated", listing.next.is_some().to_string());
    for (upload, initiated) in &listing.entries {
        let (key, id) = upload.rsplit_once('\0').unwrap_or((upload, ""));
        xml = xml.open("Upload").leaf("Key", name(key)).leaf("UploadId", id);
        xml = owner(xml).leaf("StorageClass", "Standard").leaf("Initiated", iso(*initiated)).close();
    }
    for prefix in &listing.prefixes {
        xml = xml.open("CommonPrefixes").leaf("Prefix", name(prefix)).close();
    }
    Ok(document(xml))
}

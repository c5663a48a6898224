//! `ListObjects`, versions 1 and 2, and `ListObjectVersions`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::bucket::{document, owner};
use super::call::{Answer, Call, shown};
use super::error::{OssError, invalid_argument};
use super::xml::Xml;
use crate::sandbox::store::{Listing, Object, Page};
use crate::sandbox::time::iso;

/// What both versions share of a request.
struct Asked {
    page: Page,
    encoded: bool,
}

impl Asked {
    fn of(call: &Call<'_>, after: &str) -> Result<Self, OssError> {
        let parameter = |name: &str| call.request.parameter(name).unwrap_or_default().to_owned();
        let page = Page {
            prefix: parameter("prefix"),
            delimiter: parameter("delimiter"),
            after: after.to_owned(),
            max: call.count("max-keys", 1, 100)?,
        };
        Ok(Self { page, encoded: call.encodes_names()? })
    }

    fn shown(&self, name: &str) -> String {
        shown(name, self.encoded)
    }

    /// The elements at the top of each answer.
    fn head(&self, call: &Call<'_>, root: &'static str) -> Xml {
        let xml = Xml::new(root).leaf("Name", call.bucket());
        let xml =
            xml.leaf("Prefix", self.shown(&self.page.prefix)).leaf("MaxKeys", self.page.max.to_string());
        let xml = xml.leaf("Delimiter", self.shown(&self.page.delimiter));
        if self.encoded { xml.leaf("EncodingType", "url") } else { xml }
    }

    /// The objects and the rolled-up prefixes.
    fn body(&self, mut xml: Xml, listing: &Listing<Object>, with_owner: bool) -> Xml {
        for (key, object) in &listing.entries {
            xml = described(xml.open("Contents").leaf("Key", self.shown(key)), object);
            xml = if with_owner { owner(xml).close() } else { xml.close() };
        }
        self.rolled_up(xml, listing)
    }

    fn rolled_up(&self, xml: Xml, listing: &Listing<Object>) -> Xml {
        let rolled =
            |xml: Xml, prefix: &String| xml.open("CommonPrefixes").leaf("Prefix", self.shown(prefix)).close();
        listing.prefixes.iter().fold(xml, rolled)
    }
}

fn described(xml: Xml, object: &Object) -> Xml {
    xml.leaf("LastModified", iso(object.modified))
        .leaf("ETag", &object.etag)
        .leaf("Type", object.kind)
        .leaf("Size", object.size.to_string())
        .leaf("StorageClass", object.described.class.word())
}

/// `ListObjects`.
pub(super) fn version_1(call: &Call<'_>) -> Answer {
    let marker = call.request.parameter("marker").unwrap_or_default();
    let asked = Asked::of(call, marker)?;
    let listing = call.cloud.store.list(call.bucket(), &asked.page);
    let mut xml = asked.head(call, "ListBucketResult").leaf("Marker", asked.shown(marker));
    xml = xml.leaf("IsTruncated", listing.next.is_some().to_string());
    if let Some(next) = &listing.next {
        xml = xml.leaf("NextMarker", asked.shown(next));
    }
    Ok(document(asked.body(xml, &listing, true)))
}

/// `ListObjectsV2`. An empty `continuation-token` is none: SDKs send it.
pub(super) fn version_2(call: &Call<'_>) -> Answer {
    let start_after = call.request.parameter("start-after").unwrap_or_default();
    let token = call.request.parameter("continuation-token").filter(|token| !token.is_empty());
    let after = match token {
        Some(token) => decoded(token)?,
        None => start_after.to_owned(),
    };
    let asked = Asked::of(call, &after)?;
    let listing = call.cloud.store.list(call.bucket(), &asked.page);
    let found = listing.entries.len() + listing.prefixes.len();
    let xml = asked.head(call, "ListBucketResult").leaf("StartAfter", asked.shown(start_after));
    let mut xml = xml.leaf("KeyCount", found.to_string());
    if let Some(token) = token {
        xml = xml.leaf("ContinuationToken", token);
    }
    xml = xml.leaf("IsTruncated", listing.next.is_some().to_string());
    if let Some(next) = &listing.next {
        xml = xml.leaf("NextContinuationToken", BASE64.encode(next));
    }
    let with_owner = call.request.parameter("fetch-owner") == Some("true");
    Ok(document(asked.body(xml, &listing, with_owner)))
}

/// `ListObjectVersions`: each object has one, which has no id.
pub(super) fn versions(call: &Call<'_>) -> Answer {
    let parameter = |name: &str| call.request.parameter(name).unwrap_or_default();
    let (key_marker, id_marker) = (parameter("key-marker"), parameter("version-id-marker"));
    let asked = Asked::of(call, key_marker)?;
    let listing = call.cloud.store.list(call.bucket(), &asked.page);
    let xml = asked.head(call, "ListVersionsResult").leaf("KeyMarker", asked.shown(key_marker));
    let mut xml =
        xml.leaf("VersionIdMarker", id_marker).leaf("IsTruncated", listing.next.is_some().to_string());
    if let Some(next) = &listing.next {
        xml = xml.leaf("NextKeyMarker", asked.shown(next)).leaf("NextVersionIdMarker", "null");
    }
    for (key, object) in &listing.entries {
        let xml_of = xml.open("Version").leaf("Key", asked.shown(key)).leaf("VersionId", "null");
        xml = owner(described(xml_of.leaf("IsLatest", "true"), object)).close();
    }
    Ok(document(asked.rolled_up(xml, &listing)))
}

fn decoded(token: &str) -> Result<String, OssError> {
    let bytes = BASE64.decode(token).ok();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| {
        invalid_argument("The continuation token provided is incorrect.", "continuation-token", token)
    })
}

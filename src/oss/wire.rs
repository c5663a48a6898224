//! The service's XML, by local name: real answers have a default namespace or none, test servers another root.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::cloud::{OssAnswer, Result};
use crate::sign::encode;

/// Reads a document; HTML, truncated XML and a document without its required elements are no answers.
pub(super) fn parse<T: DeserializeOwned>(operation: &'static str, http_status: u16, text: &str) -> Result<T> {
    quick_xml::de::from_str(text).map_err(|e| {
        OssAnswer::unreadable(operation, http_status, format!("not the XML it should be ({e})"), text)
    })
}

/// Undoes the percent-encoding of keys, prefixes and markers, which is asked for as XML can't hold control characters;
/// a server that does not know of it does not say `<EncodingType>url</EncodingType>`.
pub(super) fn decoded(encoding_type: Option<&str>, text: String) -> String {
    if encoding_type == Some("url") { encode::decode(&text).unwrap_or(text) } else { text }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InitiateMultipartUpload {
    pub(super) upload_id: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct CompleteMultipartUpload {
    #[serde(rename = "ETag")]
    pub(super) etag: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListParts {
    pub(super) is_truncated: bool,
    pub(super) next_part_number_marker: Option<u32>,
    #[serde(default, rename = "Part")]
    pub(super) parts: Vec<Part>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Part {
    pub(super) part_number: u32,
    #[serde(rename = "ETag")]
    pub(super) etag: String,
    pub(super) size: u64,
    #[serde(rename = "HashCrc64ecma")]
    pub(super) crc64: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListMultipartUploads {
    pub(super) encoding_type: Option<String>,
    pub(super) is_truncated: bool,
    pub(super) next_key_marker: Option<String>,
    pub(super) next_upload_id_marker: Option<String>,
    #[serde(default, rename = "Upload")]
    pub(super) uploads: Vec<Upload>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Upload {
    pub(super) key: String,
    pub(super) upload_id: String,
    pub(super) initiated: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListBucket {
    pub(super) encoding_type: Option<String>,
    pub(super) is_truncated: bool,
    pub(super) next_continuation_token: Option<String>,
    #[serde(default)]
    pub(super) contents: Vec<Content>,
    #[serde(default)]
    pub(super) common_prefixes: Vec<CommonPrefix>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Content {
    pub(super) key: String,
    pub(super) last_modified: Option<String>,
    #[serde(rename = "ETag", default)]
    pub(super) etag: String,
    pub(super) size: u64,
    pub(super) storage_class: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CommonPrefix {
    pub(super) prefix: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BucketInfo {
    pub(super) bucket: Bucket,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Bucket {
    pub(super) location: String,
    pub(super) extranet_endpoint: Option<String>,
    pub(super) intranet_endpoint: Option<String>,
    pub(super) storage_class: Option<String>,
    pub(super) creation_date: Option<String>,
    pub(super) owner: Option<Owner>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Owner {
    #[serde(rename = "ID")]
    pub(super) id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: &str = r#"<?xml version="1.0"?><ListPartsResult xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com">
<UploadId>U</UploadId><IsTruncated>false</IsTruncated><NextPartNumberMarker>1</NextPartNumberMarker>
<Part><PartNumber>1</PartNumber><LastModified>2012-02-23T07:01:34Z</LastModified><ETag>&#34;33&#34;</ETag>
<HashCrc64ecma>12345678901234567890</HashCrc64ecma><Size>5</Size></Part></ListPartsResult>"#;

    #[test]
    fn a_namespace_another_root_and_prefixed_names_are_all_the_same() {
        let prefixed = PARTS.replace("<", "<o:").replace("<o:/", "</o:").replace("<o:?", "<?");
        let other_root = PARTS.replace("ListPartsResult", "ListPartsOutput");
        for text in [PARTS, &prefixed, &other_root] {
            let list: ListParts = parse("ListParts", 200, text).unwrap();
            let part = &list.parts[0];
            assert_eq!(
                (part.etag.as_str(), part.size, part.crc64),
                ("\"33\"", 5, Some(12_345_678_901_234_567_890))
            );
        }
    }

    #[test]
    fn lists_may_be_interleaved() {
        let text = "<R><IsTruncated>false</IsTruncated><Contents><Key>a</Key><Size>1</Size></Contents>\
                    <CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes><Contents><Key>b</Key><Size>2</Size></Contents></R>";
        let list: ListBucket = parse("ListObjectsV2", 200, text).unwrap();
        assert_eq!((list.contents.len(), list.common_prefixes.len()), (2, 1));
    }

    #[test]
    fn html_and_cut_xml_are_no_answers() {
        let cut = &PARTS[..PARTS.len() - 20];
        for text in ["", "<html><body>login</body></html>", cut] {
            let outcome: Result<ListParts> = parse("ListParts", 200, text);
            let error = outcome.unwrap_err();
            assert!(matches!(error.kind, crate::cloud::ErrorKind::NotAnAnswer { .. }), "{text}");
        }
    }
}

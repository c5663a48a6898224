//! `ListMultipartUploads`: uploads that were begun and neither completed nor aborted.

use std::collections::HashSet;

use jiff::Timestamp;

use super::{Oss, wire};
use crate::cloud::{OssAnswer, Result};

/// A million uploads: more than anybody has pending, and an end to a list that has none.
const MOST_PAGES: usize = 1000;

/// An upload whose parts are stored, and cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingUpload {
    /// The key that the object will have.
    pub key: String,
    /// The upload's id.
    pub upload_id: String,
    /// When it was begun.
    pub initiated: Option<Timestamp>,
}

impl Oss {
    /// Every pending upload whose key begins with `prefix`.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn pending_uploads(&self, prefix: &str) -> Result<Vec<PendingUpload>> {
        let (mut found, mut marker) = (Vec::new(), (String::new(), String::new()));
        let mut seen = HashSet::new();
        while seen.len() < MOST_PAGES && seen.insert(marker.clone()) {
            let make = || {
                let call = self.call("ListMultipartUploads", "GET").query("uploads", "");
                let call = call.query("encoding-type", "url").query("max-uploads", "1000");
                let filters =
                    [("prefix", prefix), ("key-marker", &marker.0), ("upload-id-marker", &marker.1)];
                filters
                    .iter()
                    .filter(|f| !f.1.is_empty())
                    .fold(call, |call, (name, value)| call.query(name, *value))
            };
            let page: wire::ListMultipartUploads = self.document(make).await?;
            let decoded = |text| wire::decoded(page.encoding_type.as_deref(), text);
            let next = (
                page.next_key_marker.map(decoded).unwrap_or_default(),
                page.next_upload_id_marker.unwrap_or_default(),
            );
            found.extend(page.uploads.into_iter().map(|upload| PendingUpload {
                key: decoded(upload.key),
                upload_id: upload.upload_id,
                initiated: upload.initiated.and_then(|time| time.parse().ok()),
            }));
            if !page.is_truncated {
                return Ok(found);
            }
            marker = next;
        }
        // What was found is not all: who aborts by this list would leave the rest, and go on paying for it.
        let reason = format!("its pages have no end: {} came, and then the next is {marker:?}", seen.len());
        Err(OssAnswer::unreadable("ListMultipartUploads", 200, reason, ""))
    }
}

//! A multipart upload: initiate, upload parts, list them, complete or abort.

use std::cell::Cell;
use std::fmt::Write as _;

use bytes::Bytes;

use super::object::{crc64_of, forbidding};
use super::{Existing, Oss, wire};
use crate::cloud::{OssAnswer, Result, Retry};
use crate::net::Body;

/// The highest number that a part can have.
const MOST_PARTS: u32 = 10_000;

/// A page of so many parts is about as large as the smallest part, and gets through where one does.
const PARTS_OF_A_PAGE: &str = "300";

/// What the service says of a body that it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The `ETag`, in the quotes in which it must be given back.
    pub etag: String,
    /// CRC-64/XZ of what arrived, where the service says it.
    pub crc64: Option<u64>,
}

impl Receipt {
    /// What an answer says of the body; one that names no `ETag` says nothing.
    pub(super) fn of(operation: &'static str, answer: &OssAnswer) -> Result<Self> {
        let Some(etag) = answer.header("etag").filter(|etag| !etag.is_empty()) else {
            return Err(OssAnswer::unreadable(operation, answer.status(), "it has no ETag", ""));
        };
        Ok(Self { etag: etag.to_owned(), crc64: crc64_of(answer) })
    }
}

/// The parts that an object is made of.
#[derive(Clone, Copy, Debug)]
pub enum Parts<'a> {
    /// These, in the order of their numbers: what else the service has is dropped.
    Listed(&'a [(u32, String)]),
    /// All that the service has. A list of thousands is longer than what gets through a line that breaks all the time.
    All,
}

/// A part that the service has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPart {
    /// 1 to 10 000.
    pub number: u32,
    /// Bytes.
    pub size: u64,
    /// What it said when it took the part.
    pub receipt: Receipt,
}

impl Oss {
    /// Begins an upload; gives its id, and how often it was asked for: an answer that was not heard has begun another. What
    /// is uploaded is stored, and costs, until it is completed or aborted.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn initiate(&self, key: &str, existing: Existing) -> Result<(String, u32)> {
        let tries = Cell::new(0);
        let make = || {
            tries.set(tries.get() + 1);
            forbidding(self.call("InitiateMultipartUpload", "POST").key(key).query("uploads", ""), existing)
        };
        let answer: wire::InitiateMultipartUpload = self.document(make).await?;
        Ok((answer.upload_id, tries.get()))
    }

    /// Uploads one part, sent once.
    ///
    /// # Errors
    /// When the call fails; by `NoSuchUpload` when the upload was completed or aborted.
    pub async fn upload_part_once(
        &self,
        key: &str,
        upload_id: &str,
        number: u32,
        body: Body,
    ) -> Result<Receipt> {
        let call = self.call("UploadPart", "PUT").key(key);
        let call = call.query("partNumber", number.to_string()).query("uploadId", upload_id).body(body);
        Receipt::of("UploadPart", &self.cloud().oss(call).await?)
    }

    /// The parts that the service has, by number.
    ///
    /// # Errors
    /// When the call fails; by `AccessDenied` where uploading is allowed and listing is not.
    pub async fn list_parts(&self, key: &str, upload_id: &str) -> Result<Vec<ListedPart>> {
        let (mut parts, mut marker) = (Vec::new(), 0);
        loop {
            let make = || {
                let call = self.call("ListParts", "GET").key(key).query("uploadId", upload_id);
                call.query("max-parts", PARTS_OF_A_PAGE).query("part-number-marker", marker.to_string())
            };
            let page: wire::ListParts = self.document(make).await?;
            parts.extend(page.parts.into_iter().map(listed));
            // A marker that does not move would be asked for for ever.
            match page.next_part_number_marker.filter(|next| page.is_truncated && *next > marker) {
                Some(next) if marker < MOST_PARTS => marker = next,
                Some(_) => return Err(OssAnswer::unreadable("ListParts", 200, "it has no end", "")),
                None => return Ok(parts),
            }
        }
    }

    /// Makes the object of its parts.
    ///
    /// The service goes on with it when the connection breaks; a repetition is then refused by `NoSuchUpload` although
    /// the object is there.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn complete(
        &self,
        key: &str,
        upload_id: &str,
        parts: Parts<'_>,
        existing: Existing,
    ) -> Result<Receipt> {
        let document = match parts {
            Parts::Listed(parts) => Some(Bytes::from(part_list(parts))),
            Parts::All => None,
        };
        let attempt = async || {
            let call = self.call("CompleteMultipartUpload", "POST").key(key).query("uploadId", upload_id);
            let call = match document.clone() {
                Some(document) => call.body(Body::Whole(document)),
                None => call.header("x-oss-complete-all", "yes"),
            };
            let answer = self.cloud().oss(forbidding(call, existing)).await?;
            let (http_status, crc64) = (answer.status(), crc64_of(&answer));
            let text = answer.text().await?;
            let wire::CompleteMultipartUpload { etag } =
                wire::parse("CompleteMultipartUpload", http_status, &text)?;
            Ok(Receipt { etag, crc64 })
        };
        self.cloud().with_retries(Retry::IDEMPOTENT, attempt).await
    }

    /// Gives an upload up and removes its parts; one that is not there any more is no error.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn abort(&self, key: &str, upload_id: &str) -> Result<()> {
        let make = || self.call("AbortMultipartUpload", "DELETE").key(key).query("uploadId", upload_id);
        match self.ask(make).await {
            Err(e) if e.code() != Some("NoSuchUpload") => Err(e),
            _ => Ok(()),
        }
    }
}

fn listed(part: wire::Part) -> ListedPart {
    let wire::Part { part_number, etag, size, crc64 } = part;
    ListedPart { number: part_number, size, receipt: Receipt { etag, crc64 } }
}

fn part_list(parts: &[(u32, String)]) -> String {
    let mut text = String::from("<CompleteMultipartUpload>");
    for (number, etag) in parts {
        let etag = quick_xml::escape::escape(etag.as_str());
        // Writing to a String does not fail.
        let _infallible = write!(text, "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>");
    }
    text + "</CompleteMultipartUpload>"
}

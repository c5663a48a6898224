//! `PutObject`, `HeadObject`, `GetObject`, `DeleteObject`.

use jiff::Timestamp;

use super::{Existing, Oss, Receipt};
use crate::cloud::{Error, ErrorKind, OssAnswer, Result, Service};
use crate::net::Body;

/// What the head of an answer says of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Size of the whole object in bytes.
    pub size: u64,
    /// CRC-64/XZ of the whole object, where the service has it: copies may lack it.
    pub crc64: Option<u64>,
    /// The `ETag`, in its quotes.
    pub etag: Option<String>,
    /// When it was last written.
    pub last_modified: Option<Timestamp>,
}

/// Bytes `first..end` of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first byte.
    pub first: u64,
    /// The byte after the last.
    pub end: u64,
}

impl Head {
    /// From the headers of an answer; the size of a range's answer is that of the whole object.
    pub fn of(answer: &OssAnswer) -> Option<Self> {
        let whole = answer.header("content-range").and_then(|range| range.rsplit_once('/'));
        let size = match whole {
            Some((_, size)) => size.parse().ok()?,
            None => answer.header("content-length")?.parse().ok()?,
        };
        let time = answer.header("last-modified").and_then(|text| jiff::fmt::rfc2822::parse(text).ok());
        Some(Self {
            size,
            crc64: crc64_of(answer),
            etag: answer.header("etag").filter(|etag| !etag.trim_matches('"').is_empty()).map(str::to_owned),
            last_modified: time.map(|time| time.timestamp()),
        })
    }
}

/// The checksum that an answer carries, if it does.
pub(super) fn crc64_of(answer: &OssAnswer) -> Option<u64> {
    answer.header("x-oss-hash-crc64ecma")?.parse().ok()
}

impl Oss {
    /// Stores an object in one request, sent once.
    ///
    /// # Errors
    /// When the call fails; with [`Existing::Keep`], by `FileAlreadyExists` when the key is taken.
    pub async fn put_once(&self, key: &str, existing: Existing, body: Body) -> Result<Receipt> {
        let call = self.call("PutObject", "PUT").key(key).body(body);
        Receipt::of("PutObject", &self.cloud().oss(forbidding(call, existing)).await?)
    }

    /// What is stored under the key; None when nothing is.
    ///
    /// # Errors
    /// When the call fails, or there is no such bucket.
    pub async fn head(&self, key: &str) -> Result<Option<Head>> {
        let answer = match self.ask(|| self.call("HeadObject", "HEAD").key(key)).await {
            Ok(answer) => answer,
            Err(e) if e.code() == Some("NoSuchKey") => return Ok(None),
            Err(e) => return Err(e),
        };
        let head = Head::of(&answer);
        let silent =
            || OssAnswer::unreadable("HeadObject", answer.status(), "it does not say the object's size", "");
        Ok(Some(head.ok_or_else(silent)?))
    }

    /// Asks for an object or a range of it, once. With `if_match`, `PreconditionFailed` says that the object is no
    /// longer the one with that `ETag`.
    ///
    /// # Errors
    /// When the call fails, or a range was asked for and something else came.
    pub async fn get_once(
        &self,
        key: &str,
        range: Option<Range>,
        if_match: Option<&str>,
    ) -> Result<OssAnswer> {
        let mut call = self.call("GetObject", "GET").key(key);
        if let Some(etag) = if_match {
            call = call.header("if-match", etag);
        }
        let Some(Range { first, end }) = range else { return self.cloud().oss(call).await };
        // Without the second header, a range outside the object is answered with all of it.
        let call = call
            .header("range", format!("bytes={first}-{}", end - 1))
            .header("x-oss-range-behavior", "standard");
        let answer = self.cloud().oss(call).await?;
        let is_the_range = answer
            .header("content-range")
            .is_some_and(|given| given.starts_with(&format!("bytes {first}-{}/", end - 1)));
        // Some servers answer a range with 200; what range it is, is said by another header.
        if is_the_range { Ok(answer) } else { Err(not_the_range(&answer, first, end)) }
    }

    /// Deletes an object; deleting one that is not there is no error.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn delete(&self, key: &str) -> Result<()> {
        self.ask(|| self.call("DeleteObject", "DELETE").key(key)).await.map(drop)
    }
}

fn not_the_range(answer: &OssAnswer, first: u64, end: u64) -> Error {
    let asked = format!("bytes {first}-{}", end - 1);
    let Some(given) = answer.header("content-range") else {
        return Error::new(Service::Oss, "GetObject", ErrorKind::NoRanges(asked));
    };
    let reason = format!("{asked} of the object were asked for, and {given} came");
    OssAnswer::unreadable("GetObject", answer.status(), reason, "")
}

/// Adds the header that makes the service refuse to overwrite.
pub(super) fn forbidding(call: crate::cloud::OssCall, existing: Existing) -> crate::cloud::OssCall {
    match existing {
        Existing::Replace => call,
        Existing::Keep => call.header("x-oss-forbid-overwrite", "true"),
    }
}

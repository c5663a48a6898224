//! An object: its bytes and what is told about them.

use jiff::Timestamp;

use super::blob::{Reader, Received, Segment};
use super::class::Class;
use crate::sign::Pairs;

/// What a client said about an object when it put it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Described {
    /// `Content-Type`.
    pub(crate) content_type: Option<String>,
    /// `x-oss-meta-*` and the standard headers that are given back (`Cache-Control`…); names in lower case.
    pub(crate) headers: Pairs,
    /// `private`, or `default`, which means the bucket's and is private as well.
    pub(crate) acl: Acl,
    /// Its own, or that of its bucket.
    pub(crate) class: Class,
}

/// Who may read an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Acl {
    #[default]
    Default,
    Private,
}

/// An object.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    /// Bytes.
    pub(crate) size: u64,
    /// With its quotes: the MD5 in upper-case hexadecimal, or that of the parts' `ETag`s with `-N`.
    pub(crate) etag: String,
    /// MD5 of the whole; absent for an object of parts.
    pub(crate) md5: Option<[u8; 16]>,
    /// CRC-64/XZ of the whole; absent when a part had none.
    pub(crate) crc64: Option<u64>,
    /// `Normal` or `Multipart`.
    pub(crate) kind: &'static str,
    /// When it was put.
    pub(crate) modified: Timestamp,
    /// What the client said about it.
    pub(crate) described: Described,
    /// Its bytes.
    pub(crate) segments: Vec<Segment>,
}

impl Object {
    /// An object that came as one body.
    pub(crate) fn whole(received: Received, described: Described, now: Timestamp) -> Self {
        Self {
            size: received.size,
            etag: etag(&received.md5),
            md5: Some(received.md5),
            crc64: Some(received.crc64),
            kind: "Normal",
            modified: now,
            described,
            segments: vec![Segment { blob: received.blob, size: received.size }],
        }
    }

    /// Reads its bytes; they stay while the reader lives, also if the object is replaced.
    pub(crate) fn reader(&self) -> Reader {
        Reader::new(self.segments.clone())
    }
}

/// `"5EB63BBBE01EEED093CB22BB8F5ACDC3"`, with the quotes.
pub(crate) fn etag(md5: &[u8; 16]) -> String {
    format!("\"{}\"", upper_hex(md5))
}

/// `5EB63BBBE01EEED093CB22BB8F5ACDC3`.
pub(super) fn upper_hex(md5: &[u8; 16]) -> String {
    crate::base::fingerprint::hex(md5).to_uppercase()
}

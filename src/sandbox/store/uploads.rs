//! Unfinished multipart uploads and how they become objects.

use std::collections::BTreeMap;

use crc_fast::CrcAlgorithm::Crc64Xz;
use jiff::Timestamp;
use md5::{Digest as _, Md5};

use super::blob::{Received, Segment};
use super::object::{Described, Object, etag, upper_hex};

/// Every part but the last has at least that many bytes ("OSS document UploadPart": 100 KB).
pub(crate) const MIN_PART_BYTES: u64 = 100 * 1024;

/// A part that has come in.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// Bytes.
    pub(crate) size: u64,
    /// With its quotes.
    pub(crate) etag: String,
    /// CRC-64/XZ; a copied part may lack it.
    pub(crate) crc64: Option<u64>,
    /// When it came in.
    pub(crate) modified: Timestamp,
    md5: [u8; 16],
    segment: Segment,
}

impl Part {
    /// A part that came in as a body.
    pub(crate) fn new(received: Received, now: Timestamp) -> Self {
        Self {
            size: received.size,
            etag: etag(&received.md5),
            crc64: Some(received.crc64),
            modified: now,
            md5: received.md5,
            segment: Segment { blob: received.blob, size: received.size },
        }
    }
}

/// An unfinished upload.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    /// When it was initiated.
    pub(crate) initiated: Timestamp,
    /// What the client said about the object.
    pub(crate) described: Described,
    /// By part number.
    pub(crate) parts: BTreeMap<u32, Part>,
}

/// Why an upload does not become an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotComplete {
    /// There is no such upload (any more).
    NoSuchUpload,
    /// This part is absent or its `ETag` is another.
    InvalidPart {
        /// The part's number.
        number: u32,
        /// The `ETag` that the request named.
        etag: String,
    },
    /// A part before the last has fewer bytes than [`MIN_PART_BYTES`].
    TooSmall {
        /// The part's number.
        number: u32,
        /// The part's bytes.
        size: u64,
        /// The part's `ETag`.
        etag: String,
    },
    /// `x-oss-forbid-overwrite`, and an object of this name is there.
    AlreadyExists,
}

impl Upload {
    /// The object of the chosen parts, in the order given; None chooses all.
    pub(crate) fn assemble(
        &self,
        chosen: Option<&[(u32, String)]>,
        now: Timestamp,
    ) -> Result<Object, NotComplete> {
        let parts: Vec<(u32, &Part)> = match chosen {
            None => self.parts.iter().map(|(number, part)| (*number, part)).collect(),
            Some(chosen) => {
                chosen.iter().map(|(number, etag)| self.chosen(*number, etag)).collect::<Result<_, _>>()?
            }
        };
        let before_last = parts.len().saturating_sub(1);
        if let Some((number, part)) = parts[..before_last].iter().find(|(_, part)| part.size < MIN_PART_BYTES)
        {
            return Err(NotComplete::TooSmall { number: *number, size: part.size, etag: part.etag.clone() });
        }
        Ok(self.joined(&parts, now))
    }

    fn chosen(&self, number: u32, wanted: &str) -> Result<(u32, &Part), NotComplete> {
        let same = |part: &&Part| part.etag.trim_matches('"').eq_ignore_ascii_case(wanted.trim_matches('"'));
        let found = self.parts.get(&number).filter(same).map(|part| (number, part));
        found.ok_or_else(|| NotComplete::InvalidPart { number, etag: wanted.to_owned() })
    }

    fn joined(&self, parts: &[(u32, &Part)], now: Timestamp) -> Object {
        let mut md5 = Md5::new();
        let mut crc64 = Some(0);
        for (_, part) in parts {
            // Of the digits, not of the bytes: `aliyun-oss-go-sdk` knows the ETag of a file that it uploads in five parts.
            md5.update(upper_hex(&part.md5));
            let both = crc64.zip(part.crc64);
            crc64 = both.map(|(whole, next)| crc_fast::checksum_combine(Crc64Xz, whole, next, part.size));
        }
        let digest: [u8; 16] = md5.finalize().into();
        Object {
            size: parts.iter().map(|(_, part)| part.size).sum(),
            etag: format!("\"{}-{}\"", upper_hex(&digest), parts.len()),
            md5: None,
            crc64,
            kind: "Multipart",
            modified: now,
            described: self.described.clone(),
            segments: parts.iter().map(|(_, part)| part.segment.clone()).collect(),
        }
    }
}

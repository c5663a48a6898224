//! What a file holds, so that it is known again: its SHA-256 and CRC-64, read in one pass.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crc_fast::{CrcAlgorithm, Digest as Crc};
use sha2::{Digest, Sha256};

use crate::base::fingerprint::{content_mark, hex};
use crate::cloud::Error;
use crate::oss::Oss;

/// A file's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Bytes.
    pub size: u64,
    /// SHA-256.
    pub sha256: [u8; 32],
    /// CRC-64/XZ, which OSS keeps for each object.
    pub crc64: u64,
}

impl Content {
    /// Reads the whole file.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn of(path: &Path) -> std::io::Result<Self> {
        let (mut sha, mut crc) = (Sha256::new(), Crc::new(CrcAlgorithm::Crc64Xz));
        let (mut file, mut buffer, mut size) = (File::open(path)?, vec![0; 256 << 10], 0);
        loop {
            let length = file.read(&mut buffer)?;
            if length == 0 {
                return Ok(Self { size, sha256: sha.finalize().into(), crc64: crc.finalize() });
            }
            sha.update(&buffer[..length]);
            crc.update(&buffer[..length]);
            size += length as u64;
        }
    }

    /// The mark that an image of this content carries; encrypted with a key it is another.
    pub fn mark(&self, kms_key: Option<&str>) -> String {
        let Some(key) = kms_key else { return content_mark(&self.sha256) };
        content_mark(&Sha256::new().chain_update(self.sha256).chain_update(key).finalize().into())
    }

    /// The key for this content where the wanted one is taken: with hexadecimal digits of the SHA-256 before the
    /// extension, as many as asked for.
    pub fn key_beside(&self, key: &str, digits: usize) -> String {
        let hex = hex(&self.sha256);
        let (stem, extension) = key.split_at(extension_start(key));
        format!("{stem}-{}{extension}", &hex[..digits.min(hex.len())])
    }
}

/// What is under a key, beside a content of one's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    Nothing,
    /// The same content: size and checksum, which is given.
    Same(u64),
    /// Another content, or one whose checksum the service does not know.
    Other,
    /// The caller may put objects and not look at them.
    Untold,
}

impl Held {
    /// Looks under the key; the checksum is asked for where the size is the same.
    pub(super) async fn look<E: From<Error>>(
        oss: &Oss,
        key: &str,
        size: u64,
        checksum: impl AsyncFnOnce() -> Result<u64, E>,
    ) -> Result<Self, E> {
        let head = match oss.head(key).await {
            Ok(Some(head)) => head,
            Ok(None) => return Ok(Self::Nothing),
            Err(e) if e.may_not_look() => return Ok(Self::Untold),
            Err(e) => return Err(e.into()),
        };
        let Some(theirs) = head.crc64.filter(|_| head.size == size) else { return Ok(Self::Other) };
        Ok(if checksum().await? == theirs { Self::Same(theirs) } else { Self::Other })
    }
}

/// Where the extension of a key's last segment begins; `.tar.gz` is one extension. A leading point begins none.
fn extension_start(key: &str) -> usize {
    let name_start = key.rfind('/').map_or(0, |slash| slash + 1);
    let name = &key[name_start..];
    let point = |text: &str| text.rfind('.').filter(|at| *at > 0);
    let Some(last) = point(name) else { return key.len() };
    let inner = point(&name[..last]).filter(|at| &name[*at..last] == ".tar");
    name_start + inner.unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_checksums_come_from_one_pass() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "123456789").unwrap();
        let content = Content::of(file.path()).unwrap();
        assert_eq!((content.size, content.crc64), (9, 0x995d_c9bb_df19_39fa));
        assert_eq!(content.mark(None), "fc-15e2b0d3c33891eb");
        let marks = [None, Some("a"), Some("b")].map(|key| content.mark(key));
        assert!(marks[0] != marks[1] && marks[1] != marks[2], "{marks:?}");
    }

    #[test]
    fn digits_go_before_the_extension() {
        let content = Content { size: 0, sha256: [0x1a; 32], crc64: 0 };
        for (key, beside) in [
            ("bit.tar.gz", "bit-1a1a1a1a.tar.gz"),
            ("a.b/c_v1.2.gbs", "a.b/c_v1.2-1a1a1a1a.gbs"),
            ("a.b/noext", "a.b/noext-1a1a1a1a"),
            (".hidden", ".hidden-1a1a1a1a"),
            (".tar.gz", ".tar-1a1a1a1a.gz"),
            ("目录/文件.tar", "目录/文件-1a1a1a1a.tar"),
        ] {
            assert_eq!(content.key_beside(key, 8), beside);
        }
    }
}

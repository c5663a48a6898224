//! The file that is uploaded: read at given places, and known again.

use std::fs::{File, Metadata};
use std::io;
use std::ops::Range;
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crc_fast::{CrcAlgorithm, Digest};
use serde::{Deserialize, Serialize};

use super::UploadError;

/// Bytes read and summed at once.
const SLICE: usize = 256 << 10;

/// What tells whether a file is still the one that it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    pub(super) size: u64,
    /// Seconds and nanoseconds of its last change.
    pub(super) modified: (i64, i64),
    device: u64,
    inode: u64,
}

impl Identity {
    fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            device: metadata.dev(),
            inode: metadata.ino(),
        }
    }

    /// In what it differs from what it was.
    fn difference(&self, now: &Self) -> Option<String> {
        if now.size != self.size {
            Some(format!("its size was {} and is {}", self.size, now.size))
        } else if (now.device, now.inode) != (self.device, self.inode) {
            Some("another file has taken its place".into())
        } else {
            (now.modified != self.modified).then(|| "it was written to".into())
        }
    }
}

/// Size and time of the file that a path names now, if it names one.
pub(super) fn state_of(path: &Path) -> Option<(u64, (i64, i64))> {
    let identity = Identity::of(&std::fs::metadata(path).ok()?);
    Some((identity.size, identity.modified))
}

/// An open file.
#[derive(Debug)]
pub(super) struct Source {
    file: File,
    path: PathBuf,
    identity: Identity,
    /// Set by whoever reads less than the file had, so that the request that fails for it is not repeated.
    fault: OnceLock<String>,
}

impl Source {
    pub(super) fn open(path: &Path) -> Result<Self, UploadError> {
        let (file, metadata) = open_plain(path)?;
        let path = std::path::absolute(path).map_err(|e| UploadError::unreadable(path, e))?;
        Ok(Self { file, path, identity: Identity::of(&metadata), fault: OnceLock::new() })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn size(&self) -> u64 {
        self.identity.size
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Fills the buffer from the given place.
    ///
    /// # Errors
    /// When the file ends before or can't be read; the reason is kept for [`Source::check`].
    pub(super) fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<()> {
        self.file.read_exact_at(buffer, at).inspect_err(|e| {
            let how = match e.kind() {
                io::ErrorKind::UnexpectedEof => format!("it ends before byte {}", at + buffer.len() as u64),
                _ => format!("reading it: {e}"),
            };
            // Another part may have found the same.
            self.fault.set(how).ok();
        })
    }

    /// The same, after which the file must still be what it was: the last slice of a body goes out only then, and a
    /// request without it stores nothing.
    pub(super) fn read_last_at(&self, buffer: &mut [u8], at: u64) -> io::Result<()> {
        self.read_at(buffer, at)?;
        self.check_unchanged().map_err(|e| {
            if let UploadError::Changed { how, .. } = &e {
                self.fault.set(how.clone()).ok();
            }
            io::Error::other(e.to_string())
        })
    }

    /// Whether a read has failed.
    pub(super) fn check(&self) -> Result<(), UploadError> {
        self.fault.get().map_or(Ok(()), |how| Err(UploadError::changed(&self.path, how)))
    }

    /// Whether all that was read is still what the path names.
    pub(super) fn check_unchanged(&self) -> Result<(), UploadError> {
        self.check()?;
        let gone = |e: io::Error| UploadError::changed(&self.path, e.to_string());
        let opened = Identity::of(&self.file.metadata().map_err(gone)?);
        let named = Identity::of(&std::fs::metadata(&self.path).map_err(gone)?);
        match self.identity.difference(&opened).or_else(|| self.identity.difference(&named)) {
            Some(how) => Err(UploadError::changed(&self.path, how)),
            None => Ok(()),
        }
    }

    /// CRC-64/XZ of a range, computed aside so that transfers go on.
    pub(super) async fn checksum(self: &Arc<Self>, range: Range<u64>) -> Result<u64, UploadError> {
        let source = Arc::clone(self);
        let computed = tokio::task::spawn_blocking(move || source.checksum_now(range)).await;
        let outcome = computed.map_err(|e| UploadError::unreadable(&self.path, io::Error::other(e)))?;
        outcome.map_err(|e| self.check().err().unwrap_or_else(|| UploadError::unreadable(&self.path, e)))
    }

    fn checksum_now(&self, range: Range<u64>) -> io::Result<u64> {
        let mut digest = Digest::new(CrcAlgorithm::Crc64Xz);
        let mut buffer = vec![0; SLICE];
        let mut at = range.start;
        while at < range.end {
            let length = usize::try_from(range.end - at).map_or(SLICE, |left| left.min(SLICE));
            self.read_at(&mut buffer[..length], at)?;
            digest.update(&buffer[..length]);
            at += length as u64;
        }
        Ok(digest.finalize())
    }
}

/// Opens a file whose size is that of its content.
///
/// # Errors
/// For a folder, a pipe, a device, and for what the kernel makes up as it is read.
pub fn open_plain(path: &Path) -> Result<(File, Metadata), UploadError> {
    let unreadable = |e| UploadError::unreadable(path, e);
    // Looked at before it is opened: opening a pipe waits for its writer.
    refuse_others(path, &std::fs::metadata(path).map_err(unreadable)?)?;
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.len() == 0 && file.read_at(&mut [0], 0).map_err(unreadable)? > 0 {
        let what = "made up by the kernel as it is read";
        return Err(UploadError::NotAFile { path: path.to_owned(), what });
    }
    Ok((file, metadata))
}

fn refuse_others(path: &Path, metadata: &Metadata) -> Result<(), UploadError> {
    let kind = metadata.file_type();
    let what = match kind {
        kind if kind.is_file() => return Ok(()),
        kind if kind.is_dir() => "a directory",
        kind if kind.is_fifo() => "a pipe",
        _ => "a device or a socket",
    };
    Err(UploadError::NotAFile { path: path.to_owned(), what })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[tokio::test]
    async fn a_range_s_checksum_is_that_of_its_bytes() {
        let source = Arc::new(Source::open(file(b"..123456789..").path()).unwrap());
        assert_eq!(source.checksum(2..11).await.unwrap(), 0x995d_c9bb_df19_39fa);
        assert_eq!(source.checksum(5..5).await.unwrap(), 0);
        let error = source.checksum(2..14).await.unwrap_err().to_string();
        assert!(error.contains("it ends before byte 14"), "{error}");
    }

    #[test]
    fn growth_writing_and_replacement_are_noticed() {
        let mut grown = file(b"12");
        let source = Source::open(grown.path()).unwrap();
        source.check_unchanged().unwrap();
        grown.write_all(b"3").unwrap();
        assert!(source.check_unchanged().unwrap_err().to_string().contains("its size was 2 and is 3"));

        let replaced = file(b"12");
        let source = Source::open(replaced.path()).unwrap();
        std::fs::rename(file(b"34").into_temp_path().keep().unwrap(), replaced.path()).unwrap();
        assert!(source.check_unchanged().unwrap_err().to_string().contains("has taken its place"));
    }

    #[test]
    fn a_directory_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let error = Source::open(folder.path()).unwrap_err().to_string();
        assert!(error.ends_with("is a directory, not a file"), "{error}");
    }
}

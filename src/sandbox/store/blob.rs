//! Bytes on disk, with the checksums that were made while they came in.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crc_fast::CrcAlgorithm::Crc64Xz;
use md5::{Digest as _, Md5};

/// A file of the store; it goes from the disk with the last object that holds it.
#[derive(Debug)]
pub(crate) struct Blob {
    path: PathBuf,
}

impl Blob {
    pub(crate) fn open(&self) -> io::Result<File> {
        File::open(&self.path)
    }
}

impl Drop for Blob {
    fn drop(&mut self) {
        // The store's folder goes as a whole in the end; a file that is gone already is no loss.
        std::fs::remove_file(&self.path).ok();
    }
}

/// A whole body: where it is and what it adds up to.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) blob: Arc<Blob>,
    /// Bytes.
    pub(crate) size: u64,
    /// CRC-64/XZ.
    pub(crate) crc64: u64,
    /// MD5.
    pub(crate) md5: [u8; 16],
}

/// Takes a body as it comes in; what is not finished leaves nothing behind.
pub(crate) struct BlobWriter {
    file: File,
    blob: Blob,
    size: u64,
    crc64: crc_fast::Digest,
    md5: Md5,
}

impl Write for BlobWriter {
    /// Appends. It goes to the page cache, which is quicker than a hop to another thread.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        self.crc64.update(bytes);
        self.md5.update(bytes);
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl BlobWriter {
    /// Makes an empty file.
    pub(super) fn create(path: PathBuf) -> io::Result<Self> {
        let file = File::options().write(true).create_new(true).mode(0o600).open(&path)?;
        let (crc64, md5) = (crc_fast::Digest::new(Crc64Xz), Md5::new());
        Ok(Self { file, blob: Blob { path }, size: 0, crc64, md5 })
    }

    /// Closes the file.
    pub(crate) fn finish(self) -> Received {
        let (crc64, md5) = (self.crc64.finalize(), self.md5.finalize().into());
        Received { blob: Arc::new(self.blob), size: self.size, crc64, md5 }
    }
}

/// A run of an object's bytes: a whole blob.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) blob: Arc<Blob>,
    /// Bytes.
    pub(crate) size: u64,
}

/// Reads an object's segments as one file.
#[derive(Debug)]
pub(crate) struct Reader {
    segments: Vec<Segment>,
    position: u64,
    open: Option<(usize, File)>,
}

impl Reader {
    pub(super) fn new(segments: Vec<Segment>) -> Self {
        Self { segments, position: 0, open: None }
    }

    /// The segment at the position, and the position within it.
    fn segment(&self) -> Option<(usize, u64)> {
        let mut start = 0;
        for (index, segment) in self.segments.iter().enumerate() {
            if self.position < start + segment.size {
                return Some((index, self.position - start));
            }
            start += segment.size;
        }
        None
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some((index, within)) = self.segment() else { return Ok(0) };
        let file = match &mut self.open {
            Some((open, file)) if *open == index => file,
            open => &mut open.insert((index, self.segments[index].blob.open()?)).1,
        };
        file.seek(SeekFrom::Start(within))?;
        let read = file.read(buffer)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Reader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let size: u64 = self.segments.iter().map(|segment| segment.size).sum();
        let target = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => size.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

/// Gives the files of one folder their names.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    next: std::sync::atomic::AtomicU64,
}

impl Folder {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        Ok(Self { path: path.to_owned(), next: 0.into() })
    }

    pub(super) fn new_file(&self) -> PathBuf {
        let number = self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.path.join(number.to_string())
    }
}

impl std::fmt::Debug for BlobWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlobWriter")
            .field("blob", &self.blob)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_read_as_one_file_and_go_with_their_last_owner() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::create(home.path()).unwrap();
        let part = |bytes: &[u8]| {
            let mut writer = BlobWriter::create(folder.new_file()).unwrap();
            writer.write_all(bytes).unwrap();
            let received = writer.finish();
            Segment { blob: received.blob, size: received.size }
        };
        let mut reader = Reader::new(vec![part(b"one "), part(b""), part(b"two")]);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "one two");
        text.clear();
        reader.seek(SeekFrom::End(-5)).unwrap();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "e two");
        drop(reader);
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_checksums_are_those_of_the_service() {
        let home = tempfile::tempdir().unwrap();
        let mut writer = BlobWriter::create(home.path().join("x")).unwrap();
        writer.write_all(b"12345").unwrap();
        writer.write_all(b"6789").unwrap();
        let received = writer.finish();
        assert_eq!(received.crc64, 11_051_210_869_376_104_954);
        assert_eq!(received.md5[..4], [0x25, 0xf9, 0xe7, 0x94]);
    }
}

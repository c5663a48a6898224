//! A range of a file as the body of a request: read slice by slice into buffers that are used again, the checksum
//! computed while the slice is still in the processor's cache.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use crc_fast::{CrcAlgorithm, Digest};
use futures_util::Stream;

use super::source::Source;
use crate::base::progress::{Event, Progress};
use crate::net::Body;

/// Bytes read, summed and handed over at once. The transport (hyper) takes slices until it holds 408 KiB or more and then
/// writes them: one slice that is longer than that is written while it is still in the core's second-level cache, of
/// two shorter ones the first would have left it.
const SLICE: usize = 448 << 10;
/// All slices of an upload, at two for each request, together; many jobs have shorter ones.
const ALL_SLICES: usize = 8 << 20;

/// Buffers that are not in use; clones share them.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    free: Arc<Mutex<Vec<Box<[u8]>>>>,
    slice: usize,
}

impl Pool {
    /// For so many requests at once.
    pub(super) fn for_jobs(jobs: usize) -> Self {
        Self { free: Arc::default(), slice: SLICE.min(ALL_SLICES / 2 / jobs) }
    }

    fn take(&self) -> Box<[u8]> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        free.unwrap_or_else(|| vec![0; self.slice].into_boxed_slice())
    }

    /// The length of the next slice when `left` bytes remain.
    fn slice_length(&self, left: u64) -> usize {
        usize::try_from(left).map_or(self.slice, |left| left.min(self.slice))
    }

    fn give_back(&self, buffer: Box<[u8]>) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    }
}

/// The filled start of a buffer; dropped when its bytes are on the wire, it goes back to the pool.
struct Filled {
    buffer: Box<[u8]>,
    length: usize,
    pool: Pool,
}

impl AsRef<[u8]> for Filled {
    fn as_ref(&self) -> &[u8] {
        &self.buffer[..self.length]
    }
}

impl Drop for Filled {
    fn drop(&mut self) {
        self.pool.give_back(std::mem::take(&mut self.buffer));
    }
}

/// How far one try to send a range has come.
#[derive(Debug, Default)]
pub(super) struct Sending {
    taken: AtomicU64,
    checksum: OnceLock<u64>,
}

impl Sending {
    /// Bytes handed over.
    pub(super) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// CRC-64/XZ of the whole range, once all of it was handed over.
    pub(super) fn checksum(&self) -> Option<u64> {
        self.checksum.get().copied()
    }
}

/// What all bodies of an upload share.
#[derive(Clone)]
pub(super) struct Slicer {
    pub(super) source: Arc<Source>,
    pub(super) progress: Arc<dyn Progress>,
    pub(super) pool: Pool,
}

impl Slicer {
    /// A body of the given bytes, and where to see how far it has come.
    pub(super) fn body(&self, range: std::ops::Range<u64>) -> (Body, Arc<Sending>) {
        let sending = Arc::new(Sending::default());
        let length = range.end - range.start;
        let digest = Digest::new(CrcAlgorithm::Crc64Xz);
        if length == 0 {
            sending.checksum.set(digest.finalize()).ok();
            return (Body::Whole(Bytes::new()), sending);
        }
        let slices = Slices {
            slicer: self.clone(),
            at: range.start,
            end: range.end,
            digest,
            sending: Arc::clone(&sending),
        };
        (Body::stream(length, slices), sending)
    }
}

struct Slices {
    slicer: Slicer,
    at: u64,
    end: u64,
    digest: Digest,
    sending: Arc<Sending>,
}

impl Slices {
    fn read(&mut self) -> std::io::Result<Bytes> {
        let Slicer { source, progress, pool } = &self.slicer;
        let length = pool.slice_length(self.end - self.at);
        let mut filled = Filled { buffer: pool.take(), length, pool: pool.clone() };
        let buffer = &mut filled.buffer[..length];
        if self.at + length as u64 == self.end {
            source.read_last_at(buffer, self.at)?;
        } else {
            source.read_at(buffer, self.at)?;
        }
        self.digest.update(filled.as_ref());
        self.at += length as u64;
        self.sending.taken.fetch_add(length as u64, Ordering::Relaxed);
        if self.at == self.end {
            // A stream that has ended is not asked again.
            self.sending.checksum.set(self.digest.finalize()).ok();
        }
        progress.event(Event::Transferred(length as u64));
        Ok(Bytes::from_owner(filled))
    }
}

impl Stream for Slices {
    type Item = std::io::Result<Bytes>;

    /// Reads at once: a slice takes less time than to hand it to another thread, unless the disk is slower than any link.
    fn poll_next(mut self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.at == self.end {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(self.read()))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use futures_util::StreamExt;

    use super::*;
    use crate::base::progress::Silent;

    #[tokio::test]
    async fn slices_are_the_range_and_its_checksum() {
        let bytes: Vec<u8> = (0..=250).cycle().take(3 * SLICE + 5).collect();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&bytes).unwrap();
        let source = Arc::new(Source::open(file.path()).unwrap());
        let slicer = Slicer { source, progress: Arc::new(Silent), pool: Pool::for_jobs(1) };
        let sending = Arc::new(Sending::default());
        let (digest, end) = (Digest::new(CrcAlgorithm::Crc64Xz), bytes.len() as u64 - 1);
        let mut slices = Slices { slicer: slicer.clone(), at: 2, end, digest, sending: Arc::clone(&sending) };
        let mut read = Vec::new();
        while let Some(slice) = slices.next().await {
            read.extend_from_slice(&slice.unwrap());
        }
        assert!(read == bytes[2..bytes.len() - 1]);
        assert_eq!(sending.checksum(), Some(crc_fast::checksum(CrcAlgorithm::Crc64Xz, &read)));
    }
}

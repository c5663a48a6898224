//! A forward reader over a file, or over a member of an archive, that knows where it is and how much there is.

use std::io::{self, BufRead, BufReader, Read, Seek};

/// Reads forwards, and skips: by seeking in a file, by reading in a stream.
pub(super) trait Input: BufRead {
    /// Moves on by so many bytes, or to the end.
    fn skip(&mut self, bytes: u64) -> io::Result<()>;
}

impl<R: Read + Seek> Input for BufReader<R> {
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        match i64::try_from(bytes) {
            Ok(bytes) => self.seek_relative(bytes),
            Err(_) => Err(io::ErrorKind::InvalidInput.into()),
        }
    }
}

/// A part of an input: what an examiner may read.
pub(super) struct Source<'a> {
    input: &'a mut dyn Input,
    size: u64,
    position: u64,
}

impl<'a> Source<'a> {
    /// The next `size` bytes of an input.
    pub(super) fn new(input: &'a mut dyn Input, size: u64) -> Self {
        Self { input, size, position: 0 }
    }

    /// How many bytes there should be in all.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// How many bytes are behind.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// How many bytes should come.
    pub(super) fn left(&self) -> u64 {
        self.size - self.position
    }

    /// The next bytes, fewer where the source ends; callers bound `bytes`.
    pub(super) fn take_up_to(&mut self, bytes: u64) -> io::Result<Vec<u8>> {
        let mut taken = Vec::new();
        self.take(bytes).read_to_end(&mut taken)?;
        Ok(taken)
    }

    /// Moves on to a position; one that is behind, or past the end, is left alone.
    pub(super) fn skip_to(&mut self, position: u64) -> io::Result<()> {
        let distance = position.min(self.size).saturating_sub(self.position);
        self.input.skip(distance)?;
        self.position += distance;
        Ok(())
    }

    /// The next bytes without moving on: as many as are buffered.
    pub(super) fn peek(&mut self) -> io::Result<&[u8]> {
        self.fill_buf()
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let allowed = usize::try_from(self.left()).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.input.read(&mut buffer[..allowed])?;
        self.position += read as u64;
        Ok(read)
    }
}

impl BufRead for Source<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let left = usize::try_from(self.left()).unwrap_or(usize::MAX);
        let buffer = self.input.fill_buf()?;
        Ok(&buffer[..buffer.len().min(left)])
    }

    fn consume(&mut self, bytes: usize) {
        self.input.consume(bytes);
        self.position += bytes as u64;
    }
}

//! Forward reading with a look ahead: of a file, of a part of one, of what comes out of a decompressor.

use std::io::{self, Read, Seek, SeekFrom};

/// What an examiner reads from. An error is one of reading; bytes that end early are no error here.
pub(super) trait Input {
    /// At least so many of the next bytes without moving on, fewer only where the input ends.
    ///
    /// No more than [`LOOK_AHEAD`] may be asked for.
    fn peek(&mut self, bytes: usize) -> io::Result<&[u8]>;

    /// Moves on by bytes that a peek gave.
    fn consume(&mut self, bytes: usize);

    /// Moves on by so many bytes, and says how far it came.
    fn skip(&mut self, bytes: u64) -> io::Result<u64>;

    /// The next bytes, fewer where the input ends; who calls bounds them.
    fn take(&mut self, bytes: u64) -> io::Result<Vec<u8>> {
        let mut taken = Vec::new();
        while (taken.len() as u64) < bytes {
            let left = usize::try_from(bytes - taken.len() as u64).unwrap_or(usize::MAX);
            let next = self.peek(1)?;
            let step = next.len().min(left);
            if step == 0 {
                break;
            }
            taken.extend_from_slice(&next[..step]);
            self.consume(step);
        }
        Ok(taken)
    }
}

/// How far a peek can look.
pub(super) const LOOK_AHEAD: usize = 64 * 1024;

/// How a reader moves on without looking: by seeking where it can.
pub(super) trait Skip: Read {
    /// Moves on by so many bytes, and says how far it came.
    fn skip(&mut self, bytes: u64) -> io::Result<u64>;
}

/// A reader that seeks.
pub(super) struct Seeking<R> {
    reader: R,
    position: u64,
    size: u64,
}

impl<R: Read + Seek> Seeking<R> {
    /// A reader that stands at its beginning.
    pub(super) fn new(reader: R, size: u64) -> Self {
        Self { reader, position: 0, size }
    }
}

impl<R: Read> Read for Seeking<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl<R: Read + Seek> Skip for Seeking<R> {
    fn skip(&mut self, bytes: u64) -> io::Result<u64> {
        let step = bytes.min(self.size.saturating_sub(self.position));
        self.position = self.reader.seek(SeekFrom::Start(self.position + step))?;
        Ok(step)
    }
}

/// A buffer of [`LOOK_AHEAD`] bytes over a reader.
pub(super) struct Buffered<R> {
    reader: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl<R: Skip> Buffered<R> {
    /// An empty buffer.
    pub(super) fn new(reader: R) -> Self {
        Self { reader, buffer: vec![0; LOOK_AHEAD], start: 0, end: 0 }
    }

    /// The reader, with the bytes that were read ahead lost.
    pub(super) fn into_inner(self) -> R {
        self.reader
    }
}

impl<R: Skip> Input for Buffered<R> {
    fn peek(&mut self, bytes: usize) -> io::Result<&[u8]> {
        let wanted = bytes.min(LOOK_AHEAD);
        if self.end - self.start < wanted && self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        while self.end - self.start < wanted {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => break,
                Ok(read) => self.end += read,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, bytes: usize) {
        self.start = (self.start + bytes).min(self.end);
    }

    fn skip(&mut self, bytes: u64) -> io::Result<u64> {
        let buffered = (self.end - self.start) as u64;
        if let Some(step) = usize::try_from(bytes).ok().filter(|_| bytes <= buffered) {
            self.start += step;
            return Ok(bytes);
        }
        (self.start, self.end) = (0, 0);
        Ok(buffered + self.reader.skip(bytes - buffered)?)
    }
}

/// A part of an input, or all of it: knows where it is and how much there should be.
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

    /// Moves on to a position; false when it is behind, or when the input ends before it.
    pub(super) fn skip_to(&mut self, position: u64) -> io::Result<bool> {
        let Some(distance) = position.checked_sub(self.position) else { return Ok(false) };
        Ok(self.skip(distance)? == distance)
    }
}

impl Input for Source<'_> {
    fn peek(&mut self, bytes: usize) -> io::Result<&[u8]> {
        let left = usize::try_from(self.left()).unwrap_or(usize::MAX);
        let next = self.input.peek(bytes.min(left))?;
        Ok(&next[..next.len().min(left)])
    }

    fn consume(&mut self, bytes: usize) {
        self.input.consume(bytes);
        self.position += bytes as u64;
    }

    fn skip(&mut self, bytes: u64) -> io::Result<u64> {
        let came = self.input.skip(bytes.min(self.left()))?;
        self.position += came;
        Ok(came)
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let next = self.peek(usize::from(!buffer.is_empty()))?;
        let step = next.len().min(buffer.len());
        buffer[..step].copy_from_slice(&next[..step]);
        self.consume(step);
        Ok(step)
    }
}

/// The two ends of an object of which the middle is not at hand: there, reading gives nothing.
#[derive(Clone, Copy)]
pub(super) struct Ends<'a> {
    pub(super) head: &'a [u8],
    pub(super) tail: &'a [u8],
    pub(super) size: u64,
    position: u64,
}

impl<'a> Ends<'a> {
    /// The first and the last bytes of `size`.
    pub(super) fn new(head: &'a [u8], tail: &'a [u8], size: u64) -> Self {
        Self { head, tail, size, position: 0 }
    }

    pub(super) fn tail_start(&self) -> u64 {
        self.size.saturating_sub(self.tail.len() as u64)
    }

    /// Reads from a position on, what is at hand.
    pub(super) fn read_at<T, E: From<io::Error>>(
        self,
        position: u64,
        read: impl FnOnce(&mut Source<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut input = Buffered::new(self);
        let mut source = Source::new(&mut input, self.size);
        source.skip_to(position)?;
        read(&mut source)
    }
}

impl Read for Ends<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let from = |part: &'_ [u8], start: u64| -> usize {
            let offset = self.position.checked_sub(start).and_then(|offset| usize::try_from(offset).ok());
            offset.map_or(part.len(), |offset| offset.min(part.len()))
        };
        let next = match &self.head[from(self.head, 0)..] {
            [] => &self.tail[from(self.tail, self.tail_start())..],
            next => next,
        };
        let step = next.len().min(buffer.len());
        buffer[..step].copy_from_slice(&next[..step]);
        self.position += step as u64;
        Ok(step)
    }
}

impl Skip for Ends<'_> {
    fn skip(&mut self, bytes: u64) -> io::Result<u64> {
        let step = bytes.min(self.size.saturating_sub(self.position));
        self.position += step;
        Ok(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_ahead_is_whole_wherever_the_buffer_stands() {
        let bytes: Vec<u8> = (0..200_000u32).map(|i| i.to_le_bytes()[0]).collect();
        let mut input = Buffered::new(Seeking::new(io::Cursor::new(&bytes), bytes.len() as u64));
        let mut source = Source::new(&mut input, 150_000);
        let mut position = 0;
        for step in [0, 65_530, 600, 65_000, 3] {
            assert_eq!(source.skip(step).unwrap(), step);
            position += usize::try_from(step).unwrap();
            assert!(source.peek(512).unwrap().starts_with(&bytes[position..position + 512]));
        }
        assert!(!source.skip_to(150_001).unwrap());
        assert_eq!((source.left(), Input::take(&mut source, 9).unwrap().len()), (0, 0));
    }

    #[test]
    fn between_the_ends_there_is_nothing_to_read() {
        let ends = Ends::new(b"head", b"tail", 100);
        for (position, there) in
            [(0, &b"head"[..]), (1, b"ead"), (4, b""), (50, b""), (96, b"tail"), (97, b"ail")]
        {
            let taken = ends.read_at(position, |source| Input::take(source, 10));
            assert_eq!(taken.unwrap(), there, "{position}");
        }
    }
}

//! A member's content: unpacked to its end, counted, its beginning kept.

use std::io;

use flate2::{Crc, Decompress};

use super::record::{self, DEFLATED, Entry, Shape};
use crate::bitstream::bytes::{u32_at, u64_at};
use crate::bitstream::finding::Stop;
use crate::bitstream::inflate::{self, Step};
use crate::bitstream::source::{Input, Source};
use crate::bitstream::{Code, Finding};

/// Takes a content: its CRC, its length, its beginning.
struct Sink {
    crc: Crc,
    size: u64,
    keep: usize,
    kept: Vec<u8>,
}

impl Sink {
    fn take(&mut self, bytes: &[u8]) {
        self.crc.update(bytes);
        self.size += bytes.len() as u64;
        let wanted = self.keep.saturating_sub(self.kept.len()).min(bytes.len());
        self.kept.extend_from_slice(&bytes[..wanted]);
    }
}

/// Unpacks members, one after the other.
pub(super) struct Unpacker<'b> {
    decoder: Decompress,
    out: Vec<u8>,
    /// How many bytes may still come out.
    budget: &'b mut u64,
}

impl<'b> Unpacker<'b> {
    pub(super) fn new(budget: &'b mut u64) -> Self {
        Self { decoder: Decompress::new(false), out: vec![0; 64 * 1024], budget }
    }

    /// Reads a content to the length that its header states, or to the end that it has in itself, and keeps its
    /// beginning.
    pub(super) fn read(
        &mut self,
        source: &mut Source<'_>,
        entry: &Entry,
        keep: usize,
    ) -> Result<(Shape, Vec<u8>), Stop> {
        let stated = entry.shape.compressed;
        let open_ended = entry.has_descriptor() && stated == 0;
        let cut_off = || record::cut_off(format!("the rest of {}", entry.name));
        if !open_ended && stated > source.left() {
            return Err(cut_off());
        }
        let start = source.position();
        let mut sink = Sink { crc: Crc::new(), size: 0, keep, kept: Vec::new() };
        let whole = match (entry.can_unpack(), entry.method) {
            (true, DEFLATED) => {
                let limit = if open_ended { source.left() } else { stated };
                let mut part = Source::new(source, limit);
                match self.inflate(&mut part, &mut sink)? {
                    // The length that the header states is not the end of the zip.
                    Step::CutOff if part.left() > 0 || open_ended => false,
                    Step::CutOff | Step::Corrupt => return Err(corrupt(entry)),
                    _ => true,
                }
            }
            _ if open_ended => scan(source, &mut sink)?,
            (true, _) => copy(source, stated, &mut sink)?,
            (false, _) => source.skip(stated)? == stated,
        };
        let shape = Shape { crc: sink.crc.sum(), compressed: source.position() - start, size: sink.size };
        if whole { Ok((shape, sink.kept)) } else { Err(cut_off()) }
    }

    /// Unpacks to the end of the stream, or says what stands in the way.
    fn inflate(&mut self, part: &mut Source<'_>, sink: &mut Sink) -> Result<Step, Stop> {
        self.decoder.reset(false);
        loop {
            let came = match inflate::step(&mut self.decoder, part, &mut self.out)? {
                Step::Bytes(came) => came,
                step => return Ok(step),
            };
            sink.take(&self.out[..came]);
            if *self.budget < came as u64 {
                return Err(inflate::bomb(sink.size).into());
            }
            *self.budget -= came as u64;
        }
    }
}

fn corrupt(entry: &Entry) -> Stop {
    Finding::error(Code::ZipCorrupt, "a deflate stream", "other bytes").of_member(&entry.name).into()
}

/// False when the zip ends before.
fn copy(source: &mut Source<'_>, bytes: u64, sink: &mut Sink) -> io::Result<bool> {
    let mut left = bytes;
    while left > 0 {
        let next = source.peek(1)?;
        let step = next.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if step == 0 {
            return Ok(false);
        }
        sink.take(&next[..step]);
        source.consume(step);
        left -= step as u64;
    }
    Ok(true)
}

/// Reads a content of unstated length that does not end in itself: up to a descriptor that fits it.
fn scan(source: &mut Source<'_>, sink: &mut Sink) -> io::Result<bool> {
    let signature = record::DESCRIPTOR.to_le_bytes();
    loop {
        let next = source.peek(16)?;
        if next.len() < 16 {
            return Ok(false);
        }
        let candidate = next.windows(4).position(|four| four == signature);
        if candidate == Some(0) && u64::from(u32_at(next, 8)) == sink.size {
            return Ok(true);
        }
        let step = match candidate {
            Some(0) => 1,
            Some(at) => at,
            None => next.len() - 3,
        };
        sink.take(&next[..step]);
        source.consume(step);
    }
}

/// Reads the descriptor behind a content.
pub(super) fn descriptor(source: &mut Source<'_>, entry: &Entry, actual: Shape) -> Result<Shape, Stop> {
    let wide = descriptor_is_wide(source, entry, actual)?;
    if source.peek(4)?.starts_with(&record::DESCRIPTOR.to_le_bytes()) {
        source.consume(4);
    }
    let fields = record::exactly(source, if wide { 20 } else { 12 })?;
    let (compressed, size) = if wide {
        (u64_at(&fields, 4), u64_at(&fields, 12))
    } else {
        (u64::from(u32_at(&fields, 4)), u64::from(u32_at(&fields, 8)))
    };
    Ok(Shape { crc: u32_at(&fields, 0), compressed, size })
}

/// Whether the descriptor that comes has 64-bit sizes: where both readings are possible, the one that fits.
fn descriptor_is_wide(source: &mut Source<'_>, entry: &Entry, actual: Shape) -> io::Result<bool> {
    let next = source.peek(24)?;
    let fields = next.strip_prefix(&record::DESCRIPTOR.to_le_bytes()).unwrap_or(next);
    let narrow =
        u64::from(u32_at(fields, 4)) == actual.compressed && u64::from(u32_at(fields, 8)) == actual.size;
    let wide = u64_at(fields, 4) == actual.compressed && u64_at(fields, 12) == actual.size;
    let cut_off = fields.len() < 20;
    Ok(if narrow { wide && entry.zip_64 } else { wide || cut_off })
}

//! The walk through a zip's records, in the order in which they stand in it.

use std::collections::HashMap;
use std::io;

use flate2::{Crc, Decompress};

use super::record::{self, End, Entry};
use super::{Keep, Kept, MEMBERS_COMPARED, Member, Zip};
use crate::bitstream::inflate::{self, Step};
use crate::bitstream::source::{Input, Source};
use crate::bitstream::{Code, FINDINGS_LIMIT, Finding};

/// Reads a zip to its end.
pub(in crate::bitstream) fn read(source: &mut Source<'_>, keep: Keep) -> io::Result<Zip> {
    let mut walk = Walk {
        source,
        keep,
        zip: Zip::default(),
        seen: HashMap::new(),
        directory: None,
        entries: 0,
        end: None,
        bytes_in: 0,
    };
    let outcome = walk.run()?;
    let mut zip = walk.zip;
    if let Err(stop) = outcome {
        zip.findings.push(*stop);
    }
    Ok(zip)
}

/// What a member turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Actual {
    crc: u32,
    compressed: u64,
    size: u64,
}

struct Walk<'a, 's> {
    source: &'a mut Source<'s>,
    keep: Keep,
    zip: Zip,
    /// What stands at which offset.
    seen: HashMap<u64, Actual>,
    /// Where the directory begins.
    directory: Option<u64>,
    /// Entries of the directory.
    entries: u64,
    /// The zip64 end record.
    end: Option<End>,
    /// Bytes of members, packed.
    bytes_in: u64,
}

/// Reading failed, or the zip can't be read further, or all went well.
type Outcome<T> = io::Result<Result<T, Box<Finding>>>;

/// `?` for the inner result.
macro_rules! go {
    ($outcome:expr) => {
        match $outcome? {
            Ok(value) => value,
            Err(stop) => return Ok(Err(stop)),
        }
    };
}

fn stop<T>(code: Code, expected: impl Into<String>, found: impl Into<String>) -> Outcome<T> {
    Ok(Err(Box::new(Finding::error(code, expected, found))))
}

impl Walk<'_, '_> {
    fn run(&mut self) -> Outcome<()> {
        loop {
            let at = self.source.position();
            let signature = self.source.take(4)?;
            let Some(signature) = signature.first_chunk().map(|four| u32::from_le_bytes(*four)) else {
                return stop(Code::ZipCutOff, "a central directory and its end", self.end_found());
            };
            match signature {
                record::LOCAL if self.directory.is_none() => go!(self.member(at)),
                record::CENTRAL => go!(self.entry(at)),
                record::END_64 => self.end = go!(self.whole(record::end_64)).into(),
                record::LOCATOR_64 => go!(self.skip(16)),
                record::EXTRA_DATA | record::SIGNATURE => go!(self.skip_record(signature)),
                record::END => return self.end(at),
                // A zip that was to be split says so before its first member.
                record::SPLIT | record::DESCRIPTOR if at == 0 => {}
                other => {
                    let found = format!("{:02x?} at byte {at}", other.to_le_bytes());
                    return stop(Code::ZipStructure, "a zip record", found);
                }
            }
        }
    }

    fn end_found(&self) -> String {
        format!(
            "the end of the file after {} bytes and {} members",
            self.source.size(),
            self.zip.members_total
        )
    }

    fn whole<T>(&mut self, read: fn(&mut dyn Input) -> io::Result<Option<T>>) -> Outcome<T> {
        match read(self.source)? {
            Some(record) => Ok(Ok(record)),
            None => stop(Code::ZipCutOff, "a whole record", self.end_found()),
        }
    }

    fn skip(&mut self, bytes: u64) -> Outcome<()> {
        if self.source.skip(bytes)? == bytes {
            return Ok(Ok(()));
        }
        stop(Code::ZipCutOff, "a whole record", self.end_found())
    }

    fn skip_record(&mut self, signature: u32) -> Outcome<()> {
        let width = if signature == record::EXTRA_DATA { 4 } else { 2 };
        let length = self.source.take(width)?;
        let bytes = length.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        self.skip(bytes)
    }

    /// One member: its header, its content, and the descriptor that may follow.
    fn member(&mut self, at: u64) -> Outcome<()> {
        let entry = go!(self.whole(record::local));
        let mut kept = Vec::new();
        let mut actual = go!(self.content(&entry, &mut kept));
        if entry.has_descriptor() {
            let width = if self.descriptor_is_wide(&entry, &actual)? { 20 } else { 12 };
            let signed = self.source.peek(4)?.starts_with(&record::DESCRIPTOR.to_le_bytes());
            let bytes = self.source.take(width + if signed { 4 } else { 0 })?;
            let fields = &bytes[bytes.len().min(if signed { 4 } else { 0 })..];
            if (fields.len() as u64) < width {
                return stop(Code::ZipCutOff, "a whole record", self.end_found());
            }
            go!(self.compare(&entry, &mut actual, fields));
        } else {
            let stated = Actual { crc: entry.crc, compressed: entry.compressed, size: entry.size };
            go!(self.agree(&entry, &mut actual, stated));
        }
        self.bytes_in += actual.compressed;
        self.remember(at, entry, actual, kept)
    }

    fn remember(&mut self, at: u64, entry: Entry, actual: Actual, kept: Vec<u8>) -> Outcome<()> {
        if self.seen.len() < MEMBERS_COMPARED {
            self.seen.insert(at, actual);
        }
        let encrypted = entry.is_encrypted();
        if can_unpack(&entry) && (self.keep)(&entry.name) > 0 {
            self.zip.kept.push(Kept { name: entry.name.clone(), content: kept });
        }
        self.zip.add(Member {
            name: entry.name,
            size: actual.size,
            compressed: actual.compressed,
            encrypted,
        });
        Ok(Ok(()))
    }

    fn compare(&mut self, entry: &Entry, actual: &mut Actual, fields: &[u8]) -> Outcome<()> {
        let (compressed, size) = if fields.len() == 20 {
            (record::u64_at(fields, 4), record::u64_at(fields, 12))
        } else {
            (u64::from(record::u32_at(fields, 4)), u64::from(record::u32_at(fields, 8)))
        };
        self.agree(entry, actual, Actual { crc: record::u32_at(fields, 0), compressed, size })
    }

    /// Holds what came out against what the zip says of it; what can't be unpacked is taken as stated.
    fn agree(&mut self, entry: &Entry, actual: &mut Actual, stated: Actual) -> Outcome<()> {
        if !can_unpack(entry) {
            *actual = stated;
            return Ok(Ok(()));
        }
        if *actual == stated {
            return Ok(Ok(()));
        }
        let words = |a: Actual| format!("crc {:08x}, {} bytes from {}", a.crc, a.size, a.compressed);
        let finding = Finding::error(Code::ZipCrc, words(stated), words(*actual)).of_member(&entry.name);
        if actual.compressed == stated.compressed {
            if self.zip.findings.len() < FINDINGS_LIMIT {
                self.zip.findings.push(finding);
            }
            *actual = stated;
            return Ok(Ok(()));
        }
        Ok(Err(Box::new(finding)))
    }

    /// Reads a member's content, to the length that its header states or to the end that it has in itself.
    fn content(&mut self, entry: &Entry, kept: &mut Vec<u8>) -> Outcome<Actual> {
        let open_ended = entry.has_descriptor() && entry.compressed == 0;
        if !open_ended && entry.compressed > self.source.left() {
            let expected = format!("{} bytes of {}", entry.compressed, entry.name);
            return stop(Code::ZipCutOff, expected, format!("{} bytes", self.source.left()));
        }
        let before = self.source.position();
        let keep = (self.keep)(&entry.name);
        let mut sink = Sink { crc: Crc::new(), size: 0, keep, kept };
        let whole = match (can_unpack(entry), entry.method) {
            (true, DEFLATED) => go!(self.inflate(entry, open_ended, &mut sink)),
            _ if open_ended => self.scan(&mut sink)?,
            (true, _) => self.copy(entry.compressed, &mut sink)?,
            (false, _) => self.source.skip(entry.compressed)? == entry.compressed,
        };
        if !whole {
            return stop(Code::ZipCutOff, format!("the rest of {}", entry.name), self.end_found());
        }
        let compressed = self.source.position() - before;
        Ok(Ok(Actual { crc: sink.crc.sum(), compressed, size: sink.size }))
    }

    fn inflate(&mut self, entry: &Entry, open_ended: bool, sink: &mut Sink<'_>) -> Outcome<bool> {
        let mut decoder = Decompress::new(false);
        let mut out = vec![0; 64 * 1024];
        let limit = if open_ended { self.source.left() } else { entry.compressed };
        let mut part = Source::new(self.source, limit);
        loop {
            match inflate::step(&mut decoder, &mut part, &mut out)? {
                Step::Bytes(came) => sink.take(&out[..came]),
                Step::End => return Ok(Ok(true)),
                // A limit that the header states is not the end of the file.
                Step::CutOff if part.left() > 0 || open_ended => return Ok(Ok(false)),
                Step::CutOff | Step::Corrupt => {
                    let fault = Finding::error(Code::ZipCorrupt, "a deflate stream", "other bytes");
                    return Ok(Err(Box::new(fault.of_member(&entry.name))));
                }
            }
            let (bytes_in, bytes_out) =
                (self.bytes_in + part.position(), self.zip.unpacked_bytes + sink.size);
            if inflate::is_bomb(bytes_in, bytes_out) {
                return stop(
                    Code::Bomb,
                    "content that fits its size",
                    format!("{bytes_out} bytes of {bytes_in}"),
                );
            }
        }
    }

    fn copy(&mut self, bytes: u64, sink: &mut Sink<'_>) -> io::Result<bool> {
        let mut left = bytes;
        while left > 0 {
            let next = self.source.peek(1)?;
            let step = next.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            if step == 0 {
                return Ok(false);
            }
            sink.take(&next[..step]);
            self.source.consume(step);
            left -= step as u64;
        }
        Ok(true)
    }

    /// Reads a content of unstated length that does not end in itself: up to a descriptor that fits it.
    fn scan(&mut self, sink: &mut Sink<'_>) -> io::Result<bool> {
        let signature = record::DESCRIPTOR.to_le_bytes();
        loop {
            let next = self.source.peek(16)?;
            if next.len() < 16 {
                return Ok(false);
            }
            let candidate = next.windows(4).position(|four| four == signature);
            if candidate == Some(0) && u64::from(record::u32_at(next, 8)) == sink.size {
                return Ok(true);
            }
            let step = match candidate {
                Some(0) => 1,
                Some(at) => at,
                None => next.len() - 3,
            };
            sink.take(&next[..step]);
            self.source.consume(step);
        }
    }

    /// Whether the descriptor that comes has 64-bit sizes: where both readings are possible, the one that fits.
    fn descriptor_is_wide(&mut self, entry: &Entry, actual: &Actual) -> io::Result<bool> {
        let next = self.source.peek(24)?;
        let fields = next.strip_prefix(&record::DESCRIPTOR.to_le_bytes()).unwrap_or(next);
        let narrow = u64::from(record::u32_at(fields, 4)) == actual.compressed
            && u64::from(record::u32_at(fields, 8)) == actual.size;
        let wide =
            record::u64_at(fields, 4) == actual.compressed && record::u64_at(fields, 12) == actual.size;
        let cut_off = fields.len() < 20;
        Ok(if narrow { wide && entry.zip_64 } else { wide || cut_off })
    }

    /// One entry of the directory, held against the member that it names.
    fn entry(&mut self, at: u64) -> Outcome<()> {
        self.directory.get_or_insert(at);
        let entry = go!(self.whole(record::central));
        self.entries += 1;
        let stated = Actual { crc: entry.crc, compressed: entry.compressed, size: entry.size };
        let found = match self.seen.get(&entry.offset) {
            Some(actual) if *actual == stated || !can_unpack(&entry) => return Ok(Ok(())),
            None if self.zip.members_total > MEMBERS_COMPARED as u64 => return Ok(Ok(())),
            Some(actual) => format!("{} bytes with crc {:08x}", actual.size, actual.crc),
            None => format!("no member at byte {}", entry.offset),
        };
        let expected = format!("{} bytes with crc {:08x}", stated.size, stated.crc);
        let fault = Finding::error(Code::ZipDirectory, expected, found).of_member(&entry.name);
        Ok(Err(Box::new(fault)))
    }

    /// The end record: the directory must be where and what it says.
    fn end(&mut self, at: u64) -> Outcome<()> {
        let narrow = go!(self.whole(record::end));
        let directory = self.directory.unwrap_or(at);
        let end = self.end.filter(|_| narrow.is_elsewhere()).unwrap_or(narrow);
        if end.directory_offset != directory || end.entries != self.entries {
            let words = |entries: u64, offset: u64| format!("{entries} entries at byte {offset}");
            return stop(
                Code::ZipDirectory,
                words(end.entries, end.directory_offset),
                words(self.entries, directory),
            );
        }
        go!(self.skip(narrow.comment_bytes));
        if self.source.left() > 0 {
            let found = format!("{} more bytes", self.source.left());
            self.zip.findings.push(Finding::warning(Code::TrailingBytes, "the end of the file", found));
        }
        Ok(Ok(()))
    }
}

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

fn can_unpack(entry: &Entry) -> bool {
    !entry.is_encrypted() && matches!(entry.method, STORED | DEFLATED)
}

/// Takes a member's content: its CRC, its length, its beginning.
struct Sink<'k> {
    crc: Crc,
    size: u64,
    keep: usize,
    kept: &'k mut Vec<u8>,
}

impl Sink<'_> {
    fn take(&mut self, bytes: &[u8]) {
        self.crc.update(bytes);
        self.size += bytes.len() as u64;
        let wanted = self.keep.saturating_sub(self.kept.len()).min(bytes.len());
        self.kept.extend_from_slice(&bytes[..wanted]);
    }
}

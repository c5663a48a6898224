//! The walk through a zip's records, in the order in which they stand in it.

use std::collections::HashMap;
use std::io;

use super::content::{self, Shape, Sink, can_unpack};
use super::record::{self, End, Entry};
use super::{Keep, Kept, MEMBERS_COMPARED, Member, Zip};
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

struct Walk<'a, 's> {
    source: &'a mut Source<'s>,
    keep: Keep,
    zip: Zip,
    /// What stands at which offset.
    seen: HashMap<u64, Shape>,
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
        let mut sink = Sink::new((self.keep)(&entry.name));
        let before = (self.bytes_in, self.zip.unpacked_bytes);
        let actual = match content::read(self.source, &entry, &mut sink, before)? {
            content::Outcome::Whole(actual) => actual,
            content::Outcome::CutOff => {
                return stop(Code::ZipCutOff, format!("the rest of {}", entry.name), self.end_found());
            }
            content::Outcome::Corrupt => {
                let fault = Finding::error(Code::ZipCorrupt, "a deflate stream", "other bytes");
                return Ok(Err(Box::new(fault.of_member(&entry.name))));
            }
            content::Outcome::Bomb(bytes_in, bytes_out) => {
                let found = format!("{bytes_out} bytes of {bytes_in}");
                return stop(Code::Bomb, "content that fits its size", found);
            }
        };
        let stated = if entry.has_descriptor() {
            match content::descriptor(self.source, &entry, actual)? {
                Some(stated) => stated,
                None => return stop(Code::ZipCutOff, "a whole record", self.end_found()),
            }
        } else {
            Shape::of(&entry)
        };
        if let Err(stop) = self.agree(&entry, actual, stated) {
            return Ok(Err(stop));
        }
        self.remember(at, entry, stated, sink.kept);
        Ok(Ok(()))
    }

    /// Holds what came out against what the zip says of it; what can't be unpacked is taken as stated.
    fn agree(&mut self, entry: &Entry, actual: Shape, stated: Shape) -> Result<(), Box<Finding>> {
        if !can_unpack(entry) || actual == stated {
            return Ok(());
        }
        let finding = Finding::error(Code::ZipCrc, stated.words(), actual.words()).of_member(&entry.name);
        // With another length, it is not known where the next record begins.
        if actual.compressed != stated.compressed {
            return Err(Box::new(finding));
        }
        if self.zip.findings.len() < FINDINGS_LIMIT {
            self.zip.findings.push(finding);
        }
        Ok(())
    }

    fn remember(&mut self, at: u64, entry: Entry, shape: Shape, kept: Vec<u8>) {
        self.bytes_in = self.bytes_in.saturating_add(shape.compressed);
        if self.seen.len() < MEMBERS_COMPARED {
            self.seen.insert(at, shape);
        }
        if can_unpack(&entry) && (self.keep)(&entry.name) > 0 {
            self.zip.kept.push(Kept { name: entry.name.clone(), content: kept });
        }
        let encrypted = entry.is_encrypted();
        self.zip.add(Member { name: entry.name, size: shape.size, compressed: shape.compressed, encrypted });
    }

    /// One entry of the directory, held against the member that it names.
    fn entry(&mut self, at: u64) -> Outcome<()> {
        self.directory.get_or_insert(at);
        let entry = go!(self.whole(record::central));
        self.entries += 1;
        let stated = Shape::of(&entry);
        let found = match self.seen.get(&entry.offset) {
            Some(actual) if *actual == stated || !can_unpack(&entry) => return Ok(Ok(())),
            None if self.zip.members_total > MEMBERS_COMPARED as u64 => return Ok(Ok(())),
            Some(actual) => actual.words(),
            None => format!("no member at byte {}", entry.offset),
        };
        let fault = Finding::error(Code::ZipDirectory, stated.words(), found).of_member(&entry.name);
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

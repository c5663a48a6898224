//! The walk through a zip's records, in the order in which they stand in it.

use std::collections::HashMap;

use super::content::{self, Unpacker};
use super::record::{self, End, Entry, Shape};
use super::{Keep, MEMBERS_COMPARED, Member, Zip};
use crate::bitstream::finding::Stop;
use crate::bitstream::source::{Input, Source};
use crate::bitstream::{Code, Finding};

/// Reads a zip to its end, and takes what it unpacks from the budget.
pub(in crate::bitstream) fn read(
    source: &mut Source<'_>,
    keep: Keep,
    budget: &mut u64,
) -> std::io::Result<Zip> {
    let (zip, unpacker) = (Zip::default(), Unpacker::new(budget));
    let mut walk = Walk { source, keep, unpacker, zip, seen: HashMap::new(), directory: None, end: None };
    match walk.run() {
        Ok(()) => walk.zip.complete = true,
        Err(stop) => walk.zip.findings.push(stop.finding()?),
    }
    Ok(walk.zip)
}

struct Walk<'a, 's> {
    source: &'a mut Source<'s>,
    keep: Keep,
    unpacker: Unpacker<'a>,
    zip: Zip,
    /// The members that no entry of the directory has named yet, by their place.
    seen: HashMap<u64, Seen>,
    directory: Option<Directory>,
    /// The zip64 end record.
    end: Option<End>,
}

/// What a member's local header says that its entry in the directory must say too.
#[derive(Clone, Copy, PartialEq)]
struct Seen {
    shape: Shape,
    method: u16,
    encrypted: bool,
    name: u64,
}

/// Where the entries of the directory stand, and how many there are.
struct Directory {
    start: u64,
    end: u64,
    entries: u64,
}

impl Seen {
    fn of(entry: &Entry, shape: Shape) -> Self {
        let name = super::hash(&entry.name);
        Self { shape, method: entry.method, encrypted: entry.is_encrypted(), name }
    }
}

impl Walk<'_, '_> {
    fn run(&mut self) -> Result<(), Stop> {
        loop {
            let at = self.source.position();
            let signature = self.source.take(4)?;
            let Some(signature) = signature.first_chunk().map(|four| u32::from_le_bytes(*four)) else {
                return Err(record::cut_off("a central directory and its end"));
            };
            match signature {
                record::LOCAL if self.directory.is_none() => self.member(at)?,
                record::CENTRAL => self.entry(at)?,
                record::END_64 => self.end = Some(record::end_64(self.source)?),
                record::LOCATOR_64 => self.skip(16)?,
                record::EXTRA_DATA => self.skip_record(4)?,
                record::SIGNATURE => {
                    self.skip_record(2)?;
                    let end = self.source.position();
                    self.directory.iter_mut().for_each(|directory| directory.end = end);
                }
                record::END => return self.end(at),
                // A zip that was to be split says so before its first member.
                record::SPLIT | record::DESCRIPTOR if at == 0 => {}
                other => {
                    let found = format!("{:02x?} at byte {at}", other.to_le_bytes());
                    return Err(Finding::error(Code::ZipStructure, "a zip record", found).into());
                }
            }
        }
    }

    fn skip(&mut self, bytes: u64) -> Result<(), Stop> {
        if self.source.skip(bytes)? == bytes { Ok(()) } else { Err(record::cut_off("a whole record")) }
    }

    /// Passes over a record that begins with its length.
    fn skip_record(&mut self, width: u64) -> Result<(), Stop> {
        let length = self.source.take(width)?;
        self.skip(length.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    /// One member: its header, its content, and the descriptor that may follow.
    fn member(&mut self, at: u64) -> Result<(), Stop> {
        let entry = record::local(self.source)?;
        let keep = self.zip.room_for(&entry.name, self.keep);
        let (actual, kept) = self.unpacker.read(self.source, &entry, keep)?;
        let stated = match entry.has_descriptor() {
            true => content::descriptor(self.source, &entry, actual)?,
            false => entry.shape,
        };
        self.agree(&entry, actual, stated)?;
        if self.seen.len() < MEMBERS_COMPARED {
            self.seen.insert(at, Seen::of(&entry, stated));
        }
        if entry.can_unpack() && keep > 0 {
            self.zip.keep(&entry.name, kept);
        }
        self.zip.add(Member {
            encrypted: entry.is_encrypted(),
            name: entry.name,
            size: stated.size,
            compressed: stated.compressed,
        });
        Ok(())
    }

    /// Holds what came out against what the zip says of it.
    fn agree(&mut self, entry: &Entry, actual: Shape, stated: Shape) -> Result<(), Stop> {
        if !entry.can_unpack() {
            if !entry.is_encrypted() {
                let found = format!("method {}", entry.method);
                let finding = Finding::error(Code::ZipCorrupt, "a member that is stored or deflated", found);
                self.zip.report(finding.of_member(&entry.name));
            }
            return Ok(());
        }
        if actual != stated {
            let finding = Finding::error(Code::ZipCrc, stated.words(), actual.words()).of_member(&entry.name);
            // With another length, it is not known where the next record begins.
            if actual.compressed != stated.compressed {
                return Err(finding.into());
            }
            self.zip.report(finding);
        }
        Ok(())
    }

    /// One entry of the directory, held against the member that it names.
    fn entry(&mut self, at: u64) -> Result<(), Stop> {
        let entry = record::central(self.source)?;
        let end = self.source.position();
        let directory = self.directory.get_or_insert(Directory { start: at, end, entries: 0 });
        (directory.end, directory.entries) = (end, directory.entries + 1);
        let stated = Seen::of(&entry, entry.shape);
        let found = match self.seen.remove(&entry.offset) {
            Some(actual) if actual == stated => return Ok(()),
            None if self.zip.members_total > MEMBERS_COMPARED as u64 => return Ok(()),
            Some(actual) if actual.name != stated.name => {
                format!("a member of another name at byte {}", entry.offset)
            }
            Some(actual) => format!("method {}, {}", actual.method, actual.shape.words()),
            None => format!("no member at byte {} that is not listed yet", entry.offset),
        };
        let expected = format!("method {}, {}", entry.method, stated.shape.words());
        Err(Finding::error(Code::ZipDirectory, expected, found).of_member(&entry.name).into())
    }

    /// The end record: the directory must be where and what it says, and list every member.
    fn end(&mut self, at: u64) -> Result<(), Stop> {
        let narrow = record::end(self.source)?;
        let directory = self.directory.take().unwrap_or(Directory { start: at, end: at, entries: 0 });
        let end = self.end.filter(|_| narrow.is_elsewhere()).unwrap_or(narrow);
        let stated = (end.entries, end.directory_bytes, end.directory_offset);
        let actual = (directory.entries, directory.end - directory.start, directory.start);
        if stated != actual {
            let words = |(entries, bytes, offset): (u64, u64, u64)| {
                format!("{entries} entries in {bytes} bytes at byte {offset}")
            };
            return Err(Finding::error(Code::ZipDirectory, words(stated), words(actual)).into());
        }
        if let Some(unlisted) = self.seen.values().next() {
            let name = self.zip.members.iter().find(|member| super::hash(&member.name) == unlisted.name);
            let name = name.map_or("one of them", |member| member.name.as_str());
            let found = format!("{} that it does not list: {name}", self.seen.len());
            return Err(Finding::error(Code::ZipDirectory, "every member in the directory", found).into());
        }
        self.skip(narrow.comment_bytes)?;
        if self.source.left() > 0 {
            let found = format!("{} more bytes", self.source.left());
            self.zip.report(Finding::warning(Code::TrailingBytes, "the end of the file", found));
        }
        Ok(())
    }
}

//! The records of a zip, from their bytes (PKWARE APPNOTE 6.3).

use crate::bitstream::bytes::{u16_at, u32_at, u64_at};
use crate::bitstream::finding::Stop;
use crate::bitstream::source::Input;
use crate::bitstream::{Code, Finding};

pub(super) const LOCAL: u32 = 0x0403_4b50;
pub(super) const CENTRAL: u32 = 0x0201_4b50;
pub(super) const END: u32 = 0x0605_4b50;
pub(super) const END_64: u32 = 0x0606_4b50;
pub(super) const LOCATOR_64: u32 = 0x0706_4b50;
pub(super) const DESCRIPTOR: u32 = 0x0807_4b50;
/// Records that hold nothing of use: archive extra data, digital signature; a length of 4 or 2 bytes, then content.
pub(super) const EXTRA_DATA: u32 = 0x0806_4b50;
pub(super) const SIGNATURE: u32 = 0x0505_4b50;
/// What a splitting zip tool puts first when one part was enough.
pub(super) const SPLIT: u32 = 0x3030_4b50;

pub(super) const STORED: u16 = 0;
pub(super) const DEFLATED: u16 = 8;
const FLAG_ENCRYPTED: u16 = 1;
const FLAG_DESCRIPTOR: u16 = 1 << 3;
/// "See the zip64 field."
const ELSEWHERE: u64 = 0xffff_ffff;
const ZIP_64_FIELD: u16 = 1;
/// Longer names are cut for the report.
const NAME_LIMIT: usize = 512;

/// What a member is, or what is stated of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) crc: u32,
    pub(super) compressed: u64,
    pub(super) size: u64,
}

impl Shape {
    pub(super) fn words(self) -> String {
        format!("crc {:08x}, {} bytes from {}", self.crc, self.size, self.compressed)
    }
}

/// What a local header or a directory entry says of a member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) shape: Shape,
    pub(super) name: String,
    /// Where the local header is; 0 in a local header itself.
    pub(super) offset: u64,
    /// Whether it has a zip64 field.
    pub(super) zip_64: bool,
}

impl Entry {
    pub(super) fn is_encrypted(&self) -> bool {
        self.flags & FLAG_ENCRYPTED != 0
    }

    pub(super) fn has_descriptor(&self) -> bool {
        self.flags & FLAG_DESCRIPTOR != 0
    }

    /// Whether it is packed in one of the two ways that zips of tools have, and needs no password.
    pub(super) fn can_unpack(&self) -> bool {
        !self.is_encrypted() && matches!(self.method, STORED | DEFLATED)
    }
}

/// The end of the central directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) entries: u64,
    pub(super) directory_bytes: u64,
    pub(super) directory_offset: u64,
    pub(super) comment_bytes: u64,
}

impl End {
    /// Whether the real numbers stand in the zip64 record.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.entries == 0xffff || self.directory_bytes == ELSEWHERE || self.directory_offset == ELSEWHERE
    }
}

/// The zip ends before something that should come.
pub(super) fn cut_off(expected: impl Into<String>) -> Stop {
    Finding::error(Code::ZipCutOff, expected, "the end of the file").into()
}

/// So many bytes, all there.
pub(super) fn exactly(input: &mut dyn Input, bytes: u64) -> Result<Vec<u8>, Stop> {
    let taken = input.take(bytes)?;
    if taken.len() as u64 == bytes { Ok(taken) } else { Err(cut_off("a whole record")) }
}

/// A local header behind its signature.
pub(super) fn local(input: &mut dyn Input) -> Result<Entry, Stop> {
    let fixed = exactly(input, 26)?;
    let mut entry = entry_at(&fixed, 2);
    let (name, extra) = (u16_at(&fixed, 22), u16_at(&fixed, 24));
    let variable = exactly(input, u64::from(name) + u64::from(extra))?;
    let (name, extra) = variable.split_at(usize::from(name));
    entry.name = name_of(name);
    read_zip_64(&mut entry, extra);
    Ok(entry)
}

/// A directory entry behind its signature.
pub(super) fn central(input: &mut dyn Input) -> Result<Entry, Stop> {
    let fixed = exactly(input, 42)?;
    let mut entry = entry_at(&fixed, 4);
    entry.offset = u64::from(u32_at(&fixed, 38));
    let lengths = [24, 26, 28].map(|at| u16_at(&fixed, at));
    let variable = exactly(input, lengths.into_iter().map(u64::from).sum())?;
    let (name, rest) = variable.split_at(usize::from(lengths[0]));
    entry.name = name_of(name);
    read_zip_64(&mut entry, &rest[..usize::from(lengths[1])]);
    Ok(entry)
}

/// Both headers have these fields in this order: flags, method, time, date, CRC, two sizes.
fn entry_at(fixed: &[u8], at: usize) -> Entry {
    Entry {
        flags: u16_at(fixed, at),
        method: u16_at(fixed, at + 2),
        shape: Shape {
            crc: u32_at(fixed, at + 8),
            compressed: u64::from(u32_at(fixed, at + 12)),
            size: u64::from(u32_at(fixed, at + 16)),
        },
        ..Entry::default()
    }
}

/// Takes from the zip64 field the numbers that did not fit, in their fixed order.
fn read_zip_64(entry: &mut Entry, mut extra: &[u8]) {
    while extra.len() >= 4 {
        let (kind, length) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
        let field = extra.get(4..4 + length).unwrap_or_default();
        if kind == ZIP_64_FIELD {
            entry.zip_64 = true;
            let mut at = 0;
            for number in [&mut entry.shape.size, &mut entry.shape.compressed, &mut entry.offset] {
                if *number == ELSEWHERE && at + 8 <= field.len() {
                    *number = u64_at(field, at);
                    at += 8;
                }
            }
            return;
        }
        extra = extra.get(4 + length..).unwrap_or_default();
    }
}

/// The end record behind its signature.
pub(super) fn end(input: &mut dyn Input) -> Result<End, Stop> {
    Ok(end_of(&exactly(input, 18)?))
}

/// The 18 bytes of the end record behind its signature.
pub(super) fn end_of(fixed: &[u8]) -> End {
    End {
        entries: u64::from(u16_at(fixed, 6)),
        directory_bytes: u64::from(u32_at(fixed, 8)),
        directory_offset: u64::from(u32_at(fixed, 12)),
        comment_bytes: u64::from(u16_at(fixed, 16)),
    }
}

/// The zip64 end record behind its signature, with what its length says that follows.
pub(super) fn end_64(input: &mut dyn Input) -> Result<End, Stop> {
    let fixed = exactly(input, 52)?;
    let more = u64_at(&fixed, 0).saturating_sub(44);
    if input.skip(more)? != more {
        return Err(cut_off("a whole record"));
    }
    Ok(End {
        entries: u64_at(&fixed, 28),
        directory_bytes: u64_at(&fixed, 36),
        directory_offset: u64_at(&fixed, 44),
        comment_bytes: 0,
    })
}

fn name_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(NAME_LIMIT)]).into_owned()
}

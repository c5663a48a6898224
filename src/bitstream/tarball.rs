//! A tar archive read forwards: old, ustar, GNU and pax headers, with every length bounded (POSIX pax, GNU tar manual).

use std::io;

use tar::{EntryType, Header};

use super::source::{Input, Source};
use super::{Code, Finding};

/// A member's header, with what the headers before it say of it.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// Its name, lossily as text.
    pub(super) name: String,
    /// Bytes of content.
    pub(super) size: u64,
    /// What it is.
    pub(super) shape: Shape,
}

/// What a member is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Shape {
    /// A file with its content.
    #[default]
    File,
    /// A folder.
    Folder,
    /// A file of which the holes are left out, so that its content does not begin with its first bytes.
    Sparse,
    /// A symbolic or hard link, a device or a pipe.
    Special,
}

/// The next thing in an archive.
pub(super) enum Next {
    /// A member, whose content comes now.
    Member(Entry),
    /// The end mark, or nothing more.
    End {
        /// Whether the mark was there.
        marked: bool,
    },
    /// The archive can't be read further.
    Broken(Finding),
}

const BLOCK: u64 = 512;
/// Longer names and pax records than this are no names.
const EXTENSION_LIMIT: u64 = 64 * 1024;
/// What extension headers say of the member that follows.
#[derive(Default)]
struct Extension {
    name: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
}

/// Reads up to the next member's content.
pub(super) fn next(source: &mut Source<'_>) -> io::Result<Next> {
    let mut extension = Extension::default();
    loop {
        let block = source.take(BLOCK)?;
        let Some(block) = block.first_chunk::<512>() else {
            return Ok(if block.is_empty() { Next::End { marked: false } } else { cut_off("a header") });
        };
        if block.iter().all(|byte| *byte == 0) {
            return Ok(Next::End { marked: true });
        }
        let header = Header::from_byte_slice(block);
        let Some(size) = trusted_size(header) else {
            let found = format!("a header whose checksum is wrong, before byte {}", source.position());
            return Ok(Next::Broken(Finding::error(Code::TarHeader, "a member's header", found)));
        };
        match header.entry_type() {
            EntryType::GNULongName | EntryType::XHeader | EntryType::XGlobalHeader => {
                match content(source, size)? {
                    Ok(bytes) => extension.take(header.entry_type(), &bytes),
                    Err(broken) => return Ok(Next::Broken(*broken)),
                }
            }
            EntryType::GNULongLink => {
                if let Err(broken) = content(source, size)? {
                    return Ok(Next::Broken(*broken));
                }
            }
            EntryType::GNUSparse => return sparse(source, header, extension, size),
            kind => return Ok(Next::Member(extension.entry(header, shape_of(kind), size))),
        }
    }
}

/// Passes over what is left of a member's content and the padding behind it; false when the archive ends before.
pub(super) fn finish(source: &mut Source<'_>, end_of_content: u64) -> io::Result<bool> {
    let padded = end_of_content.checked_next_multiple_of(BLOCK).unwrap_or(u64::MAX);
    // Some writers leave out the padding of the last member.
    Ok(source.skip_to(end_of_content)? && (source.skip_to(padded)? || source.peek(1)?.is_empty()))
}

/// The size that a header states; none when its checksum is wrong.
fn trusted_size(header: &Header) -> Option<u64> {
    let bytes = header.as_bytes();
    let field = 148..156;
    let value = |(at, byte): (usize, &u8)| if field.contains(&at) { b' ' } else { *byte };
    let plain: u32 = bytes.iter().enumerate().map(|pair| u32::from(value(pair))).sum();
    // Old tars summed signed bytes.
    let signed: i32 = bytes.iter().enumerate().map(|pair| i32::from(value(pair).cast_signed())).sum();
    let stated = header.cksum().ok()?;
    (stated == plain || i32::try_from(stated).is_ok_and(|stated| stated == signed))
        .then(|| header.entry_size().ok())
        .flatten()
}

fn shape_of(kind: EntryType) -> Shape {
    match kind.as_byte() {
        b'5' => Shape::Folder,
        b'1' | b'2' | b'3' | b'4' | b'6' => Shape::Special,
        _ => Shape::File,
    }
}

fn content(source: &mut Source<'_>, size: u64) -> io::Result<Result<Vec<u8>, Box<Finding>>> {
    if size > EXTENSION_LIMIT {
        let expected = format!("a name of at most {EXTENSION_LIMIT} bytes");
        let found = format!("one of {size} bytes");
        return Ok(Err(Box::new(Finding::error(Code::TarHeader, expected, found))));
    }
    let end = source.position() + size;
    let bytes = source.take(size)?;
    if bytes.len() as u64 == size && finish(source, end)? {
        return Ok(Ok(bytes));
    }
    let Next::Broken(broken) = cut_off("a long name") else { unreachable!("cut_off gives Broken") };
    Ok(Err(Box::new(broken)))
}

fn cut_off(expected: &str) -> Next {
    Next::Broken(Finding::error(Code::TarCutOff, expected, "the end of the archive"))
}

/// A sparse member: blocks with the rest of its map stand between header and content.
fn sparse(source: &mut Source<'_>, header: &Header, extension: Extension, size: u64) -> io::Result<Next> {
    let mut more = header.as_gnu().is_some_and(tar::GnuHeader::is_extended);
    while more {
        let block = source.take(BLOCK)?;
        let Some(flag) = block.get(504).filter(|_| block.len() as u64 == BLOCK) else {
            return Ok(cut_off("the map of a sparse member"));
        };
        more = *flag == 1;
    }
    Ok(Next::Member(extension.entry(header, Shape::Sparse, size)))
}

impl Extension {
    fn take(&mut self, kind: EntryType, bytes: &[u8]) {
        if kind == EntryType::GNULongName {
            self.name = Some(bytes.split(|byte| *byte == 0).next().unwrap_or_default().to_vec());
            return;
        }
        if kind == EntryType::XGlobalHeader {
            return;
        }
        for (key, value) in pax_records(bytes) {
            match key {
                b"path" => self.name = Some(value.to_vec()),
                b"size" => self.size = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()),
                _ => self.sparse |= key.starts_with(b"GNU.sparse."),
            }
        }
    }

    fn entry(self, header: &Header, shape: Shape, size: u64) -> Entry {
        let name = self.name.unwrap_or_else(|| header.path_bytes().into_owned());
        let name = String::from_utf8_lossy(&name).into_owned();
        // Before ustar, a folder was a file whose name ends with a slash.
        let shape = if shape == Shape::File && name.ends_with('/') { Shape::Folder } else { shape };
        let shape = if shape == Shape::File && self.sparse { Shape::Sparse } else { shape };
        let has_content = matches!(shape, Shape::File | Shape::Sparse);
        Entry { name, shape, size: if has_content { self.size.unwrap_or(size) } else { 0 } }
    }
}

/// The records of a pax header: `30 mtime=1528934400.123456789\n`.
fn pax_records(mut bytes: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut records = Vec::new();
    while let Some(space) = bytes.iter().position(|byte| *byte == b' ') {
        let length = std::str::from_utf8(&bytes[..space]).ok().and_then(|text| text.parse::<usize>().ok());
        let Some(record) = length.and_then(|length| bytes.get(space + 1..length)) else { break };
        bytes = &bytes[length.unwrap_or_default()..];
        let record = record.strip_suffix(b"\n").unwrap_or(record);
        if let Some(equals) = record.iter().position(|byte| *byte == b'=') {
            records.push((&record[..equals], &record[equals + 1..]));
        }
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pax_records_are_read_and_nonsense_ends_them() {
        assert_eq!(
            pax_records(b"12 path=a b\n14 size=12345\nxyz"),
            [(&b"path"[..], &b"a b"[..]), (b"size", b"12345")]
        );
        assert_eq!(pax_records(b"99999 path=a\n"), []);
        assert_eq!(pax_records(b"0 path=a\n"), []);
    }
}

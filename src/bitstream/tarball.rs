//! A tar archive read forwards: old, ustar, GNU and pax headers, with every length bounded (POSIX pax, GNU tar manual).

use std::io;

use tar::{EntryType, Header};

use super::finding::Stop;
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
    Folder,
    /// A file of which the holes are left out, so that its content does not begin with its first bytes.
    Sparse,
    /// A symbolic or hard link, a device or a pipe.
    Special,
}

const BLOCK: u64 = 512;
/// Longer names are cut, and longer values of pax records are no names: the rest of a header of any length is passed over.
const NAME_LIMIT: u64 = 4096;

/// What extension headers say of the member that follows.
#[derive(Default)]
struct Extension {
    name: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
}

/// Reads up to the next member's content; none behind the end mark.
pub(super) fn next(source: &mut Source<'_>) -> Result<Option<Entry>, Stop> {
    let mut extension = Extension::default();
    loop {
        let block = source.take(BLOCK)?;
        let Some(block) = block.first_chunk::<512>() else {
            let no_end =
                || Finding::warning(Code::TarNoEnd, "two blocks of zeros", "the end of the file").into();
            return Err(if block.is_empty() { no_end() } else { cut_off("a header") });
        };
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let header = Header::from_byte_slice(block);
        let Some(size) = trusted_size(header) else {
            let found = format!("a header whose checksum is wrong, before byte {}", source.position());
            return Err(Finding::error(Code::TarHeader, "a member's header", found).into());
        };
        let kind = header.entry_type();
        match kind {
            EntryType::GNULongName
            | EntryType::GNULongLink
            | EntryType::XHeader
            | EntryType::XGlobalHeader => {
                let end = source.position().saturating_add(size);
                match kind {
                    EntryType::GNULongName => extension.take_name(source, size)?,
                    EntryType::XHeader => extension.take_records(source, end)?,
                    _ => {}
                }
                finish(source, end, "a long name")?;
            }
            EntryType::GNUSparse => {
                pass_map(source, header)?;
                return Ok(Some(extension.entry(header, Shape::Sparse, size)));
            }
            kind => return Ok(Some(extension.entry(header, shape_of(kind), size))),
        }
    }
}

/// Passes over what is left of a member's content and the padding behind it, all of which should be there.
pub(super) fn finish(source: &mut Source<'_>, end_of_content: u64, expected: &str) -> Result<(), Stop> {
    let padded = end_of_content.checked_next_multiple_of(BLOCK).unwrap_or(u64::MAX);
    // Some writers leave out the padding of the last member.
    let whole = source.skip_to(end_of_content)? && (source.skip_to(padded)? || source.peek(1)?.is_empty());
    if whole { Ok(()) } else { Err(cut_off(expected)) }
}

/// The size that a header states; none when its checksum is wrong.
pub(super) fn trusted_size(header: &Header) -> Option<u64> {
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

fn cut_off(expected: &str) -> Stop {
    Finding::error(Code::TarCutOff, expected, "the end of the archive").into()
}

/// Passes over the blocks with the rest of a sparse member's map, which stand between its header and its content.
fn pass_map(source: &mut Source<'_>, header: &Header) -> Result<(), Stop> {
    let mut more = header.as_gnu().is_some_and(tar::GnuHeader::is_extended);
    while more {
        let block = source.take(BLOCK)?;
        let Some(flag) = block.get(504).filter(|_| block.len() as u64 == BLOCK) else {
            return Err(cut_off("the map of a sparse member"));
        };
        more = *flag == 1;
    }
    Ok(())
}

impl Extension {
    fn take_name(&mut self, source: &mut Source<'_>, size: u64) -> io::Result<()> {
        let name = bounded(source, size)?;
        self.name = Some(name.split(|byte| *byte == 0).next().unwrap_or_default().to_vec());
        Ok(())
    }

    /// Takes the records of a pax header: `30 mtime=1528934400.123456789\n`. Nonsense ends them.
    fn take_records(&mut self, source: &mut Source<'_>, end: u64) -> io::Result<()> {
        while source.position() < end {
            let start = source.position();
            let left = usize::try_from(end - start).unwrap_or(usize::MAX);
            let head = source.peek(left.min(PAX_HEAD))?;
            let head = &head[..head.len().min(left)];
            let Some((length, key)) = record_head(head) else { break };
            let (head_bytes, key) = (key.end + 1, head[key].to_vec());
            let Some(value) = length.checked_sub(head_bytes as u64).filter(|_| length <= left as u64) else {
                break;
            };
            source.consume(head_bytes);
            let value = bounded(source, value)?;
            self.set(&key, value.strip_suffix(b"\n").unwrap_or(&value));
            source.skip_to(start + length)?;
        }
        Ok(())
    }

    fn set(&mut self, key: &[u8], value: &[u8]) {
        match key {
            b"path" => self.name = Some(value.to_vec()),
            b"size" => self.size = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()),
            _ => self.sparse |= key.starts_with(b"GNU.sparse."),
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

/// A name, which is marked where it is cut: it may end otherwise.
fn bounded(source: &mut Source<'_>, size: u64) -> io::Result<Vec<u8>> {
    let mut name = source.take(size.min(NAME_LIMIT))?;
    if size > NAME_LIMIT {
        name.extend_from_slice("…".as_bytes());
    }
    Ok(name)
}

/// Enough for the length and the key of a pax record.
const PAX_HEAD: usize = 1024;

/// The length of a pax record, and where its key stands.
fn record_head(bytes: &[u8]) -> Option<(u64, std::ops::Range<usize>)> {
    let space = bytes.iter().position(|byte| *byte == b' ')?;
    let length = std::str::from_utf8(&bytes[..space]).ok()?.parse().ok()?;
    let key = bytes[space + 1..].iter().position(|byte| *byte == b'=')?;
    Some((length, space + 1..space + 1 + key))
}

#[cfg(test)]
mod tests {
    use super::super::source::{Buffered, Seeking};
    use super::*;

    fn records(bytes: &[u8]) -> (Option<String>, Option<u64>) {
        let size = bytes.len() as u64;
        let mut input = Buffered::new(Seeking::new(io::Cursor::new(bytes), size));
        let mut extension = Extension::default();
        extension.take_records(&mut Source::new(&mut input, size), size).unwrap();
        (extension.name.map(|name| String::from_utf8(name).unwrap()), extension.size)
    }

    #[test]
    fn pax_records_are_read_and_nonsense_ends_them() {
        let read = (Some("a b".to_owned()), Some(12345));
        assert_eq!(records(b"12 path=a b\n14 size=12345\nxyz"), read);
        let long = format!("{} comment={}\n", 200_019, "x".repeat(200_003));
        assert_eq!(long.len(), 200_019);
        assert_eq!(records(format!("{long}12 path=a b\n14 size=12345\n").as_bytes()), read);
        for nonsense in ["99999 path=a\n", "0 path=a\n", "path=a\n", ""] {
            assert_eq!(records(nonsense.as_bytes()), (None, None), "{nonsense}");
        }
    }
}

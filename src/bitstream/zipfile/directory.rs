//! A zip of which only the two ends are at hand: its directory, and the members that lie in the ends.

use std::io;

use super::record::{self, End};
use super::{Keep, Member, Zip};
use crate::bitstream::bytes::{u32_at, u64_at};
use crate::bitstream::finding::Stop;
use crate::bitstream::inflate::{self, Step};
use crate::bitstream::source::{Buffered, Ends, Input, Source};
use crate::bitstream::{Code, Finding};

/// The bytes at hand of an object.
#[derive(Clone, Copy, Debug)]
pub(in crate::bitstream) struct TwoEnds<'a> {
    pub(in crate::bitstream) head: &'a [u8],
    pub(in crate::bitstream) tail: &'a [u8],
    pub(in crate::bitstream) size: u64,
}

impl TwoEnds<'_> {
    /// Reads from a position on, if there is something at hand.
    fn at<T, E: From<io::Error>>(
        &self,
        position: u64,
        read: impl FnOnce(&mut Source<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut input = Buffered::new(Ends::new(self.head, self.tail, self.size));
        let mut source = Source::new(&mut input, self.size);
        source.skip_to(position)?;
        read(&mut source)
    }

    fn tail_start(&self) -> u64 {
        self.size - self.tail.len() as u64
    }
}

/// Reads the directory, and keeps what can be had of the members.
pub(in crate::bitstream) fn read_ends(ends: TwoEnds<'_>, keep: Keep) -> io::Result<Zip> {
    let mut zip = Zip::default();
    match read_directory(ends, keep, &mut zip) {
        Ok(()) => {}
        Err(Stop::Finding(finding)) => zip.findings.push(*finding),
        Err(Stop::Io(error)) => return Err(error),
    }
    Ok(zip)
}

fn read_directory(ends: TwoEnds<'_>, keep: Keep, zip: &mut Zip) -> Result<(), Stop> {
    let Some((at, end)) = find_end(ends)? else {
        let found = format!("none in the last {} bytes", ends.tail.len());
        return Err(Finding::error(Code::ZipCutOff, "the end of a central directory", found).into());
    };
    let expected = format!("{} bytes at byte {}", end.directory_bytes, end.directory_offset);
    if end.directory_offset.saturating_add(end.directory_bytes) > at {
        let found = format!("its end at byte {at}");
        return Err(Finding::error(Code::ZipDirectory, expected, found).into());
    }
    if end.directory_offset < ends.tail_start() {
        return Ok(());
    }
    let wanted = ends.at(end.directory_offset, |source| read_entries(source, &end, keep, zip))?;
    zip.complete = true;
    for (name, offset) in wanted {
        let room = zip.room_for(&name, keep);
        if let Some(content) = ends.at(offset, |source| beginning(source, room))? {
            zip.keep(&name, content);
        }
    }
    Ok(())
}

/// What reading makes no sense of says nothing here.
fn known<T>(outcome: Result<T, Stop>) -> io::Result<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(Stop::Finding(_)) => Ok(None),
        Err(Stop::Io(error)) => Err(error),
    }
}

/// The last end record of which the comment reaches exactly to the end.
fn find_end(ends: TwoEnds<'_>) -> io::Result<Option<(u64, End)>> {
    let signature = record::END.to_le_bytes();
    for start in (0..ends.tail.len().saturating_sub(21)).rev() {
        if !ends.tail[start..].starts_with(&signature) {
            continue;
        }
        let at = ends.tail_start() + start as u64;
        let Some(end) = known(record::end(&mut &ends.tail[start + 4..]))? else { continue };
        if at + 22 + end.comment_bytes != ends.size {
            continue;
        }
        return Ok(Some((at, wide_end(ends, at)?.filter(|_| end.is_elsewhere()).unwrap_or(end))));
    }
    Ok(None)
}

/// The zip64 end record, which a locator right before the end record points to.
fn wide_end(ends: TwoEnds<'_>, at: u64) -> io::Result<Option<End>> {
    let Some(locator) = at.checked_sub(20) else { return Ok(None) };
    let bytes = ends.at(locator, |source| source.take(20))?;
    if u32_at(&bytes, 0) != record::LOCATOR_64 {
        return Ok(None);
    }
    let position = u64_at(&bytes, 8);
    known(ends.at(position, |source| {
        let signature = source.take(4)?;
        if u32_at(&signature, 0) == record::END_64 {
            record::end_64(source)
        } else {
            Err(record::cut_off("an end record"))
        }
    }))
}

/// Reads the entries, and gives names and places of the members of which something is to be kept.
fn read_entries(
    source: &mut Source<'_>,
    end: &End,
    keep: Keep,
    zip: &mut Zip,
) -> Result<Vec<(String, u64)>, Stop> {
    let (mut wanted, start) = (Vec::new(), source.position());
    for _ in 0..end.entries {
        let signature = source.take(4)?;
        if u32_at(&signature, 0) != record::CENTRAL {
            let expected = format!("{} entries", end.entries);
            return Err(Finding::error(Code::ZipDirectory, expected, zip.members_total.to_string()).into());
        }
        let entry = record::central(source)?;
        if keep(&entry.name) > 0 && wanted.len() < super::MEMBERS_LISTED {
            wanted.push((entry.name.clone(), entry.offset));
        }
        let encrypted = entry.is_encrypted();
        zip.add(Member { name: entry.name, size: entry.size, compressed: entry.compressed, encrypted });
    }
    let bytes = source.position() - start;
    if bytes > end.directory_bytes {
        let expected = format!("a directory of {} bytes", end.directory_bytes);
        return Err(Finding::error(Code::ZipDirectory, expected, format!("{bytes} bytes")).into());
    }
    Ok(wanted)
}

/// The beginning of a member's content; none when it is not at hand or can't be unpacked.
fn beginning(source: &mut Source<'_>, keep: usize) -> Result<Option<Vec<u8>>, Stop> {
    let signature = source.take(4)?;
    if u32_at(&signature, 0) != record::LOCAL || keep == 0 {
        return Ok(None);
    }
    let Some(entry) = known(record::local(source))?.filter(|entry| !entry.is_encrypted()) else {
        return Ok(None);
    };
    if entry.method == 0 {
        let wanted = entry.size.min(keep as u64);
        return Ok(Some(source.take(wanted)?).filter(|content| content.len() as u64 == wanted));
    }
    let mut decoder = flate2::Decompress::new(false);
    let (mut out, mut kept) = (vec![0; 16 * 1024], Vec::new());
    while kept.len() < keep {
        match inflate::step(&mut decoder, source, &mut out)? {
            Step::Bytes(came) => kept.extend_from_slice(&out[..came.min(keep - kept.len())]),
            Step::End => break,
            Step::CutOff | Step::Corrupt => return Ok(None),
        }
    }
    Ok(Some(kept))
}

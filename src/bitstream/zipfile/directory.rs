//! A zip of which only the two ends are at hand: its directory, and the members that lie in the ends.

use std::io;

use super::record::{self, End};
use super::{Keep, Member, Zip};
use crate::bitstream::bytes::{u32_at, u64_at};
use crate::bitstream::finding::{Stop, known};
use crate::bitstream::inflate::{self, Step};
use crate::bitstream::source::{Ends, Input, Source};
use crate::bitstream::{Code, Finding};

/// Reads the directory, and keeps what can be had of the members.
pub(in crate::bitstream) fn read_ends(ends: Ends<'_>, keep: Keep) -> io::Result<Zip> {
    let mut zip = Zip::default();
    if let Err(stop) = read_directory(ends, keep, &mut zip) {
        zip.findings.push(stop.finding()?);
    }
    Ok(zip)
}

fn read_directory(ends: Ends<'_>, keep: Keep, zip: &mut Zip) -> Result<(), Stop> {
    let Some((at, end)) = find_end(ends)? else {
        let found = format!("none in the last {} bytes", ends.tail.len());
        return Err(Finding::error(Code::ZipCutOff, "the end of a central directory", found).into());
    };
    let behind = ends.size - (at + 22 + end.comment_bytes);
    if behind > 0 {
        zip.report(Finding::warning(
            Code::TrailingBytes,
            "the end of the file",
            format!("{behind} more bytes"),
        ));
    }
    let expected = format!("{} bytes at byte {}", end.directory_bytes, end.directory_offset);
    if end.directory_offset.saturating_add(end.directory_bytes) > at {
        let found = format!("its end at byte {at}");
        return Err(Finding::error(Code::ZipDirectory, expected, found).into());
    }
    if end.directory_offset < ends.tail_start() {
        return Ok(());
    }
    let wanted = ends.read_at(end.directory_offset, |source| read_entries(source, &end, keep, zip))?;
    zip.complete = true;
    for (name, offset) in wanted {
        let room = zip.room_for(&name, keep);
        if let Some(content) = ends.read_at(offset, |source| beginning(source, room))? {
            zip.keep(&name, content);
        }
    }
    Ok(())
}

/// The last end record whose comment reaches exactly to the end; else the last one that stands right behind its directory.
fn find_end(ends: Ends<'_>) -> io::Result<Option<(u64, End)>> {
    let signature = record::END.to_le_bytes();
    let starts = (0..ends.tail.len().saturating_sub(21)).rev();
    let records = starts
        .filter(|start| ends.tail[*start..].starts_with(&signature))
        .map(|start| (ends.tail_start() + start as u64, record::end_of(&ends.tail[start + 4..])));
    let mut found = None;
    for (at, end) in records {
        let behind = at + 22 + end.comment_bytes;
        if behind == ends.size {
            found = Some((at, end));
            break;
        }
        let is_behind_directory = end.directory_offset.checked_add(end.directory_bytes) == Some(at);
        if found.is_none() && behind < ends.size && (is_behind_directory || end.is_elsewhere()) {
            found = Some((at, end));
        }
    }
    let Some((at, end)) = found else { return Ok(None) };
    let wide = if end.is_elsewhere() { wide_end(ends, at)? } else { None };
    Ok(Some((at, End { comment_bytes: end.comment_bytes, ..wide.unwrap_or(end) })))
}

/// The zip64 end record, which a locator right before the end record points to.
fn wide_end(ends: Ends<'_>, at: u64) -> io::Result<Option<End>> {
    let Some(locator) = at.checked_sub(20) else { return Ok(None) };
    let bytes = ends.read_at(locator, |source| source.take(20))?;
    if u32_at(&bytes, 0) != record::LOCATOR_64 {
        return Ok(None);
    }
    let position = u64_at(&bytes, 8);
    known(ends.read_at(position, |source| {
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
        zip.add(Member {
            name: entry.name,
            size: entry.shape.size,
            compressed: entry.shape.compressed,
            encrypted,
        });
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
        let wanted = entry.shape.size.min(keep as u64);
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

//! The way from a reader to an examination.

use std::io::{self, Read, Seek};

use super::source::{Buffered, Ends, Input, Seeking, Source};
use super::{
    Examination, Kind, Target, bit, dcp, elf, gbs, identify, inflate, manifest, other, package, xclbin,
    zipfile,
};

/// How many first bytes tell the kind and the head's facts: what `image create` asks for by Range.
pub const HEAD: usize = 64 * 1024;

/// How many last bytes hold a zip's directory, or an xclbin's last sections.
pub const TAIL: usize = 128 * 1024;

/// Reads a whole file forwards, in constant memory, and says what it is and what is wrong with it.
///
/// `size` is the file's size in bytes; the reader stands at the beginning.
///
/// # Errors
/// Only when reading fails; whatever the bytes are, they give an examination.
pub fn examine(mut reader: impl Read + Seek, size: u64, target: &Target) -> io::Result<Examination> {
    let mut input = Buffered::new(Seeking::new(&mut reader, size));
    let mut source = Source::new(&mut input, size);
    let mut exam = Examination::new(identify(source.peek(HEAD)?), size);
    if matches!(exam.kind, Kind::Elf | Kind::Aocx) {
        elf::examine(&mut reader, &mut exam)?;
    } else {
        examine_kind(&mut source, &mut exam)?;
    }
    reader.rewind()?;
    let mut input = Buffered::new(Seeking::new(&mut reader, size));
    manifest::check_hash(&mut Source::new(&mut input, size), &mut exam)?;
    exam.hold_against(target);
    Ok(exam)
}

/// The first hardware handoff (`.hwh`) in a zip, such as an `.xsa`; the longest have some megabytes.
///
/// # Errors
/// Only when reading fails.
pub fn hwh_in(reader: impl Read + Seek, size: u64) -> io::Result<Option<String>> {
    let mut input = Buffered::new(Seeking::new(reader, size));
    let keep = |name: &str| if name.ends_with(".hwh") { usize::MAX } else { 0 };
    let zip = zipfile::read(&mut Source::new(&mut input, size), keep, &mut inflate::budget(size))?;
    Ok(zip.kept.into_iter().next().map(|(_, text)| String::from_utf8_lossy(&text).into_owned()))
}

/// Whether the last bytes of such an object tell more than the first.
pub fn wants_tail(head: &[u8]) -> bool {
    matches!(identify(head), Kind::Zip | Kind::Xclbin)
}

/// Says what the ends of an object tell: its first [`HEAD`] bytes, and its last [`TAIL`] where [`wants_tail`] says so.
///
/// Lengths are held against `size`, the object's own; what lies between the ends is taken on trust.
pub fn examine_head(head: &[u8], tail: &[u8], size: u64, target: &Target) -> Examination {
    let most = usize::try_from(size).unwrap_or(usize::MAX);
    let (head, tail) = (&head[..head.len().min(most)], &tail[tail.len().saturating_sub(most)..]);
    let ends = Ends::new(head, tail, size);
    let mut exam = Examination::new(identify(head), size);
    exam.head_only = (head.len() as u64) < size;
    let outcome = match exam.kind {
        Kind::Zip if exam.head_only && !tail.is_empty() => dcp::examine_ends(ends, &mut exam),
        _ => ends.read_at(0, |source| examine_kind(source, &mut exam)),
    };
    let hashed = outcome.and_then(|()| match exam.head_only {
        true => Ok(()),
        false => ends.read_at(0, |source| manifest::check_hash(source, &mut exam)),
    });
    hashed.expect("reading from memory does not fail");
    exam.hold_against(target);
    exam
}

/// Reads what begins at the source's position as what its first bytes say that it is.
pub(super) fn examine_kind(source: &mut Source<'_>, exam: &mut Examination) -> io::Result<()> {
    match exam.kind {
        Kind::Gbs => gbs::examine(source, exam),
        Kind::GbsLegacy => gbs::examine_legacy(source, exam),
        Kind::Zip => dcp::examine(source, exam),
        Kind::Bit => bit::examine(source, exam),
        Kind::Xclbin => xclbin::examine(source, exam),
        Kind::Package => package::examine(source, exam),
        Kind::Tar => package::examine_tar(source, exam).map(drop),
        _ => other::examine(source, exam),
    }
}

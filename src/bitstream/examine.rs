//! The way from a reader to an examination.

use std::io::{self, Read, Seek};

use super::source::{Buffered, Ends, Input, Seeking, Source};
use super::zipfile::TwoEnds;
use super::{
    Code, Examination, Family, Finding, Kind, Severity, Target, bit, dcp, elf, gbs, identify, other, package,
    xclbin,
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
        examine_kind(&mut source, target, &mut exam)?;
    }
    finish(&mut exam, target);
    Ok(exam)
}

/// Whether the last bytes of such an object tell more than the first.
pub fn wants_tail(head: &[u8]) -> bool {
    matches!(identify(head), Kind::Zip | Kind::Xclbin)
}

/// Says what the ends of an object tell: its first [`HEAD`] bytes, and its last [`TAIL`] where [`wants_tail`] says so.
///
/// Lengths are held against `size`, the object's own; what lies between the ends is taken on trust.
pub fn examine_head(head: &[u8], tail: &[u8], size: u64, target: &Target) -> Examination {
    let head = &head[..head.len().min(usize::try_from(size).unwrap_or(usize::MAX))];
    let tail = &tail[tail.len().saturating_sub(usize::try_from(size).unwrap_or(usize::MAX))..];
    let mut exam = Examination::new(identify(head), size);
    exam.head_only = (head.len() as u64) < size;
    let outcome = if exam.head_only && exam.kind == Kind::Zip && !tail.is_empty() {
        dcp::examine_ends(TwoEnds { head, tail, size }, target, &mut exam)
    } else {
        let mut input = Buffered::new(Ends::new(head, tail, size));
        examine_kind(&mut Source::new(&mut input, size), target, &mut exam)
    };
    outcome.expect("reading from memory does not fail");
    finish(&mut exam, target);
    exam
}

/// Reads what begins at the source's position as what its first bytes say that it is.
pub(super) fn examine_kind(
    source: &mut Source<'_>,
    target: &Target,
    exam: &mut Examination,
) -> io::Result<()> {
    match exam.kind {
        Kind::Gbs => gbs::examine(source, target, exam),
        Kind::GbsLegacy => gbs::examine_legacy(source, target, exam),
        Kind::Zip => dcp::examine(source, target, exam),
        Kind::Bit => bit::examine(source, target, exam),
        Kind::Xclbin => xclbin::examine(source, target, exam),
        Kind::Package => package::examine(source, target, exam),
        Kind::Tar => package::examine_tar(source, target, exam).map(|_| ()),
        _ => other::examine(source, exam),
    }
}

/// Holds the kind against the target, and puts the errors first.
fn finish(exam: &mut Examination, target: &Target) {
    // What is empty, unknown or broken beyond its kind is wrong for every chip.
    let nameless = exam.family().is_none() && exam.has_errors();
    if let Some(wanted) = target.family
        && !nameless
        && (exam.family() != Some(wanted) || !exam.kind.is_loadable())
    {
        let expected = match wanted {
            Family::Intel => "a .gbs",
            Family::Xilinx => "a package (.tar.gz) with a checkpoint",
        };
        let expected = format!("{expected}, for a chip of type {}", wanted.name());
        exam.report(Finding::error(Code::WrongKind, expected, exam.kind.title()));
    }
    if target.family == Some(Family::Xilinx)
        && matches!(exam.kind, Kind::Xclbin | Kind::Bit | Kind::Dcp | Kind::Tar)
    {
        exam.report(Finding::warning(Code::NotPackaged, "a package (.tar.gz)", exam.kind.title()));
    }
    if target.family.is_some() {
        let hollow = exam.findings.iter_mut().filter(|finding| finding.code == Code::NoBitstream);
        hollow.for_each(|finding| finding.severity = Severity::Error);
    }
    exam.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
}

//! The way from a reader to an examination.

use std::io::{self, BufReader, Cursor, Read, Seek};

use super::source::{Input, Source};
use super::{Code, Examination, Family, Finding, Kind, Target, gbs, identify};

/// How many first bytes tell the kind and the head's facts: what `image create` asks for by Range.
pub const HEAD: usize = 64 * 1024;

/// Reads a whole file forwards, in constant memory, and says what it is and what is wrong with it.
///
/// `size` is the file's size in bytes.
///
/// # Errors
/// Only when reading fails; whatever the bytes are, they give an examination.
pub fn examine(reader: impl Read + Seek, size: u64, target: &Target) -> io::Result<Examination> {
    let mut input = BufReader::with_capacity(HEAD, reader);
    let mut exam = examine_input(&mut input, size, target)?;
    finish(&mut exam, target);
    Ok(exam)
}

/// Says what the two ends of an object tell: its first [`HEAD`] bytes and, where the caller has them, its last.
///
/// Lengths are compared with `size`, the object's own; what lies between the ends is taken on trust.
pub fn examine_head(head: &[u8], _tail: Option<&[u8]>, size: u64, target: &Target) -> Examination {
    let mut input = BufReader::new(Cursor::new(head));
    let mut exam =
        examine_input(&mut input, size, target).unwrap_or_else(|_| Examination::new(Kind::Unknown, size));
    exam.head_only = head.len() as u64 != size;
    finish(&mut exam, target);
    exam
}

fn examine_input(input: &mut dyn Input, size: u64, target: &Target) -> io::Result<Examination> {
    let mut source = Source::new(input, size);
    let kind = identify(source.peek()?);
    let mut exam = Examination::new(kind, size);
    match kind {
        Kind::Gbs => gbs::examine(&mut source, target, &mut exam)?,
        Kind::Empty => exam.report(Finding::error(Code::Empty, "a compiled file", "0 bytes")),
        Kind::Unknown => {
            let first = source.peek()?.iter().take(16).map(|byte| format!("{byte:02x}"));
            let found = format!("bytes {}", first.collect::<Vec<_>>().join(" "));
            exam.report(Finding::error(Code::Unrecognised, "a kind that is known", found));
        }
        _ => {}
    }
    Ok(exam)
}

/// Holds the kind against the target, and puts the errors first.
fn finish(exam: &mut Examination, target: &Target) {
    if let Some(wanted) = target.family
        && !matches!(exam.kind, Kind::Empty | Kind::Unknown)
        && (exam.family() != Some(wanted) || !exam.kind.is_loadable())
    {
        let expected = match wanted {
            Family::Intel => "a .gbs",
            Family::Xilinx => "a package (.tar.gz) with a checkpoint",
        };
        exam.report(Finding::error(
            Code::WrongKind,
            format!("{expected}, for a chip of type {}", wanted.name()),
            exam.kind.title(),
        ));
    }
    exam.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
}

//! The kinds that are known but not read further: what to send in their place.

use std::io;

use super::source::{Input, Source};
use super::{Code, Examination, Finding, Kind};

/// The beginning of a text that shows what it is.
const OSS_ERROR: &[u8] = b"<Error>";
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// Says what is wrong with sending a file of the kind.
pub(super) fn examine(source: &mut Source<'_>, exam: &mut Examination) -> io::Result<()> {
    match exam.kind {
        Kind::Empty => exam.report(Finding::error(Code::Empty, "a compiled file", "0 bytes")),
        Kind::Unknown => {
            let first = source.peek(16)?.iter().take(16).map(|byte| format!("{byte:02x}"));
            let found = format!("bytes {}", first.collect::<Vec<_>>().join(" "));
            exam.report(Finding::error(Code::Unrecognised, "a kind that is known", found));
        }
        Kind::Text => {
            let finding = Finding::error(Code::Unrecognised, "a compiled file", "text");
            exam.report(finding.advise(text_advice(source.peek(1024)?)));
        }
        Kind::GbsSigned => {
            exam.report(Finding::warning(Code::GbsWrapped, "a .gbs with metadata", exam.kind.title()));
        }
        kind => report_not_loadable(exam, advice(kind)),
    }
    Ok(())
}

/// Says that the service makes no image of such a file, and what to send instead.
pub(super) fn report_not_loadable(exam: &mut Examination, advice: &str) {
    let finding = Finding::warning(Code::NotLoadable, "a .gbs, a checkpoint or a package", exam.kind.title());
    exam.report(finding.advise(advice));
}

/// What to send in the place of a file of the kind.
pub(super) fn advice(kind: Kind) -> &'static str {
    match kind {
        Kind::Aocx => "send the .gbs that lies beside it: afu_fit.gbs in the folder of the same name",
        Kind::Rbf => "package it with the AFU's .json: `packager create-gbs`, and send the .gbs",
        Kind::Sof | Kind::Pof | Kind::Jic => {
            "convert it with quartus_cpf for partial reconfiguration, package the .rbf, and send the .gbs"
        }
        Kind::Qar => "compile the project, and send the .gbs",
        Kind::Bin => "send the package with the checkpoint: the service makes the bitstream itself",
        Kind::Xo => "link it for hardware (xocc or v++ --link), and package the xclbin",
        Kind::Xsa => "it is for the software tools: send the package with the checkpoint",
        Kind::XclbinOld => "link again with SDx 2017.1 or newer: the service's flow packages the second form",
        Kind::Pdi => "no instance has a Versal chip: build for the part of your instance",
        Kind::Elf => "it is a program: send the .gbs, or package the xclbin",
        Kind::Compressed => "unpack it and see: the packaging script writes a .tar.gz",
        _ => Code::NotLoadable.advice(),
    }
}

/// What a text is that stands where a compiled file should be.
fn text_advice(beginning: &[u8]) -> &'static str {
    let has = |needle: &[u8]| super::kind::contains(beginning, needle);
    if beginning.starts_with(LFS_POINTER) {
        "it is Git LFS's pointer to the file: fetch the file itself, `git lfs pull`"
    } else if has(OSS_ERROR) {
        "it is the error page of an object store: fetch the object again"
    } else {
        Code::Unrecognised.advice()
    }
}

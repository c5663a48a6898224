//! Xilinx's container of SDAccel and Vitis, second form (XRT `xclbin.h`, struct `axlf`).
//!
//! A header of 456 bytes, the section headers, the sections. Sections are read where they stand, in one pass; only
//! those that say something of the design are kept, each bounded.

mod facts;
mod layout;
mod metadata;
mod payload;

use std::io;

pub use facts::{Bitstream, Content, Kernel, Platform, Section, XclbinFacts};

use self::layout::{Header, Kind as SectionKind};
use super::examination::Facts;
use super::source::{Input, Source};
use super::{Code, Examination, Finding, Kind as FileKind, dcp, tables};

/// More sections than this are nonsense (XRT `xclbin.h`: `XCLBIN_MAX_NUM_SECTION`).
const SECTIONS_LIMIT: u32 = 0x1_0000;
/// Longer metadata is not read; real ones have some hundred KB.
const PAYLOAD_LIMIT: u64 = 8 << 20;
/// Enough of a bitstream to see what it is, and of an AWS id to see it whole.
const SNIFF: usize = 64;
/// What `xclbinutil` of 2018 appends as a signature, behind the stated length (XRT `XclBinUtilities.cxx`).
const APPENDED_SIGNATURE: &[u8] = b"SIGN\x9d\xff\x41\xc0\x8c\xcb\x82\xa7\x13\x1c\xc9\xf3";

/// Reads a container from its first byte on.
pub(super) fn examine(source: &mut Source<'_>, exam: &mut Examination) -> io::Result<()> {
    let mut facts = XclbinFacts::default();
    if let Err(stop) = read(source, &mut facts, exam)? {
        exam.report(*stop);
    } else {
        judge(&facts, exam);
    }
    exam.facts = Facts::Xclbin(Box::new(facts));
    Ok(())
}

type Outcome<T> = io::Result<Result<T, Box<Finding>>>;

fn read(source: &mut Source<'_>, facts: &mut XclbinFacts, exam: &mut Examination) -> Outcome<()> {
    let bytes = source.take(layout::HEADER_BYTES)?;
    let Some(header) = Header::read(&bytes) else {
        return Ok(Err(cut_off(format!("{} bytes of header", layout::HEADER_BYTES), source.size())));
    };
    header.facts(facts);
    if header.sections > SECTIONS_LIMIT {
        let expected = format!("at most {SECTIONS_LIMIT} sections");
        return Ok(Err(Box::new(Finding::error(
            Code::XclbinSections,
            expected,
            header.sections.to_string(),
        ))));
    }
    for _ in 0..header.sections {
        let bytes = source.take(layout::SECTION_BYTES)?;
        let Some(section) = layout::section(&bytes) else {
            if exam.head_only {
                break;
            }
            let expected = format!("{} section headers", header.sections);
            return Ok(Err(cut_off(expected, source.size())));
        };
        facts.sections.push(section);
    }
    judge_layout(source, facts, exam);
    read_sections(source, facts, exam)?;
    judge_length(source, facts, exam)?;
    Ok(Ok(()))
}

fn cut_off(expected: String, size: u64) -> Box<Finding> {
    Box::new(Finding::error(Code::XclbinCutOff, expected, format!("the end of the file after {size} bytes")))
}

/// Every section must lie behind the headers, within the file, and beside the others.
fn judge_layout(source: &Source<'_>, facts: &XclbinFacts, exam: &mut Examination) {
    let mut sections: Vec<&Section> = facts.sections.iter().filter(|section| section.size > 0).collect();
    sections.sort_by_key(|section| section.offset);
    let mut end_of_last = source.position();
    for section in sections {
        let end = section.offset.checked_add(section.size);
        let found = format!("{} of {} bytes at byte {}", section.kind, section.size, section.offset);
        if end.is_none_or(|end| end > source.size()) {
            let expected = format!("sections within {} bytes", source.size());
            exam.report(Finding::error(Code::XclbinSectionOutside, expected, found));
        } else if section.offset < end_of_last {
            let expected = format!("sections one behind the other, the next from byte {end_of_last} on");
            exam.report(Finding::error(Code::XclbinSectionOverlap, expected, found));
        }
        end_of_last = end_of_last.max(end.unwrap_or(u64::MAX));
    }
}

/// Reads the sections in the order in which they stand in the file.
fn read_sections(source: &mut Source<'_>, facts: &mut XclbinFacts, exam: &mut Examination) -> io::Result<()> {
    let mut order: Vec<(u64, u64, u32)> = facts
        .sections
        .iter()
        .filter(|section| section.size > 0)
        .map(|section| (section.offset, section.size, section.kind_number))
        .collect();
    order.sort_unstable();
    for (offset, size, kind) in order {
        let Some(kind) = SectionKind::of(kind) else { continue };
        if !source.skip_to(offset)? {
            continue;
        }
        match kind {
            SectionKind::Bitstream
            | SectionKind::DesignCheckPoint
            | SectionKind::Pdi
            | SectionKind::PartialPdi => {
                let mut section = Source::new(source, size);
                read_bitstream(&mut section, kind, facts, exam)?;
            }
            _ if !kind.is_metadata() || size > PAYLOAD_LIMIT => {}
            _ => {
                let bytes = source.take(size)?;
                // What lies between the ends of an object is not at hand.
                if bytes.len() as u64 == size {
                    payload::read(kind, &bytes, facts);
                }
            }
        }
    }
    Ok(())
}

/// Sees what stands for a bitstream, and reads a checkpoint through.
fn read_bitstream(
    section: &mut Source<'_>,
    kind: SectionKind,
    facts: &mut XclbinFacts,
    exam: &mut Examination,
) -> io::Result<()> {
    let size = section.size();
    let first = section.peek(SNIFF)?;
    let content = facts.add_bitstream(kind, &first[..first.len().min(SNIFF)], size);
    if content != Content::Checkpoint || lies_outside(exam) {
        return Ok(());
    }
    let mut inner = Examination::new(FileKind::Zip, size);
    inner.head_only = exam.head_only;
    dcp::examine(section, &mut inner)?;
    if inner.kind == FileKind::Zip && !inner.head_only {
        facts.bitstream = facts.bitstream.map(|bitstream| Bitstream { content: Content::Zip, ..bitstream });
        inner.findings.retain(|finding| finding.code != Code::DcpNoXml);
    }
    if let Facts::Dcp(checkpoint) = inner.facts {
        facts.checkpoint = Some(checkpoint).filter(|_| inner.kind == FileKind::Dcp);
    }
    inner.findings.into_iter().for_each(|finding| exam.report(finding.of_member(kind.name())));
    Ok(())
}

fn lies_outside(exam: &Examination) -> bool {
    exam.findings.iter().any(|finding| finding.code == Code::XclbinSectionOutside)
}

/// The stated length is that of the file; the signature of 2018 stands behind it.
fn judge_length(source: &mut Source<'_>, facts: &mut XclbinFacts, exam: &mut Examination) -> io::Result<()> {
    let (stated, size) = (facts.length, source.size());
    if stated < size
        && source.skip_to(stated)?
        && source.peek(APPENDED_SIGNATURE.len())?.starts_with(APPENDED_SIGNATURE)
    {
        facts.signed = true;
        return Ok(());
    }
    if stated != size {
        let expected = format!("{stated} bytes, as the header says");
        exam.report(Finding::error(Code::XclbinLength, expected, format!("{size} bytes")));
    }
    Ok(())
}

/// What the instance would make of it.
fn judge(facts: &XclbinFacts, exam: &mut Examination) {
    if let Some(target) = facts.emulation() {
        exam.report(Finding::warning(Code::XclbinEmulation, "a hardware build", target));
    } else {
        judge_bitstream(facts, exam);
    }
    judge_platform(facts, exam);
}

fn judge_bitstream(facts: &XclbinFacts, exam: &mut Examination) {
    let expected = "a checkpoint in its BITSTREAM section";
    let outside = lies_outside(exam);
    match facts.bitstream.map(|bitstream| bitstream.content) {
        Some(Content::Checkpoint) => {}
        // It may be the section that is not where it should be.
        None | Some(Content::Unseen) if outside => {}
        // The header said that there are sections which were not at hand.
        None | Some(Content::Unseen) if exam.head_only => {}
        None | Some(Content::Unseen) => {
            exam.report(Finding::warning(Code::NoBitstream, expected, "no such section"));
        }
        Some(Content::AwsId) => {
            let id = facts.aws_id.as_deref().unwrap_or_default();
            let finding = Finding::warning(Code::NoBitstream, expected, format!("the AWS image {id}"));
            exam.report(
                finding.advise("link it again for the platform of your instance: AWS has the bitstream"),
            );
        }
        Some(other) => {
            exam.report(Finding::warning(Code::XclbinContent, expected, other.words()));
        }
    }
}

fn judge_platform(facts: &XclbinFacts, exam: &mut Examination) {
    let Some(found) = facts.platform.vbnv() else { return };
    let row = tables::PLATFORMS.iter().find(|row| row.vbnv == found);
    let Some(row) = row else {
        let known: Vec<String> =
            tables::PLATFORMS.iter().map(|row| format!("{} ({})", row.vbnv, row.instance)).collect();
        exam.report(Finding::warning(Code::XclbinPlatform, known.join(" or "), found));
        return;
    };
    let data_clock = facts.clocks.iter().find(|clock| clock.is_data()).map(|clock| clock.mhz);
    if let (Some(limit), Some(mhz)) = (row.data_clock_mhz, data_clock)
        && mhz > f64::from(limit)
    {
        let expected = format!("at most {limit} MHz on {}", row.instance);
        exam.report(Finding::warning(Code::XclbinClock, expected, format!("{mhz} MHz")));
    }
}

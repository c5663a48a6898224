//! Xilinx's container of SDAccel and Vitis, second form (XRT `xclbin.h`, struct `axlf`).
//!
//! A header of 456 bytes, the section headers, the sections. Sections are read where they stand, in one pass; only
//! those that say something of the design are kept, each bounded.

mod facts;
mod layout;
mod metadata;
mod payload;

use std::collections::HashSet;
use std::io;

pub use facts::{Argument, Content, CuInstance, Kernel, Platform, XclbinFacts};

use self::layout::{BITSTREAM, Header};
use super::examination::Facts;
use super::finding::Stop;
use super::source::{Input, Source};
use super::{Code, Examination, Finding, Kind, dcp, tables};

/// The sections that may hold a bitstream.
const BITSTREAMS: [&str; 4] = [BITSTREAM, "DESIGN_CHECK_POINT", "PDI", "BITSTREAM_PARTIAL_PDI"];
/// More sections than this are nonsense (XRT `xclbin.h`: `XCLBIN_MAX_NUM_SECTION`).
const SECTIONS_LIMIT: u32 = 0x1_0000;
/// So many sections are listed; the rest is counted.
const SECTIONS_LISTED: usize = 1000;
/// Longer metadata is not read; real ones have some hundred KB.
const PAYLOAD_LIMIT: u64 = 4 << 20;
/// Enough of a bitstream to see what it is, and of an AWS id to see it whole.
const SNIFF: usize = 64;
/// What `xclbinutil` of 2018 appends as a signature, behind the stated length (XRT `XclBinUtilities.cxx`).
const APPENDED_SIGNATURE: &[u8] = b"SIGN\x9d\xff\x41\xc0\x8c\xcb\x82\xa7\x13\x1c\xc9\xf3";

/// Reads a container from its first byte on.
pub(super) fn examine(source: &mut Source<'_>, exam: &mut Examination) -> io::Result<()> {
    let mut facts = XclbinFacts { mode: layout::UNKNOWN_MODE, ..XclbinFacts::default() };
    let outcome = read(source, &mut facts, exam);
    if outcome.is_ok() {
        judge(&facts, exam);
    }
    exam.facts = Facts::Xclbin(Box::new(facts));
    exam.settle(outcome)
}

/// Where a section is, and the number of its kind.
type Place = (u64, u64, u32);

fn read(source: &mut Source<'_>, facts: &mut XclbinFacts, exam: &mut Examination) -> Result<(), Stop> {
    let bytes = source.take(layout::HEADER_BYTES)?;
    let Some(header) = Header::read(&bytes) else {
        return Err(cut_off(format!("{} bytes of header", layout::HEADER_BYTES), source.size()));
    };
    header.facts(facts);
    if header.sections > SECTIONS_LIMIT {
        let expected = format!("at most {SECTIONS_LIMIT} sections");
        return Err(Finding::error(Code::XclbinSections, expected, header.sections.to_string()).into());
    }
    facts.sections_total = u64::from(header.sections);
    let mut places = Vec::new();
    for _ in 0..header.sections {
        let bytes = source.take(layout::SECTION_BYTES)?;
        let Some(section) = layout::section(&bytes) else {
            if exam.head_only {
                break;
            }
            let expected = format!("{} section headers", header.sections);
            return Err(cut_off(expected, source.size()));
        };
        places.push((section.offset, section.size, section.kind_number));
        if facts.sections.len() < SECTIONS_LISTED {
            facts.sections.push(section);
        }
    }
    places.retain(|(_, size, _)| *size > 0);
    places.sort_unstable();
    judge_layout(source, &places, exam);
    read_sections(source, &places, facts, exam)?;
    facts.connect();
    judge_length(source, &places, facts, exam)
}

fn cut_off(expected: String, size: u64) -> Stop {
    Finding::error(Code::XclbinCutOff, expected, format!("the end of the file after {size} bytes")).into()
}

/// Every section must lie behind the headers, within the file, and beside the others.
fn judge_layout(source: &Source<'_>, places: &[Place], exam: &mut Examination) {
    let mut end_of_last = source.position();
    for &(offset, size, kind) in places {
        let end = offset.checked_add(size);
        let found = format!("{} of {size} bytes at byte {offset}", layout::kind_name(kind));
        if end.is_none_or(|end| end > source.size()) {
            let expected = format!("sections within {} bytes", source.size());
            exam.report(Finding::error(Code::XclbinSectionOutside, expected, found));
        } else if offset < end_of_last {
            let expected = format!("sections one behind the other, the next from byte {end_of_last} on");
            exam.report(Finding::error(Code::XclbinSectionOverlap, expected, found));
        }
        end_of_last = end_of_last.max(end.unwrap_or(u64::MAX));
    }
}

/// Reads the sections in the order in which they stand in the file; of each kind that tells something, the first.
fn read_sections(
    source: &mut Source<'_>,
    places: &[Place],
    facts: &mut XclbinFacts,
    exam: &mut Examination,
) -> io::Result<()> {
    let mut told = HashSet::new();
    for &(offset, size, kind) in places {
        let Some(kind) = layout::known_kind(kind) else { continue };
        if !source.skip_to(offset)? {
            continue;
        }
        if BITSTREAMS.contains(&kind) {
            read_bitstream(&mut Source::new(source, size), kind, facts, exam)?;
        } else if let Some(read) = payload::reader(kind).filter(|_| told.insert(kind)) {
            if size > PAYLOAD_LIMIT {
                // One that lies outside has been told of.
                if size <= source.left() {
                    left_out(format!("{size} bytes of {kind}"), exam);
                }
                continue;
            }
            let bytes = source.take(size)?;
            // What lies between the ends of an object is not at hand.
            if bytes.len() as u64 == size {
                read(&bytes, facts);
            }
        }
    }
    Ok(())
}

/// Sees what stands for a bitstream, and reads a checkpoint through.
fn read_bitstream(
    section: &mut Source<'_>,
    kind: &str,
    facts: &mut XclbinFacts,
    exam: &mut Examination,
) -> io::Result<()> {
    let size = section.size();
    let first = section.peek(SNIFF)?;
    let content = facts.add_bitstream(kind, &first[..first.len().min(SNIFF)], size);
    if content != Content::Checkpoint || lies_outside(exam) {
        return Ok(());
    }
    let mut inner = exam.of_part(Kind::Zip, size);
    dcp::examine(section, &mut inner)?;
    exam.budget = inner.budget;
    let counts = facts.bitstream.as_mut().filter(|known| known.primary == (kind == BITSTREAM));
    if inner.kind == Kind::Zip && !inner.head_only {
        inner.findings.retain(|finding| finding.code != Code::DcpNoXml);
        if let Some(bitstream) = counts {
            bitstream.content = Content::Zip;
        }
    } else if let (Some(_), Facts::Dcp(checkpoint)) = (counts, inner.facts) {
        facts.checkpoint = Some(checkpoint).filter(|_| inner.kind == Kind::Dcp);
    }
    inner.findings.into_iter().for_each(|finding| exam.report(finding.of_member(kind)));
    Ok(())
}

fn left_out(found: String, exam: &mut Examination) {
    exam.report(Finding::note(Code::LeftOut, "metadata of a size that designs have", found));
}

fn lies_outside(exam: &Examination) -> bool {
    exam.findings.iter().any(|finding| finding.code == Code::XclbinSectionOutside)
}

/// The stated length is that of the file, or the sum of its parts without the padding between them, which SDx stated up
/// to 2017; the signature of 2018 stands behind it.
fn judge_length(
    source: &mut Source<'_>,
    places: &[Place],
    facts: &mut XclbinFacts,
    exam: &mut Examination,
) -> Result<(), Stop> {
    let (stated, size) = (facts.length, source.size());
    let sum = places.iter().fold(0_u64, |sum, (_, size, _)| sum.saturating_add(*size));
    let unpadded = sum.saturating_add(layout::HEADER_BYTES + layout::SECTION_BYTES * facts.sections_total);
    let end = places.iter().map(|(offset, size, _)| offset.saturating_add(*size)).max().unwrap_or(0);
    if stated == size || stated == unpadded && end <= size && size <= end.next_multiple_of(8) {
        return Ok(());
    }
    if stated < size
        && source.skip_to(stated)?
        && source.peek(APPENDED_SIGNATURE.len())?.starts_with(APPENDED_SIGNATURE)
    {
        facts.signed = true;
        return Ok(());
    }
    let expected = format!("{stated} bytes, as the header says");
    exam.report(Finding::error(Code::XclbinLength, expected, format!("{size} bytes")));
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
    if !facts.links.had_room() {
        left_out("more kernels, compute units and arguments than are listed".to_owned(), exam);
    }
    for clock in &facts.clocks {
        // Frequencies are rounded on the way: only a whole MHz counts.
        if let Some(asked) = clock.requested_mhz.filter(|asked| clock.mhz + 1.0 <= *asked) {
            let achieved = if clock.mhz > 0.0 { format!("{} MHz", clock.mhz) } else { "none stated".into() };
            let found = format!("{}: {achieved}", clock.name);
            exam.report(Finding::note(Code::XclbinClockMissed, format!("{asked} MHz"), found));
        }
    }
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

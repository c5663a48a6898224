//! A Vivado design checkpoint: a zip with dcp.xml, which says what the other members are.
//!
//! The element names are those of checkpoints of Vivado 2016.4 to 2023.1. How far the design had come stands in
//! Vivado's own record of its runs; the presence of placement and route files tells nothing, for a placed design has
//! both.

use std::io;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde::Serialize;

use super::examination::Facts;
use super::finding::{TEXT_LIMIT, cut};
use super::record::{self, Record, Stage};
use super::source::{Ends, Source};
use super::xml::attribute;
use super::zipfile::{self, Member, Zip};
use super::{Code, Examination, Finding, Kind, other, part, tables};

/// What a checkpoint says of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DcpFacts {
    pub part: Option<String>,
    pub device: Option<String>,
    /// The instances that have the device.
    pub instances: Vec<&'static str>,
    /// The tool, in its own words.
    pub tool: Option<String>,
    /// The tool's version, such as `2018.2`.
    pub tool_version: Option<String>,
    pub build: Option<String>,
    pub top: Option<String>,
    pub board_part: Option<String>,
    /// Whether it is a part of a design.
    pub out_of_context: Option<bool>,
    /// How far the design had come, by Vivado's record.
    pub stage: Option<Stage>,
    /// Whether it is routed; none when no record tells.
    pub routed: Option<bool>,
    #[serde(flatten)]
    pub record: Record,
    /// Whether the netlist is encrypted.
    pub encrypted: Option<bool>,
    /// The first thousand members.
    pub members: Vec<Member>,
    pub members_total: u64,
    /// Bytes of all members, unpacked.
    pub unpacked_bytes: u64,
}

const XML: &str = "dcp.xml";
/// Longer than any dcp.xml: real ones have 2 KB.
const XML_LIMIT: usize = 1 << 20;
/// Enough of a netlist to see whether it is text.
const NETLIST_HEAD: usize = 16;
/// What Vivado's encryption puts before a file: `XlxV`, a version, `EB`.
const ENCRYPTED: &[u8] = b"XlxV";

fn keep(name: &str) -> usize {
    match name {
        XML => XML_LIMIT,
        _ if is_netlist(name) => NETLIST_HEAD,
        _ if record::is_record(name) => record::LIMIT,
        _ => 0,
    }
}

fn is_netlist(name: &str) -> bool {
    [".edf", ".edn", ".edif"].iter().any(|end| name.ends_with(end))
}

/// Reads a zip from its first byte on; what is a checkpoint is then called one.
pub(super) fn examine(source: &mut Source<'_>, exam: &mut Examination) -> io::Result<()> {
    let mut zip = zipfile::read(source, keep, &mut exam.budget)?;
    if exam.head_only {
        zip.findings.retain(|finding| finding.code != Code::ZipCutOff);
    }
    judge(zip, exam);
    Ok(())
}

/// Says what the two ends of a zip tell.
pub(super) fn examine_ends(ends: Ends<'_>, exam: &mut Examination) -> io::Result<()> {
    judge(zipfile::read_ends(ends, keep)?, exam);
    Ok(())
}

fn judge(mut zip: Zip, exam: &mut Examination) {
    let broken = !zip.findings.is_empty();
    zip.findings.drain(..).for_each(|finding| exam.report(finding));
    let mut facts = DcpFacts { members_total: zip.members_total, ..DcpFacts::default() };
    facts.unpacked_bytes = zip.unpacked_bytes;
    exam.kind = match () {
        () if zip.has(XML) => Kind::Dcp,
        () if ["xsa.xml", "xsa.json", "sysdef.xml", "dsa.xml"].iter().any(|name| zip.has(name)) => Kind::Xsa,
        () if zip.has("xo.xml") => Kind::Xo,
        () => Kind::Zip,
    };
    if let Some(xml) = zip.content(XML) {
        read_xml(xml, &zip, &mut facts, exam);
        if zip.complete {
            judge_members(&zip, exam);
        }
        judge_design(&facts, exam);
    } else if exam.kind == Kind::Dcp && !exam.head_only && !broken {
        exam.report(Finding::warning(
            Code::DcpXml,
            "a dcp.xml that is stored or deflated",
            "one that is not",
        ));
    }
    if matches!(exam.kind, Kind::Xsa | Kind::Xo) {
        other::report_not_loadable(exam, other::advice(exam.kind));
    }
    // The rest of the members may be where nobody looked.
    if exam.kind == Kind::Zip && zip.complete && !broken {
        exam.report(no_checkpoint(&zip));
    }
    facts.encrypted = encrypted(&zip);
    facts.members = zip.members;
    exam.facts = Facts::Dcp(Box::new(facts));
}

/// A zip without dcp.xml, in which there may be what was meant.
fn no_checkpoint(zip: &Zip) -> Finding {
    let packed = [".tar.gz", ".tgz", ".tar", ".dcp", ".bit", ".gbs", ".xclbin"];
    let is_packed = |name: &str| packed.iter().any(|end| name.to_ascii_lowercase().ends_with(end));
    let meant = zip.members.iter().find(|member| is_packed(&member.name));
    match meant {
        Some(member) => {
            Finding::error(Code::NotLoadable, "the file itself", format!("a zip with {}", member.name))
                .advise(format!("unzip it, and give {}", member.name))
        }
        None => Finding::error(Code::DcpNoXml, "a member dcp.xml", format!("{} members", zip.members_total)),
    }
}

/// What a whole checkpoint can't do without.
fn judge_members(zip: &Zip, exam: &mut Examination) {
    let mut others = zip.members.iter().filter(|member| member.name != XML && member.size > 0);
    // Of very many members only the first are listed.
    let all_are_listed = zip.members.len() as u64 == zip.members_total;
    if all_are_listed && others.next().is_none() {
        exam.report(Finding::error(Code::DcpIncomplete, "a netlist", "nothing beside dcp.xml"));
    }
    let empty = zip.members.iter().filter(|member| member.size == 0);
    for member in empty.filter(|member| is_netlist(&member.name) || member.name.ends_with(".xdef")) {
        let finding = Finding::error(Code::DcpIncomplete, "a netlist or a placement", "0 bytes");
        exam.report(finding.of_member(&member.name));
    }
}

fn encrypted(zip: &Zip) -> Option<bool> {
    let netlists = zip.kept.iter().filter(|(name, content)| is_netlist(name) && !content.is_empty());
    let wrapped: Vec<bool> = netlists.map(|(_, content)| content.starts_with(ENCRYPTED)).collect();
    let locked = zip.members.iter().any(|member| member.encrypted);
    if wrapped.is_empty() && !locked { None } else { Some(locked || wrapped.contains(&true)) }
}

/// What dcp.xml says of the other files.
#[derive(Default)]
struct Files {
    /// Vivado's records: JSON, and the older form.
    records: [Option<String>; 2],
    /// Files that are not in the zip, and of them those without which there is no design.
    missing: Vec<String>,
    missing_design: Vec<String>,
}

fn read_xml(xml: &[u8], zip: &Zip, facts: &mut DcpFacts, exam: &mut Examination) {
    let text = String::from_utf8_lossy(xml);
    let mut reader = Reader::from_str(&text);
    let (mut files, mut is_checkpoint) = (Files::default(), false);
    loop {
        let element = match reader.read_event() {
            Ok(Event::Start(element) | Event::Empty(element)) => element,
            Ok(Event::Eof) => break,
            Ok(_) => continue,
            Err(e) => {
                exam.report(Finding::error(Code::DcpXml, "well-formed XML", e.to_string()));
                return;
            }
        };
        is_checkpoint |= element.name().as_ref() == "Checkpoint";
        if element.name().as_ref() == "File" {
            read_file(&element, zip, &mut files);
        } else if let Some(value) = attribute(&element, "Name").filter(|value| !value.is_empty()) {
            read_element(element.name().as_ref(), cut(value, TEXT_LIMIT), facts);
        }
    }
    if !is_checkpoint {
        exam.report(Finding::error(Code::DcpXml, "an element `Checkpoint`", "none"));
        return;
    }
    if facts.part.is_none() {
        exam.report(Finding::error(Code::DcpXml, "an element `Part` with a name", "none"));
    }
    let content = |name: &Option<String>| name.as_deref().and_then(|name| zip.content(name));
    let unseen = !zip.complete && files.records.iter().any(|name| name.is_some() && content(name).is_none());
    let [json, rda] = [content(&files.records[0]), content(&files.records[1])];
    (facts.stage, facts.record) = record::read(json, rda);
    if unseen && facts.stage == Some(Stage::Unknown) {
        facts.stage = None;
    }
    facts.routed = facts.stage.and_then(Stage::is_routed);
    if !files.missing.is_empty() {
        exam.report(Finding::warning(Code::DcpMemberMissing, files.missing.join(", "), "no such members"));
    }
    if !files.missing_design.is_empty() {
        let expected = files.missing_design.join(", ");
        exam.report(Finding::error(Code::DcpIncomplete, expected, "no such members"));
    }
}

fn read_file(element: &BytesStart<'_>, zip: &Zip, files: &mut Files) {
    let name = attribute(element, "Name").unwrap_or_default();
    let kind = attribute(element, "Type");
    let missing = match kind.as_deref() {
        Some("EDIF" | "XDEF") => &mut files.missing_design,
        _ => &mut files.missing,
    };
    if missing.len() < 10 && zip.lacks(&name) {
        missing.push(name.clone());
    }
    match kind.as_deref() {
        Some("JSON_RDA") => files.records[0] = Some(name),
        Some("RDA") => files.records[1] = Some(name),
        _ => {}
    }
}

fn read_element(name: &str, value: String, facts: &mut DcpFacts) {
    match name {
        "Part" => {
            facts.device = Some(part::device(&value));
            facts.instances = part::instances(&value);
            facts.part = Some(value);
        }
        "PRODUCT" => {
            facts.tool_version = version(&value).map(|(year, release)| format!("{year}.{release}"));
            facts.tool = Some(value);
        }
        "FULL_BUILD" => facts.build = Some(value),
        "BUILD_NUMBER" if facts.build.is_none() => facts.build = Some(value),
        "Top" => facts.top = Some(value),
        "BoardPart" => facts.board_part = Some(value),
        "OutOfContext" => facts.out_of_context = Some(value == "1"),
        _ => {}
    }
}

/// Year and release in `Vivado v2016.4_sdx (64-bit)`.
fn version(tool: &str) -> Option<(u16, u16)> {
    let (year, rest) = tool.split_once(" v")?.1.split_once('.')?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((year.parse().ok()?, digits.parse().ok()?))
}

fn judge_design(facts: &DcpFacts, exam: &mut Examination) {
    if facts.out_of_context == Some(true) {
        let top = facts.top.as_deref().unwrap_or("a part of one");
        exam.report(Finding::warning(
            Code::DcpOutOfContext,
            "a whole design",
            format!("{top}, out of context"),
        ));
    }
    if let Some(found) = facts.record.failing_timing() {
        exam.report(Finding::warning(Code::DcpTiming, "no negative slack", found));
    }
    let fits = |row: &&tables::Instance| facts.device.as_deref() == Some(row.device);
    let row = tables::INSTANCES.iter().find(fits);
    if let (Some(row), Some(tool)) = (row, &facts.tool)
        && let (Some(oldest), Some(version)) = (row.oldest_vivado, version(tool))
        && version < oldest
    {
        let expected = format!("Vivado {}.{} or newer ({})", oldest.0, oldest.1, row.name);
        exam.report(Finding::warning(Code::DcpOldTool, expected, tool.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_in_each_spelling_of_the_tools() {
        assert_eq!(version("Vivado v2016.4_sdx (64-bit)"), Some((2016, 4)));
        assert_eq!(version("Vivado v2022.2 (64-bit)"), Some((2022, 2)));
        assert_eq!(version("Vivado v2018.2.1"), Some((2018, 2)));
        assert_eq!(version("RapidWright 2023.1.0"), None);
    }
}

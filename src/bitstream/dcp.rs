//! A Vivado design checkpoint: a zip with dcp.xml, which says what the other members are.
//!
//! The element names are those of checkpoints of Vivado 2016.4 and 2022.2; the placement and the routes are one
//! member of type `XDEF` up to about 2020, and of the types `PHYSDB_PLACE` and `PHYSDB_ROUTE` since.

use std::io;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde::Serialize;

use super::examination::Facts;
use super::source::Source;
use super::zipfile::{self, Member, TwoEnds, Zip};
use super::{Code, Examination, Finding, Kind, other, part, tables};

/// What a checkpoint says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DcpFacts {
    /// The part that it is for.
    pub part: Option<String>,
    /// The part's device.
    pub device: Option<String>,
    /// The instances that have the device.
    pub instances: Vec<&'static str>,
    /// The tool, in its own words.
    pub tool: Option<String>,
    /// The tool's version, such as `2018.2`.
    pub tool_version: Option<String>,
    /// The tool's build.
    pub build: Option<String>,
    /// The top module.
    pub top: Option<String>,
    /// The board, where the project named one.
    pub board_part: Option<String>,
    /// Whether it is a part of a design.
    pub out_of_context: Option<bool>,
    /// How far the design had come.
    pub stage: Option<Stage>,
    /// Whether it is routed; none when its version does not tell placed from routed.
    pub routed: Option<bool>,
    /// Whether the netlist is encrypted.
    pub encrypted: Option<bool>,
    /// The first thousand members.
    pub members: Vec<Member>,
    /// How many members there are.
    pub members_total: u64,
    /// Bytes of all members, unpacked.
    pub unpacked_bytes: u64,
}

/// How far a design had come when its checkpoint was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// A netlist only.
    Synthesised,
    /// Placed, not routed.
    Placed,
    /// Placed, and perhaps routed: the older form does not tell.
    Implemented,
    /// Routed.
    Routed,
}

impl Stage {
    /// A word for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Synthesised => "synthesised",
            Self::Placed => "placed",
            Self::Implemented => "placed, perhaps routed",
            Self::Routed => "routed",
        }
    }
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
        _ if [".edf", ".edn", ".edif"].iter().any(|end| name.ends_with(end)) => NETLIST_HEAD,
        _ => 0,
    }
}

/// Reads a zip from its first byte on; what is a checkpoint is then called one.
pub(super) fn examine(source: &mut Source<'_>, exam: &mut Examination) -> io::Result<()> {
    let mut zip = zipfile::read(source, keep)?;
    if exam.head_only {
        zip.findings.retain(|finding| finding.code != Code::ZipCutOff);
    }
    judge(zip, exam);
    Ok(())
}

/// Says what the two ends of a zip tell.
pub(super) fn examine_ends(ends: TwoEnds<'_>, exam: &mut Examination) -> io::Result<()> {
    judge(zipfile::read_ends(ends, keep)?, exam);
    Ok(())
}

fn judge(mut zip: Zip, exam: &mut Examination) {
    let broken = !zip.findings.is_empty();
    zip.findings.drain(..).for_each(|finding| exam.report(finding));
    let has = |name: &str| zip.members.iter().any(|member| member.name == name);
    let mut facts = DcpFacts { members_total: zip.members_total, ..DcpFacts::default() };
    facts.unpacked_bytes = zip.unpacked_bytes;
    exam.kind = match () {
        () if has(XML) => Kind::Dcp,
        () if has("xsa.xml") || has("xsa.json") || has("sysdef.xml") || has("dsa.xml") => Kind::Xsa,
        () if has("xo.xml") => Kind::Xo,
        () => Kind::Zip,
    };
    if let Some(xml) = zip.content(XML) {
        read_xml(xml, &zip, &mut facts, exam);
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
    if exam.kind == Kind::Zip && !broken && (!exam.head_only || zip.members_total > 0) {
        let found = format!("{} members", zip.members_total);
        exam.report(Finding::error(Code::DcpNoXml, "a member dcp.xml", found));
    }
    facts.encrypted = encrypted(&zip);
    facts.members = zip.members;
    exam.facts = Facts::Dcp(Box::new(facts));
}

fn encrypted(zip: &Zip) -> Option<bool> {
    let netlists = zip.kept.iter().filter(|kept| kept.name != XML && !kept.content.is_empty());
    let wrapped: Vec<bool> = netlists.map(|kept| kept.content.starts_with(ENCRYPTED)).collect();
    let locked = zip.members.iter().any(|member| member.encrypted);
    if wrapped.is_empty() && !locked { None } else { Some(locked || wrapped.contains(&true)) }
}

/// Types that say how far the design had come, of a file list.
#[derive(Default)]
struct Physical {
    placed: bool,
    routed: bool,
    either: bool,
}

fn read_xml(xml: &[u8], zip: &Zip, facts: &mut DcpFacts, exam: &mut Examination) {
    let text = String::from_utf8_lossy(xml);
    let mut reader = Reader::from_str(&text);
    let (mut physical, mut missing, mut is_checkpoint) = (Physical::default(), Vec::new(), false);
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
            read_file(&element, zip, &mut physical, &mut missing);
        } else if let Some(value) = attribute(&element, "Name").filter(|value| !value.is_empty()) {
            read_element(element.name().as_ref(), value, facts);
        }
    }
    if !is_checkpoint {
        exam.report(Finding::error(Code::DcpXml, "an element `Checkpoint`", "none"));
        return;
    }
    (facts.stage, facts.routed) = match physical {
        Physical { routed: true, .. } => (Some(Stage::Routed), Some(true)),
        Physical { either: true, .. } => (Some(Stage::Implemented), None),
        Physical { placed: true, .. } => (Some(Stage::Placed), Some(false)),
        _ => (Some(Stage::Synthesised), Some(false)),
    };
    let all_known = zip.members.len() as u64 == zip.members_total;
    if !missing.is_empty() && all_known {
        exam.report(Finding::warning(Code::DcpMemberMissing, missing.join(", "), "no such members"));
    }
}

fn read_file(element: &BytesStart<'_>, zip: &Zip, physical: &mut Physical, missing: &mut Vec<String>) {
    let name = attribute(element, "Name").unwrap_or_default();
    match attribute(element, "Type").as_deref() {
        Some("PHYSDB_ROUTE") => physical.routed = true,
        Some("PHYSDB_PLACE") => physical.placed = true,
        Some("XDEF") => physical.either = true,
        _ => {}
    }
    if missing.len() < 10 && !zip.members.iter().any(|member| member.name == name) {
        missing.push(name);
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

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.attributes().flatten().find(|attribute| attribute.key.as_ref() == name)?;
    Some(quick_xml::escape::unescape(&found.value).map_or_else(|_| found.value.to_string(), Into::into))
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
    if facts.routed == Some(false) {
        let stage = facts.stage.map_or("", Stage::words);
        exam.report(Finding::warning(Code::DcpNotRouted, "a routed design", format!("a {stage} one")));
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

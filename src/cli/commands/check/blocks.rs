//! The human form: titled blocks of `   Name:    value` lines, as `xclbinutil --info` prints them.

use super::{Known, xclbin};
use crate::base::size::ByteSize;
use crate::bitstream::{AocxFacts, BitFacts, DcpFacts, Facts, GbsFacts, Kind, PackageFacts, Stage};
use crate::cli::output::Page;

/// A title, underlined.
pub(super) fn title(page: &mut Page, text: &str) {
    page.line("");
    page.line(text);
    page.line("-".repeat(text.chars().count()));
}

/// A line with a name and what there is under it.
pub(super) fn line(page: &mut Page, name: &str, value: impl AsRef<str>) {
    page.line(format!("   {:23} {}", format!("{name}:"), value.as_ref()));
}

/// The same, when there is something.
pub(super) fn some(page: &mut Page, name: &str, value: Option<&str>) {
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        line(page, name, value);
    }
}

/// The blocks of a file's facts.
pub(super) fn facts(page: &mut Page, kind: Kind, size: u64, facts: &Facts) {
    if let Facts::Xclbin(facts) = facts {
        xclbin::blocks(page, facts);
        return;
    }
    title(page, &format!("{} Information", kind.name()));
    line(page, "Kind", kind.title());
    line(page, "Size", sized(size));
    match facts {
        Facts::Gbs(facts) => gbs(page, facts),
        Facts::Dcp(facts) => dcp(page, facts),
        Facts::Bit(facts) => bit(page, facts),
        Facts::Aocx(facts) => aocx(page, facts),
        Facts::Package(facts) => package(page, facts),
        Facts::Xclbin(_) | Facts::None {} => {}
    }
}

/// `368570 bytes (359.9 KiB)`
pub(super) fn sized(bytes: u64) -> String {
    if bytes < 1024 { format!("{bytes} bytes") } else { format!("{bytes} bytes ({})", ByteSize(bytes)) }
}

fn gbs(page: &mut Page, facts: &GbsFacts) {
    some(page, "Version", facts.version.map(|version| version.to_string()).as_deref());
    some(page, "Platform", facts.platform_name.as_deref());
    let interface = facts.interface_uuid.as_ref().map(|uuid| match facts.interface_of {
        Some(stack) => format!("{uuid} ({stack})"),
        None => uuid.clone(),
    });
    some(page, "Interface id", interface.as_deref());
    let mhz = |clock: Option<f64>| clock.map(|mhz| format!("{mhz} MHz"));
    some(page, "Clock (high)", mhz(facts.clock_high_mhz).as_deref());
    some(page, "Clock (low)", mhz(facts.clock_low_mhz).as_deref());
    some(page, "Power", facts.power_watts.map(|watts| format!("{watts} W")).as_deref());
    for afu in &facts.afus {
        line(page, "AFU", &afu.name);
        some(page, "AFU id", afu.uuid.as_deref());
        some(page, "Contexts", afu.contexts.map(|contexts| contexts.to_string()).as_deref());
    }
    line(page, "Payload", sized(facts.payload_bytes));
}

fn dcp(page: &mut Page, facts: &DcpFacts) {
    part(page, facts.part.as_deref(), &facts.instances);
    some(page, "Tool", facts.tool.as_deref());
    some(page, "Build", facts.build.as_deref());
    some(page, "Top", facts.top.as_deref());
    some(page, "Board part", facts.board_part.as_deref());
    some(page, "Stage", facts.stage.map(Stage::words));
    some(page, "Design state", facts.record.design_state.as_deref());
    some(page, "Last task", facts.record.last_task.as_deref());
    some(page, "Timing", facts.record.timing().as_deref());
    some(page, "Out of context", facts.out_of_context.map(yes_or_no));
    some(page, "Encrypted", facts.encrypted.map(yes_or_no));
    line(page, "Members", format!("{} ({} unpacked)", facts.members_total, ByteSize(facts.unpacked_bytes)));
}

fn yes_or_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

fn part(page: &mut Page, part: Option<&str>, instances: &[&str]) {
    let of = |part: &str| match instances {
        [] => part.to_owned(),
        instances => format!("{part} ({})", instances.join(", ")),
    };
    some(page, "Part", part.map(of).as_deref());
}

fn bit(page: &mut Page, facts: &BitFacts) {
    some(page, "Design", Some(&facts.design));
    part(page, Some(&facts.part), &facts.instances);
    some(page, "Created", Some(format!("{} {}", facts.date, facts.time).trim()));
    some(page, "Tool", facts.tool_version.as_ref().map(|version| format!("Vivado {version}")).as_deref());
    some(page, "User id", facts.user_id.as_deref());
    line(page, "Partial", yes_or_no(facts.partial));
    line(page, "Compressed", yes_or_no(facts.compressed));
    some(page, "Configuration data", facts.length.map(sized).as_deref());
}

fn aocx(page: &mut Page, facts: &AocxFacts) {
    some(page, "Board", facts.board.as_deref());
    line(page, "Bitstream", yes_or_no(facts.bitstream));
    line(page, "Emulation", yes_or_no(facts.emulation));
    line(page, "Sections", facts.sections.join(", "));
}

fn package(page: &mut Page, facts: &PackageFacts) {
    line(page, "Members", format!("{} ({} unpacked)", facts.members_total, ByteSize(facts.unpacked_bytes)));
    let manifest = facts.manifest.as_ref();
    some(page, "Manifest", manifest.map(|manifest| manifest.name.as_str()));
    some(page, "dcp_hash", manifest.and_then(|manifest| manifest.dcp_hash.as_deref()));
    for member in &facts.members {
        self::facts(page, member.kind, member.size, &member.facts);
        line(page, "Member", &member.name);
    }
}

/// What is wrong, each with what was expected, what was found and what to do.
pub(super) fn findings(page: &mut Page, known: &Known<'_>) {
    title(page, "Findings");
    for finding in known.findings {
        let member = finding.member.as_ref().map_or_else(String::new, |member| format!("{member}: "));
        let (severity, code) = (finding.severity.name(), finding.code.name());
        page.line(format!("   {severity} [{code}] {member}{}", finding.message));
        for (name, value) in
            [("expected", &finding.expected), ("found", &finding.found), ("do", &finding.advice)]
        {
            page.line(format!("      {name:9} {value}"));
        }
    }
    let plural = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
    let mut counts = vec![plural(known.errors, "error"), plural(known.warnings, "warning")];
    counts.extend((known.notes > 0).then(|| plural(known.notes, "note")));
    page.line(format!("   {}", counts.join(", ")));
}

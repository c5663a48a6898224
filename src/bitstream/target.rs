//! A file held against the chip that it is for: what the facts alone do not decide.

use super::tables::{self, Instance};
use super::{
    Code, DcpFacts, Examination, Facts, Family, Finding, Kind, PackageMember, Severity, Stage, part,
};

/// What the file is to be loaded into, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The maker of the chip: the service's `FpgaType`.
    pub family: Option<Family>,
    /// The chip's shell: the service's `ShellUUID`.
    pub shell: Option<String>,
}

impl Target {
    /// Any chip of a maker.
    pub fn of_family(family: Family) -> Self {
        Self { family: Some(family), shell: None }
    }

    fn shell(&self) -> Option<&str> {
        self.shell.as_deref()
    }
}

/// The codes of what is found here, and nowhere else.
const OF_TARGETS: [Code; 7] = [
    Code::WrongKind,
    Code::NotPackaged,
    Code::PartUnknown,
    Code::PartOtherFamily,
    Code::PartOtherDevice,
    Code::DcpNotRouted,
    Code::GbsInterfaceUnknown,
];
/// What a chip can't be loaded with, and what may be meant where no chip is named.
const HARDENED: [Code; 3] = [Code::NoBitstream, Code::XclbinEmulation, Code::XclbinContent];

impl Examination {
    /// Holds the file against a target, in the place of an earlier one.
    ///
    /// With a maker, the wrong kind of file, a part of another device, a design that is not routed and a container
    /// without a checkpoint are errors; a shell that is known narrows the maker's chips down.
    pub fn hold_against(&mut self, target: &Target) {
        self.findings.retain(|finding| !OF_TARGETS.contains(&finding.code));
        judge_kind(self, target);
        if target.family.is_none() || target.family == self.family() {
            for finding in judge_facts(&self.facts, self.family(), target) {
                self.report(finding);
            }
        }
        let hardened = self.findings.iter_mut().filter(|finding| HARDENED.contains(&finding.code));
        let severity = if target.family.is_some() { Severity::Error } else { Severity::Warning };
        hardened.for_each(|finding| finding.severity = severity);
        self.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    }
}

fn judge_kind(exam: &mut Examination, target: &Target) {
    let Some(wanted) = target.family else { return };
    // What is empty, unknown or broken beyond its kind is wrong for every chip; a zip's kind may be where nobody looked.
    let nameless = exam.family().is_none() && (exam.has_errors() || exam.head_only && exam.kind == Kind::Zip);
    if !nameless && (exam.family() != Some(wanted) || !exam.kind.is_loadable()) {
        let expected = match wanted {
            Family::Intel => "a .gbs",
            Family::Xilinx => "a package (.tar.gz) with a checkpoint",
        };
        let expected = format!("{expected}, for a chip of type {}", wanted.name());
        exam.report(Finding::error(Code::WrongKind, expected, exam.kind.title()));
    } else if matches!(exam.kind, Kind::Xclbin | Kind::Bit | Kind::Dcp | Kind::Tar) {
        exam.report(Finding::warning(Code::NotPackaged, "a package (.tar.gz)", exam.kind.title()));
    }
}

/// The parts, states and interfaces in a file, and in the members of a package.
fn judge_facts(facts: &Facts, family: Option<Family>, target: &Target) -> Vec<Finding> {
    let wanted = tables::instances_of(target.family.or(family), target.shell());
    let part = |part: Option<&str>| part.and_then(|part| judge_part(part, &wanted, target));
    let checkpoint = |dcp: &DcpFacts| part(dcp.part.as_deref()).into_iter().chain(judge_stage(dcp, target));
    match facts {
        Facts::Gbs(facts) => judge_interface(facts.interface_uuid.as_deref(), target),
        Facts::Package(facts) => {
            let of_member = |member: &PackageMember| {
                let findings = judge_facts(&member.facts, family, target);
                findings.into_iter().map(|finding| finding.of_member(&member.name)).collect::<Vec<_>>()
            };
            facts.loadable().flat_map(of_member).collect()
        }
        Facts::Dcp(facts) => checkpoint(facts).collect(),
        Facts::Bit(facts) => part(Some(&facts.part)).into_iter().collect(),
        Facts::Xclbin(facts) => {
            let inner = facts.checkpoint.iter().flat_map(|dcp| checkpoint(dcp));
            let inner = inner.map(|finding| finding.of_member("BITSTREAM"));
            part(facts.fpga_device.as_deref()).into_iter().chain(inner).collect()
        }
        Facts::Aocx(_) | Facts::None {} => Vec::new(),
    }
}

/// Whether the design was routed: a certain no is an error where a chip is named, and what nothing tells a doubt.
fn judge_stage(dcp: &DcpFacts, target: &Target) -> Option<Finding> {
    let expected = "a routed design";
    match dcp.stage? {
        Stage::Routed => None,
        Stage::Unknown => {
            let state = dcp.record.design_state.as_ref();
            let found = state.map_or("a design state that is unknown".to_owned(), |state| {
                format!("a design state that is unknown: {state}")
            });
            let finding = Finding::warning(Code::DcpNotRouted, expected, found);
            Some(finding.say("nothing in it says that it is routed"))
        }
        stage => {
            let state = dcp.record.design_state.as_deref().unwrap_or(stage.words());
            let found = format!("design state: {state}");
            Some(match target.family {
                Some(_) => Finding::error(Code::DcpNotRouted, expected, found),
                None => Finding::warning(Code::DcpNotRouted, expected, found),
            })
        }
    }
}

/// A known device that is not the chip is an error where a chip is named, and a doubt where none is.
fn judge_part(found: &str, wanted: &[&Instance], target: &Target) -> Option<Finding> {
    if wanted.is_empty() || found.is_empty() || wanted.iter().any(|row| row.device == part::device(found)) {
        return None;
    }
    let names: Vec<String> = wanted.iter().map(|row| format!("{} ({})", row.device, row.name)).collect();
    let expected = names.join(" or ");
    let series = part::series(found);
    let described = series.map_or_else(|| found.to_owned(), |series| format!("{found} ({series})"));
    Some(match (series, target.family) {
        (Some(series), Some(_)) if wanted.iter().all(|row| row.series != series) => {
            Finding::error(Code::PartOtherFamily, expected, described)
        }
        (Some(_), Some(_)) => Finding::error(Code::PartOtherDevice, expected, described),
        _ => Finding::warning(Code::PartUnknown, expected, described),
    })
}

/// Compares an interface with what is known of the target's shell, or of any shell.
fn judge_interface(found: Option<&str>, target: &Target) -> Vec<Finding> {
    let known: Vec<_> = tables::INTERFACES.iter().filter(|row| row.fits(target.shell())).collect();
    let Some(found) = found.filter(|found| known.iter().all(|row| row.uuid != *found)) else {
        return Vec::new();
    };
    let expected: Vec<String> = known.iter().map(|row| format!("{} ({})", row.uuid, row.stack)).collect();
    let finding = Finding::warning(Code::GbsInterfaceUnknown, expected.join(" or "), found);
    if known.is_empty() { Vec::new() } else { vec![finding] }
}

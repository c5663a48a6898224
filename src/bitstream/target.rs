//! A file held against the chip that it is for: what the facts alone do not decide.

use super::tables::{self, Instance};
use super::{Code, Examination, Facts, Family, Finding, Kind, Severity, part};

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
const OF_TARGETS: [Code; 5] =
    [Code::WrongKind, Code::NotPackaged, Code::PartUnknown, Code::PartOtherFamily, Code::GbsInterfaceUnknown];

impl Examination {
    /// Holds the file against a target, in the place of an earlier one.
    ///
    /// With a maker, the wrong kind of file, a part of another device family and a container without a bitstream are
    /// errors; a shell that is known narrows the maker's chips down.
    pub fn hold_against(&mut self, target: &Target) {
        self.findings.retain(|finding| !OF_TARGETS.contains(&finding.code));
        judge_kind(self, target);
        if target.family.is_none() || target.family == self.family() {
            for finding in judge_facts(&self.facts, self.family(), target) {
                self.report(finding);
            }
        }
        let hollow = self.findings.iter_mut().filter(|finding| finding.code == Code::NoBitstream);
        let severity = if target.family.is_some() { Severity::Error } else { Severity::Warning };
        hollow.for_each(|finding| finding.severity = severity);
        self.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    }
}

fn judge_kind(exam: &mut Examination, target: &Target) {
    let Some(wanted) = target.family else { return };
    // What is empty, unknown or broken beyond its kind is wrong for every chip.
    let nameless = exam.family().is_none() && exam.has_errors();
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

/// The parts and interfaces in a file, and in the members of a package.
fn judge_facts(facts: &Facts, family: Option<Family>, target: &Target) -> Vec<Finding> {
    let part = match facts {
        Facts::Gbs(facts) => return judge_interface(facts.interface_uuid.as_deref(), target),
        Facts::Package(facts) => {
            let of_member = |member: &super::PackageMember| {
                let findings = judge_facts(&member.facts, family, target);
                findings.into_iter().map(|finding| finding.of_member(&member.name)).collect::<Vec<_>>()
            };
            return facts.loadable().flat_map(of_member).collect();
        }
        Facts::Dcp(facts) => facts.part.as_deref(),
        Facts::Bit(facts) => Some(facts.part.as_str()),
        Facts::Xclbin(facts) => facts.fpga_device.as_deref(),
        Facts::Aocx(_) | Facts::None {} => None,
    };
    let wanted = tables::instances_of(target.family.or(family), target.shell());
    part.and_then(|part| judge_part(part, &wanted, target)).into_iter().collect()
}

/// Another device family is an error where a chip is named, and a doubt where none is.
fn judge_part(found: &str, wanted: &[&Instance], target: &Target) -> Option<Finding> {
    if wanted.is_empty() || found.is_empty() || wanted.iter().any(|row| row.device == part::device(found)) {
        return None;
    }
    let names: Vec<String> = wanted.iter().map(|row| format!("{} ({})", row.device, row.name)).collect();
    let expected = names.join(" or ");
    let series = part::series(found);
    let described = series.map_or_else(|| found.to_owned(), |series| format!("{found} ({series})"));
    let other = series.is_some_and(|series| wanted.iter().all(|row| row.series != series));
    Some(if other && target.family.is_some() {
        Finding::error(Code::PartOtherFamily, expected, described)
    } else {
        Finding::warning(Code::PartUnknown, expected, described)
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

//! What an examination gives: the kind, the facts, the findings, and one line that sums them up.

use std::io;

use serde::Serialize;

use super::finding::Stop;
use super::{
    AocxFacts, BitFacts, Code, DcpFacts, FINDINGS_LIMIT, Family, Finding, GbsFacts, Kind, PackageFacts,
    PackageMember, Severity, XclbinFacts, inflate,
};
use crate::base::size::ByteSize;

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Examination {
    pub kind: Kind,
    pub size: u64,
    /// Whether only its two ends were looked at.
    pub head_only: bool,
    /// What it says of itself.
    pub facts: Facts,
    /// What is wrong with it, errors first.
    pub findings: Vec<Finding>,
    /// How many bytes may still come out of the archives in it.
    #[serde(skip)]
    pub(super) budget: u64,
}

/// What a file says of itself, by kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Facts {
    Gbs(Box<GbsFacts>),
    /// A checkpoint, or another zip.
    Dcp(Box<DcpFacts>),
    Bit(Box<BitFacts>),
    Xclbin(Box<XclbinFacts>),
    Aocx(Box<AocxFacts>),
    Package(Box<PackageFacts>),
    /// Nothing beyond its kind.
    None {},
}

impl Examination {
    pub(super) fn new(kind: Kind, size: u64) -> Self {
        let budget = inflate::budget(size);
        Self { kind, size, head_only: false, facts: Facts::None {}, findings: Vec::new(), budget }
    }

    /// One of a part, which has what is left of the budget.
    pub(super) fn of_part(&self, kind: Kind, size: u64) -> Self {
        Self { head_only: self.head_only, budget: self.budget, ..Self::new(kind, size) }
    }

    /// Adds a finding; beyond the limit, only that there are more, and an error where there was none.
    pub(super) fn report(&mut self, finding: Finding) {
        let decides = finding.severity == Severity::Error && !self.has_errors();
        if self.findings.len() == FINDINGS_LIMIT {
            let limit = format!("at most {FINDINGS_LIMIT} findings");
            self.findings.push(Finding::note(Code::LeftOut, limit, "more"));
        }
        if self.findings.len() < FINDINGS_LIMIT || decides {
            self.findings.push(finding);
        }
    }

    /// Whether something contradicts the file's use.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error)
    }
    pub fn warnings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Warning)
    }

    /// Ends a reading: what makes no sense is a finding, what can't be read an error.
    pub(super) fn settle(&mut self, outcome: Result<(), Stop>) -> io::Result<()> {
        if let Err(stop) = outcome {
            self.report(stop.finding()?);
        }
        Ok(())
    }

    /// The chip's maker that the kind decides for.
    pub fn family(&self) -> Option<Family> {
        self.kind.family()
    }

    /// Whether the service can make an image of it, as far as was seen: a zip's kind may stand where nobody looked.
    pub fn is_loadable(&self) -> bool {
        self.kind.is_loadable() || self.head_only && self.kind == Kind::Zip
    }

    /// One line without the name: `xilinx package, xcvu9p checkpoint, 352 KiB`.
    pub fn summary(&self) -> String {
        let mut words = vec![self.kind.title().to_owned()];
        words.extend(self.facts.words());
        words.push(ByteSize(self.size).to_string());
        if self.head_only {
            words.push("head only".into());
        }
        words.join(", ")
    }
}

impl Facts {
    /// What a line about the file should say of it: `xcvu9p checkpoint`.
    fn words(&self) -> Vec<String> {
        match self {
            Self::Gbs(gbs) => gbs.afus.iter().map(|afu| afu.name.clone()).filter(|n| !n.is_empty()).collect(),
            Self::Dcp(dcp) => dcp.device.iter().cloned().collect(),
            Self::Bit(bit) => {
                Some(bit.device.clone()).filter(|device| !device.is_empty()).into_iter().collect()
            }
            Self::Xclbin(xclbin) => {
                let content = xclbin.bitstream.map(|bitstream| format!("with {}", bitstream.content.words()));
                xclbin.platform.vbnv().into_iter().chain(content).collect()
            }
            Self::Aocx(aocx) => aocx.board.iter().cloned().collect(),
            Self::Package(package) => package.loadable().take(3).map(PackageMember::words).collect(),
            Self::None {} => Vec::new(),
        }
    }
}

impl PackageMember {
    /// `xcvu9p checkpoint`
    fn words(&self) -> String {
        let noun = match self.kind {
            Kind::Dcp => "checkpoint",
            Kind::Xclbin => "xclbin",
            _ => "bitstream",
        };
        let about = self.facts.words();
        if about.is_empty() { noun.to_owned() } else { format!("{} {noun}", about.join(" ")) }
    }
}

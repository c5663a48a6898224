//! The package of f2 and f3: a tar, compressed with gzip, with the checkpoint in it.
//!
//! What `sdaccel_package.sh` and the RTL flow put beside the checkpoint is not documented, so nothing is asked of the
//! names; there must be something that can be loaded, and nothing that could write outside of a folder.

use std::io;

use serde::Serialize;

use super::examination::Facts;
use super::examine::examine_kind;
use super::finding::{TEXT_LIMIT, cut};
use super::inflate::{self, Gunzip, GzipFault};
use super::source::{Buffered, Input, Source};
use super::tarball::{self, Entry, Shape};
use super::{Code, Examination, Finding, Kind, Manifest, identify, manifest};

/// What a package holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PackageFacts {
    /// The first thousand members, folders left out.
    pub members: Vec<PackageMember>,
    pub members_total: u64,
    /// Bytes of all members, unpacked.
    pub unpacked_bytes: u64,
    /// What a manifest beside the checkpoint says of it.
    pub manifest: Option<Manifest>,
}

/// A member of a package.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PackageMember {
    /// Its name, with folders.
    pub name: String,
    pub size: u64,
    /// What it is, by its content.
    pub kind: Kind,
    /// Whether it is only the header of an xclbin, which the packaging script leaves beside the checkpoint.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub header_only: bool,
    pub facts: Facts,
}

/// So many members are listed; the rest is counted.
const MEMBERS_LISTED: usize = 1000;
/// Of so many members that could be loaded every fact is kept: one is what a package should have.
const FACTS_KEPT: usize = 4;
/// What a package should have.
const EXPECTED: &str = "one checkpoint (.dcp) or bitstream";
/// Enough to know a tar in a tar.
const BLOCK: usize = 512;

impl PackageFacts {
    /// What the manifest may be about: what has the name in it, in its own folder if there; without a name, anything.
    pub(super) fn named_by_manifest(&self) -> Vec<&PackageMember> {
        let Some(manifest) = &self.manifest else { return Vec::new() };
        let (folder, _) = manifest.name.rsplit_once('/').unwrap_or_default();
        let is_named = |member: &&PackageMember| {
            manifest.dcp_file_name.as_deref().is_none_or(|name| base(&member.name) == base(name))
        };
        let named: Vec<&PackageMember> = self.loadable().filter(is_named).collect();
        let beside = |member: &&PackageMember| member.name.rsplit_once('/').unwrap_or_default().0 == folder;
        match named.iter().copied().filter(beside).collect::<Vec<_>>() {
            beside if beside.len() == 1 => beside,
            _ => named,
        }
    }

    /// The members that could be loaded.
    pub fn loadable(&self) -> impl Iterator<Item = &PackageMember> {
        self.members.iter().filter(|member| is_loadable(member.kind) && !member.header_only)
    }
}

/// A name without its folders.
fn base(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
}

fn is_loadable(kind: Kind) -> bool {
    matches!(kind, Kind::Dcp | Kind::Bit | Kind::Bin | Kind::Xclbin)
}

/// Reads a gzip stream from its first byte on.
pub(super) fn examine(source: &mut Source<'_>, exam: &mut Examination) -> io::Result<()> {
    let mut unpacked = Buffered::new(Gunzip::new(source, exam.budget));
    let before = exam.findings.len();
    let mut last_member = before;
    match unpacked.peek(BLOCK)? {
        [] => exam.report(Finding::error(Code::NothingLoadable, EXPECTED, "nothing")),
        block if identify(block) == Kind::Tar || block.iter().all(|byte| *byte == 0) => {
            let mut inner = Source::new(&mut unpacked, u64::MAX);
            last_member = examine_tar(&mut inner, exam)?;
            inner.skip(u64::MAX)?;
        }
        block => {
            exam.kind = Kind::Gzip;
            let found = identify(block).title();
            exam.report(Finding::error(Code::NothingLoadable, "a tar archive", found));
            unpacked.skip(u64::MAX)?;
        }
    }
    let gunzip = unpacked.into_inner();
    if exam.head_only && gunzip.bytes_out == 0 {
        exam.findings.truncate(before);
    }
    let at_hand = exam.head_only && gunzip.fault == Some(GzipFault::CutOff);
    if let Some(fault) = gunzip.fault.filter(|_| !at_hand) {
        // What else is wrong with the member that was cut through, or with what is missing, follows from this.
        exam.findings.truncate(last_member);
        exam.report(gzip_finding(fault, gunzip.bytes_out));
    }
    if gunzip.trailing {
        exam.report(Finding::warning(
            Code::TrailingBytes,
            "the end of the file",
            "bytes behind the gzip stream",
        ));
    }
    Ok(())
}

fn gzip_finding(fault: GzipFault, bytes: u64) -> Finding {
    let words = |(crc, length): (u32, u32)| format!("crc {crc:08x}, {length} bytes (modulo 4 GiB)");
    match fault {
        GzipFault::CutOff => {
            Finding::error(Code::GzipCutOff, "a whole gzip stream", format!("its end after {bytes} bytes"))
        }
        GzipFault::Corrupt => {
            Finding::error(Code::GzipCorrupt, "a deflate stream", format!("other bytes after {bytes}"))
        }
        GzipFault::Checksum { stated, computed } => {
            Finding::error(Code::GzipCrc, words(stated), words(computed))
        }
        GzipFault::Bomb => inflate::bomb(bytes),
    }
}

/// Reads a tar from its first header on, and gives the number of findings before the last member.
pub(super) fn examine_tar(source: &mut Source<'_>, exam: &mut Examination) -> io::Result<usize> {
    let mut facts = PackageFacts::default();
    let mut last_member = exam.findings.len();
    let stopped = loop {
        let entry = match tarball::next(source) {
            Ok(Some(entry)) => entry,
            Ok(None) => break None,
            Err(stop) => break Some(stop.finding()?),
        };
        last_member = exam.findings.len();
        let end = source.position().saturating_add(entry.size);
        examine_member(source, &entry, (&mut *exam, &mut facts))?;
        let expected = format!("{} bytes of {}", entry.size, entry.name);
        if let Err(stop) = tarball::finish(source, end, &expected) {
            break Some(stop.finding()?);
        }
    };
    // With only the head at hand, an end without its mark may be what is not at hand.
    let all_was_seen = stopped.is_none() || !exam.head_only;
    stopped.into_iter().for_each(|finding| report_unless_unseen(exam, finding));
    if all_was_seen {
        judge(&facts, exam);
    }
    exam.facts = Facts::Package(Box::new(facts));
    Ok(last_member)
}

/// With only the head at hand, an early end says nothing.
fn report_unless_unseen(exam: &mut Examination, finding: Finding) {
    if !exam.head_only || finding.code == Code::TarHeader {
        exam.report(finding);
    }
}

fn examine_member(
    source: &mut Source<'_>,
    entry: &Entry,
    (exam, facts): (&mut Examination, &mut PackageFacts),
) -> io::Result<()> {
    judge_entry(entry, exam);
    facts.members_total += 1;
    facts.unpacked_bytes = facts.unpacked_bytes.saturating_add(entry.size);
    if entry.shape != Shape::File {
        return Ok(());
    }
    let mut content = Source::new(source, entry.size);
    let first = content.peek(manifest::LIMIT)?;
    let mut inner = exam.of_part(identify(&first[..first.len().min(BLOCK)]), entry.size);
    if inner.kind == Kind::Text && entry.size <= manifest::LIMIT as u64 && facts.manifest.is_none() {
        facts.manifest = manifest::read(&entry.name, first);
    }
    if is_loadable(inner.kind) || inner.kind == Kind::Zip {
        examine_kind(&mut content, &mut inner)?;
        exam.budget = inner.budget;
    }
    let header_only = is_header_only(entry, &inner);
    if header_only {
        let finding = Finding::note(Code::XclbinHeaderOnly, "a checkpoint", "a header");
        exam.report(finding.of_member(&entry.name));
    } else if is_loadable(inner.kind) || entry.name.ends_with(".dcp") {
        // A zip beside the checkpoint need not be one.
        inner.findings.into_iter().for_each(|finding| exam.report(finding.of_member(&entry.name)));
    }
    let name = cut(entry.name.clone(), TEXT_LIMIT);
    let mut member =
        PackageMember { name, size: entry.size, kind: inner.kind, header_only, facts: inner.facts };
    if !is_loadable(inner.kind) || facts.loadable().count() >= FACTS_KEPT {
        member.facts = Facts::None {};
    }
    // What can be loaded is listed in any case, unless there is far too much of it.
    let listed = if is_loadable(inner.kind) { 2 * MEMBERS_LISTED } else { MEMBERS_LISTED };
    if facts.members.len() < listed {
        facts.members.push(member);
    }
    Ok(())
}

/// Whether a member is an xclbin of which the sections are elsewhere, as `xclbinsplit` leaves it.
fn is_header_only(entry: &Entry, inner: &Examination) -> bool {
    let Facts::Xclbin(xclbin) = &inner.facts else { return false };
    let named = base(&entry.name) == "header.bin";
    let elsewhere = xclbin.sections.iter().all(|section| section.size == 0 || section.offset >= entry.size);
    named || inner.has_errors() && elsewhere
}

/// What a member's header says of it.
fn judge_entry(entry: &Entry, exam: &mut Examination) {
    if leads_out(&entry.name) {
        exam.report(Finding::error(Code::TarName, "a name inside of a folder", entry.name.clone()));
    }
    if entry.shape == Shape::Special {
        let finding = Finding::error(Code::TarLink, "a file", "a link or a device");
        exam.report(finding.of_member(&entry.name));
    }
    if entry.shape == Shape::Sparse {
        let finding = Finding::warning(Code::TarSparse, "a file as it is", "one without its holes");
        exam.report(finding.of_member(&entry.name));
    }
}

/// Whether unpacking would write outside of the folder.
fn leads_out(name: &str) -> bool {
    name.starts_with(['/', '\\']) || name.split(['/', '\\']).any(|component| component == "..")
}

fn judge(facts: &PackageFacts, exam: &mut Examination) {
    let loadable: Vec<&str> = facts.loadable().take(5).map(|member| member.name.as_str()).collect();
    match loadable.as_slice() {
        [_] => {}
        // What is in a sparse member can't be seen; the warning says so.
        [] if exam.findings.iter().any(|finding| finding.code == Code::TarSparse) => {}
        [] => {
            let kinds: Vec<&str> = facts.members.iter().take(3).map(|member| member.kind.title()).collect();
            let found = format!("{} members: {}", facts.members_total, kinds.join(", "));
            let finding = Finding::error(Code::NothingLoadable, EXPECTED, found);
            let green = facts.members.iter().any(|member| member.kind == Kind::Gbs);
            exam.report(if green { finding.advise("give the .gbs itself, not packaged") } else { finding });
        }
        several => {
            exam.report(Finding::warning(Code::SeveralLoadable, EXPECTED, several.join(", ")));
        }
    }
    let loadable = facts.loadable().count();
    if facts.members.len() >= MEMBERS_LISTED || loadable > FACTS_KEPT {
        let found = format!(
            "{} members: {} are listed, and {FACTS_KEPT} of {loadable} or more checkpoints and bitstreams in full",
            facts.members_total,
            facts.members.len()
        );
        exam.report(Finding::note(Code::LeftOut, "a package with one checkpoint", found));
    }
    judge_manifest(facts, exam);
}

/// The manifest must name a checkpoint that is there; its hash is held against the content by who can read it again.
fn judge_manifest(facts: &PackageFacts, exam: &mut Examination) {
    let Some(manifest) = &facts.manifest else { return };
    let Some(name) = &manifest.dcp_file_name else { return };
    if facts.named_by_manifest().is_empty() && facts.members_total <= MEMBERS_LISTED as u64 {
        let finding = Finding::error(Code::ManifestMismatch, name.as_str(), "no member of that name");
        exam.report(finding.of_member(&manifest.name));
    }
}

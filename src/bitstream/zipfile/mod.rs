//! A zip read once, forwards: every member inflated and held against its CRC, then the directory held against them.
//!
//! A checkpoint in a package can be read in no other way without keeping it whole, in memory or on a disk that may be
//! full; so a checkpoint in a file of its own is read the same way.

mod content;
mod directory;
mod record;
mod walk;

use std::collections::HashSet;
use std::hash::{Hash, Hasher};

use serde::Serialize;

pub(super) use directory::read_ends;
pub(super) use walk::read;

use super::{Code, FINDINGS_LIMIT, Finding};

/// What a zip holds.
#[derive(Debug, Default)]
pub(super) struct Zip {
    /// The first [`MEMBERS_LISTED`] members.
    pub(super) members: Vec<Member>,
    pub(super) members_total: u64,
    pub(super) unpacked_bytes: u64,
    /// Whether every member was seen, so that what is not here is not in it.
    pub(super) complete: bool,
    /// Beginnings of members, with their names.
    pub(super) kept: Vec<(String, Vec<u8>)>,
    names: HashSet<u64>,
    pub(super) findings: Vec<Finding>,
}

/// A member of a zip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Member {
    pub name: String,
    /// Bytes, unpacked.
    pub size: u64,
    /// Bytes in the zip.
    pub compressed: u64,
    /// Whether a password is needed.
    pub encrypted: bool,
}

/// So many members are listed; the rest is counted.
const MEMBERS_LISTED: usize = 1000;
/// Of so many members the directory's entries are compared with the members themselves.
const MEMBERS_COMPARED: usize = 100_000;

/// How many bytes of a member to keep.
pub(super) type Keep = fn(&str) -> usize;

/// All that is kept of one zip: dcp.xml and Vivado's record have some kilobytes.
const KEPT_LIMIT: usize = 8 << 20;

/// Names are remembered by their hash: a hundred thousand of them may be long.
fn hash(name: &str) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

impl Zip {
    /// The kept beginning of a member.
    pub(super) fn content(&self, name: &str) -> Option<&[u8]> {
        self.kept.iter().find(|(kept, _)| kept == name).map(|(_, content)| content.as_slice())
    }

    /// Whether there is a member of the name, as far as names were remembered.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(&hash(name))
    }

    /// Whether a member of the name is certainly not in it.
    pub(super) fn lacks(&self, name: &str) -> bool {
        self.complete && self.members_total <= MEMBERS_COMPARED as u64 && !self.has(name)
    }

    fn add(&mut self, member: Member) {
        self.members_total += 1;
        self.unpacked_bytes = self.unpacked_bytes.saturating_add(member.size);
        if self.names.len() < MEMBERS_COMPARED && !self.names.insert(hash(&member.name)) {
            let finding = Finding::error(Code::ZipDirectory, "one member of a name", "two");
            self.report(finding.of_member(&member.name));
        }
        if self.members.len() < MEMBERS_LISTED {
            self.members.push(member);
        }
    }

    /// How much of a member to keep: nothing of a second one of the name, nor beyond the limit.
    fn room_for(&self, name: &str, keep: Keep) -> usize {
        let kept: usize = self.kept.iter().map(|(_, content)| content.capacity()).sum();
        if self.kept.len() == MEMBERS_LISTED || self.content(name).is_some() {
            return 0;
        }
        keep(name).min(KEPT_LIMIT.saturating_sub(kept))
    }

    fn keep(&mut self, name: &str, mut content: Vec<u8>) {
        content.shrink_to_fit();
        self.kept.push((name.to_owned(), content));
    }

    fn report(&mut self, finding: Finding) {
        if self.findings.len() < FINDINGS_LIMIT {
            self.findings.push(finding);
        }
    }
}

#[cfg(test)]
mod tests;

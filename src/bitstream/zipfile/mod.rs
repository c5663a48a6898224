//! A zip read once, forwards: every member inflated and held against its CRC, then the directory held against them.
//!
//! A checkpoint in a package can be read in no other way without keeping it whole, in memory or on a disk that may be
//! full; so a checkpoint in a file of its own is read the same way.

mod content;
mod directory;
mod record;
mod walk;

use serde::Serialize;

pub(super) use directory::{TwoEnds, read_ends};
pub(super) use walk::read;

use super::Finding;

/// What a zip holds.
#[derive(Debug, Default)]
pub(super) struct Zip {
    /// The first [`MEMBERS_LISTED`] members.
    pub(super) members: Vec<Member>,
    /// How many there are.
    pub(super) members_total: u64,
    /// Bytes of all members, unpacked.
    pub(super) unpacked_bytes: u64,
    /// The kept beginnings, by member.
    pub(super) kept: Vec<Kept>,
    /// What is wrong with it as a zip.
    pub(super) findings: Vec<Finding>,
}

/// The beginning of a member.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) name: String,
    pub(super) content: Vec<u8>,
}

/// A member of a zip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Member {
    /// Its name.
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

impl Zip {
    /// The kept beginning of a member.
    pub(super) fn content(&self, name: &str) -> Option<&[u8]> {
        self.kept.iter().find(|kept| kept.name == name).map(|kept| kept.content.as_slice())
    }

    fn add(&mut self, member: Member) {
        self.members_total += 1;
        self.unpacked_bytes = self.unpacked_bytes.saturating_add(member.size);
        if self.members.len() < MEMBERS_LISTED {
            self.members.push(member);
        }
    }
}

#[cfg(test)]
mod tests;

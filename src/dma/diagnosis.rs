//! What is wrong with a memory: the wrong words, sorted by their causes.

use serde::Serialize;

use super::Range;
use super::explain::{Cause, Scene, applied, find};
use super::pattern::{Data, Mismatch, WORD, Words};

/// What kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Kind {
    /// One cause of many wrong words.
    Common(Cause),
    /// Words in a row that were not written, or came from nowhere.
    Dropped(Row),
    /// Bits of one word.
    Flipped(Bits),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename = "dropped")]
pub struct Row {
    pub bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename = "flipped")]
pub struct Bits {
    /// The lowest, of the 64 of the word.
    pub bit: u32,
    pub bits: u32,
}

/// A fault, by the first word that showed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: Kind,
    pub first: Mismatch,
    /// Wrong words of this cause.
    pub words: u64,
}

/// More faults than this are counted and not kept.
const KEPT: usize = 1000;
/// A memory with more common causes than this is not worth telling them apart.
const MOST_CAUSES: usize = 16;
/// Bytes in a row from which on they are a burst: what crosses the card's data bus at once.
const BURST: u64 = 64;

/// All that was found so far.
#[derive(Debug, Default)]
pub(super) struct Diagnosis {
    pub(super) faults: Vec<Fault>,
    pub(super) left_out: u64,
}

impl Diagnosis {
    /// Takes a batch of wrong words, in ascending order, of data that were read from a span of the range.
    pub(super) fn take(&mut self, data: Data, (range, span): (Range, Range), records: &[Mismatch]) {
        let scene = Scene { range, span, records };
        let mut words = Words::of(data);
        let mut left = records.to_vec();
        self.explain(&mut words, &scene, &mut left);
        while !left.is_empty() && self.causes().len() < MOST_CAUSES {
            let Some(cause) = find(&self.causes(), &mut words, &scene, &left) else { break };
            let fault = Fault { kind: Kind::Common(cause), first: left[0], words: 0 };
            self.faults.insert(self.causes().len(), fault);
            self.explain(&mut words, &scene, &mut left);
        }
        self.singles(&left);
    }

    /// What common causes were found, in the order in which they were.
    fn causes(&self) -> Vec<Cause> {
        let cause = |fault: &Fault| if let Kind::Common(cause) = fault.kind { Some(cause) } else { None };
        self.faults.iter().map_while(cause).collect()
    }

    /// Takes away what the known causes explain, and what they say nothing about.
    fn explain(&mut self, words: &mut Words, scene: &Scene<'_>, left: &mut Vec<Mismatch>) {
        let causes = self.causes();
        if causes.is_empty() {
            return;
        }
        left.retain_mut(|it| {
            let by =
                |count: usize, words: &mut Words| applied(&causes[..count], words, scene.range, it.address);
            let whole = by(causes.len(), words);
            if whole.is_some_and(|would| would != it.found) {
                // What is wrong besides.
                it.expected = whole.unwrap_or(it.expected);
                return true;
            }
            let first = (1..=causes.len()).find(|count| by(*count, words) == whole).unwrap_or(1);
            self.faults[first - 1].words += 1;
            false
        });
    }

    fn singles(&mut self, left: &[Mismatch]) {
        for row in left.chunk_by(|a, b| a.address + WORD == b.address) {
            let bytes = row.len() as u64 * WORD;
            if bytes >= BURST {
                self.add(Fault {
                    kind: Kind::Dropped(Row { bytes }),
                    first: row[0],
                    words: row.len() as u64,
                });
                continue;
            }
            for first in row {
                let wrong = first.expected ^ first.found;
                let kind = Kind::Flipped(Bits { bit: wrong.trailing_zeros(), bits: wrong.count_ones() });
                self.add(Fault { kind, first: *first, words: 1 });
            }
        }
    }

    fn add(&mut self, fault: Fault) {
        if self.faults.len() < KEPT { self.faults.push(fault) } else { self.left_out += 1 }
    }

    /// The end: words that looked like single faults before the cause of them was known belong to it.
    pub(super) fn finish(&mut self, range: Range) {
        let causes = self.causes();
        let mut words = vec![0; causes.len()];
        let zero = || Words::of(Data { pattern: super::Pattern::Zero, seed: 0, inverted: false });
        self.faults.retain(|fault| {
            let Kind::Flipped(_) = fault.kind else { return true };
            let Mismatch { address, expected, found } = fault.first;
            let is_of = |cause: &Cause| {
                let stuck = matches!(cause, Cause::Stuck { .. });
                stuck && cause.applied(&mut zero(), range, (address, expected)) == Some(found)
            };
            let of = causes.iter().position(is_of);
            of.iter().for_each(|n| words[*n] += 1);
            of.is_none()
        });
        for (fault, more) in self.faults.iter_mut().zip(words) {
            fault.words += more;
        }
    }
}

//! Causes that make many words wrong at once, and what the memory would read because of them.

use serde::Serialize;

use super::Range;
use super::pattern::{Mismatch, WORD, Words};

/// A cause; it tells for each word what would be read, so that it can be held against all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cause {
    /// A bit of the data bus is always the same.
    Stuck { bit: u32, bus_bits: u32, level: u8 },
    /// A bit of the address is not looked at, so that two places are one.
    Alias { bit: u32 },
    /// What is read stands elsewhere.
    Shifted { bytes: i64 },
}

/// How far away shifted data are looked for.
const SEARCHED: u64 = 64 << 10;
/// Bits of an address that a card may have.
const ADDRESS_BITS: u32 = 48;
/// Words that are looked at to find candidates, and to see whether a cause is right about all of them.
const LOOKED_AT: usize = 32;
const HELD_AGAINST: u64 = 8192;
/// Fewer wrong words than this have no common cause that could be told from chance.
const FEWEST: usize = 4;

/// The examined part of a memory, and what was wrong with it.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    pub(super) range: Range,
    /// What was examined, of which each wrong word is a record.
    pub(super) span: Range,
    pub(super) records: &'a [Mismatch],
}

impl Cause {
    /// What would be read at an address where `value` should be; None where that depends on what is outside of the range.
    pub(super) fn applied(
        self,
        words: &mut Words,
        range: Range,
        (address, value): (u64, u64),
    ) -> Option<u64> {
        match self {
            Self::Stuck { bit, bus_bits, level } => {
                let here = bus_bits == 64 || address / WORD % 8 == u64::from(bit / 64);
                let mask = if here { 1 << (bit % 64) } else { 0 };
                Some(if level == 1 { value | mask } else { value & !mask })
            }
            Self::Alias { bit } if bit < 3 => {
                let mut bytes = value.to_le_bytes();
                for at in 0..8 {
                    bytes[at] = bytes[at | 1 << bit];
                }
                Some(u64::from_le_bytes(bytes))
            }
            // Of two places that are one, the data that were written last stay.
            Self::Alias { bit } => {
                let other = address | 1 << bit;
                Some(if other != address && range.holds(other) { words.at(other) } else { value })
            }
            Self::Shifted { bytes } => {
                let from = address.checked_add_signed(bytes)?;
                (range.holds(from) && range.holds(from + WORD - 1)).then(|| words.unaligned(from))
            }
        }
    }
}

/// What would be read because of several causes at once.
pub(super) fn applied(causes: &[Cause], words: &mut Words, range: Range, address: u64) -> Option<u64> {
    let first = words.at(address);
    causes.iter().try_fold(first, |value, cause| cause.applied(words, range, (address, value)))
}

/// The cause that explains most of the records that the known ones leave over, if there is one.
pub(super) fn find(
    known: &[Cause],
    words: &mut Words,
    scene: &Scene<'_>,
    left: &[Mismatch],
) -> Option<Cause> {
    if left.len() < FEWEST {
        return None;
    }
    let mut best = None;
    for cause in candidates(words, scene.range, left) {
        let causes: Vec<Cause> = known.iter().copied().chain([cause]).collect();
        let range = scene.range;
        let explains = |it: &&Mismatch| applied(&causes, words, range, it.address) == Some(it.found);
        let explained = left.iter().filter(explains).count();
        let is_better = best.is_none_or(|(most, _)| explained > most);
        if explained >= FEWEST && is_better && holds(known, &causes, words, scene) {
            best = Some((explained, cause));
        }
    }
    best.map(|(_, cause)| cause)
}

/// Whether the words that should be wrong because of the causes are.
fn holds(known: &[Cause], causes: &[Cause], words: &mut Words, scene: &Scene<'_>) -> bool {
    let count = scene.span.length / WORD;
    // An odd stride comes by each of the eight words that cross a wide bus at once.
    let stride = count.div_ceil(HELD_AGAINST) | 1;
    let (mut predicted, mut wrong) = (0, 0);
    for n in (0..count).step_by(usize::try_from(stride).unwrap_or(1)) {
        let address = scene.span.start + n * WORD;
        let before = applied(known, words, scene.range, address);
        let (Some(would), Some(before)) = (applied(causes, words, scene.range, address), before) else {
            continue;
        };
        if would == before {
            continue;
        }
        predicted += 1;
        let record =
            scene.records.binary_search_by_key(&address, |it| it.address).map(|at| scene.records[at]);
        // A word may be wrong for other reasons too: what this cause alone changes must be as it says.
        wrong += u32::from(record.is_ok_and(|it| (it.found ^ would) & (would ^ before) == 0));
    }
    predicted > 0 && wrong * 10 >= predicted * 9
}

/// Causes that a few of the records speak for; the simplest first.
fn candidates(words: &mut Words, range: Range, left: &[Mismatch]) -> Vec<Cause> {
    let step = left.len().div_ceil(LOOKED_AT);
    let looked_at: Vec<&Mismatch> = left.iter().step_by(step).collect();
    let mut found = stuck(left);
    for bit in 0..ADDRESS_BITS {
        let cause = Cause::Alias { bit };
        let speaks =
            |it: &&&Mismatch| cause.applied(words, range, (it.address, it.expected)) == Some(it.found);
        if looked_at.iter().filter(speaks).count() * 4 >= looked_at.len() {
            found.push(cause);
        }
    }
    found.extend(shift(words, range, left));
    found
}

/// The bit that is wrong the same way most often: of each word, and of one word of the eight that cross a wide bus.
fn stuck(left: &[Mismatch]) -> Vec<Cause> {
    let mut counts = vec![[0_usize; 2]; 512];
    for it in left {
        let lane = it.address / WORD % 8;
        let mut wrong = it.expected ^ it.found;
        while wrong != 0 {
            let bit = wrong.trailing_zeros();
            wrong &= wrong - 1;
            let level = usize::from(it.found >> bit & 1 == 1);
            counts[usize::try_from(lane * 64).unwrap_or(0) + bit as usize][level] += 1;
        }
    }
    let most = |bus_bits: u32| {
        let all = (0..bus_bits).flat_map(|bit| [(bit, 0_u8), (bit, 1)]);
        let count = |(bit, level): &(u32, u8)| -> usize {
            (*bit..512).step_by(bus_bits as usize).map(|bit| counts[bit as usize][usize::from(*level)]).sum()
        };
        let (bit, level) = all.max_by_key(count)?;
        Some(Cause::Stuck { bit, bus_bits, level })
    };
    [64, 512].into_iter().filter_map(most).collect()
}

/// How far from its place what was found in a row stands.
fn shift(words: &mut Words, range: Range, left: &[Mismatch]) -> Option<Cause> {
    let in_a_row = |three: &&[Mismatch]| three.windows(2).all(|two| two[0].address + WORD == two[1].address);
    // Not the first: what is read at the range's beginning may stand outside of it.
    let three = left[left.len() / 2..].windows(3).chain(left.windows(3)).find(in_a_row)?;
    let sought: Vec<u8> = three.iter().flat_map(|it| it.found.to_le_bytes()).collect();
    let at = three[0].address;
    let from = at.saturating_sub(SEARCHED).max(range.start);
    let until = (at + SEARCHED).min(range.end());
    let mut bytes = vec![0; usize::try_from(until - from).ok()?];
    words.data().fill(from, &mut bytes);
    let places = bytes.windows(sought.len()).enumerate().filter(|(_, window)| *window == sought);
    let distances = places.map(|(place, _)| (from + place as u64).wrapping_sub(at).cast_signed());
    let bytes = distances.filter(|distance| *distance != 0).min_by_key(|distance| distance.unsigned_abs())?;
    Some(Cause::Shifted { bytes })
}

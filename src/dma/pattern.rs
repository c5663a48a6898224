//! What is written to the memory, so that what is wrong with it shows: made and compared as fast as memory is copied.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// A kind of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// Each word says where it stands: finds words that are where another should be.
    Address,
    /// Pseudo-random bits, ITU-T O.150's sequence of 2³¹ − 1, begun anew in each page: finds wrong bits.
    Prbs31,
    /// A single 1 that goes from bit to bit: finds lines that are stuck or stick together.
    Walking,
    Zero,
    One,
}

impl Pattern {
    /// All, in the order in which they tell most.
    pub const ALL: [Self; 5] = [Self::Address, Self::Prbs31, Self::Walking, Self::Zero, Self::One];

    /// As it is written on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Prbs31 => "prbs31",
            Self::Walking => "walking",
            Self::Zero => "zero",
            Self::One => "one",
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Why a text is no pattern.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is no pattern; there are: address, prbs31, walking, zero, one")]
pub struct NotAPattern(String);

impl FromStr for Pattern {
    type Err = NotAPattern;

    fn from_str(text: &str) -> Result<Self, NotAPattern> {
        Self::ALL.into_iter().find(|it| it.word() == text).ok_or_else(|| NotAPattern(text.to_owned()))
    }
}

pub(super) const WORD: u64 = 8;
const PAGE_WORDS: usize = 512;
const PAGE: u64 = PAGE_WORDS as u64 * WORD;
type Page = [u64; PAGE_WORDS];

/// The data of a whole memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Data {
    pub pattern: Pattern,
    /// Of the pseudo-random ones.
    pub seed: u64,
    /// Whether each bit is the other one.
    pub inverted: bool,
}

impl Data {
    /// Writes what stands from an address on, which must be that of a word.
    pub fn fill(self, address: u64, bytes: &mut [u8]) {
        self.with_pages(address, bytes.len(), |part, words| {
            let (whole, rest) = bytes[part].as_chunks_mut::<8>();
            for (bytes, word) in whole.iter_mut().zip(words) {
                *bytes = word.to_le_bytes();
            }
            if let Some(word) = words.get(whole.len()) {
                rest.copy_from_slice(&word.to_le_bytes()[..rest.len()]);
            }
        });
    }

    /// Tells of each word that is another, in ascending order: its address, what it should be and what it is.
    pub fn compare(self, address: u64, bytes: &[u8], mut differs: impl FnMut(Mismatch)) {
        self.with_pages(address, bytes.len(), |part, words| {
            let start = address + part.start as u64;
            let (whole, rest) = bytes[part].as_chunks::<8>();
            if !is_same(whole, words) {
                for (n, (bytes, word)) in whole.iter().zip(words).enumerate() {
                    let (found, address) = (u64::from_le_bytes(*bytes), start + n as u64 * WORD);
                    if found != *word {
                        differs(Mismatch { address, expected: *word, found });
                    }
                }
            }
            if let Some(word) = words.get(whole.len()).filter(|_| !rest.is_empty()) {
                let mut bytes = word.to_le_bytes();
                bytes[..rest.len()].copy_from_slice(rest);
                let (found, address) = (u64::from_le_bytes(bytes), start + whole.len() as u64 * WORD);
                if found != *word {
                    differs(Mismatch { address, expected: *word, found });
                }
            }
        });
    }

    /// Gives each page's part of a transfer the words that belong there.
    fn with_pages(self, address: u64, length: usize, mut each: impl FnMut(std::ops::Range<usize>, &[u64])) {
        let mut page = [0; PAGE_WORDS];
        let mut done = 0;
        while done < length {
            let at = address + done as u64;
            let inside = at % PAGE;
            let left = usize::try_from(PAGE - inside).expect("a page is short");
            let part = done..length.min(done + left);
            done = part.end;
            self.make(at - inside, &mut page);
            each(part, &page[usize::try_from(inside / WORD).expect("a page is short")..]);
        }
    }

    /// The words of the page at an address.
    pub(super) fn make(self, address: u64, page: &mut Page) {
        match self.pattern {
            Pattern::Address => {
                for (n, word) in page.iter_mut().enumerate() {
                    *word = address_word(address + n as u64 * WORD);
                }
            }
            Pattern::Prbs31 => prbs31(self.seed, address, page),
            Pattern::Walking => {
                for (n, word) in page.iter_mut().enumerate() {
                    *word = 1 << (n % 64);
                }
            }
            Pattern::Zero => page.fill(0),
            Pattern::One => page.fill(u64::MAX),
        }
        if self.inverted {
            page.iter_mut().for_each(|word| *word = !*word);
        }
    }
}

/// A word of the memory that is not what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mismatch {
    pub address: u64,
    pub expected: u64,
    pub found: u64,
}

/// The address in the low half and its opposite in the high one: a wrong bit of the data then never looks like a wrong
/// bit of the address. What is above 4 GiB is mixed into both.
fn address_word(address: u64) -> u64 {
    let (low, high) = (address & 0xffff_ffff, address >> 32);
    let first = low ^ (high << 16 & 0xffff_ffff);
    let second = (!low & 0xffff_ffff) ^ high;
    first | second << 32
}

/// x³¹ + x²⁸ + 1 from a state that belongs to the page.
///
/// Each bit is that of 31 bits before and that of 28 bits before; as squaring keeps a polynomial over GF(2), it is also
/// that of 31·2ᵏ and 28·2ᵏ bits before, which makes it 64 bits at a time.
fn prbs31(seed: u64, address: u64, page: &mut Page) {
    let mut bits = u128::from(state(seed, address));
    for known in [31, 59, 87, 115] {
        let more = (bits >> (known - 31) ^ bits >> (known - 28)) & ((1 << 28) - 1);
        bits |= more << known;
    }
    let low = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).expect("64 bits");
    (page[0], page[1]) = (low(bits), low(bits >> 64));
    for n in 2..31 {
        let (a, b) = (page[n - 2], page[n - 1]);
        // 124 = 31·4 and 112 = 28·4 bits before.
        page[n] = (a >> 4 | b << 60) ^ (a >> 16 | b << 48);
    }
    for n in 31..PAGE_WORDS {
        page[n] = page[n - 31] ^ page[n - 28];
    }
}

/// 31 bits that are not all 0, another for each page and seed (the finalizer of SplitMix64).
fn state(seed: u64, address: u64) -> u32 {
    let mut mixed = seed.wrapping_add((address / PAGE).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    u32::try_from((mixed ^ mixed >> 31) & 0x7fff_ffff).expect("31 bits").max(1)
}

/// Without a branch in it, as nearly all pages are the same.
fn is_same(found: &[[u8; 8]], expected: &[u64]) -> bool {
    let differences =
        found.iter().zip(expected).fold(0, |sum, (bytes, word)| sum | (u64::from_le_bytes(*bytes) ^ word));
    differences == 0
}

/// Words of the memory one by one, wherever they stand.
#[derive(Debug)]
pub(super) struct Words {
    data: Data,
    /// The two pages that were asked for last: a word and the one that it is compared with.
    pages: [(u64, Page); 2],
}

impl Words {
    pub(super) fn of(data: Data) -> Self {
        let mut first = [0; PAGE_WORDS];
        data.make(0, &mut first);
        Self { data, pages: [(0, first), (0, first)] }
    }

    pub(super) fn data(&self) -> Data {
        self.data
    }

    /// The word at an address.
    pub(super) fn at(&mut self, address: u64) -> u64 {
        let page = address - address % PAGE;
        if self.pages[0].0 != page {
            self.pages.swap(0, 1);
        }
        if self.pages[0].0 != page {
            self.data.make(page, &mut self.pages[0].1);
            self.pages[0].0 = page;
        }
        self.pages[0].1[usize::try_from(address % PAGE / WORD).expect("less than a page")]
    }

    /// Eight bytes from any address on.
    pub(super) fn unaligned(&mut self, address: u64) -> u64 {
        let shift = address % WORD * 8;
        let low = self.at(address - address % WORD);
        if shift == 0 {
            return low;
        }
        let high = self.at(address - address % WORD + WORD);
        low >> shift | high << (64 - shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(pattern: Pattern) -> Data {
        Data { pattern, seed: 7, inverted: false }
    }

    #[test]
    fn the_sequence_is_that_of_its_polynomial() {
        let mut page = [0; PAGE_WORDS];
        data(Pattern::Prbs31).make(3 * PAGE, &mut page);
        let bit = |n: usize| page[n / 64] >> (n % 64) & 1;
        for n in 31..PAGE_WORDS * 64 {
            assert_eq!(bit(n), bit(n - 31) ^ bit(n - 28), "bit {n}");
        }
        let mut other = [0; PAGE_WORDS];
        data(Pattern::Prbs31).make(4 * PAGE, &mut other);
        assert_ne!(page, other);
    }

    #[test]
    fn any_part_is_what_the_whole_has_there_and_each_wrong_word_is_told() {
        for pattern in Pattern::ALL {
            let mut whole = vec![0; 3 * 4096];
            data(pattern).fill(8192, &mut whole);
            for (at, length) in [(0, 8), (4088, 16), (8, 9000), (4096, 4096), (16, 13)] {
                let mut part = vec![0; length];
                data(pattern).fill(8192 + at as u64, &mut part);
                assert!(part == whole[at..at + length], "{pattern} {at} {length}");
                let mut wrong: Vec<u64> = Vec::new();
                data(pattern).compare(8192 + at as u64, &part, |it| wrong.push(it.address));
                assert!(wrong.is_empty());
                let last = part.len() - 1;
                part[last] ^= 0x10;
                data(pattern).compare(8192 + at as u64, &part, |it| wrong.push(it.address));
                assert_eq!(wrong, [8192 + (at + last) as u64 / 8 * 8]);
            }
        }
    }

    #[test]
    fn a_bit_of_the_address_never_looks_like_a_bit_of_the_data() {
        for bit in 3..40 {
            for address in [0, 0x1238, 0x5_1234_5678] {
                let difference = address_word(address) ^ address_word(address ^ 1 << bit);
                assert_eq!(difference.count_ones(), 2, "bit {bit}");
            }
        }
    }

    #[test]
    fn words_are_found_one_by_one() {
        let mut bytes = vec![0; 8192];
        data(Pattern::Prbs31).fill(0, &mut bytes);
        let mut words = Words::of(data(Pattern::Prbs31));
        for at in [0, 8, 4095, 4096, 5, 8184] {
            let mut eight = [0; 8];
            let known = &bytes[at..bytes.len().min(at + 8)];
            eight[..known.len()].copy_from_slice(known);
            let found = words.unaligned(at as u64);
            assert_eq!(found << (64 - 8 * known.len()) >> (64 - 8 * known.len()), u64::from_le_bytes(eight));
        }
    }
}

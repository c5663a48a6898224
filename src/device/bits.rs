//! Fields of a register of up to 64 bits.

use std::fmt;
use std::str::FromStr;

use super::width::Width;

/// The bits of a field, such as `7:4` or `3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BitRange {
    low: u8,
    high: u8,
}

/// Why a text is not a range of bits.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` names no bits of a register: write 3, or 7:4 with the high bit first")]
pub struct NotBits(pub String);

impl BitRange {
    /// All bits of an access.
    pub fn whole(width: Width) -> Self {
        Self { low: 0, high: width.bits() - 1 }
    }

    /// Whether a register of this width has them all.
    pub fn fits(self, width: Width) -> bool {
        self.high < width.bits()
    }

    /// From bit `low` to bit `high`, both within.
    pub fn new(high: u8, low: u8) -> Option<Self> {
        (low <= high && high < 64).then_some(Self { low, high })
    }

    /// The highest bit.
    pub fn high(self) -> u8 {
        self.high
    }

    /// How many bits.
    pub fn width(self) -> u8 {
        self.high - self.low + 1
    }

    /// Ones where the field is.
    pub fn mask(self) -> u64 {
        self.largest() << self.low
    }

    /// The largest value that fits.
    pub fn largest(self) -> u64 {
        u64::MAX >> (64 - self.width())
    }

    /// The field's value in a register's value.
    pub fn of(self, word: u64) -> u64 {
        (word & self.mask()) >> self.low
    }

    /// A value moved to the field's place; `None` if it doesn't fit.
    pub fn placed(self, value: u64) -> Option<u64> {
        (value <= self.largest()).then(|| value << self.low)
    }
}

/// The bits of `new` where the mask has ones, of `old` where it has none.
pub(super) fn merged(old: u64, new: u64, mask: u64) -> u64 {
    old & !mask | new & mask
}

impl FromStr for BitRange {
    type Err = NotBits;

    fn from_str(text: &str) -> Result<Self, NotBits> {
        let (high, low) = text.split_once(':').unwrap_or((text, text));
        let bit = |text: &str| text.parse::<u8>().ok().filter(|_| !text.starts_with('+'));
        bit(high)
            .zip(bit(low))
            .and_then(|(high, low)| Self::new(high, low))
            .ok_or_else(|| NotBits(text.to_owned()))
    }
}

impl fmt::Display for BitRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.low == self.high {
            write!(f, "{}", self.low)
        } else {
            write!(f, "{}:{}", self.high, self.low)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        fn bits()(low in 0_u8..64)(high in low..64, low in Just(low)) -> BitRange {
            BitRange::new(high, low).unwrap()
        }
    }

    proptest! {
        #[test]
        fn what_is_put_into_a_field_is_found_there_and_nothing_else_changes(field in bits(), old: u64, value: u64) {
            let value = value & field.largest();
            let word = merged(old, field.placed(value).unwrap(), field.mask());
            prop_assert_eq!(field.of(word), value);
            prop_assert_eq!(word & !field.mask(), old & !field.mask());
        }

        #[test]
        fn a_value_that_does_not_fit_has_no_place(field in bits(), value: u64) {
            prop_assert_eq!(field.placed(value).is_some(), value <= field.largest());
            prop_assert_eq!(u32::from(field.width()), field.mask().count_ones());
        }

        #[test]
        fn a_range_reads_as_it_prints(field in bits()) {
            prop_assert_eq!(field.to_string().parse(), Ok(field));
        }

        #[test]
        fn a_mask_takes_each_bit_from_one_side(old: u64, new: u64, mask: u64) {
            let word = merged(old, new, mask);
            prop_assert_eq!((word ^ new) & mask, 0);
            prop_assert_eq!((word ^ old) & !mask, 0);
        }
    }

    #[test]
    fn other_texts_are_no_bits() {
        for text in ["", ":", "64", "4:7", "7:", "-1", "+1", "7:4:1", "0x3", "7-4"] {
            assert!(text.parse::<BitRange>().is_err(), "{text}");
        }
        assert_eq!(BitRange::whole(Width::W64).mask(), u64::MAX);
        assert!(!BitRange::whole(Width::W32).fits(Width::W16));
    }
}

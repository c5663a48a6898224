//! How much one access moves.

use std::fmt;
use std::str::FromStr;

/// The width of an access, 32 bits unless somebody says otherwise: that is what AXI-Lite has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Width {
    W8,
    W16,
    #[default]
    W32,
    W64,
}

/// Why a text is no width.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a width of an access: it is 8, 16, 32 or 64")]
pub struct NotAWidth(String);

impl Width {
    /// The width of so many bits.
    pub(super) fn of(bits: u8) -> Result<Self, NotAWidth> {
        let all = [Self::W8, Self::W16, Self::W32, Self::W64];
        all.into_iter().find(|width| width.bits() == bits).ok_or_else(|| NotAWidth(bits.to_string()))
    }

    pub fn bytes(self) -> u8 {
        self.bits() / 8
    }

    pub fn bits(self) -> u8 {
        match self {
            Self::W8 => 8,
            Self::W16 => 16,
            Self::W32 => 32,
            Self::W64 => 64,
        }
    }

    /// The largest value, which is also what a read gives when nobody answers.
    pub fn all_ones(self) -> u64 {
        u64::MAX >> (64 - self.bits())
    }

    /// `0x00000024`: a value with all digits of the width.
    pub fn hex(self, value: u64) -> String {
        format!("{value:#0digits$x}", digits = 2 + usize::from(self.bits()) / 4)
    }
}

impl FromStr for Width {
    type Err = NotAWidth;

    fn from_str(text: &str) -> Result<Self, NotAWidth> {
        let width = text.parse().ok().and_then(|bits| Self::of(bits).ok());
        // `032` and `+32` are none.
        width.filter(|width| width.to_string() == text).ok_or_else(|| NotAWidth(text.to_owned()))
    }
}

impl fmt::Display for Width {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bits().fmt(f)
    }
}

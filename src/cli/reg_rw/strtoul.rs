//! C's `strtoul` with base 0, but for texts that are numbers from their first byte to their last.

/// Why C's function would make something else of a text than it says.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum NotANumber {
    #[error("is not a number: C's are 31, 0x1f and 037")]
    Syntax,
    #[error("does not fit 64 bits")]
    TooLarge,
}

/// White space, a sign, then decimal, `0x` hexadecimal or `0` octal; a minus wraps, as in C.
pub(super) fn strtoul(text: &[u8]) -> Result<u64, NotANumber> {
    let text = std::str::from_utf8(text).map_err(|_| NotANumber::Syntax)?;
    let unsigned = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let (negative, digits) = match unsigned.as_bytes().first() {
        Some(b'-') => (true, &unsigned[1..]),
        Some(b'+') => (false, &unsigned[1..]),
        _ => (false, unsigned),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    // Rust's own parser takes a second sign.
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Err(NotANumber::Syntax);
    }
    let value = u64::from_str_radix(digits, radix).map_err(|_| NotANumber::TooLarge)?;
    Ok(if negative { value.wrapping_neg() } else { value })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_those_of_c() {
        for (text, value) in [
            ("64", 64),
            ("0x40", 64),
            ("0X4f", 79),
            ("0377", 255),
            ("0", 0),
            ("00", 0),
            ("+7", 7),
            (" \t9", 9),
            ("-1", u64::MAX),
            ("-0x4", u64::MAX - 3),
            ("0x100000001", 0x1_0000_0001),
        ] {
            assert_eq!(strtoul(text.as_bytes()), Ok(value), "{text:?}");
        }
    }

    #[test]
    fn a_text_of_which_c_reads_only_the_beginning_is_refused() {
        for text in
            ["", " ", "zzz", "4c", "0x", "0x1zz", "08", "1 ", "--1", "-", "0b1", "1_000", "0x_1", "\u{661}"]
        {
            assert_eq!(strtoul(text.as_bytes()), Err(NotANumber::Syntax), "{text:?}");
        }
        assert_eq!(strtoul(b"\xff"), Err(NotANumber::Syntax));
        assert_eq!(strtoul(b"0x10000000000000000"), Err(NotANumber::TooLarge));
    }

    proptest! {
        #[test]
        fn every_number_is_read_in_every_base(value: u64) {
            for text in [format!("{value}"), format!("{value:#x}"), format!("0{value:o}")] {
                prop_assert_eq!(strtoul(text.as_bytes()), Ok(value));
                prop_assert_eq!(strtoul(format!("-{text}").as_bytes()), Ok(value.wrapping_neg()));
            }
        }
    }
}

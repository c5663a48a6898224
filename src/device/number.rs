//! Numbers as people write them for registers: hexadecimal, decimal or binary, with `_`.

/// Why a text is not a number, or not one that fits.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotANumber {
    /// It doesn't parse.
    #[error("`{0}` is not a number: write 0x1f, 31 or 0b1_1111")]
    Syntax(String),
    /// C would read octal, people read decimal.
    #[error("`{0}` is ambiguous: a number with a leading 0 is octal in C; write 0x… or leave out the 0")]
    Ambiguous(String),
    /// It has more bits than there is room.
    #[error("`{text}` does not fit {bits} bits")]
    TooLarge {
        text: String,
        /// The room.
        bits: u8,
    },
}

/// Reads a number of up to 64 bits.
///
/// # Errors
/// When the text is none, or is ambiguous, or is larger; it never stands for 0 then.
pub fn number(text: &str) -> Result<u64, NotANumber> {
    let syntax = || NotANumber::Syntax(text.to_owned());
    let (radix, digits) = match text.get(..2) {
        Some("0x" | "0X") => (16, &text[2..]),
        Some("0b" | "0B") => (2, &text[2..]),
        _ => (10, text),
    };
    let well_formed = !digits.starts_with('_')
        && !digits.ends_with('_')
        && !digits.is_empty()
        && digits.chars().all(|c| c == '_' || c.is_digit(radix));
    if !well_formed {
        return Err(syntax());
    }
    if radix == 10 && digits.len() > 1 && digits.starts_with('0') {
        return Err(NotANumber::Ambiguous(text.to_owned()));
    }
    // A cut without a copy, as nearly all numbers have no underscore.
    let parsed = if digits.contains('_') {
        u64::from_str_radix(&digits.replace('_', ""), radix)
    } else {
        u64::from_str_radix(digits, radix)
    };
    parsed.map_err(|_| NotANumber::TooLarge { text: text.to_owned(), bits: 64 })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_does_not_parse_is_an_error_and_never_zero() {
        for text in
            ["", "0x", "0b", "_1", "1_", "0x_1", "0b2", "4c", "zzz", "-1", "+1", "1 ", "0o17", "1.0", "ä1"]
        {
            assert_eq!(number(text), Err(NotANumber::Syntax(text.into())), "{text}");
        }
        for text in ["00", "017", "08", "0_1"] {
            assert_eq!(number(text), Err(NotANumber::Ambiguous(text.into())), "{text}");
        }
        assert_eq!(
            number("0x10000000000000000"),
            Err(NotANumber::TooLarge { text: "0x10000000000000000".into(), bits: 64 })
        );
    }

    proptest! {
        #[test]
        fn every_number_is_read_in_every_form(value: u64) {
            for text in [format!("{value}"), format!("{value:#x}"), format!("0X{value:X}"), format!("{value:#066b}")] {
                prop_assert_eq!(number(&text), Ok(value));
            }
        }

        #[test]
        fn an_underscore_between_digits_changes_nothing(value: u32, at in 1_usize..7) {
            let mut text = format!("{value:#010x}");
            text.insert(2 + at, '_');
            prop_assert_eq!(number(&text), Ok(value.into()));
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _either_way = number(&text);
        }
    }
}

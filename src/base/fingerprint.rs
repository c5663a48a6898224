//! How contents are known again: digests as text, and the mark that an image carries.

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // Writing to a String does not fail.
        let _infallible = write!(out, "{byte:02x}");
        out
    })
}

/// `fc-` and the first 16 hexadecimal digits of a SHA-256, as put into an image's tags.
pub fn content_mark(sha256: &[u8; 32]) -> String {
    format!("fc-{}", hex(&sha256[..8]))
}

/// Whether a text that people also write in (tags, a description) carries the mark as a word of its own.
pub fn carries_mark(text: &str, mark: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).any(|word| word == mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_found_among_other_words_only_as_a_whole() {
        let mark = content_mark(&[0xab; 32]);
        assert_eq!(mark, "fc-abababababababab");
        assert!(carries_mark("mine,fc-abababababababab", &mark));
        assert!(!carries_mark("fc-abababababababab0", &mark));
    }
}

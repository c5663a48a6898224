//! The content's mark: how one file is known again in a list of images.

/// `fc-` and the first 16 hexadecimal digits of a SHA-256, as put into an image's tags.
pub fn content_mark(sha256: &[u8; 32]) -> String {
    let mut mark = String::from("fc-");
    for byte in &sha256[..8] {
        mark.push_str(&format!("{byte:02x}"));
    }
    mark
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

//! Text from a server or a file, made fit for a terminal.

use std::borrow::Cow;

/// Replaces control characters (and so every escape sequence) by `\u{…}` spelled out; keeps tab and newline out too,
/// so the result is one line.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_harmful(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// Controls, and the invisible characters that turn the direction of writing or hide text.
pub fn is_harmful(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_sequence_is_spelled_out() {
        assert_eq!(harmless("a\x1b[31mb\n目录"), "a\\u{1b}[31mb\\n目录");
        assert!(matches!(harmless("plain 文件"), Cow::Borrowed(_)));
    }
}

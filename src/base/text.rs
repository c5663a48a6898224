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

/// The same for a line that a host or a build wrote, in which tabs part columns: they stay.
pub fn harmless_but_tabs(line: &str) -> String {
    line.split('\t').map(harmless).collect::<Vec<_>>().join("\t")
}

/// Controls (C1 included, in which terminals see escape sequences too), line separators, and the invisible characters
/// that turn the direction of writing or hide text.
pub fn is_harmful(c: char) -> bool {
    let direction =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let unseen = matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    c.is_control() || direction || unseen || matches!(c, '\u{2028}' | '\u{2029}')
}

/// A JSON text with what is harmful in its strings escaped; it is read as the same document.
pub fn json_escaped(json: &str) -> Cow<'_, str> {
    // Its own line breaks stand between values: within a string they are escaped already.
    let is_raw = |c: char| is_harmful(c) && c != '\n';
    if !json.chars().any(is_raw) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if is_raw(c) {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Whether a name can be a file's whatever is done with it: letters, digits, `-`, `_` and `.`, and not hidden.
pub fn is_plain_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !name.is_empty() && !name.starts_with('.') && name.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_or_turns_text_is_spelled_out_and_escaped_in_json() {
        for c in "\u{61c}\u{200b}\u{2028}\u{2029}\u{feff}\u{ad}\u{9b}\u{85}\u{202e}\u{e0041}\u{7f}".chars() {
            let text = format!("a{c}b");
            assert!(harmless(&text).starts_with("a\\u{"), "{c:?}");
            let json = serde_json::to_string_pretty(&[&text]).unwrap();
            let safe = json_escaped(&json);
            assert!(
                !safe.contains(c) && serde_json::from_str::<Vec<String>>(&safe).unwrap() == [text],
                "{safe}"
            );
        }
        assert_eq!(harmless("日本語 👩\u{200d}💻"), "日本語 👩\u{200d}💻");
    }

    #[test]
    fn an_escape_sequence_is_spelled_out() {
        assert_eq!(harmless("a\x1b[31mb\n目录"), "a\\u{1b}[31mb\\n目录");
        assert!(matches!(harmless("plain 文件"), Cow::Borrowed(_)));
    }
}

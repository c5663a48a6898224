//! Patterns, as policies and filters by name have them.

/// Whether a text is of a pattern, in which `*` stands for any text and `?` for one character.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where to go on when the text after the last star turns out not to match.
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        if p < pattern.len() && pattern[p] == '*' {
            retry = Some((p, t));
            p += 1;
        } else if p < pattern.len() && (pattern[p] == '?' || pattern[p] == text[t]) {
            (p, t) = (p + 1, t + 1);
        } else if let Some((star, from)) = retry {
            (p, t) = (star + 1, from + 1);
            retry = Some((star, from + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_any_text_and_one_character() {
        let object = "acs:oss:cn-hangzhou:1234567890123456:b/dir/bit.tar.gz";
        assert!(matches("acs:oss:*:*:b/*.gz", object));
        assert!(!matches("acs:oss:*:*:b", object));
        assert!(matches("a?c*", "abc"));
        assert!(!matches("a?c", "ac"));
    }
}

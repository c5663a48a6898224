//! The command that was typed, to be typed again.

use std::borrow::Cow;

/// The command line of this process, quoted for a shell.
pub(super) fn command() -> String {
    let arguments: Vec<String> = std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect();
    joined(&arguments)
}

fn joined(arguments: &[String]) -> String {
    let program = arguments.first().and_then(|path| path.rsplit('/').next());
    let rest = arguments.iter().skip(1).map(|argument| quoted(argument));
    program.map(Cow::Borrowed).into_iter().chain(rest).collect::<Vec<_>>().join(" ")
}

/// A word as a shell takes it.
pub(super) fn quoted(word: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_it_back() {
        let typed = ["/usr/bin/faascmd", "object", "put", "a b.gz", "it's", ""].map(str::to_owned);
        assert_eq!(joined(&typed), r"faascmd object put 'a b.gz' 'it'\''s' ''");
    }
}

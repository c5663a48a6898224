//! The command that was typed, to be typed again.

/// The command line of this process, quoted for a shell.
pub(in crate::cli) fn command() -> String {
    let arguments: Vec<String> = std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect();
    joined(&arguments)
}

fn joined(arguments: &[String]) -> String {
    let program = arguments.first().and_then(|path| path.rsplit('/').next());
    let words = program.into_iter().chain(arguments.iter().skip(1).map(String::as_str));
    words.map(quoted).collect::<Vec<_>>().join(" ")
}

/// A word as a shell takes it.
pub(in crate::cli) fn quoted(word: &str) -> String {
    // The kernel hands over no argument with a NUL, and a service no key.
    shlex::try_quote(word).map_or_else(|_| word.replace('\0', ""), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_it_back() {
        let typed = ["/usr/bin/faascmd", "object", "put", "a b.gz", "it's", ""].map(str::to_owned);
        let words = shlex::split(&joined(&typed)).unwrap();
        assert_eq!((words[0].as_str(), &words[1..]), ("faascmd", &typed[1..]));
    }
}

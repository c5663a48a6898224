//! The command that was typed, to be typed again.

/// The command line of this process, quoted for a shell.
pub(in crate::cli) fn command() -> String {
    let arguments: Vec<String> = std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect();
    joined(&arguments)
}

/// The same without `--timeout`: one that was too short would be so again.
pub(in crate::cli) fn without_timeout() -> String {
    let arguments: Vec<String> = std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect();
    joined(&without(&arguments, "--timeout"))
}

fn without(arguments: &[String], flag: &str) -> Vec<String> {
    let mut kept = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == flag {
            rest.next();
        } else if argument.strip_prefix(flag).is_none_or(|value| !value.starts_with('=')) {
            kept.push(argument.clone());
        }
    }
    kept
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

    #[test]
    fn the_limit_that_was_too_short_is_left_out_however_it_was_given() {
        for typed in ["faascmd deploy --timeout 1s a.gbs", "faascmd deploy --timeout=1s a.gbs"] {
            let typed: Vec<String> = typed.split(' ').map(str::to_owned).collect();
            assert_eq!(joined(&without(&typed, "--timeout")), "faascmd deploy a.gbs");
        }
    }
}

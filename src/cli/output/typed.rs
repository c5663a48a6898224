//! The command that was typed, to be typed again.

/// The command line of this process, quoted for a shell.
pub(in crate::cli) fn command() -> String {
    joined(&arguments())
}

/// The same without these options.
pub(in crate::cli) fn without(options: &[&str]) -> String {
    joined(&split(&arguments(), options).0)
}

/// The same without `--timeout`: one that was too short would be so again.
pub(in crate::cli) fn without_timeout() -> String {
    without(&["timeout"])
}

/// A command of ours with the settings that were typed as flags: what it needs of them no variable tells.
pub(in crate::cli) fn with_settings(command: &str) -> String {
    const SETTINGS: [&str; 9] = [
        "region",
        "bucket",
        "instance-id",
        "role-arn",
        "credentials-file",
        "endpoint",
        "oss-style",
        "oss-signature",
        "profile",
    ];
    let typed = split(&arguments(), &SETTINGS).1;
    let missing = typed.chunks(2).filter(|pair| !command.contains(&format!("{} ", pair[0])));
    missing.fold(command.to_owned(), |command, pair| format!("{command} {} {}", pair[0], quoted(&pair[1])))
}

fn arguments() -> Vec<String> {
    std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect()
}

/// The words without these options, and these, each as two words.
fn split(arguments: &[String], options: &[&str]) -> (Vec<String>, Vec<String>) {
    let (mut others, mut found) = (Vec::new(), Vec::new());
    let mut rest = arguments.iter().peekable();
    while let Some(argument) = rest.next() {
        let (name, value) = argument.split_once('=').map_or((argument.as_str(), None), |(a, b)| (a, Some(b)));
        if argument == "--" {
            others.push(argument.clone());
            others.extend(rest.cloned());
            break;
        }
        if !name.strip_prefix("--").is_some_and(|name| options.contains(&name)) {
            others.push(argument.clone());
            continue;
        }
        let takes_next = value.is_none() && name != "--force";
        let value = value.map(str::to_owned).or_else(|| rest.next_if(|_| takes_next).cloned());
        found.extend([name.to_owned(), value.unwrap_or_default()]);
    }
    (others, found)
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
            assert_eq!(joined(&split(&typed, &["timeout"]).0), "faascmd deploy a.gbs");
        }
        let remote = ["faascmd", "fleet", "run", "a", "--", "x", "--timeout", "3"].map(str::to_owned);
        assert_eq!(joined(&split(&remote, &["timeout"]).0), "faascmd fleet run a -- x --timeout 3");
    }
}

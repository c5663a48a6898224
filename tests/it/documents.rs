//! What the documents show is what the programs print: each session that begins with `$ faascmd` is run.

use faascmd::testing::bitstream::sample;

use crate::common::cloud::Cloud;

/// A command of a document and the lines below it.
#[derive(Debug)]
struct Shown {
    command: String,
    printed: Vec<String>,
}

/// The commands of a document that print something there.
fn shown(document: &str) -> Vec<Shown> {
    let mut commands: Vec<Shown> = Vec::new();
    let mut is_in_session = false;
    for line in document.lines() {
        if let Some(command) = line.strip_prefix("    $ ") {
            commands.push(Shown { command: command.to_owned(), printed: Vec::new() });
            is_in_session = true;
        } else if let (true, Some(printed)) = (is_in_session, line.strip_prefix("    ")) {
            commands.last_mut().unwrap().printed.push(printed.to_owned());
        } else {
            is_in_session = false;
        }
    }
    commands.retain(|shown| !shown.printed.is_empty());
    commands
}

/// Without what is another each time: ids, times, sizes and checksums.
fn masked(line: &str) -> String {
    let mask = |word: &str| {
        let inner = word.trim_matches(|c: char| "(),".contains(c));
        let is_id = inner.len() == 36 && inner.matches('-').count() == 4 || inner.contains('…');
        let is_id = is_id || inner.starts_with("oss://") || inner.starts_with("i-");
        let is_number = inner.starts_with(|c: char| c.is_ascii_digit()) && !inner.starts_with("0x0");
        if is_id || is_number { word.replace(inner, "#") } else { word.to_owned() }
    };
    let words: Vec<String> = line.split_whitespace().map(mask).collect();
    // An hour and its minutes are two words.
    let line = words.join(" ").replace("# #", "#");
    // How many states of a build are seen depends on its time, which is short here.
    line.replace("queued → ", "").replace("compiling → ", "")
}

#[test]
fn each_session_prints_what_its_document_shows() {
    for (name, document) in [
        ("README.md", include_str!("../../README.md")),
        ("docs/deploy.md", include_str!("../../docs/deploy.md")),
        ("docs/check.md", include_str!("../../docs/check.md")),
    ] {
        let cloud = Cloud::new();
        cloud.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
        for Shown { command, printed } in shown(document) {
            let ran =
                cloud.shell(&command.replace("smoke,prbs", "smoke,prbs --prbs-duration 100ms")).exits(0);
            let expected: Vec<String> = printed.iter().map(|line| masked(line)).collect();
            let found: Vec<String> = ran.stdout.lines().map(masked).collect();
            assert_eq!(found, expected, "{name}: {command}");
        }
    }
}

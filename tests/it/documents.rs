//! What the documents show is what the programs print: each block of commands is run.
//!
//! A block is a session, whose lines begin with `$ `, or a list of `faascmd` commands. One that takes what is not here has
//! `<!-- not run: why -->` before it, which no reader sees.

use std::path::PathBuf;

use faascmd::testing::bitstream::sample;

use crate::common::cloud::Cloud;

/// A command of a document, and the lines below it.
#[derive(Debug)]
struct Shown {
    command: String,
    printed: Vec<String>,
}

/// What stands otherwise in a test: what is long is short, what asks is answered, what is an example is what is there.
const OTHERWISE: [(&str, &str); 6] = [
    ("smoke,prbs", "smoke,prbs --prbs-duration 100ms"),
    ("1GiB", "1MiB"),
    ("fleet up ddr", "fleet up ddr --yes"),
    ("fleet down ddr", "fleet down ddr --yes"),
    (" | jq '.items[] | {file, kind, ok}'", ""),
    ("--older-than 2d", "--older-than 2d --yes"),
];

/// The blocks of a document that are run, and how many are not.
fn blocks(document: &str) -> (Vec<Vec<Shown>>, usize) {
    let (mut run, mut left_out) = (Vec::new(), 0);
    let mut lines = document.lines().peekable();
    let mut before = "";
    while let Some(line) = lines.next() {
        let Some(first) = line.strip_prefix("    ") else {
            before = if line.is_empty() { before } else { line };
            continue;
        };
        let mut block = vec![first];
        while let Some(next) = lines.next_if(|line| line.starts_with("    ")) {
            block.push(&next[4..]);
        }
        let Some(commands) = commands(&block) else { continue };
        if before.starts_with("<!-- not run: ") {
            left_out += 1;
        } else {
            run.push(commands);
        }
        before = "";
    }
    (run, left_out)
}

/// The commands of a block, if it is one of commands.
fn commands(block: &[&str]) -> Option<Vec<Shown>> {
    let is_list = block.iter().all(|line| line.starts_with("faascmd "));
    if !is_list && !block[0].starts_with("$ ") {
        return None;
    }
    let mut commands: Vec<Shown> = Vec::new();
    for line in block {
        match if is_list { Some(*line) } else { line.strip_prefix("$ ") } {
            Some(typed) => {
                // What is said of a command stands behind two spaces.
                let command = typed.split("  ").next().unwrap_or(typed).to_owned();
                commands.push(Shown { command, printed: Vec::new() });
            }
            None => commands.last_mut()?.printed.push((*line).to_owned()),
        }
    }
    Some(commands)
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

/// A cloud of its own for a block, and the files that the documents speak of.
fn prepared() -> Cloud {
    let cloud = Cloud::start(&["--speed", "50"]);
    let package = sample::package("xcvu9p-flgb2104-2-i");
    cloud.world.file("bit.tar.gz", &package);
    cloud.world.file("kernel.xclbin", sample::xclbin("xilinx_aliyun-f3_dynamic_5_0", &[]));
    cloud.world.file("weights.bin", sample::noise(4096));
    cloud.world.file("out/a/notes.txt", "notes");
    cloud.world.file("out/bit.tar.gz", &package);
    // Where it is to be made, the sandbox says.
    cloud.world.file("fleet.toml", "count = 1\ntype = \"ecs.f3-c4f1.xlarge\"\n");
    cloud
}

fn run(name: &str, block: Vec<Shown>) {
    let cloud = prepared();
    for Shown { command, printed } in block {
        if command.starts_with("cat ") {
            continue;
        }
        let command = OTHERWISE.iter().fold(command, |command, (here, there)| command.replace(here, there));
        let ran = cloud.shell(&command);
        // Of files that are samples it says what is wrong with them.
        let may_end_with = if command.contains("*.xclbin") { 11 } else { 0 };
        assert!([0, may_end_with].contains(&ran.code), "{name}: {command}\n{}{}", ran.stdout, ran.stderr);
        if !printed.is_empty() {
            let expected: Vec<String> = printed.iter().map(|line| masked(line)).collect();
            let found: Vec<String> = ran.stdout.lines().map(masked).collect();
            assert_eq!(found, expected, "{name}: {command}");
        }
    }
}

#[test]
fn each_block_of_commands_runs_and_prints_what_its_document_shows() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let documents =
        docs.chain([root.join("README.md")]).filter(|path| path.extension().is_some_and(|e| e == "md"));
    let (mut count, mut left_out) = (0, 0);
    std::thread::scope(|scope| {
        for path in documents {
            let (blocks, not_run) = blocks(&std::fs::read_to_string(&path).unwrap());
            (count, left_out) = (count + blocks.len(), left_out + not_run);
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            scope.spawn(move || blocks.into_iter().for_each(|block| run(&name, block)));
        }
    });
    assert!(count >= 8 && left_out <= 2, "{count} were run, {left_out} not");
}

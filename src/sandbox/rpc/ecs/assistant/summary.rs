//! What a script of `faascmd fleet` prints, for those that do not run: frames with length and checksum.

use std::fmt::Write as _;
use std::io::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::base::fingerprint::hex;

/// Where such a script keeps its run; the run's name follows.
const FOLDER: &str = "/var/lib/faascmd/";
/// Before and after the command inside of it, in Base64.
const COMMAND: (&str, &str) = ("<<'END'", "\nEND\n");
/// Before and after the names of tests in a command that tests chips.
const TESTS: (&str, &str) = ("for test in ", "; do");

/// A script of the fleet's.
#[derive(Debug)]
pub(super) struct FleetScript {
    run: String,
    /// The command inside.
    pub(super) command: String,
}

impl FleetScript {
    /// None if it is another script.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once(FOLDER)?;
        let run: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
        let (_, rest) = rest.split_once(COMMAND.0)?;
        let (_, rest) = rest.split_once('\n')?;
        let command = STANDARD.decode(rest.split_once(COMMAND.1)?.0.trim()).ok()?;
        Some(Self { run, command: String::from_utf8_lossy(&command).into_owned() })
    }

    /// What its command prints when nothing else is said: of tests, that every chip passed each.
    pub(super) fn says(&self, chips: usize) -> String {
        let tests = self.command.split_once(TESTS.0).and_then(|(_, rest)| rest.split_once(TESTS.1));
        let mut text = String::new();
        for chip in 0..chips {
            for test in tests.map_or("", |(tests, _)| tests).split_whitespace() {
                // Writing to a String does not fail.
                let _infallible = writeln!(text, "@@faascmd /dev/xdma{chip}_user {test} 0");
            }
        }
        text
    }

    /// What it prints at its end.
    pub(super) fn summary(&self, exit_code: i32, output: &str, seconds: u64) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        // Writing to memory does not fail.
        packed.write_all(output.as_bytes()).ok();
        let output_line = format!("{}\n", STANDARD.encode(packed.finish().unwrap_or_default()));
        let ended = json!({"code": exit_code.to_string(), "seconds": seconds, "size": output.len()});
        let frames = [("output", output_line), ("ended", format!("{ended}\n"))];
        frames.map(|(kind, body)| self.frame(kind, &body)).concat().into_bytes()
    }

    fn frame(&self, kind: &str, body: &str) -> String {
        let sum = hex(&Sha256::digest(body.as_bytes()));
        format!("\n---8<--- faascmd {} {kind} {} {sum}\n{body}", self.run, body.len())
    }
}

//! `--exec scripted`: what commands answer that do not run.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

/// The rules of `--script FILE`, in their order; the first that fits a command counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script(Vec<Rule>);

/// A rule.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// What the instance's name or id has to be; `*` stands for any text.
    #[serde(default)]
    host: Option<String>,
    /// What the command's text has to contain.
    #[serde(default)]
    contains: Option<String>,
    #[serde(default)]
    exit_code: i32,
    #[serde(default)]
    output: String,
    /// How long it takes, at speed 1.
    #[serde(default = "one")]
    seconds: f64,
}

fn one() -> f64 {
    1.0
}

/// How a command ends that does not run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ending {
    pub(super) exit_code: i32,
    pub(super) output: Vec<u8>,
    pub(super) after: Duration,
}

impl Script {
    /// Reads the rules: a JSON list.
    ///
    /// # Errors
    /// When the file can't be read or is no such list.
    pub(crate) fn read(path: Option<&Path>) -> io::Result<Self> {
        let Some(path) = path else { return Ok(Self::default()) };
        let named = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", path.display()));
        let text = std::fs::read_to_string(path).map_err(named)?;
        let rules: Vec<Rule> = serde_json::from_str(&text).map_err(|e| named(io::Error::other(e)))?;
        let wrong = rules.iter().any(|rule| !rule.seconds.is_finite() || rule.seconds < 0.0);
        if wrong { Err(named(io::Error::other("seconds are a number from 0"))) } else { Ok(Self(rules)) }
    }

    /// What a command answers on a host, whose name and id are given.
    pub(super) fn ending(&self, host: (&str, &str), text: &[u8]) -> Ending {
        let text = String::from_utf8_lossy(text);
        let fits = |rule: &&Rule| {
            let named = |pattern: &String| {
                [host.0, host.1].iter().any(|name| crate::sandbox::rpc::policy::matches(pattern, name))
            };
            rule.host.as_ref().is_none_or(named)
                && rule.contains.as_ref().is_none_or(|part| text.contains(part.as_str()))
        };
        let rule = self.0.iter().find(fits);
        let (exit_code, output, seconds) =
            rule.map_or((0, "", one()), |rule| (rule.exit_code, rule.output.as_str(), rule.seconds));
        let after = Duration::from_secs_f64(seconds);
        match run_of(&text) {
            Some(run) => Ending { exit_code: 0, output: summary(run, exit_code, (output, seconds)), after },
            None => Ending { exit_code, output: output.as_bytes().to_vec(), after },
        }
    }
}

/// The mark of a summary in a script of the fleet's, before the name of its run.
const FRAME: &str = "---8<--- faascmd ";

/// The run whose summary a script prints last, if it is one of the fleet's.
fn run_of(text: &str) -> Option<&str> {
    let (_, rest) = text.rsplit_once(FRAME)?;
    rest.split_once(' ').map(|(run, _)| run)
}

/// What such a script prints of a command that ended so: framed, with its length and checksum.
fn summary(run: &str, exit_code: i32, said: (&str, f64)) -> Vec<u8> {
    let (output, seconds) = said;
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory does not fail.
    packed.write_all(output.as_bytes()).ok();
    let packed = STANDARD.encode(packed.finish().unwrap_or_default());
    let body = json!({
        "code": exit_code.to_string(),
        "seconds": Duration::from_secs_f64(seconds).as_secs(),
        "size": output.len(),
        "kept": output.len(),
        "output": packed,
    });
    let body = format!("{body}\n");
    let sum: String = Sha256::digest(body.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\n{FRAME}{run} {} {sum}\n{body}--->8---\n", body.len()).into_bytes()
}

//! `--exec scripted`: what commands answer that do not run.

use std::io;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::summary::FleetScript;
use crate::sandbox::rpc::pattern::matches;

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

    /// What a command answers on a host; one of the fleet's ends well and tells how the command inside ended.
    pub(super) fn ending(&self, host: Named<'_>, text: &[u8]) -> Ending {
        let text = String::from_utf8_lossy(text);
        let of_fleet = FleetScript::read(&text);
        let contains = |part: &str| {
            text.contains(part) || of_fleet.as_ref().is_some_and(|script| script.command.contains(part))
        };
        let fits = |rule: &&Rule| {
            let is_named = |pattern: &String| [host.name, host.id].iter().any(|name| matches(pattern, name));
            rule.host.as_ref().is_none_or(is_named) && rule.contains.as_deref().is_none_or(contains)
        };
        let rule = self.0.iter().find(fits);
        let (exit_code, seconds) = rule.map_or((0, one()), |rule| (rule.exit_code, rule.seconds));
        let after = Duration::from_secs_f64(seconds);
        let Some(script) = of_fleet else {
            let output = rule.map_or_else(Vec::new, |rule| rule.output.clone().into_bytes());
            return Ending { exit_code, output, after };
        };
        let output = rule.map_or_else(|| script.says(host.chips), |rule| rule.output.clone());
        Ending { exit_code: 0, output: script.summary(exit_code, &output, after.as_secs()), after }
    }
}

/// The host of a command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    pub(super) id: &'a str,
    pub(super) chips: usize,
}

//! A manifest beside a checkpoint: `name=value` lines as AWS' script writes them, or JSON as Huawei's does.

use std::io::{self, Read};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::finding::{Stop, TEXT_LIMIT, cut, known};
use super::inflate::{self, Gunzip};
use super::source::{Buffered, Source};
use super::tarball::{self, Shape};
use super::{Code, Examination, Facts, Finding, Kind};
use crate::base::fingerprint::hex;

/// Longer ones are no manifests.
pub(super) const LIMIT: usize = 16 << 10;

/// What a manifest says of its checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Manifest {
    /// The manifest's own name.
    pub name: String,
    pub dcp_file_name: Option<String>,
    /// SHA-256 in hexadecimal digits.
    pub dcp_hash: Option<String>,
}

#[derive(Deserialize)]
struct Json {
    #[serde(alias = "dcp_hash")]
    dcp_sha256: Option<String>,
    dcp_file_name: Option<String>,
}

/// Reads a manifest; none when the text is something else.
pub(super) fn read(name: &str, text: &[u8]) -> Option<Manifest> {
    let text = std::str::from_utf8(text).ok()?.trim_start_matches('\u{feff}');
    let (hash, file) = match serde_json::from_str::<Json>(text) {
        Ok(json) => (json.dcp_sha256, json.dcp_file_name),
        Err(_) => {
            let pairs = pairs_of(text)?;
            let value = |key: &str| {
                let value = pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned());
                value.filter(|value| !value.is_empty())
            };
            (value("dcp_hash"), value("dcp_file_name"))
        }
    };
    if hash.is_none() && file.is_none() {
        return None;
    }
    let short = |text: String| cut(text, TEXT_LIMIT);
    Some(Manifest { name: short(name.to_owned()), dcp_file_name: file.map(short), dcp_hash: hash.map(short) })
}

/// The `name=value` lines of a text that has no others: a script or a log that speaks of a hash is no manifest.
fn pairs_of(text: &str) -> Option<Vec<(&str, &str)>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pair = |line| -> Option<(&str, &str)> {
        let (name, value) = str::split_once(line, '=')?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let (name, value) = (name.trim(), value.trim().trim_matches('"'));
        (!name.is_empty() && name.chars().all(is_name)).then_some((name, value))
    };
    lines.map(pair).collect()
}

/// Holds the checkpoint of a package against the hash in its manifest, for which the package is read once more: the
/// manifest stands behind the checkpoint.
pub(super) fn check_hash(source: &mut Source<'_>, exam: &mut Examination) -> io::Result<()> {
    let Facts::Package(facts) = &exam.facts else { return Ok(()) };
    let Some(manifest) = facts.manifest.clone() else { return Ok(()) };
    let (Some(stated), [member]) = (manifest.dcp_hash, &facts.named_by_manifest()[..]) else { return Ok(()) };
    let member = member.name.clone();
    let computed = match exam.kind {
        Kind::Package => {
            let mut unpacked = Buffered::new(Gunzip::new(source, inflate::budget(exam.size)));
            hash_of(&mut Source::new(&mut unpacked, u64::MAX), &member)
        }
        _ => hash_of(source, &member),
    };
    // What is broken before the member has been told of already.
    if let Some(computed) =
        known(computed)?.flatten().filter(|computed| !computed.eq_ignore_ascii_case(&stated))
    {
        let finding = Finding::error(Code::ManifestMismatch, stated, format!("{computed}, of {member}"));
        exam.report(finding.of_member(&manifest.name));
    }
    Ok(())
}

/// The SHA-256 of a member's content.
fn hash_of(source: &mut Source<'_>, name: &str) -> Result<Option<String>, Stop> {
    while let Some(entry) = tarball::next(source)? {
        let end = source.position().saturating_add(entry.size);
        if entry.shape == Shape::File && cut(entry.name, TEXT_LIMIT) == name {
            let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 64 << 10]);
            let mut content = Source::new(source, entry.size);
            loop {
                let read = content.read(&mut buffer)?;
                if read == 0 {
                    return Ok(Some(hex(&hasher.finalize())));
                }
                hasher.update(&buffer[..read]);
            }
        }
        tarball::finish(source, end, "a member's content")?;
    }
    Ok(None)
}

//! A manifest beside a checkpoint: `name=value` lines as AWS' script writes them, or JSON as Huawei's does.

use std::io::{self, Read};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::finding::{Stop, TEXT_LIMIT, cut, known};
use super::inflate::{self, Gunzip};
use super::source::{Buffered, Source};
use super::tarball::{self, Shape};
use super::{Code, Examination, Facts, Finding, Kind};

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
    dcp_sha256: String,
    dcp_file_name: Option<String>,
}

/// Reads a manifest; none when the text is something else.
pub(super) fn read(name: &str, text: &[u8]) -> Option<Manifest> {
    let text = std::str::from_utf8(text).ok()?;
    let (hash, file) = match serde_json::from_str::<Json>(text) {
        Ok(json) => (Some(json.dcp_sha256), json.dcp_file_name),
        Err(_) => {
            let value = |key: &str| {
                let pairs = text.lines().filter_map(|line| line.split_once('='));
                let mut values = pairs.filter(|(name, _)| name.trim() == key);
                values.next().map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty())
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

/// Holds the checkpoint of a package against the hash in its manifest, for which the package is read once more: the
/// manifest stands behind the checkpoint.
pub(super) fn check_hash(source: &mut Source<'_>, exam: &mut Examination) -> io::Result<()> {
    let Facts::Package(facts) = &exam.facts else { return Ok(()) };
    let Some(manifest) = facts.manifest.clone() else { return Ok(()) };
    let (Some(stated), Some(member)) = (manifest.dcp_hash, facts.named_by_manifest()) else { return Ok(()) };
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
                    let digits = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
                    return Ok(Some(digits));
                }
                hasher.update(&buffer[..read]);
            }
        }
        tarball::finish(source, end, "a member's content")?;
    }
    Ok(None)
}

//! Which files become which objects.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::address::Address;
use crate::cli::Exit;
use crate::cli::error::Failure;
use crate::cli::output::lossy;
use crate::cli::output::typed::quoted;
use crate::ops::upload::UploadError;

/// A file and the key that it gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Pair {
    #[serde(serialize_with = "lossy")]
    pub(super) file: PathBuf,
    pub(super) key: String,
    /// Bytes, as far as is known before it is sent.
    pub(super) size: u64,
}

/// Without a prefix a file and its key, else files below the prefix; with the bucket, where one is named.
pub(super) fn pairs(
    paths: &[PathBuf],
    prefix: Option<&str>,
    recursive: bool,
) -> Result<(Vec<Pair>, Option<String>), Failure> {
    let (pairs, bucket) = match (prefix, paths) {
        (Some(prefix), paths) => {
            let Address { bucket, key } = address(prefix);
            (below(paths, &key, recursive)?, bucket)
        }
        (None, [file]) => (vec![pair(file, name(file)?)?], None),
        (None, [file, key]) => {
            refuse_second_file(file, key)?;
            let Address { bucket, key } = address(utf8(key)?);
            // A key that ends with a slash names a place for the file, as `cp` has it.
            let is_place = key.ends_with('/') || key.is_empty() && bucket.is_some();
            let key = if is_place { format!("{key}{}", name(file)?) } else { key };
            (vec![pair(file, key)?], bucket)
        }
        (None, _) => {
            return Err(Failure::new(Exit::Usage, "several files and no --to").hint(with_prefix(paths)));
        }
    };
    refuse_bad_keys(&pairs)?;
    Ok((pairs, bucket))
}

fn address(text: &str) -> Address {
    let Ok(address) = text.parse();
    address
}

/// `object put *.gbs` where two match: the second is no key. A file may be sent under its own name.
fn refuse_second_file(file: &Path, key: &Path) -> Result<(), Failure> {
    if file == key || !key.is_file() {
        return Ok(());
    }
    let message = format!("{} is a file here, and the key of {} is expected", key.display(), file.display());
    let both = [file.to_owned(), key.to_owned()];
    Err(Failure::new(Exit::Usage, message).hint(format!("to send both: {}", with_prefix(&both))).hint(
        format!(
            "if it is meant as the key: faascmd object put {} oss://BUCKET/{}",
            quoted(&file.to_string_lossy()),
            quoted(&key.to_string_lossy()),
        ),
    ))
}

fn with_prefix(paths: &[PathBuf]) -> String {
    let files: Vec<_> = paths.iter().take(3).map(|path| quoted(&path.to_string_lossy())).collect();
    let more = if paths.len() > files.len() { " …" } else { "" };
    format!("faascmd object put {}{more} --to PREFIX/", files.join(" "))
}

fn below(paths: &[PathBuf], prefix: &str, recursive: bool) -> Result<Vec<Pair>, Failure> {
    let mut pairs = Vec::new();
    for path in paths {
        if recursive && path.is_dir() {
            walk(path, prefix, &mut pairs)?;
        } else {
            pairs.push(pair(path, format!("{prefix}{}", name(path)?))?);
        }
    }
    refuse_doubles(&pairs)?;
    Ok(pairs)
}

/// What is in a directory, by name; a link to a directory is not followed, as it may lead back.
fn walk(folder: &Path, prefix: &str, pairs: &mut Vec<Pair>) -> Result<(), Failure> {
    let unreadable = |error| UploadError::Unreadable { path: folder.to_owned(), error };
    let entries: Result<Vec<_>, _> = fs::read_dir(folder).map_err(unreadable)?.collect();
    let mut entries = entries.map_err(unreadable)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let key = format!("{prefix}{}", name(&path)?);
        if entry.file_type().map_err(unreadable)?.is_dir() {
            walk(&path, &format!("{key}/"), pairs)?;
        } else if path.is_file() {
            pairs.push(pair(&path, key)?);
        }
    }
    Ok(())
}

fn pair(file: &Path, key: impl Into<String>) -> Result<Pair, Failure> {
    let size =
        fs::metadata(file).map_err(|error| UploadError::Unreadable { path: file.to_owned(), error })?.len();
    Ok(Pair { file: file.to_owned(), key: key.into(), size })
}

fn name(path: &Path) -> Result<&str, Failure> {
    let name = path.file_name().ok_or_else(|| {
        Failure::new(Exit::Usage, format!("{} has no name that a key could take", path.display()))
    })?;
    utf8(Path::new(name))
}

fn utf8(path: &Path) -> Result<&str, Failure> {
    path.to_str().ok_or_else(|| {
        let message = format!("{} is not UTF-8, and keys are", path.display());
        Failure::new(Exit::Usage, message).hint("give the file a key: faascmd object put FILE KEY")
    })
}

/// What the service would refuse (OSS document "Object naming conventions").
fn refuse_bad_keys(pairs: &[Pair]) -> Result<(), Failure> {
    for Pair { key, .. } in pairs {
        if key.is_empty()
            || key.len() > 1023
            || key.starts_with(['/', '\\'])
            || matches!(key.as_str(), "." | "..")
        {
            let message =
                format!("{key:?} can't be a key: 1 to 1023 bytes, not beginning with / or \\, not . or ..");
            return Err(Failure::new(Exit::Usage, message));
        }
    }
    Ok(())
}

fn refuse_doubles(pairs: &[Pair]) -> Result<(), Failure> {
    let mut taken = BTreeMap::new();
    for Pair { file, key, .. } in pairs {
        if let Some(other) = taken.insert(key, file) {
            let message = format!("{} and {} would both be {key}", other.display(), file.display());
            return Err(Failure::new(Exit::Usage, message).hint("upload them one by one, each with its key"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(paths: &[&Path], prefix: Option<&str>) -> Result<Vec<String>, String> {
        let paths: Vec<_> = paths.iter().map(|path| path.to_path_buf()).collect();
        let (pairs, _) = pairs(&paths, prefix, true).map_err(|failure| failure.message)?;
        Ok(pairs.into_iter().map(|pair| pair.key).collect())
    }

    #[test]
    fn a_file_gets_its_name_its_key_or_a_place_below_the_prefix() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("out/deep")).unwrap();
        for name in ["a", "out/b", "out/deep/c"] {
            fs::write(at(name), name).unwrap();
        }
        std::os::unix::fs::symlink(at("out"), at("out/back")).unwrap();
        assert_eq!(keys(&[&at("a")], None).unwrap(), ["a"]);
        assert_eq!(keys(&[&at("a"), Path::new("k/x")], None).unwrap(), ["k/x"]);
        assert_eq!(keys(&[&at("a"), Path::new("k/")], None).unwrap(), ["k/a"]);
        assert_eq!(keys(&[&at("a"), Path::new("oss://bucket")], None).unwrap(), ["a"]);
        assert_eq!(keys(&[&at("a"), Path::new("oss://bucket/k/")], None).unwrap(), ["k/a"]);
        assert!(keys(&[&at("a"), &at("a")], None).unwrap_err().contains("can't be a key"));
        assert!(keys(&[&at("a"), &at("out/b")], None).unwrap_err().contains("is a file here"));
        assert_eq!(keys(&[&at("a"), &at("out")], Some("p/")).unwrap(), ["p/a", "p/b", "p/deep/c"]);
        assert!(keys(&[&at("a"), &at("a")], Some("p/")).unwrap_err().contains("would both be p/a"));
        assert!(keys(&[&at("a"), Path::new("/k")], None).unwrap_err().contains("can't be a key"));
        assert_eq!(keys(&[&at("a"), &at("a"), &at("a")], None).unwrap_err(), "several files and no --to");
    }
}

//! What an object is called on this machine.

use std::path::{Path, PathBuf};

use crate::cli::error::Failure;
use crate::cli::exit::Exit;

/// The last part of a key or a path: what it is called.
pub(in crate::cli) fn name_of(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

/// The file that an object becomes: the one that is named; in a directory, or what ends with a slash, one called as the
/// key; without a name, such a one here.
pub(in crate::cli) fn file_of(key: &str, file: Option<&Path>) -> Result<PathBuf, Failure> {
    let is_folder = |path: &Path| path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/");
    if let Some(file) = file.filter(|file| !is_folder(file)) {
        return Ok(file.to_owned());
    }
    let name = name_of(key);
    if matches!(name, "" | "." | "..") {
        let message = format!("the key {key} says no name for the file");
        return Err(Failure::new(Exit::Usage, message).hint("name the file, too"));
    }
    Ok(file.map_or_else(|| PathBuf::from(name), |folder| folder.join(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_gets_a_file_called_as_the_key() {
        let of = |key, file: Option<&str>| file_of(key, file.map(Path::new)).map_err(|_| ());
        assert_eq!(of("a/b.log", None), Ok("b.log".into()));
        assert_eq!(of("a/b.log", Some("/")), Ok("/b.log".into()));
        assert_eq!(of("a/b.log", Some("not there/")), Ok("not there/b.log".into()));
        assert_eq!(of("a/b.log", Some("c")), Ok("c".into()));
        assert_eq!([of("a/", None), of("a/..", Some("/"))], [Err(()), Err(())]);
        assert_eq!(of("a/", Some("c")), Ok("c".into()));
    }
}

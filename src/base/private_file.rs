//! Files that only their owner may read, written whole or not at all; and where the program keeps its state.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Writes a file of mode 0600 by way of a temporary one beside it, so a reader sees the old text or the new.
///
/// A symbolic link is followed: the file that it names is replaced, the link stays.
///
/// # Errors
/// When the folder can't be made or the file not be written; the old file is then as it was.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    create_private_folder(folder)?;
    // tempfile makes the file with mode 0600.
    let mut file = tempfile::Builder::new().prefix(".faascmd-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(&target).map_err(|e| e.error)?;
    Ok(())
}

/// Makes a folder, and what is missing above it, with mode 0700; one that exists is left as it is.
///
/// # Errors
/// When it can't be made.
pub fn create_private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// The permission bits when others than the owner may read the file.
pub fn readable_by_others(path: &Path) -> Option<u32> {
    let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    let mode = metadata.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

/// The user's home folder, from `HOME`; empty counts as absent.
pub fn home() -> Option<PathBuf> {
    std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from)
}

/// Where checkpoints and locks are kept: `$XDG_STATE_HOME/faascmd`, else `~/.local/state/faascmd`.
pub fn state_folder() -> Option<PathBuf> {
    let base = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
    Some(base.or_else(|| home().map(|h| h.join(".local/state")))?.join("faascmd"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_a_wide_file_by_a_private_one_and_follows_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(readable_by_others(&file), Some(0o644));
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write_private(&link, b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(readable_by_others(&file), None);
        assert!(link.is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}

//! Files that only their owner may read, written whole or not at all; and where the program keeps its state.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::replace::{folder_of, followed};

/// Writes a file of mode 0600 by way of a temporary one beside it, so a reader sees the old text or the new.
///
/// A symbolic link is followed: the file that it names is replaced or made, the link stays.
///
/// # Errors
/// When the folder can't be made or the file not be written; the old file is then as it was.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_private(&followed(path)?, bytes)
}

/// The same for a file of state: a link is replaced, and what it names stays as it is.
///
/// # Errors
/// When the folder can't be made or the file not be written; the old file is then as it was.
pub fn replace_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return Err(io::Error::other("what is there is not an ordinary file, and stays"));
    }
    let folder = folder_of(path);
    create_private_folder(folder)?;
    // tempfile makes the file with mode 0600.
    let mut file = tempfile::Builder::new().prefix(".faascmd-").tempfile_in(folder).map_err(without_path)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// The system's error without the name of the temporary file, which nobody has heard of.
pub fn without_path(error: io::Error) -> io::Error {
    let text = error.to_string();
    match text.rsplit_once(" at path ") {
        Some((what, _)) => io::Error::new(error.kind(), what.to_owned()),
        None => error,
    }
}

/// Reads a file that this user, root, or whoever called `sudo` has; else says which user's it is.
///
/// # Errors
/// When it can't be read.
pub fn read_own(path: &Path) -> io::Result<Result<Vec<u8>, u32>> {
    let mut file = fs::File::open(path)?;
    let owner = file.metadata()?.uid();
    let us = nix::unistd::geteuid().as_raw();
    let caller = std::env::var("SUDO_UID").ok().filter(|_| us == 0).and_then(|uid| uid.parse().ok());
    if owner != 0 && owner != us && Some(owner) != caller {
        return Ok(Err(owner));
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(Ok(bytes))
}

/// Whether others than its owner may write the file, or put another in its place.
pub fn writable_by_others(path: &Path) -> Option<u32> {
    let mode = |path: &Path| fs::metadata(path).ok().map(|metadata| metadata.permissions().mode() & 0o7777);
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let file = mode(&target).filter(|mode| mode & 0o022 != 0);
    // With the sticky bit only owners replace what is there.
    file.or_else(|| mode(target.parent()?).filter(|mode| mode & 0o002 != 0 && mode & 0o1000 == 0))
}

/// Opens or makes a file of state, mode 0600; a link, or what is another user's, is not followed.
///
/// # Errors
/// When it can't be opened, or is not a file of this user.
pub fn open_state(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::File::options();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let file = options.custom_flags(nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK).open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() && metadata.uid() == nix::unistd::geteuid().as_raw() {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is not a file of this user"))
}

/// Opens a file to write at its end; one that is made has mode 0600.
///
/// # Errors
/// When it can't be opened.
pub fn append(path: &Path) -> io::Result<fs::File> {
    fs::File::options().create(true).append(true).mode(0o600).open(path)
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
    #[test]
    fn a_planted_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (mine, link) = (folder.path().join("mine"), folder.path().join("state"));
        fs::write(&mine, "mine").unwrap();
        std::os::unix::fs::symlink(&mine, &link).unwrap();
        open_state(&link).unwrap_err();
        replace_private(&link, b"state").unwrap();
        assert_eq!(
            (fs::read(&mine).unwrap(), fs::read(&link).unwrap()),
            (b"mine".to_vec(), b"state".to_vec())
        );
        assert!(
            !link.is_symlink() && open_state(&link).is_ok() && open_state(&folder.path().join("new")).is_ok()
        );
    }

    #[test]
    fn who_else_may_write_a_file_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "x").unwrap();
        let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        for (of_folder, of_file, told) in [
            (0o700, 0o644, None),
            (0o700, 0o666, Some(0o666)),
            (0o777, 0o600, Some(0o777)),
            (0o1777, 0o600, None),
        ] {
            set(folder.path(), of_folder);
            set(&file, of_file);
            assert_eq!(writable_by_others(&file), told);
        }
        assert_eq!(read_own(&file).unwrap(), Ok(b"x".to_vec()));
    }
}

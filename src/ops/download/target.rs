//! The file that an object becomes: a temporary one beside it, until it is whole and right.

use std::fs::{self, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::DownloadError;

/// A temporary file; dropped before it is put in place, it is removed.
#[derive(Debug)]
pub(super) struct Target {
    temporary: NamedTempFile,
    path: PathBuf,
    keep_existing: bool,
}

impl Target {
    /// Makes it beside the path, so that it can take its place at once.
    pub(super) fn beside(path: &Path, keep_existing: bool) -> Result<Self, DownloadError> {
        let unwritable = DownloadError::unwritable(path);
        if keep_existing && path.symlink_metadata().is_ok() {
            return Err(DownloadError::Exists { path: path.to_owned() });
        }
        // A link stays a link: what it names is replaced.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let there = fs::metadata(&path).ok();
        if there.as_ref().is_some_and(|there| !there.is_file()) {
            return Err(unwritable(std::io::Error::other("it is there, and no file")));
        }
        let mode = there.map_or(0o666, |there| there.permissions().mode());
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let permissions = Permissions::from_mode(mode & 0o777);
        let temporary =
            tempfile::Builder::new().prefix(".faascmd-").permissions(permissions).tempfile_in(folder);
        Ok(Self { temporary: temporary.map_err(unwritable)?, path, keep_existing })
    }

    /// Writes at a place of its own; called for several ranges at once.
    pub(super) fn write_at(&self, bytes: &[u8], at: u64) -> Result<(), DownloadError> {
        self.temporary.as_file().write_all_at(bytes, at).map_err(DownloadError::unwritable(&self.path))
    }

    /// Gives it the name. Where it replaces another file it is first made safe on the disk: a crash then leaves the old
    /// one or the new one.
    pub(super) fn put_in_place(self) -> Result<(), DownloadError> {
        let Self { temporary, path, keep_existing } = self;
        let unwritable = DownloadError::unwritable(&path);
        if keep_existing {
            return temporary.persist_noclobber(&path).map(drop).map_err(|e| match e.error.kind() {
                std::io::ErrorKind::AlreadyExists => DownloadError::Exists { path: path.clone() },
                _ => unwritable(e.error),
            });
        }
        if path.exists() {
            temporary.as_file().sync_all().map_err(&unwritable)?;
        }
        temporary.persist(&path).map(drop).map_err(|e| unwritable(e.error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn until_it_is_put_in_place_the_old_file_is_there_and_afterwards_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let target = Target::beside(&path, false).unwrap();
        target.write_at(b"w", 2).unwrap();
        target.write_at(b"ne", 0).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        target.put_in_place().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        drop(Target::beside(&path, false).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_to_stay_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let target = Target::beside(&path, true).unwrap();
        fs::write(&path, "old").unwrap();
        assert!(matches!(target.put_in_place(), Err(DownloadError::Exists { .. })));
        assert!(matches!(Target::beside(&path, true), Err(DownloadError::Exists { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }
}

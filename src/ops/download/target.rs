//! The file that an object becomes: another one beside it, until it is whole and right.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

use super::DownloadError;
use crate::base::lock::{open_locked, try_lock};
use crate::base::private_file::without_path;
use crate::base::replace::{folder_of, followed, permit_as};

/// What the names of unfinished files begin with.
const PREFIX: &str = ".faascmd-";
/// A file that no process holds and nobody has written to for so long was left by one that was killed.
const DEAD: Duration = Duration::from_hours(1);

/// Where an object goes.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    keep_existing: bool,
}

impl Place {
    /// Looks at the path before anything is asked for.
    pub(super) fn at(path: &Path, keep_existing: bool) -> Result<Self, DownloadError> {
        if keep_existing && path.symlink_metadata().is_ok() {
            return Err(DownloadError::Exists { path: path.to_owned() });
        }
        // A link stays a link: what it names is replaced.
        let unwritable = DownloadError::unwritable(path);
        let path = followed(path).map_err(&unwritable)?;
        if fs::metadata(&path).is_ok_and(|there| !there.is_file()) {
            return Err(unwritable(io::Error::other("it is there, and no file")));
        }
        Ok(Self { path, keep_existing })
    }

    fn folder(&self) -> &Path {
        folder_of(&self.path)
    }
}

/// The file beside it, which nobody else may read. A nameless one is removed when it is dropped; one with a name of its own
/// stays for the next run, unless it is discarded.
#[derive(Debug)]
pub(super) struct Target {
    file: Beside,
    place: Place,
}

#[derive(Debug)]
enum Beside {
    Nameless(NamedTempFile),
    Named(File, PathBuf),
}

impl Target {
    /// Makes it beside the path, so that it can take its place at once.
    pub(super) fn new(place: Place) -> Result<Self, DownloadError> {
        sweep(place.folder());
        let made = tempfile::Builder::new().prefix(PREFIX).tempfile_in(place.folder());
        let file = made.map_err(without_path).map_err(DownloadError::unwritable(&place.path))?;
        // Whoever sweeps sees that it is in use; where files can't be locked, its age tells.
        try_lock(file.as_file()).ok();
        Ok(Self { file: Beside::Nameless(file), place })
    }

    /// Opens the one of that name, or makes it; what an earlier run wrote is still in it. None while another process has it,
    /// which may be another home's, or where it can't be locked.
    pub(super) fn named(place: &Place, name: &str) -> Option<Self> {
        sweep(place.folder());
        let path = place.folder().join(format!("{PREFIX}{name}"));
        let file = open_locked(&path).ok().flatten()?;
        Some(Self { file: Beside::Named(file, path), place: place.clone() })
    }

    fn file(&self) -> &File {
        match &self.file {
            Beside::Nameless(file) => file.as_file(),
            Beside::Named(file, _) => file,
        }
    }

    /// Writes at a place of its own; called for several ranges at once.
    pub(super) fn write_at(&self, bytes: &[u8], at: u64) -> Result<(), DownloadError> {
        self.file().write_all_at(bytes, at).map_err(DownloadError::unwritable(&self.place.path))
    }

    /// Reads what was written there.
    pub(super) fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        self.file().read_exact_at(bytes, at)
    }

    /// Removes it: nobody can go on with it.
    pub(super) fn discard(self) {
        if let Beside::Named(_, path) = &self.file {
            fs::remove_file(path).ok();
        }
    }

    /// Gives it the name. Where it replaces another file it is first made safe on the disk: a crash then leaves the old
    /// one or the new one.
    pub(super) fn put_in_place(self, size: u64) -> Result<(), DownloadError> {
        let path = self.place.path.clone();
        let replaces = !self.place.keep_existing && path.exists();
        let synced = if replaces { self.file().sync_all() } else { Ok(()) };
        let permitted = synced.and_then(|()| permit_as(self.file(), &path));
        permitted.and_then(|()| self.renamed(size)).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => DownloadError::Exists { path: path.clone() },
            _ => DownloadError::unwritable(&path)(error),
        })
    }

    fn renamed(self, size: u64) -> io::Result<()> {
        let Self { file, place: Place { path, keep_existing, .. } } = self;
        match file {
            Beside::Nameless(file) if keep_existing => {
                file.persist_noclobber(&path).map(drop).map_err(|e| e.error)
            }
            Beside::Nameless(file) => file.persist(&path).map(drop).map_err(|e| e.error),
            Beside::Named(file, own) => {
                // An earlier, longer object may have been written into it.
                file.set_len(size)?;
                if keep_existing {
                    fs::hard_link(&own, &path)?;
                    return fs::remove_file(own);
                }
                fs::rename(own, path)
            }
        }
    }
}

/// Removes nameless files of runs that were killed.
fn sweep(folder: &Path) {
    let is_nameless = |name: &str| name.strip_prefix(PREFIX).is_some_and(|rest| rest.len() == 6);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(is_nameless) && is_dead(&entry.path()).unwrap_or(false) {
            fs::remove_file(entry.path()).ok();
        }
    }
}

fn is_dead(path: &Path) -> io::Result<bool> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK)
        .open(path)?;
    let metadata = file.metadata()?;
    let is_ours = metadata.is_file() && metadata.uid() == nix::unistd::geteuid().as_raw();
    let age = SystemTime::now().duration_since(metadata.modified()?).unwrap_or_default();
    Ok(is_ours && age > DEAD && try_lock(&file)?)
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn until_it_is_put_in_place_the_old_file_is_there_and_afterwards_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let beside = |keep| Target::new(Place::at(&path, keep)?);
        let target = beside(false).unwrap();
        target.write_at(b"w", 2).unwrap();
        target.write_at(b"ne", 0).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        target.put_in_place(3).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        drop(beside(false).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_to_stay_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let place = Place::at(&path, true).unwrap();
        let [nameless, named] = [Target::new(place.clone()).unwrap(), Target::named(&place, "x").unwrap()];
        fs::write(&path, "old").unwrap();
        for target in [nameless, named] {
            assert!(matches!(target.put_in_place(0), Err(DownloadError::Exists { .. })));
        }
        assert!(matches!(Place::at(&path, true), Err(DownloadError::Exists { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }

    #[test]
    fn what_a_killed_run_left_is_removed_and_what_is_in_use_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let names = [".faascmd-dead00", ".faascmd-used00", ".faascmd-new000", ".faascmd-0123456789", "other"];
        let paths = names.map(|name| folder.path().join(name));
        let old = SystemTime::now() - 2 * DEAD;
        let files = paths.each_ref().map(|path| {
            let file = File::create(path).unwrap();
            file.set_modified(if path == &paths[2] { SystemTime::now() } else { old }).unwrap();
            file
        });
        let [dead, used, ..] = files;
        drop(dead);
        assert!(try_lock(&used).unwrap());
        sweep(folder.path());
        assert_eq!(paths.each_ref().map(|path| path.exists()), [false, true, true, true, true]);
    }
}

//! A file that takes the place of another: where links lead, and who may read it then.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

/// As many as the system follows.
const MOST_LINKS: usize = 40;

/// Where a file is.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// What symbolic links lead to, so that they stay links when it is replaced; it need not be there yet.
///
/// # Errors
/// When they lead in a circle, or to a folder that is not there.
pub fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let dangles = fs::metadata(&path).is_err();
        let Some(target) = dangles.then(|| fs::read_link(&path).ok()).flatten() else {
            return Ok(fs::canonicalize(&path).unwrap_or(path));
        };
        path = folder_of(&path).join(target);
        fs::metadata(folder_of(&path))?;
    }
    Err(io::Error::from_raw_os_error(nix::libc::ELOOP))
}

/// Gives a file the permissions that are right under this name: those of the file that it replaces, else those of any new
/// one.
///
/// # Errors
/// When they can't be told or set.
pub fn permit_as(file: &File, path: &Path) -> io::Result<()> {
    let permissions = match fs::metadata(path) {
        Ok(there) => Permissions::from_mode(mode_of(&there, file)?),
        Err(_) => permissions_of_a_new_one(folder_of(path))?,
    };
    file.set_permissions(permissions)
}

/// In a group that it can't have, its members are others.
fn mode_of(there: &fs::Metadata, file: &File) -> io::Result<u32> {
    let mode = there.permissions().mode() & 0o777;
    let has_group = file.metadata()?.gid() == there.gid() || fchown(file, None, Some(there.gid())).is_ok();
    Ok(if has_group { mode } else { mode & 0o707 | (mode & 0o007) << 3 })
}

/// The system knows the umask and the folder's defaults; asking it for the umask would change it for all threads.
fn permissions_of_a_new_one(folder: &Path) -> io::Result<Permissions> {
    let mut builder = tempfile::Builder::new();
    let probe = builder.prefix(".faascmd-").permissions(Permissions::from_mode(0o666)).tempfile_in(folder)?;
    Ok(probe.as_file().metadata()?.permissions())
}

//! Locks between processes: the kernel gives them back when the holder ends, however it ends.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::private_file::open_state;

/// Takes the lock of an open file; false while another has it.
///
/// # Errors
/// When the file system knows no locks.
pub fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Opens or makes a private file and takes its lock; `None` while another has it.
///
/// # Errors
/// When the file can't be opened or locked.
pub fn open_locked(path: &Path) -> io::Result<Option<File>> {
    loop {
        let file = open_state(path)?;
        if !try_lock(&file)? {
            return Ok(None);
        }
        // Its last holder may have removed the name between our opening and our locking.
        if fs::metadata(path).is_ok_and(|named| is_same(&named, &file)) {
            return Ok(Some(file));
        }
    }
}

fn is_same(named: &fs::Metadata, file: &File) -> bool {
    file.metadata().is_ok_and(|own| (own.dev(), own.ino()) == (named.dev(), named.ino()))
}

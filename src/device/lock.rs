//! One writer at a time: flock on the node, and who holds it.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use super::error::DeviceError;
use crate::base::lock::try_lock;

/// The lock; let go when dropped, and by the kernel when the process ends.
#[derive(Debug)]
pub struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // The file stays open where it was cloned from.
        self.0.unlock().ok();
    }
}

/// How often a taken lock is tried again.
const AGAIN: Duration = Duration::from_millis(10);

impl Lock {
    /// Takes the lock of an open node, or says who has it.
    ///
    /// # Errors
    /// When another has it.
    pub fn take(path: &Path, file: &File) -> Result<Self, DeviceError> {
        let failed = |source| DeviceError::Lock { node: path.into(), source };
        let same_open_file = file.try_clone().map_err(failed)?;
        if try_lock(file).map_err(failed)? {
            Ok(Self(same_open_file))
        } else {
            Err(DeviceError::Locked { node: path.into(), pid: holder(file) })
        }
    }

    pub(super) fn take_within(path: &Path, file: &File, time: Duration) -> Result<Self, DeviceError> {
        let end = Instant::now() + time;
        loop {
            match Self::take(path, file) {
                Err(DeviceError::Locked { .. }) if Instant::now() < end => std::thread::sleep(AGAIN),
                done => return done,
            }
        }
    }
}

/// The process that holds the lock, from `/proc/locks`; that file does not list other pid namespaces.
pub(super) fn holder(file: &File) -> Option<u32> {
    let inode = file.metadata().ok()?.ino();
    holder_in(&fs::read_to_string("/proc/locks").ok()?, inode)
}

/// `1: FLOCK  ADVISORY  WRITE 1234 fe:01:5678 0 EOF`: the pid is field 5, the inode the end of field 6.
///
/// The device numbers are not compared: on btrfs and overlayfs they are others than stat's.
fn holder_in(locks: &str, inode: u64) -> Option<u32> {
    locks.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, "FLOCK", _, _, pid, file, ..] = fields[..] else { return None };
        let same = file.rsplit(':').next()?.parse() == Ok(inode);
        same.then(|| pid.parse().ok()).flatten().filter(|pid| *pid != 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_is_found_by_the_inode() {
        let locks = "1: POSIX  ADVISORY  WRITE 11 fe:01:77 0 EOF\n\
                     2: FLOCK  ADVISORY  WRITE 22 00:2e:78 0 EOF\n\
                     2: -> FLOCK  ADVISORY  WRITE 23 00:2e:77 0 EOF\n\
                     3: FLOCK  ADVISORY  WRITE 33 00:2e:77 0 EOF\n\
                     4: FLOCK  ADVISORY  WRITE -1 00:2e:79 0 EOF\n";
        assert_eq!(holder_in(locks, 77), Some(33));
        assert_eq!(holder_in(locks, 79), None);
        assert_eq!(holder_in("", 77), None);
    }

    #[test]
    fn a_second_open_of_the_file_finds_the_lock_taken() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let first = Lock::take(file.path(), file.as_file()).unwrap();
        let second = || Lock::take(file.path(), &File::open(file.path()).unwrap());
        let pid = std::process::id();
        assert!(matches!(second(), Err(DeviceError::Locked { pid: Some(holder), .. }) if holder == pid));
        drop(first);
        second().unwrap();
    }
}

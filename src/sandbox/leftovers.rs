//! The folders that killed sandboxes leave behind.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::base::lock::try_lock;
use crate::base::private_file::open_state;

/// How the folders of sandboxes begin.
pub(super) const PREFIX: &str = "faascmd-sandbox-";
/// The file in such a folder that is locked as long as its sandbox lives.
const ALIVE: &str = "alive";

/// Marks the folder as that of a sandbox that lives, as long as the file is open.
pub(super) fn mark(folder: &Path) -> io::Result<File> {
    // Locked before it has its name: a sandbox that starts meanwhile would take an unlocked one for a dead one's.
    let unnamed = folder.join("alive.new");
    let file = open_state(&unnamed)?;
    try_lock(&file)?;
    fs::rename(unnamed, folder.join(ALIVE))?;
    Ok(file)
}

/// Removes the folders of this user's sandboxes that live no more.
pub(super) fn sweep(place: &Path) {
    let user = nix::unistd::geteuid().as_raw();
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let is_one = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let is_own = entry.metadata().is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == user);
        // One that is just being made has no such file yet.
        let Some(alive) = (is_one && is_own).then(|| File::open(entry.path().join(ALIVE)).ok()).flatten()
        else {
            continue;
        };
        if try_lock(&alive).unwrap_or(false) {
            fs::remove_dir_all(entry.path()).ok();
        }
    }
}

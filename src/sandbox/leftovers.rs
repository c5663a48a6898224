//! What a sandbox that was killed leaves behind: the command that ran in it, and its folder.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::base::lock::try_lock;
use crate::base::private_file::open_state;

/// How the folders of sandboxes begin.
pub(super) const PREFIX: &str = "faascmd-sandbox-";
/// The file in such a folder that is locked as long as its sandbox lives.
const ALIVE: &str = "alive";

/// Waits for the end of the pipe. If nothing was said before, the sandbox was killed: then the command ends, with all
/// that it started, and the folder goes.
const SCRIPT: &str = r#"trap '' HUP INT QUIT TERM
cd /
over=
while read -r _; do over=1; done
[ -z "$over" ] || exit 0
end_tree() {
    for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do end_tree "$child"; done
    kill -9 "$1" 2>/dev/null
}
end_tree "$1"
rm -rf "$2"
"#;

/// A shell that survives a kill of the sandbox, and then ends what runs in it.
#[derive(Debug)]
pub(super) struct Heir {
    process: Child,
    pipe: Option<ChildStdin>,
}

impl Heir {
    /// For a command that runs in the sandbox of this folder.
    pub(super) fn of(command: u32, folder: &Path) -> io::Result<Self> {
        let mut process = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "faascmd-sandbox-heir", &command.to_string()])
            .arg(folder)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let pipe = process.stdin.take();
        Ok(Self { process, pipe })
    }
}

impl Drop for Heir {
    fn drop(&mut self) {
        if let Some(mut pipe) = self.pipe.take() {
            pipe.write_all(b"over\n").ok();
        }
        self.process.wait().ok();
    }
}

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

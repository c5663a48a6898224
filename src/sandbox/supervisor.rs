//! What is left when the sandbox is killed: a shell that waits for the end of the sandbox's pipe, ends the processes
//! of the sandbox, and removes the folder.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Looks through the environments of all processes for the folder until there is none: one may have been about to
/// start another. With each goes what it started, as that may have cleared its environment.
const SCRIPT: &str = r#"trap '' HUP INT QUIT TERM
cd /
ended=
while read -r _; do ended=1; done
[ -z "$ended" ] || exit 0
end_tree() {
    for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do end_tree "$child"; done
    kill -9 "$1" 2>/dev/null
}
for round in 1 2 3 4 5; do
    # Its exit code is of no use: a process that ended meanwhile makes it fail, whatever it found.
    found=$(grep -aFlsz "$2=$1" /proc/[0-9]*/environ)
    [ -n "$found" ] || break
    for process in $found; do
        process=${process#/proc/}
        end_tree "${process%/environ}"
    done
done
rm -rf "$1"
"#;

/// The waiting process. It ends, and ends the others, when this is dropped or its owner dies.
#[derive(Debug)]
pub(super) struct Supervisor {
    process: Child,
    // None only while it is dropped: its end is the sign.
    pipe: Option<ChildStdin>,
}

impl Supervisor {
    /// Starts it, in a process group of its own, so that no terminal ends it. To be started before the processes that it
    /// is to end: those whose environment holds the variable, with the folder or a place below it.
    pub(super) fn start(folder: &Path, variable: &str) -> io::Result<Self> {
        let mut process = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "faascmd-sandbox-supervisor"])
            .arg(folder)
            .arg(variable)
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

    /// There is nothing to end: the processes ended by themselves, and what they left running is theirs.
    pub(super) fn dismiss(mut self) {
        if let Some(pipe) = &mut self.pipe {
            pipe.write_all(b"ended\n").ok();
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        drop(self.pipe.take());
        self.process.wait().ok();
    }
}

/// Kills every process whose environment holds this variable with this folder.
pub(super) fn end_processes(variable: &str, folder: &Path) {
    let mut wanted = format!("{variable}=").into_bytes();
    wanted.extend(folder.as_os_str().as_bytes());
    // One may have been about to start another.
    for _ in 0..2 {
        for pid in processes() {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            if environment.split(|byte| *byte == 0).any(|entry| entry == wanted) {
                kill(Pid::from_raw(pid), Signal::SIGKILL).ok();
            }
        }
    }
}

fn processes() -> Vec<i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

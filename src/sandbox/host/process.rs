//! A command that really runs: a shell in a process group of its own, its output, its end.

use std::ffi::OsString;
use std::io::{self, PipeReader, Read};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use super::Output;

/// How long what the shell left behind may still print, after its end.
const LINGER: Duration = Duration::from_millis(200);
/// How often the end is looked for while nothing is printed, in milliseconds.
const LOOK_EVERY: u16 = 20;

/// A running command; dropping it does not end it.
#[derive(Debug)]
pub(crate) struct Process {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    child: Child,
    output: Output,
    ended: Option<Ended>,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// The exit code; 128 + n for a signal, as a shell would say.
    pub(crate) code: i32,
}

impl Process {
    /// Starts a file by a shell, without input, as the agent does with `sh -c FILE`.
    ///
    /// The shell of CentOS becomes the file's own; others would stay before it, and a kill of the shell would spare the
    /// file's.
    pub(super) fn start(file: &Path, folder: &Path, environment: Vec<(&str, OsString)>) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", "exec \"$0\""])
            .arg(file)
            .current_dir(folder)
            .env_clear()
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .process_group(0);
        let child = command.spawn()?;
        // The command holds the writing ends, without which the pipe has no end.
        drop(command);
        let output = Output::new(Instant::now());
        let shared = Arc::new(Mutex::new(Shared { child, output, ended: None }));
        let watched = Arc::clone(&shared);
        std::thread::Builder::new().name("command".into()).spawn(move || watch(reader, &watched))?;
        Ok(Self { shared })
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&self) -> Option<Ended> {
        locked(&self.shared).ended
    }

    /// What it printed so far, as far as the agent passed it on.
    pub(crate) fn output(&self) -> Output {
        locked(&self.shared).output.clone()
    }

    /// Kills the shell, and with `tree` all that is in its group.
    pub(crate) fn kill(&self, tree: bool) {
        let mut shared = locked(&self.shared);
        let Some(pid) = i32::try_from(shared.child.id()).ok().map(Pid::from_raw) else { return };
        if tree {
            // The group outlives the shell as long as anything is in it.
            killpg(pid, Signal::SIGKILL).ok();
        }
        if matches!(shared.child.try_wait(), Ok(None)) {
            kill(pid, Signal::SIGKILL).ok();
        }
    }
}

/// Reads until the shell has ended and what it left behind had its time, or closed the pipe.
fn watch(mut reader: PipeReader, shared: &Mutex<Shared>) {
    let mut buffer = vec![0; 16 << 10];
    let (mut end, mut open) = (None, true);
    loop {
        if open && has_something(&reader) {
            match reader.read(&mut buffer) {
                Ok(0) | Err(_) => open = false,
                Ok(count) => locked(shared).output.take(&buffer[..count], Instant::now()),
            }
        } else if !open {
            std::thread::sleep(Duration::from_millis(u64::from(LOOK_EVERY)));
        }
        let mut shared = locked(shared);
        shared.output.pass(Instant::now());
        if end.is_none() {
            let status = shared.child.try_wait().ok().flatten();
            end = status.map(|status| (Instant::now(), status));
        }
        let Some((since, status)) = end else { continue };
        if !open || since.elapsed() >= LINGER {
            shared.output.end();
            let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
            shared.ended = Some(Ended { code });
            return;
        }
    }
}

fn has_something(reader: &PipeReader) -> bool {
    let mut waiting = [PollFd::new(reader.as_fd(), PollFlags::POLLIN)];
    poll(&mut waiting, PollTimeout::from(LOOK_EVERY)).is_ok_and(|count| count > 0)
}

fn locked(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

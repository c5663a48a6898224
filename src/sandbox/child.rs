//! A command that runs in a sandbox: its environment, the signals, its exit status.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Component, Path};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

use super::environment::path_with;
use super::server::Sandbox;
use super::supervisor::Supervisor;
use crate::base::cancel::ignored_signals;

/// What a shell ends with when there is no such command.
const NOT_FOUND: u8 = 127;
/// What a shell ends with when the command can't be run.
const NOT_EXECUTABLE: u8 = 126;

/// The sandbox's folder, in the environment of the command; it is how its processes are found when the sandbox is killed.
const SANDBOX_VARIABLE: &str = "FAASCMD_SANDBOX";

/// Why a command did not run.
#[derive(Debug, thiserror::Error)]
#[error("can't run {}: {source}", .command.display())]
pub struct NotRun {
    command: OsString,
    source: io::Error,
}

impl NotRun {
    /// What a shell would end with.
    pub fn exit_code(&self) -> u8 {
        if self.source.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_EXECUTABLE }
    }
}

impl Sandbox {
    /// A command with the environment of this sandbox, ready for [`Forwarding::run`].
    ///
    /// # Errors
    /// When this program can't tell where it is.
    pub fn command(&self, words: &[OsString]) -> io::Result<Command> {
        let program = words.first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        command.args(&words[1..]).envs(self.environment());
        for (name, _) in std::env::vars_os().filter(|(name, _)| self.removes(name)) {
            command.env_remove(name);
        }
        if let Some(folder) = std::env::current_exe()?.parent() {
            command.env("PATH", path_with(folder));
        }
        Ok(command)
    }
}

/// The signals that end a sandbox which runs no command, also where they were inherited as ignored (a shell's `&`).
/// To be caught before there is anything to leave behind.
#[derive(Debug)]
pub struct Endings(Signals);

impl Endings {
    /// Catches SIGINT, SIGTERM, SIGQUIT and SIGHUP from now on.
    ///
    /// # Errors
    /// When the handlers can't be installed.
    pub fn caught() -> io::Result<Self> {
        Ok(Self(Signals::new([SIGINT, SIGTERM, SIGQUIT, SIGHUP])?))
    }

    /// Waits for one of them.
    pub fn wait(mut self) -> i32 {
        self.0.forever().next().unwrap_or(SIGINT)
    }
}

/// Where a folder of PATH may not be looked into, the system says "permission denied" also of a command that is nowhere.
fn told_apart(error: io::Error, command: &Command) -> io::Error {
    let name = Path::new(command.get_program());
    let path = command.get_envs().find_map(|(variable, value)| value.filter(|_| variable == "PATH"));
    let is_there =
        path.is_none_or(|path| std::env::split_paths(path).any(|folder| folder.join(name).exists()));
    let is_bare = name.components().eq([Component::Normal(command.get_program())]);
    if error.kind() == io::ErrorKind::PermissionDenied && is_bare && !is_there {
        return nix::errno::Errno::ENOENT.into();
    }
    error
}

fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    u8::try_from(code).unwrap_or(u8::MAX)
}

/// The signals of this process while commands run; to be caught before there is anything to leave behind.
///
/// SIGINT and SIGQUIT, which a terminal sends to the command too, are passed over here; SIGTERM and SIGHUP are passed
/// on. A signal that was ignored from the start stays so, here and for the command.
#[derive(Debug)]
pub struct Forwarding {
    running: Arc<Mutex<Running>>,
    handle: signal_hook::iterator::Handle,
}

/// The command as the signals see it.
#[derive(Debug, Default)]
struct Running {
    /// None before the start and after the end, when the id may be another's.
    pid: Option<Pid>,
    /// What came before the start.
    early: Vec<Signal>,
}

impl Forwarding {
    /// Catches the signals from now on.
    ///
    /// # Errors
    /// When the handlers can't be installed.
    pub fn start() -> io::Result<Self> {
        let inherited = ignored_signals();
        let heeded =
            [SIGINT, SIGQUIT, SIGTERM, SIGHUP].into_iter().filter(|signal| !inherited.contains(signal));
        let mut signals = Signals::new(heeded)?;
        let handle = signals.handle();
        let running: Arc<Mutex<Running>> = Arc::default();
        let shared = Arc::clone(&running);
        std::thread::Builder::new().name("signals".into()).spawn(move || {
            for signal in signals.forever() {
                if let (SIGTERM | SIGHUP, Ok(signal)) = (signal, Signal::try_from(signal)) {
                    locked(&shared).take(signal);
                }
            }
        })?;
        Ok(Self { running, handle })
    }

    /// Runs a command, such as one of [`Sandbox::command`], and gives its exit code, 128 + n for a signal.
    ///
    /// # Errors
    /// When the command is not found or can't be run.
    pub fn run(&self, sandbox: &Sandbox, command: &mut Command) -> Result<u8, NotRun> {
        let name = command.get_program().to_owned();
        let not_run = |source| NotRun { command: name.clone(), source };
        let folder = sandbox.cloud().folder();
        let supervisor = Supervisor::start(folder, SANDBOX_VARIABLE).map_err(not_run)?;
        let spawned =
            command.env(SANDBOX_VARIABLE, folder).spawn().map_err(|error| told_apart(error, command));
        let ended = spawned.and_then(|mut child| {
            self.forward_to(&child);
            self.wait(&mut child)
        });
        supervisor.dismiss();
        ended.map(exit_code).map_err(not_run)
    }

    fn forward_to(&self, child: &Child) {
        let mut running = locked(&self.running);
        running.pid = i32::try_from(child.id()).ok().map(Pid::from_raw);
        for signal in std::mem::take(&mut running.early) {
            running.take(signal);
        }
    }

    /// Waits for the end without reaping first, so that no signal goes to another process of the same id.
    fn wait(&self, child: &mut Child) -> io::Result<ExitStatus> {
        let pid = locked(&self.running).pid;
        if let Some(pid) = pid {
            let ended = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
            while waitid(Id::Pid(pid), ended) == Err(nix::errno::Errno::EINTR) {}
        }
        locked(&self.running).pid = None;
        child.wait()
    }
}

impl Drop for Forwarding {
    fn drop(&mut self) {
        self.handle.close();
    }
}

impl Running {
    fn take(&mut self, signal: Signal) {
        match self.pid {
            // It may have ended by itself just now.
            Some(pid) => drop(kill(pid, signal)),
            None => self.early.push(signal),
        }
    }
}

fn locked(running: &Mutex<Running>) -> MutexGuard<'_, Running> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

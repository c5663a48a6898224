//! A private world for the programs: own HOME, no inherited settings.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Once};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

use super::schema;

/// An empty HOME and working directory; gone when dropped.
pub struct World {
    folder: tempfile::TempDir,
    /// Lives as long as the test, which [`bounded`] takes to hang when it is too long.
    _over: Sender<()>,
}

/// What a program printed, and its exit code (128 + n for a signal).
#[derive(Debug)]
pub struct Ran {
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
}

impl World {
    /// A machine of a new user: empty HOME, no settings.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), _over: bounded() }
    }

    /// The working directory and HOME.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into the working directory.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Writes a program into the working directory, by another process: what this one holds open for writing, even those
    /// inherit for a moment that its other tests start, and nothing can be run meanwhile.
    pub fn program_file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.file(name, "");
        std::fs::remove_file(&path).unwrap();
        let mut command = self.command("sh");
        command.args(["-euc", "cat > \"$1\"; chmod 755 \"$1\"", "sh"]).arg(&path).stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        path
    }

    /// The program, ready to run in this world.
    pub fn command(&self, program: &str) -> Command {
        let program = match program {
            "faascmd" => env!("CARGO_BIN_EXE_faascmd"),
            "reg_rw" => env!("CARGO_BIN_EXE_reg_rw"),
            other => other,
        };
        heed_signals();
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.path()).env("HOME", self.path()).env("TMPDIR", self.path());
        command
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("TZ", "UTC")
            .env("COLUMNS", "100");
        command.stdin(Stdio::null());
        command
    }

    /// `faascmd` as another user runs it, who may look around here and not where it was built.
    pub fn faascmd_of(&self, user: u32) -> Command {
        let copy = self.path().join("faascmd-of-others");
        if !copy.exists() {
            // By another process: see `program_file`.
            let built = env!("CARGO_BIN_EXE_faascmd");
            ran(self.command("install").args(["-m", "755", built]).arg(&copy)).exits(0);
        }
        std::fs::set_permissions(self.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let mut command = self.command(copy.to_str().unwrap());
        command.uid(user).gid(user);
        command
    }

    /// Runs `faascmd ARGS`.
    pub fn faascmd(&self, args: &[&str]) -> Ran {
        ran(self.command("faascmd").args(args))
    }
}

/// Ends all tests with the name of one that hangs, instead of waiting with it until CI loses patience with no name.
fn bounded() -> Sender<()> {
    const LONGEST: Duration = Duration::from_mins(15);
    let test = thread::current().name().unwrap_or("a test").to_owned();
    let (sender, over) = mpsc::channel();
    thread::spawn(move || {
        if over.recv_timeout(LONGEST) == Err(RecvTimeoutError::Timeout) {
            // Not eprintln: what a test prints is kept until its end, which does not come.
            writeln!(std::io::stderr(), "\nerror: {test} hangs: it is not over after {LONGEST:?}").ok();
            std::process::abort();
        }
    });
    sender
}

/// A shell's `&` and `nohup` have the tests ignore signals, and what they start too, which is tested with them. What is
/// handled here, by doing nothing, is at its default there.
fn heed_signals() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
        let ignored = u64::from_str_radix(ignored.trim(), 16).unwrap();
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
            if ignored >> (signal - 1) & 1 == 1 {
                signal_hook::flag::register(signal, Arc::default()).unwrap();
            }
        }
    });
}

/// Runs to the end.
pub fn ran(command: &mut Command) -> Ran {
    Ran::of(command.output().unwrap())
}

/// A first Ctrl-C, more of them when the program has said what another one does, and what it says from then on.
pub fn interrupted_again(mut child: Child) -> Ran {
    let pid = Pid::from_raw(child.id().try_into().unwrap());
    let mut said = BufReader::new(child.stderr.take().unwrap());
    kill(pid, Signal::SIGINT).unwrap();
    let mut line = String::new();
    while !line.contains("another Ctrl-C") {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "it never offers to stop");
    }
    // A second one right after the first is the same wish: it takes one that is meant.
    let asks = thread::spawn(move || {
        while child.try_wait().unwrap().is_none() {
            kill(pid, Signal::SIGINT).ok();
            thread::yield_now();
        }
        child.wait_with_output().unwrap()
    });
    let mut stderr = String::new();
    said.read_to_string(&mut stderr).unwrap();
    Ran { stderr, ..Ran::of(asks.join().unwrap()) }
}

impl Ran {
    fn of(Output { status, stdout, stderr }: Output) -> Self {
        Self {
            stdout: String::from_utf8_lossy(&stdout).into_owned(),
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
            code: status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
        }
    }

    /// Asserts the exit code; shows everything if it is another.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n--- stdout\n{}--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// stdout as one JSON document.
    #[track_caller]
    pub fn json(&self) -> Value {
        let document: Value = serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("{e}\n{}\n{}", self.stdout, self.stderr));
        schema::hold(&document);
        document
    }

    /// The last line of stderr as JSON: an error with `-o json`.
    #[track_caller]
    pub fn error(&self) -> Value {
        let last = self.stderr.trim_end().lines().last().unwrap_or_default();
        let value: Value = serde_json::from_str(last).unwrap_or_else(|e| panic!("{e}\n{}", self.stderr));
        assert_eq!(self.stdout, "", "stdout is empty when there is an error");
        schema::hold(&value);
        value["error"].clone()
    }
}

//! A PRBS soak that runs beside the test.

use std::io::{BufRead, BufReader, Read as _};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStderr, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::bar::Bar;
use super::world::{Ran, World};

/// A soak that has been seen to run.
pub struct Soak {
    child: Child,
    stderr: BufReader<ChildStderr>,
}

impl Soak {
    /// As under a shell's `&`: the signals come ignored.
    pub fn new(world: &World, bar: &Bar, args: &[&str]) -> Self {
        Self::under("trap '' INT TERM", world, bar, args)
    }

    pub fn under(setup: &str, world: &World, bar: &Bar, args: &[&str]) -> Self {
        // The tests may themselves run under nohup; a shell can't take back what it inherits as ignored.
        let mut command = world.command("env");
        command.args(["--default-signal", "sh", "-c", &format!("{setup}; exec \"$@\""), "sh"]);
        command.arg(world.command("faascmd").get_program());
        command.args(["test", "prbs", "--device", &bar.device()]).args(args);
        Self::start(&mut command)
    }

    /// Starts a command that runs one, and waits until it does.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        assert!(line.contains(": 0x30 reads 0x00000000 ("), "{line}");
        Self { child, stderr }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        self.send(signal as i32);
    }

    /// Sends any signal, also a real-time one.
    pub fn send(&self, number: i32) {
        let pid = self.pid().to_string();
        match Signal::try_from(number) {
            Ok(signal) => kill(Pid::from_raw(pid.parse().unwrap()), signal).unwrap(),
            Err(_) => {
                assert!(Command::new("kill").args([format!("-{number}"), pid]).status().unwrap().success());
            }
        }
    }

    /// Waits for its end; a signal that ended it is 128 and its number, as in a shell.
    pub fn end(mut self) -> Ran {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stderr.read_to_string(&mut stderr).unwrap();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        let status = self.child.wait().unwrap();
        let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap());
        Ran { stdout, stderr, code }
    }
}

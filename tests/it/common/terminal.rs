//! A program on a terminal: what it shows, what is typed, and whether it is shown while it is typed.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::termios::{LocalFlags, tcgetattr};

/// A program and the other end of its terminal.
pub struct Terminal {
    master: File,
    child: Child,
    shown: String,
}

impl Terminal {
    /// Starts a command, which must be `setsid --ctty …`: that makes the terminal the program's own, as a shell does.
    ///
    /// It is taken whole: as long as it lives, it keeps the program's end of the terminal open.
    pub fn start(mut command: Command) -> Self {
        // None of them may be inherited: who has the master keeps the terminal open.
        let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let mut options = File::options();
        options.read(true).write(true).custom_flags(OFlag::O_NOCTTY.bits());
        let slave = options.open(ptsname_r(&master).unwrap()).unwrap();
        let end = || Stdio::from(slave.try_clone().unwrap());
        let child = command.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
        Self { master: File::from(OwnedFd::from(master)), child, shown: String::new() }
    }

    /// Waits until the program has shown a text.
    #[track_caller]
    pub fn shows(&mut self, text: &str) {
        while !self.shown.contains(text) {
            assert!(self.read(), "`{text}` never came:\n{}", self.shown);
        }
    }

    /// Waits until what is typed is no longer shown.
    pub fn hides_what_is_typed(&self) {
        let end = Instant::now() + Duration::from_mins(5);
        while tcgetattr(&self.master).unwrap().local_flags.contains(LocalFlags::ECHO) {
            assert!(Instant::now() < end, "the terminal goes on to echo");
            std::thread::yield_now();
        }
    }

    /// Types a line.
    pub fn type_line(&mut self, line: &str) {
        writeln!(self.master, "{line}").unwrap();
    }

    /// Waits for the program's end: everything that was shown, and the exit code.
    pub fn end(mut self) -> (String, i32) {
        while self.read() {}
        (self.shown, self.child.wait().unwrap().code().unwrap())
    }

    /// Closes the terminal and waits for the program's end.
    pub fn close(self) {
        let Self { master, mut child, .. } = self;
        drop(master);
        child.wait().unwrap();
    }

    /// Reads more; false when nobody has the terminal open any more.
    fn read(&mut self) -> bool {
        let mut buffer = [0; 4096];
        let length = self.master.read(&mut buffer).unwrap_or(0);
        self.shown.push_str(&String::from_utf8_lossy(&buffer[..length]));
        length > 0
    }
}

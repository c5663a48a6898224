//! A wire that a test cuts: it stands between a program and its cloud and kills the program at a chosen byte.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, OnceLock};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Where the program dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Never: to count.
    Never,
    /// Within the request of this number, counted from 0.
    Request(usize, Phase),
    /// When so many bytes have gone to the cloud.
    Up(u64),
    /// When so many bytes have come from it.
    Down(u64),
}

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing of it reaches the cloud.
    Unsent,
    /// Half of its first bytes reach the cloud.
    HalfSent,
    /// The cloud has answered, and nothing of the answer reaches the program.
    Unanswered,
    /// Half of the answer's first bytes reach the program.
    HalfAnswered,
}

impl Phase {
    pub const ALL: [Self; 4] = [Self::Unsent, Self::HalfSent, Self::Unanswered, Self::HalfAnswered];
}

/// What has passed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Passed {
    pub requests: usize,
    pub up: u64,
    pub down: u64,
    /// Whether the program was killed.
    pub cut: bool,
}

/// A proxy of one program's connections.
#[derive(Clone)]
pub struct Tap {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    cloud: SocketAddr,
    cut: Mutex<Cut>,
    passed: Mutex<Passed>,
    program: OnceLock<Pid>,
    /// What the program gets at the cut. What can be caught cuts no wire: the program may still have something to do.
    signal: Signal,
}

impl Tap {
    /// A proxy before the cloud.
    pub fn before(cloud: SocketAddr, cut: Cut) -> Self {
        Self::signalling(cloud, cut, Signal::SIGKILL)
    }

    /// The same with another signal than the one that kills.
    pub fn signalling(cloud: SocketAddr, cut: Cut, signal: Signal) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            cloud,
            cut: Mutex::new(cut),
            passed: Mutex::default(),
            program: OnceLock::new(),
            signal,
        });
        let tap = Self { address, shared };
        let accepting = tap.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                accepting.connect(client.unwrap());
            }
        });
        tap
    }

    /// What the program has to take for its cloud.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Runs the program until it ends or is killed.
    pub fn run(&self, command: &mut Command) -> (ExitStatus, Passed) {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        self.shared.program.set(Pid::from_raw(child.id().try_into().unwrap())).unwrap();
        let status = child.wait().unwrap();
        (status, *self.shared.passed.lock().unwrap())
    }

    /// Lets everything pass from now on, for programs that are run otherwise.
    pub fn heal(&self) {
        *self.shared.cut.lock().unwrap() = Cut::Never;
        self.shared.passed.lock().unwrap().cut = false;
    }

    fn connect(&self, client: TcpStream) {
        let cloud = TcpStream::connect(self.shared.cloud).unwrap();
        // A new request begins with the first bytes that go up after some have come down.
        let asking = Arc::new(Mutex::new(false));
        let ends = [(client.try_clone().unwrap(), cloud.try_clone().unwrap(), true), (cloud, client, false)];
        for (from, to, up) in ends {
            let (shared, asking) = (Arc::clone(&self.shared), Arc::clone(&asking));
            std::thread::spawn(move || shared.copy(from, to, up, &asking));
        }
    }
}

impl Shared {
    fn copy(&self, mut from: TcpStream, mut to: TcpStream, up: bool, asking: &Mutex<bool>) {
        let mut buffer = vec![0; 16 << 10];
        loop {
            let length = from.read(&mut buffer).unwrap_or(0);
            let (allowed, cut) = if length == 0 { (0, false) } else { self.pass(length, up, asking) };
            let sent = to.write_all(&buffer[..allowed]);
            if cut {
                kill(*self.program.wait(), self.signal).unwrap();
            }
            if cut && self.kills() || length == 0 || sent.is_err() {
                to.shutdown(Shutdown::Write).ok();
                from.shutdown(Shutdown::Read).ok();
                return;
            }
        }
    }

    fn kills(&self) -> bool {
        self.signal == Signal::SIGKILL
    }

    /// How many of these bytes may pass, and whether the program dies then.
    fn pass(&self, length: usize, up: bool, asking: &Mutex<bool>) -> (usize, bool) {
        let mut passed = self.passed.lock().unwrap();
        if passed.cut {
            return (if self.kills() { 0 } else { length }, false);
        }
        let mut asking = asking.lock().unwrap();
        let first = *asking != up;
        *asking = up;
        if first && up {
            passed.requests += 1;
        }
        let number = passed.requests.checked_sub(1);
        let total = if up { &mut passed.up } else { &mut passed.down };
        let (before, now) = (*total, *total + length as u64);
        *total = now;
        let within =
            |limit: u64| (before..now).contains(&limit).then(|| usize::try_from(limit - before).unwrap());
        let allowed = match *self.cut.lock().unwrap() {
            Cut::Request(n, phase) if first && number == Some(n) => match (phase, up) {
                (Phase::Unsent, true) | (Phase::Unanswered, false) => Some(0),
                (Phase::HalfSent, true) | (Phase::HalfAnswered, false) => Some(length / 2),
                _ => None,
            },
            Cut::Up(limit) if up => within(limit),
            Cut::Down(limit) if !up => within(limit),
            _ => None,
        };
        passed.cut = allowed.is_some();
        (allowed.filter(|_| self.kills()).unwrap_or(length), allowed.is_some())
    }
}

//! A sandbox beside the test, the machine of a new user in its cloud, and the log of what reached it.

use std::io::{BufRead, BufReader, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use faascmd::testing::sign::Credential;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use serde_json::Value;

use super::http::Answer;
use super::line::Line;
use super::rpc::{call, user};
use super::world::{Ran, World, ran};

/// A sandbox in a process of its own, as `faascmd sandbox` starts it; gone when dropped.
pub struct Cloud {
    pub world: World,
    /// Who signs the requests by hand.
    pub credential: Credential,
    sandbox: Child,
    environment: Vec<(String, String)>,
    log: Receiver<Value>,
    pipe: PathBuf,
    /// Where it keeps its own files, so that what the programs leave in the world is theirs.
    _folder: tempfile::TempDir,
}

impl Cloud {
    /// A cloud whose time passes quickly.
    pub fn new() -> Self {
        Self::start(&["--speed", "20"])
    }

    /// A cloud with these faults, struck as the seed says.
    pub fn with_faults(faults: &[&str], seed: u64) -> Self {
        let seed = seed.to_string();
        let faults = faults.iter().flat_map(|fault| ["--fault", fault]);
        Self::start(&["--fault-seed", &seed].into_iter().chain(faults).collect::<Vec<_>>())
    }

    /// A cloud with these flags. The log is a pipe, so that waiting for a line is no polling.
    pub fn start(flags: &[&str]) -> Self {
        Self::start_by(None, flags)
    }

    /// The same by another user, whose commands are then let in.
    pub fn start_as(user: u32, flags: &[&str]) -> Self {
        Self::start_by(Some(user), flags)
    }

    fn start_by(owner: Option<u32>, flags: &[&str]) -> Self {
        let (world, folder) = (World::new(), tempfile::tempdir().unwrap());
        let pipe = folder.path().join("log.pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let mut command = owner.map_or_else(|| world.command("faascmd"), |owner| world.faascmd_of(owner));
        command.args(["sandbox", "--fixed-keys", "-o", "json", "--log"]).arg(&pipe).args(flags);
        command.env("TMPDIR", folder.path()).stdout(Stdio::piped()).stderr(Stdio::null());
        if let Some(owner) = owner {
            for path in [world.path(), folder.path(), &pipe] {
                std::os::unix::fs::chown(path, Some(owner), Some(owner)).unwrap();
            }
        }
        let mut sandbox = command.spawn().unwrap();
        let log = lines_of(pipe.clone());
        let said = serde_json::Deserializer::from_reader(sandbox.stdout.take().unwrap());
        let said: Value = said.into_iter().next().unwrap().unwrap();
        let set = said["set"].as_object().unwrap();
        let environment = set.iter().map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned())).collect();
        Self { world, credential: user(), sandbox, environment, log, pipe, _folder: folder }
    }

    /// Programs come into it over a line.
    pub fn over(mut self, line: &Line) -> Self {
        let endpoint = self.environment.iter_mut().find(|(name, _)| name == "FAASCMD_ENDPOINT").unwrap();
        endpoint.1 = line.endpoint();
        self
    }

    /// The variables that lead a program into this cloud.
    pub fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// One of them.
    pub fn variable(&self, name: &str) -> &str {
        self.environment.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str()).unwrap()
    }

    /// Where the services are, as a URL.
    pub fn endpoint(&self) -> &str {
        self.variable("FAASCMD_ENDPOINT")
    }

    /// Where they listen.
    pub fn address(&self) -> SocketAddr {
        self.endpoint().strip_prefix("http://").unwrap().parse().unwrap()
    }

    /// Where commands store credentials.
    pub fn credentials_file(&self) -> PathBuf {
        self.variable("FAASCMD_CREDENTIALS_FILE").into()
    }

    /// A program in this cloud, not yet started.
    pub fn program(&self, program: &str) -> Command {
        let mut command = self.world.command(program);
        command.envs(self.environment.iter().cloned());
        command
    }

    /// `faascmd ARGS`, not yet started, with its output in pipes.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.program("faascmd");
        command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs `faascmd ARGS` to its end.
    pub fn faascmd(&self, args: &[&str]) -> Ran {
        ran(&mut self.command(args))
    }

    /// Runs it with other variables; an empty value takes one away.
    pub fn faascmd_with(&self, variables: &[(&str, &str)], args: &[&str]) -> Ran {
        let mut command = self.command(args);
        for (name, value) in variables {
            if value.is_empty() {
                command.env_remove(name)
            } else {
                command.env(name, value)
            };
        }
        ran(&mut command)
    }

    /// What `faascmd doctor FLAGS` says after some preparation. Its checks have five seconds each: on a machine that is busy
    /// for minutes it may take more than one look.
    pub fn diagnosis(&self, preparation: &str, flags: &str) -> Value {
        let script = format!(
            "{preparation}
             look() {{ faascmd doctor -o json {flags} 2>/dev/null || test $? = 1; }}
             for look in 1 2 3 4 5 6 7 8 9; do
                 said=$(look)
                 case $said in *'no answer within 5 s'*) ;; *) break ;; esac
             done
             printf '%s\\n' \"$said\""
        );
        self.shell(&script).exits(0).json()
    }

    /// Runs a script in a shell that finds this build's programs first.
    pub fn shell(&self, script: &str) -> Ran {
        let folder = std::path::Path::new(env!("CARGO_BIN_EXE_faascmd")).parent().unwrap();
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
        ran(self.program("sh").env("PATH", path).args(["-euc", script]))
    }

    /// Calls an action of RAM as the user.
    pub fn ram(&self, action: &str, given: &[(&str, &str)]) -> Answer {
        call(self, &user(), ("2015-05-01", action), given)
    }

    /// The document of a custom policy that is in force.
    pub fn policy(&self, name: &str) -> Value {
        let answer = self.ram("GetPolicy", &[("PolicyType", "Custom"), ("PolicyName", name)]).json();
        serde_json::from_str(answer["DefaultPolicyVersion"]["PolicyDocument"].as_str().unwrap()).unwrap()
    }

    /// Kills the sandbox as nobody can be prepared for.
    pub fn dies(&mut self) {
        self.sandbox.kill().unwrap();
        self.sandbox.wait().unwrap();
    }

    /// Waits for the next request's end.
    pub fn next_request(&self) -> Value {
        self.log.recv().expect("the sandbox is running")
    }

    /// Waits for the end of requests until their bodies add up to so many bytes; gives the sum.
    pub fn until_received(&self, bytes: u64) -> u64 {
        let mut sum = 0;
        while sum < bytes {
            sum += body_bytes(&self.next_request());
        }
        sum
    }

    /// The requests that ended and were not yet asked for. Each has its line in the pipe before its answer goes out, so a line
    /// of our own behind them tells when all of them were read.
    pub fn requests(&self) -> Vec<Value> {
        match self.end_of_lines() {
            Ok(()) => self.log.iter().take_while(|line| !line.is_null()).collect(),
            // The sandbox is gone, and nobody reads the pipe any more.
            Err(_) => self.log.try_iter().collect(),
        }
    }

    fn end_of_lines(&self) -> std::io::Result<()> {
        let flags = OFlag::O_NONBLOCK.bits();
        let mut pipe = std::fs::OpenOptions::new().write(true).custom_flags(flags).open(&self.pipe)?;
        // A pipe that is full is waited for.
        fcntl(&pipe, FcntlArg::F_SETFL(OFlag::empty()))?;
        pipe.write_all(b"null\n")
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        nix::sys::signal::kill(
            nix::unistd::Pid::from_raw(self.sandbox.id().try_into().unwrap()),
            nix::sys::signal::Signal::SIGTERM,
        )
        .ok();
        self.sandbox.wait().ok();
    }
}

/// The lines of a log, read to the end whether or not anybody asks: a full pipe would hold the sandbox up.
fn lines_of(pipe: PathBuf) -> Receiver<Value> {
    let (lines, log) = channel();
    std::thread::spawn(move || {
        let read = BufReader::new(std::fs::File::open(pipe).unwrap()).lines();
        for line in read.map_while(Result::ok) {
            lines.send(serde_json::from_str(&line).unwrap()).ok();
        }
    });
    log
}

/// Bytes of the body that a request brought.
pub fn body_bytes(request: &Value) -> u64 {
    request["body_bytes"].as_u64().unwrap()
}

/// How often an action stands in a log.
pub fn count(requests: &[Value], action: &str) -> usize {
    requests.iter().filter(|request| request["action"] == action).count()
}

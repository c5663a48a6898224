//! A sandbox that goes on while a test starts, watches and ends programs; its log tells what reached it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use serde_json::Value;

use super::world::{Ran, World, ran};

/// A sandbox of its own process; gone when dropped.
pub struct Running {
    pub world: World,
    sandbox: Child,
    environment: Vec<(String, String)>,
    log: Receiver<Value>,
}

impl Running {
    /// Starts it with these flags. The log is a pipe, so that waiting for a line is no polling.
    pub fn start(flags: &[&str]) -> Self {
        let world = World::new();
        let pipe = world.path().join("log.pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let mut command = world.command("faascmd");
        command.args(["sandbox", "--fixed-keys", "-o", "json", "--log"]).arg(&pipe).args(flags);
        let mut sandbox = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (lines, log) = channel();
        // Read to the end whether or not anybody asks: a full pipe would hold the sandbox up.
        std::thread::spawn(move || {
            let lines_of = BufReader::new(std::fs::File::open(pipe).unwrap()).lines();
            for line in lines_of.map_while(Result::ok) {
                lines.send(serde_json::from_str(&line).unwrap()).ok();
            }
        });
        let said = serde_json::Deserializer::from_reader(sandbox.stdout.take().unwrap());
        let said: Value = said.into_iter().next().unwrap().unwrap();
        let set = said["set"].as_object().unwrap();
        let environment = set.iter().map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned())).collect();
        Self { world, sandbox, environment, log }
    }

    /// Where the services are.
    pub fn endpoint(&self) -> &str {
        self.environment
            .iter()
            .find(|(name, _)| name == "FAASCMD_ENDPOINT")
            .map(|(_, url)| url.as_str())
            .unwrap()
    }

    /// A command in this cloud, not yet started.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.world.command("faascmd");
        command.args(args).envs(self.environment.iter().cloned());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs `faascmd ARGS` to its end.
    pub fn faascmd(&self, args: &[&str]) -> Ran {
        ran(&mut self.command(args))
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

    /// The requests that ended and were not yet asked for.
    pub fn requests(&self) -> Vec<Value> {
        self.log.try_iter().collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        nix::sys::signal::kill(
            nix::unistd::Pid::from_raw(self.sandbox.id().try_into().unwrap()),
            nix::sys::signal::Signal::SIGTERM,
        )
        .ok();
        self.sandbox.wait().ok();
    }
}

/// Bytes of the body that a request brought.
pub fn body_bytes(request: &Value) -> u64 {
    request["body_bytes"].as_u64().unwrap()
}

/// How often an action stands in a log.
pub fn count(requests: &[Value], action: &str) -> usize {
    requests.iter().filter(|request| request["action"] == action).count()
}

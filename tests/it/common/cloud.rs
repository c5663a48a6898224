//! A sandbox in this process: several commands share it, and a test can look behind what they show.

use std::process::Command;

use faascmd::testing::sandbox::{Options, Sandbox};
use serde_json::Value;

use super::http::Answer;
use super::rpc::{call, user};
use super::world::{Ran, World, ran};

/// A cloud, and a machine of a new user in it.
pub struct Cloud {
    pub world: World,
    pub sandbox: Sandbox,
}

impl Cloud {
    /// A cloud as `faascmd sandbox` makes it, in a hurry.
    pub fn new() -> Self {
        Self::with(Options::default())
    }

    /// A cloud with options; its time passes quickly.
    pub fn with(options: Options) -> Self {
        Self::at_speed(20.0, options)
    }

    /// A cloud whose time passes so many times as fast as the machine's.
    pub fn at_speed(speed: f64, options: Options) -> Self {
        Self { world: World::new(), sandbox: Sandbox::start(Options { speed, ..options }).unwrap() }
    }

    /// A program with the sandbox's variables.
    pub fn command(&self, program: &str) -> Command {
        let mut command = self.world.command(program);
        command.envs(self.sandbox.environment());
        command
    }

    /// Runs `faascmd ARGS`.
    pub fn faascmd(&self, args: &[&str]) -> Ran {
        ran(self.command("faascmd").args(args))
    }

    /// Runs a line in a shell that finds this build's programs first.
    pub fn shell(&self, line: &str) -> Ran {
        let folder = std::path::Path::new(env!("CARGO_BIN_EXE_faascmd")).parent().unwrap();
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
        ran(self.command("sh").env("PATH", path).args(["-uc", line]))
    }

    /// Runs it with other variables; an empty value takes one away.
    pub fn faascmd_with(&self, variables: &[(&str, &str)], args: &[&str]) -> Ran {
        let mut command = self.command("faascmd");
        for (name, value) in variables {
            if value.is_empty() {
                command.env_remove(name)
            } else {
                command.env(name, value)
            };
        }
        ran(command.args(args))
    }

    /// Calls an action of RAM as the user.
    pub fn ram(&self, action: &str, given: &[(&str, &str)]) -> Answer {
        call(&self.sandbox, &user(), ("2015-05-01", action), given)
    }

    /// The document of a custom policy that is in force.
    pub fn policy(&self, name: &str) -> Value {
        let answer = self.ram("GetPolicy", &[("PolicyType", "Custom"), ("PolicyName", name)]).json();
        serde_json::from_str(answer["DefaultPolicyVersion"]["PolicyDocument"].as_str().unwrap()).unwrap()
    }

    /// Where the sandbox has commands store credentials.
    pub fn credentials_file(&self) -> std::path::PathBuf {
        let variables = self.sandbox.environment();
        variables.into_iter().find(|(name, _)| *name == "FAASCMD_CREDENTIALS_FILE").unwrap().1.into()
    }
}

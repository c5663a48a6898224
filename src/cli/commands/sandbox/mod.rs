//! `faascmd sandbox [-- COMMAND...]`: a private cloud and a simulated FPGA for a command, or until Ctrl-C.

mod demo;
mod fleet_demo;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use crate::base::duration::duration;
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::sandbox::{Endings, Exec, FAULTS, FaultPlan, Forwarding, MOST_HOSTS, NotRun, Options, Sandbox};

#[derive(Debug, Args)]
#[command(
    override_usage = "faascmd sandbox [OPTIONS] [-- COMMAND...]\n       faascmd sandbox [OPTIONS] demo",
    after_help = "Examples:
  faascmd sandbox demo                             a package of each kind, all the way
  faascmd sandbox -- faascmd deploy bit.tar.gz     one command in a cloud of its own
  faascmd sandbox -- sh                            a shell in it, until you leave
  faascmd sandbox --build-time 60 --speed 10 -- make deploy
  faascmd sandbox --fault build-fails -- faascmd deploy bit.tar.gz
  faascmd sandbox --port 8080                      serve until Ctrl-C",
    after_long_help = faults()
)]
pub(in crate::cli) struct SandboxArgs {
    #[command(flatten)]
    options: SandboxOptions,
    #[command(subcommand)]
    show: Option<Show>,
    /// Command to run in it, with its arguments
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum Show {
    /// Take a small package of each kind all the way, by the commands that a user would type
    #[command(after_help = "Examples:
  faascmd sandbox demo
  faascmd sandbox demo --fleet                     four instances, eight chips, one of them bad
  faascmd sandbox demo --keep                      leaves the files, to go on with
  faascmd sandbox demo --fault build-fails         ends with 9, as the deploy in it does")]
    Demo {
        /// Take a package to eight chips on four instances, test them, and release all of it
        #[arg(long)]
        fleet: bool,
        /// Leave the files of the demonstration, and say how to go on with them
        #[arg(long, conflicts_with = "fleet")]
        keep: bool,
    },
}

/// How commands run on the simulated instances.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ExecArg {
    Real,
    Scripted,
}

impl From<ExecArg> for Exec {
    fn from(given: ExecArg) -> Self {
        match given {
            ExecArg::Real => Self::Real,
            ExecArg::Scripted => Self::Scripted,
        }
    }
}

/// Further away, a time may have no date.
const CENTURIES: i64 = 10_000_000_000;

// How the sandbox is to behave. (A doc comment would become that of each command.)
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags")]
pub(super) struct SandboxOptions {
    /// Divide the durations inside the services by this
    #[arg(long, global = true, value_name = "N", default_value = "1", value_parser = speed)]
    speed: f64,
    /// What a build of an image takes, in seconds, at speed 1
    #[arg(long, global = true, value_name = "SECONDS", default_value = "5", value_parser = duration)]
    build_time: Duration,
    /// Make something go wrong (can be repeated)
    #[arg(long, global = true, value_name = "NAME[=VALUE]")]
    fault: Vec<String>,
    /// Make the random faults repeat
    #[arg(long, global = true, value_name = "N")]
    fault_seed: Option<u64>,
    /// Begin with that many instances of ecs.f3-c4f1.xlarge
    #[arg(long, global = true, value_name = "N", default_value = "0", hide_default_value = true)]
    instances: usize,
    /// How commands run on the instances: as processes (16 instances at most), or by a script, any number
    #[arg(long, global = true, value_name = "HOW", default_value = "real", value_enum)]
    exec: ExecArg,
    /// What commands answer with --exec scripted: a JSON list of rules
    #[arg(long, global = true, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Let the caller do only what this RAM policy allows
    #[arg(long, global = true, value_name = "FILE")]
    caller_policy: Option<PathBuf>,
    /// Append a JSON line per change of an instance's state to this file
    #[arg(long, global = true, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Divide the time until an automatic release, which --speed leaves alone, by this
    #[arg(long, global = true, value_name = "N", default_value = "1", value_parser = speed)]
    release_speed: f64,
    /// Append a JSON line per request to this file
    #[arg(long, global = true, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Set the sandbox's clock that many seconds ahead, or behind
    #[arg(long, global = true, value_name = "SECONDS", default_value = "0", allow_hyphen_values = true, value_parser = clap::value_parser!(i64).range(-CENTURIES..=CENTURIES))]
    clock_offset: i64,
    /// Refuse a second image within 30 minutes, as the service does
    #[arg(long, global = true)]
    strict_frequency: bool,
    /// Begin without the role `AliyunFAASDefaultRole`, for `auth` to make
    #[arg(long, global = true)]
    without_role: bool,
    /// Begin without a RAM role of the instance
    #[arg(long, global = true)]
    without_instance_role: bool,
    /// Let the metadata service refuse requests without a token
    #[arg(long, global = true)]
    metadata_v2_only: bool,
    /// Keep the first chip's registers in this file, such as the memory of a virtual machine's PCI device
    #[arg(long, global = true, value_name = "FILE")]
    device_file: Option<PathBuf>,
    /// Let the first chip answer from the start, as with an image that was loaded before
    #[arg(long, global = true)]
    loaded: bool,
    /// Take the documented keys instead of random ones: other users of this machine know them too
    #[arg(long, global = true)]
    fixed_keys: bool,
    /// Port on 127.0.0.1 [default: any free one]
    #[arg(long, global = true, value_name = "PORT", default_value = "0", hide_default_value = true)]
    port: u16,
}

/// The faults for `--help`.
fn faults() -> String {
    let line = |(name, value, meaning)| format!("  {:23} {meaning}\n", format!("{name}{value}"));
    format!("Faults:\n{}", FAULTS.map(line).concat())
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err wants")]
fn can_not(error: io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("can't start the sandbox: {error}"))
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: Option<f64> = text.parse().ok().filter(|n| (0.001..=1e9).contains(n));
    speed.ok_or_else(|| "the speed is a number from 0.001 to 1000000000".into())
}

impl SandboxOptions {
    fn options(&self) -> Result<Options, Failure> {
        if matches!(self.exec, ExecArg::Real) && self.instances > MOST_HOSTS {
            let text = format!("--exec real runs at most {MOST_HOSTS} instances, not {}", self.instances);
            let hint = format!("faascmd sandbox --instances {} --exec scripted", self.instances);
            return Err(Failure::new(Exit::Usage, text).hint(hint));
        }
        let mut faults = FaultPlan::default();
        for text in &self.fault {
            faults.add(text).map_err(|e| Failure::new(Exit::Usage, e.to_string()))?;
        }
        Ok(Options {
            speed: self.speed,
            build_time: self.build_time,
            clock_offset: self.clock_offset,
            strict_frequency: self.strict_frequency,
            without_role: self.without_role,
            without_instance_role: self.without_instance_role,
            metadata_v2_only: self.metadata_v2_only,
            instances: self.instances,
            exec: self.exec.into(),
            script: self.script.clone(),
            caller_policy: self.caller_policy.clone(),
            ledger: self.ledger.clone(),
            release_speed: self.release_speed,
            faults,
            fault_seed: self.fault_seed,
            log: self.log.clone(),
            device_file: self.device_file.as_ref().map(std::path::absolute).transpose().map_err(can_not)?,
            loaded: self.loaded,
            fixed_keys: self.fixed_keys,
            port: self.port,
        })
    }

    /// Starts a sandbox that behaves so.
    pub(super) fn start(&self) -> Result<Sandbox, Failure> {
        Sandbox::start(self.options()?).map_err(can_not)
    }
}

/// Runs the command.
pub(in crate::cli) fn run(args: &SandboxArgs, cx: &Context) -> Outcome {
    if args.show.is_some() && !args.command.is_empty() {
        return Err(
            Failure::new(Exit::Usage, "the demo runs commands of its own").hint("faascmd sandbox demo")
        );
    }
    if args.show.is_none() && args.command.is_empty() {
        return serve(&args.options, cx);
    }
    let signals = Forwarding::start().map_err(|e| no_handlers(&e))?;
    if let Some(Show::Demo { fleet: true, .. }) = args.show {
        let folder = tempfile::tempdir().map_err(can_not)?;
        let options = fleet_demo::options(&args.options, &folder.path().join("ledger"));
        let sandbox = options.start()?;
        let ledger = options.ledger.as_deref().unwrap_or(folder.path());
        return fleet_demo::run(&Commands { sandbox: &sandbox, signals: &signals }, cx, ledger);
    }
    let sandbox = args.options.start()?;
    let commands = Commands { sandbox: &sandbox, signals: &signals };
    match args.show {
        Some(Show::Demo { keep, .. }) => demo::run(&commands, keep, cx),
        None => Ok(Exit::OfCommand(commands.run(&mut commands.prepared(&args.command)?)?)),
    }
}

fn no_handlers(error: &io::Error) -> Failure {
    Failure::new(Exit::Internal, format!("can't install the signal handlers: {error}"))
}

/// What runs commands in a sandbox.
#[derive(Clone, Copy, Debug)]
pub(super) struct Commands<'a> {
    sandbox: &'a Sandbox,
    signals: &'a Forwarding,
}

impl Commands<'_> {
    /// A command with the sandbox's environment.
    fn prepared(&self, words: &[OsString]) -> Result<Command, Failure> {
        let can_not = |e| Failure::new(Exit::Internal, format!("can't prepare the command: {e}"));
        self.sandbox.command(words).map_err(can_not)
    }

    /// Runs a command to its end and gives its exit code.
    fn run(&self, command: &mut Command) -> Result<u8, Failure> {
        let can_not = |e: NotRun| Failure::new(Exit::OfCommand(e.exit_code()), e.to_string());
        self.signals.run(self.sandbox, command).map_err(can_not)
    }
}

fn serve(options: &SandboxOptions, cx: &Context) -> Outcome {
    let endings = Endings::caught().map_err(|e| no_handlers(&e))?;
    let sandbox = options.start()?;
    cx.ui.print(&Exports::of(&sandbox))?;
    cx.ui.note("Serving until Ctrl-C.");
    Ok(Exit::OfCommand(128 + u8::try_from(endings.wait()).unwrap_or_default()))
}

/// What to export, to use a sandbox from another shell.
#[derive(Debug, Serialize)]
struct Exports {
    /// Variables to set.
    set: serde_json::Map<String, serde_json::Value>,
    /// Variables that are set now and would lead out of the sandbox.
    unset: Vec<String>,
}

impl Exports {
    fn of(sandbox: &Sandbox) -> Self {
        let text = |value: OsString| value.to_string_lossy().into_owned().into();
        let set = sandbox.environment().into_iter().map(|(name, value)| (name.to_owned(), text(value)));
        let names = std::env::vars_os().map(|(name, _)| name).filter(|name| sandbox.removes(name));
        Self { set: set.collect(), unset: names.map(|name| name.to_string_lossy().into_owned()).collect() }
    }
}

impl Report for Exports {
    const SCHEMA: &'static str = "faascmd.sandbox/1";

    fn human(&self, page: &mut Page) {
        for name in &self.unset {
            page.line(format!("unset {name}"));
        }
        for (name, value) in &self.set {
            let value = value.as_str().unwrap_or_default().replace('\'', r"'\''");
            page.line(format!("export {name}='{value}'"));
        }
    }
}

//! How a sandbox is to behave.

use std::path::PathBuf;
use std::time::Duration;

use super::faults::FaultPlan;

/// How many simulated instances there may be where commands really run on them.
pub const MOST_HOSTS: usize = 16;

/// How commands run on the simulated instances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Exec {
    /// As processes on this machine.
    #[default]
    Real,
    /// Not at all: their answers are made up.
    Scripted,
}

/// The options of `faascmd sandbox`.
#[derive(Clone, Debug)]
pub struct Options {
    /// Divides the durations inside the services.
    pub speed: f64,
    /// What a build of an image takes at speed 1.
    pub build_time: Duration,
    /// Seconds that the sandbox's clock is ahead of the machine's.
    pub clock_offset: i64,
    /// Refuse a second `CreateFpgaImageTask` within 30 minutes, as the service does.
    pub strict_frequency: bool,
    /// `AliyunFAASDefaultRole` does not exist yet.
    pub without_role: bool,
    /// The instance has no RAM role.
    pub without_instance_role: bool,
    /// The metadata service refuses requests without a token.
    pub metadata_v2_only: bool,
    /// How many instances there are from the start besides the fixed one.
    pub instances: usize,
    /// How commands run on them.
    pub exec: Exec,
    /// The rules for what commands answer that do not run.
    pub script: Option<PathBuf>,
    /// What the caller may do, as a RAM policy; everything without.
    pub caller_policy: Option<PathBuf>,
    /// A JSON line per change of an instance's state goes here.
    pub ledger: Option<PathBuf>,
    /// Divides the time until an automatic release, which `speed` leaves alone.
    pub release_speed: f64,
    /// What is to go wrong.
    pub faults: FaultPlan,
    /// Makes the random faults repeat.
    pub fault_seed: Option<u64>,
    /// A JSON line per request goes here.
    pub log: Option<PathBuf>,
    /// The file with the first chip's registers; by default one in the sandbox's own folder, which goes with it.
    pub device_file: Option<PathBuf>,
    /// The first chip answers from the start; the services know of no load.
    pub loaded: bool,
    /// The keys are the documented ones, and not made anew for each run: what a test in this process signs with.
    pub fixed_keys: bool,
    /// The port on 127.0.0.1; 0 for any free one.
    pub port: u16,
}

impl Options {
    /// What the file beside a DMA node tells of the memory's faults; None without any.
    pub(super) fn memory_faults(&self) -> Option<String> {
        let mut faults = self.faults.of_memory().clone();
        if faults.is_empty() {
            return None;
        }
        if let Some(seed) = self.fault_seed {
            faults.insert("seed".to_owned(), seed.into());
        }
        Some(serde_json::Value::Object(faults).to_string())
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            speed: 1.0,
            build_time: Duration::from_secs(5),
            clock_offset: 0,
            strict_frequency: false,
            without_role: false,
            without_instance_role: false,
            metadata_v2_only: false,
            instances: 0,
            exec: Exec::Real,
            script: None,
            caller_policy: None,
            ledger: None,
            release_speed: 1.0,
            faults: FaultPlan::default(),
            fault_seed: None,
            log: None,
            device_file: None,
            loaded: false,
            fixed_keys: true,
            port: 0,
        }
    }
}

//! The exit codes: a contract with scripts, documented in `docs/exit-codes.md`.

use std::process::ExitCode;

/// How a command ended, for the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done; an empty list is done, and so is a closed pipe on stdout.
    Done = 0,
    /// Failed, and none of the others fits.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// Configuration or credentials are missing or unusable; nothing was sent.
    Config = 3,
    /// The service refused.
    Refused = 4,
    /// There is no such thing, in the cloud or on disk.
    NotFound = 5,
    /// Conflict, wrong state, device locked, inconclusive.
    Conflict = 6,
    /// The service is out of reach, or throttled after all retries.
    Unreachable = 7,
    /// Still pending when the waiting time was over.
    Pending = 8,
    /// The awaited task failed.
    TaskFailed = 9,
    /// No usable device.
    NoDevice = 10,
    /// A check, a device test or a verify found a fault.
    Fault = 11,
    /// A fault in the program itself.
    Internal = 70,
    /// Stopped by SIGINT.
    Interrupted = 130,
    /// Stopped by SIGTERM.
    Terminated = 143,
}

impl Exit {
    /// Every code, in order.
    pub const ALL: [Self; 15] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::Config,
        Self::Refused,
        Self::NotFound,
        Self::Conflict,
        Self::Unreachable,
        Self::Pending,
        Self::TaskFailed,
        Self::NoDevice,
        Self::Fault,
        Self::Internal,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// One word for JSON: the `kind` of an error.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Config => "config",
            Self::Refused => "refused",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Unreachable => "unreachable",
            Self::Pending => "pending",
            Self::TaskFailed => "task_failed",
            Self::NoDevice => "no_device",
            Self::Fault => "fault",
            Self::Internal => "internal",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }

    /// The code for a command that a signal stopped.
    pub fn by_signal(signal: i32) -> Self {
        if signal == signal_hook::consts::SIGTERM { Self::Terminated } else { Self::Interrupted }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

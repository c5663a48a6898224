//! The exit codes: a contract with scripts, documented in `docs/exit-codes.md`.

use std::process::ExitCode;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::base::cancel::end_by;

/// How a command ended, for the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; an empty list is done, and so is a closed pipe on stdout.
    Done,
    /// Failed, and none of the others fits.
    Failed,
    /// The command line is wrong.
    Usage,
    /// Configuration or credentials are missing or unusable; nothing was sent.
    Config,
    /// The service refused.
    Refused,
    /// There is no such thing, in the cloud or on disk.
    NotFound,
    /// Conflict, wrong state, device locked, inconclusive.
    Conflict,
    /// The service is out of reach, or throttled after all retries.
    Unreachable,
    /// Still pending when the waiting time was over.
    Pending,
    /// The awaited task failed.
    TaskFailed,
    /// No usable device.
    NoDevice,
    /// A check, a device test or a verify found a fault.
    Fault,
    /// A fault in the program itself.
    Internal,
    /// Stopped by SIGINT.
    Interrupted,
    /// Stopped by SIGTERM, or by the loss of its terminal (SIGHUP).
    Terminated,
    /// Stopped by another signal, which then ends the program.
    Signalled(i32),
    /// What a command that ran in the sandbox ended with: its code, not one of ours.
    OfCommand(u8),
}

impl Exit {
    /// Every code of our own, in order.
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
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Config => 3,
            Self::Refused => 4,
            Self::NotFound => 5,
            Self::Conflict => 6,
            Self::Unreachable => 7,
            Self::Pending => 8,
            Self::TaskFailed => 9,
            Self::NoDevice => 10,
            Self::Fault => 11,
            Self::Internal => 70,
            Self::Interrupted => 130,
            Self::Terminated => 143,
            Self::Signalled(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
            Self::OfCommand(code) => code,
        }
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
            Self::Signalled(_) => "signalled",
            Self::OfCommand(_) => "of_command",
        }
    }

    /// The code for a command that a signal stopped.
    pub fn by_signal(signal: i32) -> Self {
        match signal {
            SIGINT => Self::Interrupted,
            SIGTERM | SIGHUP => Self::Terminated,
            other => Self::Signalled(other),
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        if let Exit::Signalled(signal) = exit {
            // Everything is said and tidied up; the caller is to see what ended it.
            end_by(signal);
        }
        Self::from(exit.code())
    }
}

//! One run of a command, or of a file's sending, on some instances.

use jiff::Timestamp;

use super::content::Content;
use super::file::SentFile;
use super::script::Ending;
use crate::sandbox::host::{Output, Process};

/// What was sent.
#[derive(Debug)]
pub(super) enum What {
    Command { id: String, content: Content, tree: bool },
    File(SentFile),
}

/// A run on some instances.
#[derive(Debug)]
pub(super) struct Invocation {
    pub(super) id: String,
    pub(super) serial: u64,
    pub(super) what: What,
    pub(super) tags: Vec<(String, String)>,
    pub(super) created: Timestamp,
    /// From when on the lists know it.
    pub(super) visible: Timestamp,
    pub(super) runs: Vec<Run>,
}

/// Its part on one instance.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) instance: String,
    pub(super) phase: Phase,
    /// When to look at it again.
    pub(super) due: Timestamp,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) started: Option<Timestamp>,
    pub(super) finished: Option<Timestamp>,
    pub(super) stopped: Option<Timestamp>,
    pub(super) exit_code: Option<i32>,
    pub(super) error: Option<Fault>,
    /// What came of its output.
    pub(super) output: Vec<u8>,
    pub(super) dropped: usize,
}

/// `ErrorCode` and `ErrorInfo`.
pub(super) type Fault = (&'static str, &'static str);

/// Where a run stands.
#[derive(Debug)]
pub(super) enum Phase {
    /// On its way to the instance.
    Pending,
    Running(Work),
    /// It was told to end.
    Stopping(Work),
    /// Its instance went down under it; the service does not know yet.
    Lost,
    /// Over, in this status.
    Done(&'static str),
}

/// What goes on at the instance.
#[derive(Debug)]
pub(super) enum Work {
    Process(Process),
    Scripted(Ending),
}

impl Run {
    /// On its way, to arrive then.
    pub(super) fn new(instance: &str, now: Timestamp, due: Timestamp) -> Self {
        Self {
            instance: instance.to_owned(),
            phase: Phase::Pending,
            due,
            created: now,
            updated: now,
            started: None,
            finished: None,
            stopped: None,
            exit_code: None,
            error: None,
            output: Vec::new(),
            dropped: 0,
        }
    }

    pub(super) fn status(&self) -> &'static str {
        match &self.phase {
            Phase::Pending => "Pending",
            Phase::Running(_) | Phase::Lost => "Running",
            Phase::Stopping(_) => "Stopping",
            Phase::Done(status) => status,
        }
    }

    /// The status by the older names.
    pub(super) fn legacy_status(&self) -> &'static str {
        match self.status() {
            "Pending" | "Running" => "Running",
            "Stopping" => "Stopping",
            "Success" | "Failed" => "Finished",
            "Cancelled" | "Terminated" => "Stopped",
            _ => "Failed",
        }
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.phase, Phase::Done(_))
    }

    /// Ends it.
    pub(super) fn end(&mut self, now: Timestamp, status: &'static str, error: Option<Fault>) {
        self.phase = Phase::Done(status);
        self.error = error;
        self.updated = now;
        if self.started.is_some() {
            self.finished = Some(now);
        }
    }

    /// Keeps what came of the output.
    pub(super) fn keep(&mut self, output: &Output) {
        self.output = output.sent().to_vec();
        self.dropped = output.dropped();
    }

    /// The output that can be read now.
    pub(super) fn readable(&self) -> (Vec<u8>, usize) {
        match &self.phase {
            Phase::Running(Work::Process(process)) | Phase::Stopping(Work::Process(process)) => {
                let output = process.output();
                (output.sent().to_vec(), output.dropped())
            }
            _ => (self.output.clone(), self.dropped),
        }
    }
}

impl Invocation {
    pub(super) fn is_done(&self) -> bool {
        self.runs.iter().all(Run::is_done)
    }

    /// The status of the whole.
    pub(super) fn status(&self) -> &'static str {
        let any = |wanted: &[&str]| self.runs.iter().any(|run| wanted.contains(&run.status()));
        let all = |wanted: &[&str]| self.runs.iter().all(|run| wanted.contains(&run.status()));
        const STOPPED: &[&str] = &["Cancelled", "Terminated"];
        const FAILED: &[&str] = &["Invalid", "Aborted", "Failed", "Timeout", "Error"];
        if any(&["Stopping"]) {
            "Stopping"
        } else if all(&["Pending"]) {
            "Pending"
        } else if any(&["Pending", "Running"]) {
            "Running"
        } else if all(STOPPED) {
            "Stopped"
        } else if all(FAILED) {
            "Failed"
        } else if any(FAILED) {
            "PartialFailed"
        } else {
            "Success"
        }
    }

    /// The same by the older names.
    pub(super) fn legacy_status(&self) -> &'static str {
        match self.status() {
            "Pending" | "Running" => "Running",
            "Success" => "Finished",
            other => other,
        }
    }
}

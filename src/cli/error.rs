//! What a command says when it fails: one value, from which the human text, the JSON and the exit code come.
//!
//! The floors below have errors of their own; the `From` of each stands in `cli/errors/`, one file a floor.

use serde::Serialize;

use super::Exit;

/// A failed command.
#[derive(Debug)]
pub(super) struct Failure {
    /// The exit code, and with it the kind.
    pub(super) exit: Exit,
    /// What happened, to which thing, with which value; a lower-case fragment without a full stop.
    pub(super) message: String,
    /// What the service said, if it was a service.
    pub(super) service: Option<Box<ServiceAnswer>>,
    /// What to do next, each a sentence or a command to type; three at most.
    pub(super) hints: Vec<String>,
    /// What had been done by then, for the document only.
    pub(super) done: Option<Box<serde_json::Map<String, serde_json::Value>>>,
}

/// The part of a service's refusal that a ticket needs.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct ServiceAnswer {
    /// `oss`, `faas`, `ram`, `sts`, `ecs`.
    pub(super) service: &'static str,
    /// The action or operation that was asked for.
    pub(super) action: String,
    /// The HTTP status.
    pub(super) http_status: Option<u16>,
    /// The service's own code.
    pub(super) code: Option<String>,
    /// The id under which the service's support finds the call.
    pub(super) request_id: Option<String>,
    /// What the service said, in its own words.
    #[serde(skip)]
    pub(super) said: String,
}

/// The outcome of a command.
pub(super) type Outcome = Result<Exit, Failure>;

impl Failure {
    /// A failure without hints.
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), service: None, hints: Vec::new(), done: None }
    }

    /// A signal stopped the command before it was done.
    pub(super) fn interrupted(signal: i32) -> Self {
        let exit = Exit::by_signal(signal);
        let name = signal_hook::low_level::signal_name(signal).unwrap_or("a signal");
        Self::new(exit, format!("stopped by {name}"))
    }

    /// Puts the place in front of the message, such as a file and its line.
    #[must_use]
    pub(super) fn at(mut self, place: impl std::fmt::Display) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }

    /// Adds a next step.
    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The document that `--output json` prints as the last line of stderr.
    pub(super) fn json(&self) -> serde_json::Value {
        let answer = self.service.as_ref();
        let mut error = serde_json::json!({
            "kind": self.exit.kind(),
            "exit_code": self.exit.code(),
            "message": self.message,
            "service": answer.map(|a| a.service),
            "action": answer.map(|a| a.action.as_str()),
            "http_status": answer.and_then(|a| a.http_status),
            "code": answer.and_then(|a| a.code.as_deref()),
            "request_id": answer.and_then(|a| a.request_id.as_deref()),
            "hints": self.hints,
        });
        if let (Some(error), Some(done)) = (error.as_object_mut(), &self.done) {
            error.extend(done.as_ref().clone());
        }
        serde_json::json!({ "schema": "faascmd.error/1", "error": error })
    }
}

//! What became of a command on each instance.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Serialize, Serializer};

use super::page::Pages;
use super::{Ecs, action};
use crate::cloud::{Fields, Result, Time};

/// A command on one instance.
#[derive(Clone, Debug, Default)]
pub struct CommandResult {
    /// The instance.
    pub instance_id: String,
    /// How far it is.
    pub state: CommandState,
    /// The script's exit code; of an ended script only.
    pub exit_code: Option<i64>,
    /// What it wrote to both streams, its middle or beginning cut where it is long.
    pub output: Vec<u8>,
    /// How many bytes were cut.
    pub dropped: u64,
    /// Why it could not run or end: `DeliveryTimeout`, `ClientNotRunning`…
    pub error_code: Option<String>,
    /// The same in words.
    pub error_info: Option<String>,
    /// When it began.
    pub started: Option<Time>,
    /// When it ended.
    pub finished: Option<Time>,
}

/// How far a command is on an instance, in the service's word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CommandState {
    /// Being checked or sent.
    #[default]
    Pending,
    /// Begun.
    Running,
    /// Being stopped.
    Stopping,
    /// Ended with 0.
    Success,
    /// Ended with another exit code.
    Failed,
    /// Refused on the instance: a folder or a user that is not there.
    Invalid,
    /// Not delivered: it never ran.
    Aborted,
    /// Stopped before it began: it never ran.
    Cancelled,
    /// Stopped at its time's end.
    Timeout,
    /// Could not be run, such as on a full disk.
    Error,
    /// Stopped by somebody.
    Terminated,
    /// Another word, kept as it came; taken for one that goes on.
    Other(String),
}

impl CommandState {
    const ALL: [Self; 11] = [
        Self::Pending,
        Self::Running,
        Self::Stopping,
        Self::Success,
        Self::Failed,
        Self::Invalid,
        Self::Aborted,
        Self::Cancelled,
        Self::Timeout,
        Self::Error,
        Self::Terminated,
    ];

    pub(super) fn of(word: &str) -> Self {
        let known = Self::ALL.into_iter().find(|state| state.name() == word);
        known.unwrap_or_else(|| Self::Other(word.to_owned()))
    }

    /// The service's word.
    pub fn name(&self) -> &str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Stopping => "Stopping",
            Self::Success => "Success",
            Self::Failed => "Failed",
            Self::Invalid => "Invalid",
            Self::Aborted => "Aborted",
            Self::Cancelled => "Cancelled",
            Self::Timeout => "Timeout",
            Self::Error => "Error",
            Self::Terminated => "Terminated",
            Self::Other(word) => word,
        }
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        !matches!(self, Self::Pending | Self::Running | Self::Stopping | Self::Other(_))
    }

    /// Whether it is sure that nothing was run.
    pub fn never_ran(&self) -> bool {
        matches!(self, Self::Aborted | Self::Cancelled | Self::Invalid)
    }
}

impl fmt::Display for CommandState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for CommandState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl CommandResult {
    pub(super) fn read(mut fields: Fields) -> Self {
        let output = fields.text("Output").unwrap_or_default();
        Self {
            instance_id: fields.text("InstanceId").unwrap_or_default(),
            state: CommandState::of(&fields.text("InvocationStatus").unwrap_or_default()),
            exit_code: fields.text("ExitCode").and_then(|code| code.parse().ok()),
            // What is not Base64 although it was asked for is worth showing as it is.
            output: BASE64.decode(output.trim()).unwrap_or_else(|_| output.into_bytes()),
            dropped: fields.number("Dropped").unwrap_or(0),
            error_code: fields.text("ErrorCode"),
            error_info: fields.text("ErrorInfo"),
            started: fields.time("StartTime"),
            // One action calls it so, its sister otherwise.
            finished: fields.time("FinishedTime").or_else(|| fields.time("FinishTime")),
        }
    }
}

impl Ecs {
    /// What became of a command on each instance (`DescribeInvocationResults`). Right after it was sent the list may be
    /// empty.
    ///
    /// # Errors
    /// When a call fails, or an answer has no list.
    pub async fn results(&self, invoke_id: &str) -> Result<Vec<CommandResult>> {
        let call =
            action("DescribeInvocationResults").with("InvokeId", invoke_id).with("ContentEncoding", "Base64");
        let pages = Pages { within: "Invocation", ..Pages::of("InvocationResults", "InvocationResult", 50) };
        self.by_token(&call, pages, CommandResult::read).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_the_documents_sample_where_finished_means_failed() {
        let result = CommandResult::read(Fields::of(&json!({
            "Dropped": 0, "InvocationStatus": "Failed", "InstanceId": "i-1", "ExitCode": 1,
            "ErrorInfo": "the command execution exit code is not zero.", "StartTime": "2020-05-11T09:01:40Z",
            "Repeats": 1, "InvokeRecordStatus": "Finished", "FinishedTime": "2020-05-11T09:01:41Z",
            "Output": "YWI=", "CommandId": "c-1", "ErrorCode": "ExitCodeNonzero", "InvokeId": "t-1", "StopTime": ""
        })));
        assert_eq!((result.state, result.exit_code), (CommandState::Failed, Some(1)));
        assert_eq!(
            (result.output.as_slice(), result.error_code.as_deref()),
            (&b"ab"[..], Some("ExitCodeNonzero"))
        );
        assert!(result.finished.is_some());
    }

    #[test]
    fn an_unknown_word_is_waited_on_and_absent_texts_are_none() {
        let result = CommandResult::read(Fields::of(&json!({"InvocationStatus": "Queued", "ErrorCode": ""})));
        assert!(!result.state.is_over() && result.error_code.is_none() && result.exit_code.is_none());
        let over = CommandState::ALL.into_iter().filter(CommandState::is_over).count();
        assert_eq!(over, 8);
    }
}

//! Running a command on instances.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::page::Pages;
use super::result::CommandState;
use super::{Ecs, action};
use crate::cloud::{Answered, Fields, Result, Time, list_of};

/// The longest script in bytes: the documents differ between 16, 18 and 24 KB of Base64, and this is the least of them.
pub const LONGEST_COMMAND: usize = 12_000;

/// A script to be run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CommandOrder {
    /// The script; it stays on the instance's disk, so it holds no secret that outlives it.
    pub script: String,
    /// On which instances, at most 50: all or none take it.
    pub instance_ids: Vec<String>,
    /// After so many seconds it is stopped with all that it started.
    pub timeout_seconds: u32,
    /// What it is called in the console.
    pub name: String,
    /// The tags that it is found by.
    pub tags: Vec<(String, String)>,
}

/// A command that was sent.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    /// `t-…`.
    pub id: String,
    /// The service's word for all instances together.
    pub state: String,
    /// When it was sent.
    pub created: Option<Time>,
    /// The instances that it was sent to, and how far it is on each.
    pub hosts: Vec<(String, CommandState)>,
}

impl Invocation {
    fn read(mut fields: Fields) -> Self {
        let host = |mut each: Fields| {
            Some((
                each.text("InstanceId")?,
                CommandState::of(&each.text("InvocationStatus").unwrap_or_default()),
            ))
        };
        Self {
            hosts: fields.items("InvokeInstances", "InvokeInstance").into_iter().filter_map(host).collect(),
            id: fields.text("InvokeId").unwrap_or_default(),
            state: fields.text("InvocationStatus").unwrap_or_default(),
            created: fields.time("CreationTime"),
        }
    }
}

impl Ecs {
    /// Runs a script as root on instances (`RunCommand`) and gives the invocation's id. The token makes a repetition
    /// harmless.
    ///
    /// # Errors
    /// When the call fails: an instance that is not running, or whose assistant is not online, refuses it for all.
    pub async fn run_command(&self, order: &CommandOrder, token: &str) -> Result<Answered<String>> {
        let call = action("RunCommand")
            .with("Type", "RunShellScript")
            .with("ContentEncoding", "Base64")
            .with("Timeout", order.timeout_seconds.to_string())
            .with("Name", &order.name)
            .with("KeepCommand", "false")
            .with("TerminationMode", "ProcessTree")
            .with_list("InstanceId", &order.instance_ids)
            .with_tags("Tag", &order.tags)
            .with("ClientToken", token)
            .with_form("CommandContent", BASE64.encode(&order.script));
        self.call(&call, |answer| invoke_id(&answer.raw)).await
    }

    /// The commands with a tag (`DescribeInvocations`): how one is found whose answer was lost.
    ///
    /// # Errors
    /// When a call fails, or an answer has no list.
    pub async fn tagged_invocations(&self, key: &str, value: &str) -> Result<Vec<Invocation>> {
        let call = action("DescribeInvocations").with("Tag.1.Key", key).with("Tag.1.Value", value);
        self.by_token(&call, Pages::of("Invocations", "Invocation", 50), Invocation::read).await
    }

    /// A command (`DescribeInvocations`); `None` where there is none of this id, or not yet.
    ///
    /// # Errors
    /// When the call fails, or the answer has no list.
    pub async fn invocation(&self, id: &str) -> Result<Option<Invocation>> {
        let call = action("DescribeInvocations").with("InvokeId", id).with("MaxResults", "10");
        let read = |answer: &crate::cloud::RpcAnswer| {
            let rows = list_of(&answer.raw, "Invocations", "Invocation")?;
            Ok(rows.first().map(|row| Invocation::read(Fields::of(row))))
        };
        Ok(self.call(&call, read).await?.view)
    }

    /// Stops a command on these instances, or on all with none named (`StopInvocation`). Look afterwards: what has begun
    /// ends as `Terminated`, what has not as `Cancelled`.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn stop_invocation(&self, id: &str, instance_ids: &[String]) -> Result<()> {
        let call = action("StopInvocation").with("InvokeId", id);
        if instance_ids.is_empty() {
            return self.done(&call).await;
        }
        for some in instance_ids.chunks(50) {
            self.done(&call.clone().with_list("InstanceId", some)).await?;
        }
        Ok(())
    }
}

pub(super) fn invoke_id(answer: &serde_json::Value) -> Result<String, String> {
    Fields::of(answer).text("InvokeId").ok_or_else(|| "there is no InvokeId in it".into())
}

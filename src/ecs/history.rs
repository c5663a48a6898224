//! What became of an instance, and what its console shows.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::page::Pages;
use super::{Ecs, action};
use crate::cloud::{Fields, Result, Time};

/// Something that happened to an instance without its owner's doing.
#[derive(Clone, Debug, Default)]
pub struct SystemEvent {
    /// The instance.
    pub instance_id: String,
    /// `SystemFailure.Delete`, `SystemMaintenance.Reboot`…
    pub kind: String,
    /// How far it is: `Executed`, `Scheduled`…
    pub state: String,
    /// When it was announced.
    pub published: Option<Time>,
    /// Why.
    pub reason: String,
}

impl SystemEvent {
    fn read(mut fields: Fields) -> Self {
        Self {
            instance_id: fields.text("InstanceId").unwrap_or_default(),
            kind: fields.inner("EventType").text("Name").unwrap_or_default(),
            state: fields.inner("EventCycleStatus").text("Name").unwrap_or_default(),
            published: fields.time("EventPublishTime"),
            reason: fields.text("Reason").unwrap_or_default(),
        }
    }

    /// Whether the instance was released because it could not be made.
    pub fn is_failed_creation(&self) -> bool {
        self.kind == "SystemFailure.Delete"
    }
}

impl Ecs {
    /// What happened to an instance (`DescribeInstanceHistoryEvents`), also to one that is gone.
    ///
    /// # Errors
    /// When the call fails, or the answer has no list.
    pub async fn history(&self, instance_id: &str) -> Result<Vec<SystemEvent>> {
        let call = action("DescribeInstanceHistoryEvents").with("InstanceId", instance_id);
        let pages = Pages::of("InstanceSystemEventSet", "InstanceSystemEventType", 100);
        self.by_token(&call, pages, SystemEvent::read).await
    }

    /// What an instance wrote to its console (`GetInstanceConsoleOutput`): the only look into one whose assistant never
    /// came.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn console_output(&self, instance_id: &str) -> Result<String> {
        let call =
            action("GetInstanceConsoleOutput").with("InstanceId", instance_id).with("RemoveSymbols", "true");
        let answer = self.call(&call, |answer| decoded(&answer.raw, "ConsoleOutput")).await?;
        Ok(answer.view)
    }

    /// What an instance was told to run at its first boot (`DescribeUserData`); empty if nothing.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn user_data(&self, instance_id: &str) -> Result<String> {
        let call = action("DescribeUserData").with("InstanceId", instance_id);
        Ok(self.call(&call, |answer| decoded(&answer.raw, "UserData")).await?.view)
    }
}

/// A text that comes as Base64; absent is empty.
fn decoded(answer: &serde_json::Value, name: &str) -> Result<String, String> {
    let text = answer[name].as_str().unwrap_or_default();
    let bytes = BASE64.decode(text.trim()).map_err(|e| format!("its {name} is not Base64: {e}"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

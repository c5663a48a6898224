//! The assistant on each instance, which carries out commands.

use std::collections::BTreeMap;

use serde::Serialize;

use super::page::Pages;
use super::{Ecs, action};
use crate::cloud::{Fields, Result, Time};

/// The most ids that a call takes whose answer is one page.
const MOST_IDS: usize = 50;

/// What is known of an instance's assistant.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AssistantStatus {
    /// Whether it has been heard within two minutes: a dead one is called online as long.
    pub online: bool,
    /// Its version; none means that it was never heard of.
    pub version: Option<String>,
    /// When it was last heard.
    pub last_heartbeat: Option<Time>,
    /// `Linux` or `Windows`.
    pub os: Option<String>,
}

impl AssistantStatus {
    fn read(mut fields: Fields) -> (String, Self) {
        let id = fields.text("InstanceId").unwrap_or_default();
        let status = Self {
            online: fields.flag("CloudAssistantStatus").unwrap_or(false),
            version: fields.text("CloudAssistantVersion"),
            last_heartbeat: fields.time("LastHeartbeatTime"),
            os: fields.text("OSType"),
        };
        (id, status)
    }

    /// Whether it has been heard since the instance was started; before, its status is that of the run before.
    pub fn is_ready_since(&self, start: Option<&Time>) -> bool {
        let times = (self.last_heartbeat.as_ref().and_then(Time::timestamp), start.and_then(Time::timestamp));
        self.online && times.0.zip(times.1).is_none_or(|(heard, started)| heard >= started)
    }
}

impl Ecs {
    /// The assistants of instances (`DescribeCloudAssistantStatus`). The service leaves out instances of which it knows
    /// nothing: those are not in the map.
    ///
    /// # Errors
    /// When a call fails, or an answer has no list.
    pub async fn assistants(&self, ids: &[String]) -> Result<BTreeMap<String, AssistantStatus>> {
        let mut found = BTreeMap::new();
        for some in ids.chunks(MOST_IDS) {
            let call = action("DescribeCloudAssistantStatus").with_list("InstanceId", some);
            let pages = Pages::of("InstanceCloudAssistantStatusSet", "InstanceCloudAssistantStatus", 50);
            found.extend(self.by_token(&call, pages, AssistantStatus::read).await?);
        }
        Ok(found)
    }

    /// Has the assistant installed (`InstallCloudAssistant`); it takes effect with the next restart of the instance.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn install_assistant(&self, ids: &[String]) -> Result<()> {
        for some in ids.chunks(MOST_IDS) {
            self.done(&action("InstallCloudAssistant").with_list("InstanceId", some)).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_assistant_that_was_heard_before_the_start_is_not_ready() {
        let heard = |at: &str| {
            let status = json!({"InstanceId": "i", "CloudAssistantStatus": "true", "LastHeartbeatTime": at});
            AssistantStatus::read(Fields::of(&status)).1
        };
        let start = Time::read("2026-11-21T08:04Z");
        assert!(heard("2026-11-21T08:05:00Z").is_ready_since(Some(&start)));
        assert!(!heard("2026-11-21T08:03:59Z").is_ready_since(Some(&start)));
        assert!(heard("").is_ready_since(Some(&start)) && heard("2026-11-21T08:03:59Z").is_ready_since(None));
    }
}

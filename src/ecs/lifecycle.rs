//! Starting, stopping, rebooting and releasing.

use jiff::Timestamp;

use super::instance::MOST_IDS;
use super::run_instances::minute_of;
use super::{Ecs, action};
use crate::cloud::{Fields, Result, Retry, RpcCall, list_of};

/// What became of one instance of a call on many.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The instance.
    pub instance_id: String,
    /// The service's code, if it was refused for this one although the call went well.
    pub refusal: Option<(String, String)>,
}

/// What a stopped instance goes on costing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopMode {
    /// Its disks only; its chips, their images and their memory go to others.
    StopCharging,
    /// All that it costs running.
    KeepCharging,
}

impl StopMode {
    /// The service's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::StopCharging => "StopCharging",
            Self::KeepCharging => "KeepCharging",
        }
    }
}

impl Changed {
    fn read(mut fields: Fields) -> Self {
        let message = fields.text("Message").unwrap_or_default();
        let code = fields.text("Code").filter(|code| !matches!(code.as_str(), "200" | "success" | "Success"));
        Self {
            instance_id: fields.text("InstanceId").unwrap_or_default(),
            refusal: code.map(|code| (code, message)),
        }
    }
}

impl Ecs {
    /// Starts stopped instances (`StartInstances`), each that can be: one that can't keeps none of the others.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn start(&self, ids: &[String]) -> Result<Vec<Changed>> {
        self.change(&action("StartInstances"), ids).await
    }

    /// Stops instances (`StopInstances`). The mode is always sent, for without it a switch of the account decides.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn stop(&self, ids: &[String], mode: StopMode) -> Result<Vec<Changed>> {
        self.change(&action("StopInstances").with("StoppedMode", mode.name()), ids).await
    }

    /// Restarts instances (`RebootInstances`).
    ///
    /// # Errors
    /// When a call fails.
    pub async fn reboot(&self, ids: &[String]) -> Result<Vec<Changed>> {
        self.change(&action("RebootInstances").retried(Retry::ONCE), ids).await
    }

    async fn change(&self, call: &RpcCall, ids: &[String]) -> Result<Vec<Changed>> {
        let mut changed = Vec::new();
        for some in ids.chunks(MOST_IDS) {
            let call = call.clone().with("BatchOptimization", "SuccessFirst").with_list("InstanceId", some);
            let read = |answer: &crate::cloud::RpcAnswer| {
                let rows = list_of(&answer.raw, "InstanceResponses", "InstanceResponse")?;
                Ok(rows.into_iter().map(|row| Changed::read(Fields::of(row))).collect::<Vec<_>>())
            };
            changed.extend(self.call(&call, read).await?.view);
        }
        Ok(changed)
    }

    /// Releases instances, running ones too (`DeleteInstances`): at most a hundred, all or none. The answer says nothing of
    /// any of them, so look whether they are gone.
    ///
    /// # Errors
    /// When the call fails: an instance that is gone, protected or paid in advance refuses it for all.
    pub async fn delete(&self, ids: &[String], token: &str) -> Result<()> {
        let call = action("DeleteInstances")
            .with_list("InstanceId", ids)
            .with("Force", "true")
            .with("ClientToken", token);
        self.done(&call).await
    }

    /// Sets when the cloud releases an instance by itself (`ModifyInstanceAutoReleaseTime`); without a time it never does.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn set_release(&self, instance_id: &str, at: Option<Timestamp>) -> Result<()> {
        let at = at.map(|time| minute_of(time).strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        let call = action("ModifyInstanceAutoReleaseTime")
            .with("InstanceId", instance_id)
            .with_some("AutoReleaseTime", at.as_deref());
        self.done(&call).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_within_a_success_is_seen() {
        let read = |value| Changed::read(Fields::of(&value));
        let done = read(json!({"InstanceId": "i-1", "Code": "200", "Message": "success"}));
        assert!(done.refusal.is_none());
        let refused =
            read(json!({"InstanceId": "i-2", "Code": "InvalidInstanceId.NotFound", "Message": "no"}));
        assert_eq!(refused.refusal, Some(("InvalidInstanceId.NotFound".into(), "no".into())));
    }
}

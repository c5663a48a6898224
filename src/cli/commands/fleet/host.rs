//! A host as tables and documents show it.

use jiff::Timestamp;
use serde::Serialize;

use crate::base::duration::spent;
use crate::cloud::Time;
use crate::ecs::{AssistantStatus, Instance};
use crate::ops::fleet::FLEET_TAG;

/// One host.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Host {
    pub(super) instance_id: String,
    pub(super) name: String,
    pub(super) fleet: Option<String>,
    pub(super) state: String,
    pub(super) instance_type: String,
    pub(super) zone: String,
    ips: Vec<String>,
    created: Option<Time>,
    /// Hours since it was made.
    pub(super) hours: Option<f64>,
    /// When the cloud releases it by itself.
    pub(super) release: Option<Time>,
    pub(super) expires: Option<Time>,
    prepaid: bool,
    spot: Option<String>,
    /// What a stopped one goes on costing.
    stopped_mode: Option<String>,
    locks: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) assistant: Option<AssistantStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fpgas: Option<Vec<Fpga>>,
}

/// A chip of a host.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Fpga {
    pub(super) fpga_uuid: String,
    pub(super) fpga_type: Option<String>,
    pub(super) shell: Option<String>,
    pub(super) image_uuid: Option<String>,
    pub(super) status: Option<String>,
}

impl Host {
    pub(super) fn of(instance: &Instance) -> Self {
        let created = instance.created.as_ref().and_then(Time::timestamp);
        let hours = created.map(|time| Timestamp::now().duration_since(time).as_secs_f64().max(0.0) / 3600.0);
        Self {
            instance_id: instance.id.clone(),
            name: instance.name.clone(),
            fleet: instance.tags.get(FLEET_TAG).cloned(),
            state: instance.state.to_string(),
            instance_type: instance.instance_type.clone(),
            zone: instance.zone.clone(),
            ips: [instance.private_ips.clone(), instance.public_ips.clone()].concat(),
            created: instance.created.clone(),
            hours: hours.map(|hours| (hours * 100.0).round() / 100.0),
            release: instance.release.clone(),
            // Pay-as-you-go instances have one in the year 2099.
            expires: instance.expires.clone().filter(|_| instance.prepaid),
            prepaid: instance.prepaid,
            spot: instance.spot.clone(),
            stopped_mode: instance.stopped_mode.clone().filter(|mode| mode.ends_with("Charging")),
            locks: instance.locks.clone(),
            assistant: None,
            fpgas: None,
        }
    }

    /// Its state with what is worth knowing about it.
    pub(super) fn state_said(&self) -> String {
        let costs = self.stopped_mode.as_deref() == Some("KeepCharging") && self.state == "Stopped";
        let locks = self.locks.iter().map(|lock| format!(", {lock}")).collect::<String>();
        format!("{}{}{locks}", self.state, if costs { ", still billed" } else { "" })
    }

    /// `in 1h 50m`, or that it never is.
    pub(super) fn release_said(&self) -> String {
        self.release.as_ref().map_or_else(|| "never".into(), from_now)
    }
}

/// A time as seen from now.
pub(super) fn from_now(time: &Time) -> String {
    let Some(at) = time.timestamp() else { return time.to_string() };
    let left = at.duration_since(Timestamp::now());
    match std::time::Duration::try_from(left) {
        Ok(left) => format!("in {}", spent(left)),
        Err(_) => time.to_string(),
    }
}

//! One simulated instance: what was asked for, and where it stands.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use jiff::Timestamp;

use super::agent::Agent;
use super::catalogue::{InstanceType, Region, Zone};
use super::money::Bill;
use crate::sandbox::cloud::Cloud;
use crate::sandbox::host::Host;
use crate::sandbox::identity::INSTANCE_ID;
use crate::sandbox::options::Exec;

/// The state as the service calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox::rpc) enum Status {
    Pending,
    Starting,
    Running,
    Stopping,
    Stopped,
}

impl Status {
    pub(super) const ALL: [Self; 5] =
        [Self::Pending, Self::Starting, Self::Running, Self::Stopping, Self::Stopped];

    pub(in crate::sandbox::rpc) fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Starting => "Starting",
            Self::Running => "Running",
            Self::Stopping => "Stopping",
            Self::Stopped => "Stopped",
        }
    }
}

/// What a stopped instance costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StoppedMode {
    /// It does not stand still.
    NotApplicable,
    KeepCharging,
    /// The economical mode: vCPUs, memory and chips are given back.
    StopCharging,
}

impl StoppedMode {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::NotApplicable => "Not-applicable",
            Self::KeepCharging => "KeepCharging",
            Self::StopCharging => "StopCharging",
        }
    }
}

/// How an instance is paid for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Charge {
    PostPaid,
    /// The strategy and the limit per hour, as they were given.
    Spot {
        strategy: String,
        limit: Option<f64>,
    },
    PrePaid {
        expires: Timestamp,
        renewal: Renewal,
    },
}

/// What happens when a prepaid instance expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Renewal {
    /// `AutoRenewal`, `Normal` or `NotRenewal`.
    pub(super) status: &'static str,
    /// Nought when there is none.
    pub(super) duration: i64,
    pub(super) unit: String,
}

impl Charge {
    pub(super) fn is_prepaid(&self) -> bool {
        matches!(self, Self::PrePaid { .. })
    }

    pub(super) fn is_spot(&self) -> bool {
        matches!(self, Self::Spot { .. })
    }
}

/// When an instance is released by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AutoRelease {
    /// As the service tells it.
    pub(super) told: Timestamp,
    /// When it happens here: earlier with `--release-speed`.
    pub(super) due: Timestamp,
}

/// What an instance was asked to be.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) host_name: String,
    pub(super) region: &'static Region,
    pub(super) zone: &'static Zone,
    pub(super) kind: &'static InstanceType,
    pub(super) image: String,
    pub(super) security_groups: Vec<String>,
    pub(super) charge: Charge,
    pub(super) tags: Vec<(String, String)>,
    pub(super) auto_release: Option<AutoRelease>,
    pub(super) user_data: String,
    pub(super) key_pair: String,
    pub(super) role: Option<String>,
    pub(super) protected: bool,
    pub(super) bandwidth: i64,
    /// Disks that outlive the instance, in GiB.
    pub(super) kept_disks: Vec<i64>,
}

/// What comes next by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Pending is over: it starts, or, unless an order comes, stands still (`CreateInstance`).
    Created {
        starts: bool,
    },
    Started,
    Stopped,
    Rebooted,
    /// Its creation failed: it vanishes.
    Vanished,
}

/// One instance.
#[derive(Debug)]
pub(in crate::sandbox::rpc) struct Instance {
    pub(in crate::sandbox::rpc) id: String,
    /// Counts the instances that were ever made.
    pub(super) serial: u64,
    pub(super) wanted: Wanted,
    pub(super) private_ip: String,
    pub(super) public_ip: Option<String>,
    pub(super) created: Timestamp,
    /// From when on the lists know it.
    pub(super) visible: Timestamp,
    pub(super) status: Status,
    pub(super) next: Option<(Timestamp, Step)>,
    /// The last start.
    pub(super) started: Option<Timestamp>,
    pub(super) stopped_mode: StoppedMode,
    /// When the service announces that it takes a preemptible one back.
    pub(super) reclaimed: Option<Timestamp>,
    /// When it does; the instance is locked until then.
    pub(super) recycled: Option<Timestamp>,
    pub(super) agent: Agent,
    pub(super) bill: Bill,
    /// It was there before anybody asked; it is in no ledger and can't be released.
    pub(super) fixed: bool,
    /// What its commands run on, once there was one; never with `--exec scripted`.
    pub(super) host: Option<Host>,
}

impl Instance {
    pub(super) fn is_visible(&self, now: Timestamp) -> bool {
        now >= self.visible
    }

    pub(super) fn tag(&self, key: &str) -> Option<&str> {
        self.wanted.tags.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// Whether nothing can be asked of it yet.
    pub(super) fn is_young(&self) -> bool {
        matches!(self.next, Some((_, Step::Created { .. } | Step::Vanished)))
    }

    /// Whether it occupies the zone's stock: an economically stopped one does not.
    pub(super) fn holds_stock(&self) -> bool {
        !self.fixed && self.stopped_mode != StoppedMode::StopCharging
    }

    /// What its commands run on; None where they don't.
    pub(super) fn host(&mut self, cloud: &Cloud) -> io::Result<Option<&mut Host>> {
        if cloud.options.exec == Exec::Scripted {
            return Ok(None);
        }
        if self.host.is_none() {
            let mut host = cloud.hosts.make(&self.id)?;
            if self.id == INSTANCE_ID {
                host.has_device(cloud.chip.path());
            }
            self.host = Some(host);
        }
        Ok(self.host.as_mut())
    }

    pub(super) fn take_listener(&mut self) -> Option<TcpListener> {
        self.host.as_mut()?.take_listener()
    }

    /// How the random faults and times know it: by its number, which a seed repeats, and not by its id.
    pub(super) fn id_for_chance(&self) -> String {
        format!("instance {}", self.serial)
    }

    /// Gives it the next step.
    pub(super) fn then(&mut self, now: Timestamp, after: Duration, step: Step) {
        self.next = Some((now + after, step));
    }
}

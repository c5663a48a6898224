//! Instances as they are.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::page::Pages;
use super::{Ecs, action};
use crate::cloud::{Fields, Result, RpcCall, Time};

/// The most ids that one call takes.
pub(super) const MOST_IDS: usize = 100;

/// An instance.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Instance {
    /// `InstanceId`.
    pub id: String,
    /// `InstanceName`.
    pub name: String,
    /// How far it is.
    pub state: InstanceState,
    /// `ecs.f3-c16f1.4xlarge`.
    pub instance_type: String,
    /// The zone that it stands in.
    pub zone: String,
    /// The system image that it was made from.
    pub image: String,
    /// When it was asked for.
    pub created: Option<Time>,
    /// When it was last started.
    pub started: Option<Time>,
    /// When the cloud releases it by itself.
    pub release: Option<Time>,
    /// When a time that was paid in advance ends.
    pub expires: Option<Time>,
    /// Whether it is paid in advance: then it can't be released.
    pub prepaid: bool,
    /// `NoSpot`, `SpotWithPriceLimit` or `SpotAsPriceGo`.
    pub spot: Option<String>,
    /// What a stopped one costs: `KeepCharging`, `StopCharging`, `Not-applicable`.
    pub stopped_mode: Option<String>,
    /// Whether it is protected against release.
    pub protected: bool,
    /// Its addresses inside the VPC.
    pub private_ips: Vec<String>,
    /// Its addresses on the internet.
    pub public_ips: Vec<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Why it is locked: `financial`, `security`, `Recycling`…
    pub locks: Vec<String>,
    /// All of it, as the service gave it.
    #[serde(skip)]
    pub raw: Value,
}

/// How far an instance is, in the service's word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum InstanceState {
    /// Being made.
    #[default]
    Pending,
    /// Being started.
    Starting,
    /// On.
    Running,
    /// Being stopped.
    Stopping,
    /// Off.
    Stopped,
    /// Another word, kept as it came.
    Other(String),
}

impl InstanceState {
    pub(super) fn of(word: &str) -> Self {
        match word {
            "Pending" => Self::Pending,
            "Starting" => Self::Starting,
            "Running" => Self::Running,
            "Stopping" => Self::Stopping,
            "Stopped" => Self::Stopped,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The service's word.
    pub fn name(&self) -> &str {
        match self {
            Self::Pending => "Pending",
            Self::Starting => "Starting",
            Self::Running => "Running",
            Self::Stopping => "Stopping",
            Self::Stopped => "Stopped",
            Self::Other(word) => word,
        }
    }
}

impl fmt::Display for InstanceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for InstanceState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Instance {
    fn read(mut fields: Fields) -> Self {
        let text = |fields: &mut Fields, name: &str| fields.text(name).unwrap_or_default();
        let vpc = fields.inner("VpcAttributes");
        let eip = fields.inner("EipAddress").text("IpAddress");
        Self {
            raw: fields.whole(),
            id: text(&mut fields, "InstanceId"),
            name: text(&mut fields, "InstanceName"),
            state: InstanceState::of(&text(&mut fields, "Status")),
            instance_type: text(&mut fields, "InstanceType"),
            zone: text(&mut fields, "ZoneId"),
            image: text(&mut fields, "ImageId"),
            created: fields.time("CreationTime"),
            started: fields.time("StartTime"),
            release: fields.time("AutoReleaseTime"),
            expires: fields.time("ExpiredTime"),
            prepaid: fields.text("InstanceChargeType").is_some_and(|kind| kind == "PrePaid"),
            spot: fields.text("SpotStrategy").filter(|strategy| strategy != "NoSpot"),
            stopped_mode: fields.text("StoppedMode"),
            protected: fields.flag("DeletionProtection").unwrap_or(false),
            private_ips: vpc.texts("PrivateIpAddress", "IpAddress"),
            public_ips: fields.texts("PublicIpAddress", "IpAddress").into_iter().chain(eip).collect(),
            tags: tags(&fields),
            locks: locks(&fields),
        }
    }

    /// Whether the market takes it back within minutes.
    pub fn is_being_recycled(&self) -> bool {
        self.locks.iter().any(|reason| reason.eq_ignore_ascii_case("recycling"))
    }
}

fn tags(fields: &Fields) -> BTreeMap<String, String> {
    let pair = |mut tag: Fields| Some((tag.text("TagKey")?, tag.text("TagValue").unwrap_or_default()));
    fields.items("Tags", "Tag").into_iter().filter_map(pair).collect()
}

fn locks(fields: &Fields) -> Vec<String> {
    let reasons = fields.items("OperationLocks", "LockReason").into_iter();
    reasons.filter_map(|mut lock| lock.text("LockReason")).collect()
}

/// Which instances of the region are meant.
#[derive(Clone, Debug)]
pub enum InstanceFilter {
    /// All.
    All,
    /// Those with these ids.
    Ids(Vec<String>),
    /// Those with this tag; of any value without one.
    Tag(String, Option<String>),
}

impl Ecs {
    /// The instances that the filter lets through (`DescribeInstances`), page by page to the end.
    ///
    /// An instance that was released is not among them, and for some seconds one that is new is not either. A caller
    /// without the permission gets an empty list and no error: [`Ecs::may_list_instances`] tells the difference.
    ///
    /// # Errors
    /// When a call fails, or an answer has no list.
    pub async fn instances(&self, filter: &InstanceFilter) -> Result<Vec<Instance>> {
        let call = action("DescribeInstances");
        match filter {
            InstanceFilter::All => self.instances_of(&call).await,
            InstanceFilter::Tag(key, value) => {
                self.instances_of(&call.with("Tag.1.Key", key).with_some("Tag.1.Value", value.as_deref()))
                    .await
            }
            InstanceFilter::Ids(ids) => {
                let mut found = Vec::new();
                for some in ids.chunks(MOST_IDS) {
                    let array = serde_json::to_string(some).unwrap_or_default();
                    found.extend(self.instances_of(&call.clone().with("InstanceIds", array)).await?);
                }
                Ok(found)
            }
        }
    }

    async fn instances_of(&self, call: &RpcCall) -> Result<Vec<Instance>> {
        self.by_token(call, Pages::of("Instances", "Instance", 100), Instance::read).await
    }

    /// Asks whether the caller may list instances at all (`DescribeInstances`, dry run): without the permission the list
    /// itself is empty.
    ///
    /// # Errors
    /// When the caller may not, or the call fails.
    pub async fn may_list_instances(&self) -> Result<()> {
        self.dry_run(&action("DescribeInstances")).await
    }

    /// The states of instances (`DescribeInstanceStatus`): cheaper than all that is known of them. One that is not
    /// there is not in the list.
    ///
    /// # Errors
    /// When a call fails, or an answer has no list.
    pub async fn instance_states(&self, ids: &[String]) -> Result<BTreeMap<String, InstanceState>> {
        let mut states = BTreeMap::new();
        for some in ids.chunks(MOST_IDS) {
            let call = action("DescribeInstanceStatus").with_list("InstanceId", some);
            let pages = Pages::of("InstanceStatuses", "InstanceStatus", 50);
            let state = |mut fields: Fields| {
                let word = fields.text("Status").unwrap_or_default();
                (fields.text("InstanceId").unwrap_or_default(), InstanceState::of(&word))
            };
            states.extend(self.by_number(&call, pages, state).await?);
        }
        Ok(states)
    }

    /// Sends a call with `DryRun`. That it went well is told by an error code, which has no documented status.
    pub(super) async fn dry_run(&self, call: &RpcCall) -> Result<()> {
        match self.done(&call.clone().with("DryRun", "true")).await {
            Err(error) if error.code().is_some_and(is_dry_run_success) => Ok(()),
            other => other,
        }
    }
}

/// The code of a dry run that went well: that of single calls, and that of calls on many instances.
fn is_dry_run_success(code: &str) -> bool {
    code == "DryRunOperation" || code.eq_ignore_ascii_case("DRYRUN.SUCCESS")
}

//! ECS 2014-05-26: instances that are made, started, stopped, tagged and released, and what there is to choose from.
//!
//! Nothing here runs by itself: each instance keeps what comes next and when, and `life` brings it about when its time
//! has come.

mod agent;
mod assistant;
mod beginning;
mod catalogue;
mod create;
mod describe;
mod fields;
mod inspect;
mod instance;
mod life;
mod lists;
mod market;
mod money;
mod names;
mod page;
mod permission;
mod power;
pub(super) mod refusals;
mod release;
mod renew;
mod tags;
#[cfg(test)]
mod tests;
mod tokens;

use std::collections::HashMap;
use std::net::TcpListener;
use std::time::Duration;

use jiff::Timestamp;

use super::State as Services;
use super::action::{Action, strict};
use super::call::{Call, Question};
use super::refusal::Refusal;
use crate::sandbox::cloud::Cloud;
use assistant::Assistant;
pub(crate) use assistant::Script;
use catalogue::Region;
use inspect::Event;
use instance::Instance;
pub(super) use permission::permit;
use tokens::Tokens;

/// Every action that is here.
pub(super) const ACTIONS: &[Action] = &[
    strict("RunInstances", create::run, create::RUN),
    strict("DescribeInstances", describe::instances, describe::INSTANCES),
    strict("DescribeInstanceStatus", describe::statuses, describe::STATUSES),
    strict("DeleteInstances", release::many, release::MANY),
    strict("DeleteInstance", release::one, release::ONE),
    strict("ModifyInstanceAutoReleaseTime", release::at, release::AT),
    strict("TagResources", tags::tag, tags::TAG),
    strict("UntagResources", tags::untag, tags::UNTAG),
    strict("ListTagResources", tags::list_resources, tags::LIST),
    strict("CreateInstance", create::create, create::CREATE),
    strict("StartInstance", power::start, power::START),
    strict("StopInstance", power::stop, power::STOP),
    strict("RebootInstance", power::reboot, power::REBOOT),
    strict("StartInstances", power::start_many, power::START_MANY),
    strict("StopInstances", power::stop_many, power::STOP_MANY),
    strict("RebootInstances", power::reboot_many, power::REBOOT_MANY),
    strict("DescribeInstanceAutoRenewAttribute", renew::show, renew::SHOW),
    strict("ModifyInstanceAutoRenewAttribute", renew::set, renew::SET),
    strict("RenewInstance", renew::renew, renew::RENEW),
    strict("DescribeInstanceHistoryEvents", inspect::events, inspect::EVENTS),
    strict("GetInstanceConsoleOutput", inspect::console, inspect::CONSOLE),
    strict("DescribeUserData", inspect::user_data, inspect::USER_DATA),
    strict("AttachInstanceRamRole", inspect::attach_role, inspect::ATTACH_ROLE),
    strict("AllocatePublicIpAddress", inspect::public_ip, inspect::PUBLIC_IP),
    strict("DescribeAvailableResource", market::resource, market::RESOURCE),
    strict("DescribePrice", market::price, market::PRICE),
    strict("DescribeSpotPriceHistory", market::spot_history, market::SPOT_HISTORY),
    strict("DescribeAccountAttributes", market::account, market::ACCOUNT),
    strict("DescribeRegions", lists::regions, lists::OF_REGIONS),
    strict("DescribeZones", lists::zones, lists::OF_ZONES),
    strict("DescribeInstanceTypes", lists::types, lists::OF_TYPES),
    strict("DescribeImages", lists::images, lists::OF_IMAGES),
    strict("DescribeVSwitches", lists::vswitches, lists::OF_VSWITCHES),
    strict("DescribeSecurityGroups", lists::security_groups, lists::OF_SECURITY_GROUPS),
    strict("DescribeKeyPairs", lists::key_pairs, lists::OF_KEY_PAIRS),
    strict("RunCommand", assistant::run, assistant::RUN),
    strict("CreateCommand", assistant::create, assistant::CREATE),
    strict("InvokeCommand", assistant::invoke, assistant::INVOKE),
    strict("StopInvocation", assistant::stop, assistant::STOP),
    strict("DescribeInvocations", assistant::invocations, assistant::INVOCATIONS),
    strict("DescribeInvocationResults", assistant::results, assistant::RESULTS),
    strict("SendFile", assistant::send, assistant::SEND),
    strict("DescribeSendFileResults", assistant::file_results, assistant::FILE_RESULTS),
    strict("DescribeCloudAssistantStatus", assistant::status, assistant::STATUS),
    strict("InstallCloudAssistant", assistant::install, assistant::INSTALL),
];

/// The instances of the account.
#[derive(Debug, Default)]
pub(crate) struct State {
    instances: Vec<Instance>,
    /// How many were ever made.
    made: u64,
    tokens: Tokens,
    events: Vec<Event>,
    assistant: Assistant,
    /// How often each action was called in this minute, for the fault that counts.
    calls: HashMap<&'static str, (i64, u64)>,
}

impl State {
    /// Where an instance that can be seen stands.
    fn place(&self, id: &str, now: Timestamp) -> Option<usize> {
        self.instances.iter().position(|instance| instance.id == id && instance.is_visible(now))
    }

    /// Whether there is such an instance.
    pub(super) fn knows(&self, id: &str, now: Timestamp) -> bool {
        self.place(id, now).is_some()
    }

    /// The image that an instance was made from.
    pub(super) fn image_of(&self, id: &str) -> Option<&str> {
        self.instances
            .iter()
            .find(|instance| instance.id == id)
            .map(|instance| instance.wanted.image.as_str())
    }

    fn need(&mut self, id: &str, now: Timestamp) -> Result<&mut Instance, Refusal> {
        let place = self.place(id, now).ok_or_else(|| {
            refusals::INSTANCE_NOT_FOUND.saying(format!("The specified InstanceId \"{id}\" does not exist."))
        })?;
        Ok(&mut self.instances[place])
    }
}

/// What an instance can learn of itself.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) host_name: String,
    pub(super) kind: &'static str,
    pub(super) region: &'static str,
    pub(super) zone: &'static str,
    pub(super) image: String,
    pub(super) private_ip: String,
    pub(super) role: Option<String>,
    /// When a preemptible one is taken back, once that is announced.
    pub(super) ends: Option<String>,
}

impl State {
    /// What an instance can learn of itself.
    pub(super) fn identity(&self, id: &str) -> Option<Identity> {
        let instance = self.instances.iter().find(|instance| instance.id == id)?;
        let wanted = &instance.wanted;
        Some(Identity {
            id: instance.id.clone(),
            name: wanted.name.clone(),
            host_name: wanted.host_name.clone(),
            kind: wanted.kind.id,
            region: wanted.region.id,
            zone: wanted.zone.id,
            image: wanted.image.clone(),
            private_ip: instance.private_ip.clone(),
            role: wanted.role.clone(),
            ends: instance.recycled.map(seconds),
        })
    }
}

/// `MissingParameter`, with the name.
fn missing(name: &str) -> Refusal {
    let text = format!(
        "The input parameter \"{name}\" that is mandatory for processing this request is not supplied."
    );
    refusals::MISSING_PARAMETER.saying(text)
}

/// A parameter that the action can't do without.
fn need<'a>(call: &Question<'a>, name: &str) -> Result<&'a str, Refusal> {
    call.get(name).ok_or_else(|| missing(name))
}

/// The region that the call is about.
fn region(call: &Question<'_>) -> Result<&'static Region, Refusal> {
    catalogue::region(need(call, "RegionId")?).ok_or(refusals::REGION_NOT_FOUND)
}

/// A random time of a thing within bounds in seconds, divided by the speed; the seed of the faults repeats it.
fn between(cloud: &Cloud, what: &str, thing: &str, seconds: (f64, f64)) -> Duration {
    let share = cloud.faults.share_of(what, thing);
    cloud.scaled(Duration::from_secs_f64(seconds.0 + share * (seconds.1 - seconds.0)))
}

/// `2026-11-21T08:00:00Z`.
fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `2026-11-21T08:00Z`.
fn minutes(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%MZ").to_string()
}

pub(super) use beginning::begin;

/// Does what has come due.
pub(super) fn settle(services: &mut Services, cloud: &Cloud, now: Timestamp) {
    life::settle(services, cloud, now);
    assistant::settle(services, cloud, now);
}

/// The sockets of metadata services that nobody listens on yet, with their instances.
pub(super) fn take_listeners(services: &mut Services) -> Vec<(String, TcpListener)> {
    let hosts = services.ecs.instances.iter_mut();
    hosts.filter_map(|instance| Some((instance.id.clone(), instance.take_listener()?))).collect()
}

/// Counts a call; with the fault for it, an action is taken so often in a minute of the clock and no more.
pub(super) fn throttle(
    services: &mut Services,
    call: &Call<'_>,
    action: &'static str,
) -> Result<(), Refusal> {
    let Some(most) = call.cloud.faults.throttle_after() else { return Ok(()) };
    let minute = call.now.as_second().div_euclid(60);
    let (of, count) = services.ecs.calls.entry(action).or_default();
    if *of != minute {
        (*of, *count) = (minute, 0);
    }
    *count += 1;
    if *count > most { Err(refusals::THROTTLED) } else { Ok(()) }
}

/// Refuses a dry run of one thing that has passed all checks, as the service says that all is well.
fn dry_run(call: &Call<'_>, passed: Refusal) -> Result<(), Refusal> {
    if call.flag("DryRun").unwrap_or_default() { Err(passed) } else { Ok(()) }
}

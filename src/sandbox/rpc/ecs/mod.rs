//! ECS 2014-05-26: instances that are made, started, stopped, tagged and released, and what there is to choose from.
//!
//! Nothing here runs by itself: each instance keeps what comes next and when, and `life` brings it about when its time
//! has come.

mod agent;
mod beginning;
mod catalogue;
mod create;
mod describe;
mod fields;
mod instance;
mod life;
mod money;
mod names;
mod page;
mod parameters;
pub(super) mod refusals;
mod release;
mod tags;
#[cfg(test)]
mod tests;
mod tokens;

use std::time::Duration;

use jiff::Timestamp;

use super::State as Services;
use super::call::{Call, Question};
use super::refusal::Refusal;
use super::service::{Action, strict};
use crate::sandbox::world::World;
use catalogue::Region;
use instance::Instance;
pub(super) use parameters::{Parameter, check};
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
];

/// The instances of the account.
#[derive(Debug, Default)]
pub(crate) struct State {
    instances: Vec<Instance>,
    /// How many were ever made.
    made: u64,
    tokens: Tokens,
}

impl State {
    /// Where an instance that can be seen stands.
    fn place(&self, id: &str, now: Timestamp) -> Option<usize> {
        self.instances.iter().position(|instance| instance.id == id && instance.is_visible(now))
    }

    fn need(&mut self, id: &str, now: Timestamp) -> Result<&mut Instance, Refusal> {
        let place = self.place(id, now).ok_or_else(|| {
            refusals::INSTANCE_NOT_FOUND.saying(format!("The specified InstanceId \"{id}\" does not exist."))
        })?;
        Ok(&mut self.instances[place])
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
fn between(world: &World, what: &str, thing: &str, seconds: (f64, f64)) -> Duration {
    let share = world.faults.share_of(what, thing);
    world.scaled(Duration::from_secs_f64(seconds.0 + share * (seconds.1 - seconds.0)))
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
pub(super) fn settle(services: &mut Services, world: &World, now: Timestamp) {
    life::settle(services, world, now);
}

/// Refuses a dry run of one thing that has passed all checks, as the service says that all is well.
fn dry_run(call: &Call<'_>, passed: Refusal) -> Result<(), Refusal> {
    if call.flag("DryRun").unwrap_or_default() { Err(passed) } else { Ok(()) }
}

//! `DeleteInstance`, `DeleteInstances`, and the automatic release.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::instance::{Instance, Status};
use super::{create, dry_run, life, missing, need, refusals, tokens};
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::{Answer, Call};
use crate::sandbox::rpc::parameters::{Parameter, flag, list, text};
use crate::sandbox::rpc::refusal::Refusal;

pub(super) const ONE: &[Parameter] = &[
    text("InstanceId", 64),
    flag("Force"),
    flag("ForceStop"),
    flag("TerminateSubscription"),
    flag("DryRun"),
];
pub(super) const MANY: &[Parameter] = &[
    list("InstanceId.N", 100),
    flag("Force"),
    flag("ForceStop"),
    flag("TerminateSubscription"),
    text("ClientToken", 1024),
    flag("DryRun"),
];
pub(super) const AT: &[Parameter] = &[text("InstanceId", 64), text("AutoReleaseTime", 32)];

pub(super) fn one(call: &Call<'_>, state: &mut State) -> Answer {
    let id = need(call, "InstanceId")?;
    check(call, state.ecs.need(id, call.now)?)?;
    dry_run(call, refusals::DRY_RUN)?;
    release(call, state, id);
    Ok(json!({}))
}

/// Releases all or none; the answer tells nothing of each.
pub(super) fn many(call: &Call<'_>, state: &mut State) -> Answer {
    tokens::once("DeleteInstances", call, state, |state| {
        let ids = call.list("InstanceId");
        if ids.is_empty() {
            return Err(missing("InstanceId"));
        }
        for id in &ids {
            check(call, state.ecs.need(id, call.now)?)?;
        }
        dry_run(call, refusals::DRY_RUN_BATCH)?;
        ids.iter().for_each(|id| release(call, state, id));
        Ok(json!({}))
    })
}

/// Whether it may be released now.
fn check(call: &Call<'_>, instance: &Instance) -> Result<(), Refusal> {
    let force = call.flag("Force").unwrap_or_default();
    if instance.wanted.protected {
        return Err(refusals::PROTECTED);
    }
    if instance.wanted.charge.is_prepaid() {
        return Err(refusals::CHARGE_TYPE);
    }
    if instance.is_young() {
        return Err(refusals::INITIALIZING);
    }
    if instance.status != Status::Stopped && !force { Err(refusals::WRONG_STATUS) } else { Ok(()) }
}

fn release(call: &Call<'_>, state: &mut State, id: &str) {
    if let Some(place) = state.ecs.place(id, call.now) {
        life::release(state, call.cloud, place, call.now);
    }
}

/// Sets the moment of the automatic release; without one, there is none any more.
pub(super) fn at(call: &Call<'_>, state: &mut State) -> Answer {
    let instance = state.ecs.need(need(call, "InstanceId")?, call.now)?;
    if instance.wanted.charge.is_prepaid() {
        return Err(refusals::CHARGE_TYPE);
    }
    let release = call.get("AutoReleaseTime").map(|text| create::release_time(call, text)).transpose()?;
    instance.wanted.auto_release = release;
    Ok(json!({}))
}

/// So many weeks, months or years later; a month has 30 days here, and a year 365.
pub(super) fn later(from: Timestamp, period: i64, unit: &str) -> Timestamp {
    let days = match unit {
        "Week" => 7,
        "Year" => 365,
        _ => 30,
    };
    from.checked_add(SignedDuration::from_hours(24 * days * period)).unwrap_or(from)
}

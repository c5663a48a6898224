//! Start, stop and reboot, of one instance and of many.

use serde_json::{Value, json};

use super::create::stock;
use super::instance::{Status, StoppedMode};
use super::{dry_run, life, missing, need, refusals};
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::{Answer, Call};
use crate::sandbox::rpc::parameters::{Parameter, choice, flag, list, text};
use crate::sandbox::rpc::refusal::Refusal;

pub(super) const START: &[Parameter] = &[text("InstanceId", 64), flag("InitLocalDisk"), flag("DryRun")];
pub(super) const STOP: &[Parameter] = &[
    text("InstanceId", 64),
    flag("ForceStop"),
    flag("ConfirmStop"),
    flag("Hibernate"),
    choice("StoppedMode", &["KeepCharging", "StopCharging"]),
    flag("DryRun"),
];
pub(super) const REBOOT: &[Parameter] = &[text("InstanceId", 64), flag("ForceStop"), flag("DryRun")];
pub(super) const START_MANY: &[Parameter] = &[
    list("InstanceId.N", 100),
    choice("BatchOptimization", &["AllTogether", "SuccessFirst"]),
    flag("DryRun"),
];
pub(super) const STOP_MANY: &[Parameter] = &[
    list("InstanceId.N", 100),
    flag("ForceStop"),
    choice("StoppedMode", &["KeepCharging", "StopCharging"]),
    choice("BatchOptimization", &["AllTogether", "SuccessFirst"]),
    flag("DryRun"),
];
pub(super) const REBOOT_MANY: &[Parameter] = &[
    list("InstanceId.N", 100),
    flag("ForceReboot"),
    choice("BatchOptimization", &["AllTogether", "SuccessFirst"]),
    flag("DryRun"),
];

/// What is wanted of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Start,
    Stop(StoppedMode),
    Reboot,
}

fn stop_order(call: &Call<'_>) -> Order {
    let economical = call.get("StoppedMode") == Some("StopCharging");
    Order::Stop(if economical { StoppedMode::StopCharging } else { StoppedMode::KeepCharging })
}

pub(super) fn start(call: &Call<'_>, state: &mut State) -> Answer {
    one(call, state, Order::Start)
}

pub(super) fn stop(call: &Call<'_>, state: &mut State) -> Answer {
    one(call, state, stop_order(call))
}

pub(super) fn reboot(call: &Call<'_>, state: &mut State) -> Answer {
    one(call, state, Order::Reboot)
}

pub(super) fn start_many(call: &Call<'_>, state: &mut State) -> Answer {
    many(call, state, Order::Start)
}

pub(super) fn stop_many(call: &Call<'_>, state: &mut State) -> Answer {
    many(call, state, stop_order(call))
}

pub(super) fn reboot_many(call: &Call<'_>, state: &mut State) -> Answer {
    many(call, state, Order::Reboot)
}

fn one(call: &Call<'_>, state: &mut State, order: Order) -> Answer {
    let id = need(call, "InstanceId")?;
    check(call, state, id, order)?;
    dry_run(call, refusals::DRY_RUN)?;
    carry_out(call, state, id, order);
    Ok(json!({}))
}

/// With `AllTogether` one refusal is all there is; with `SuccessFirst` each instance has an answer of its own.
fn many(call: &Call<'_>, state: &mut State, order: Order) -> Answer {
    let ids = call.list("InstanceId");
    if ids.is_empty() {
        return Err(missing("InstanceId"));
    }
    let together = call.get("BatchOptimization") != Some("SuccessFirst");
    if together {
        ids.iter().try_for_each(|id| check(call, state, id, order))?;
    }
    dry_run(call, refusals::DRY_RUN_BATCH)?;
    let answers: Vec<Value> = ids.iter().map(|id| answer(call, state, id, order)).collect();
    Ok(json!({"InstanceResponses": {"InstanceResponse": answers}}))
}

fn answer(call: &Call<'_>, state: &mut State, id: &str, order: Order) -> Value {
    let status = |state: &State| {
        state.ecs.place(id, call.now).map_or("", |place| state.ecs.instances[place].status.name())
    };
    let before = status(state);
    let (code, message) = match check(call, state, id, order) {
        Ok(()) => {
            carry_out(call, state, id, order);
            ("200".into(), "success".into())
        }
        Err(refusal) => (refusal.code, refusal.message),
    };
    json!({
        "InstanceId": id,
        "Code": code,
        "Message": message,
        "PreviousStatus": before,
        "CurrentStatus": status(state),
    })
}

/// Whether the order can be followed now.
fn check(call: &Call<'_>, state: &mut State, id: &str, order: Order) -> Result<(), Refusal> {
    let instance = state.ecs.need(id, call.now)?;
    if instance.recycled.is_some() {
        return Err(refusals::LOCKED);
    }
    let (status, kind, zone) = (instance.status, instance.wanted.kind, instance.wanted.zone);
    let gave_up_its_host = instance.stopped_mode == StoppedMode::StopCharging;
    let wanted = if order == Order::Start { Status::Stopped } else { Status::Running };
    if status != wanted {
        return Err(refusals::WRONG_STATUS);
    }
    let no_host = order == Order::Start && gave_up_its_host && stock(call, state, (zone, kind)) == 0;
    if no_host { Err(refusals::NO_STOCK) } else { Ok(()) }
}

fn carry_out(call: &Call<'_>, state: &mut State, id: &str, order: Order) {
    let Some(place) = state.ecs.place(id, call.now) else { return };
    let instance = &state.ecs.instances[place];
    // Preemptible and prepaid instances, and the sandbox's own, know no economical stop: the service takes the order and keeps charging.
    let plain = instance.fixed || instance.wanted.charge.is_prepaid() || instance.wanted.charge.is_spot();
    match order {
        Order::Start => life::start(state, call.cloud, place, call.now),
        Order::Stop(mode) => {
            life::stop(
                state,
                call.cloud,
                place,
                (call.now, if plain { StoppedMode::KeepCharging } else { mode }),
            );
        }
        Order::Reboot => life::reboot(state, call.cloud, place, call.now),
    }
}

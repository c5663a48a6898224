//! What happens to instances by themselves, and what their being up and down brings with it.

use std::io;

use jiff::Timestamp;

use super::inspect::Event;
use super::instance::{Instance, Status, Step, StoppedMode};
use super::{assistant, between, money};
use crate::sandbox::cloud::Cloud;
use crate::sandbox::fpga::Chip;
use crate::sandbox::host::{Host, Power};
use crate::sandbox::ledger::Entry;
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::faas::{self, Hardware};

/// What comes next for an instance.
#[derive(Clone, Copy, Debug)]
enum Due {
    Step(Step),
    /// Its automatic release, or the end of a preemptible one.
    Release,
    /// The service announces that it takes the host back.
    Reclaim,
}

/// Brings about what has come due, each thing at its own time.
pub(super) fn settle(state: &mut State, cloud: &Cloud, now: Timestamp) {
    heed_guests(state, cloud, now);
    let mut place = 0;
    while let Some(instance) = state.ecs.instances.get(place) {
        match earliest(instance).filter(|(at, _)| *at <= now) {
            None => place += 1,
            Some((at, due)) => bring(state, cloud, (place, at), due),
        }
    }
}

/// Does what systems asked of their machines, by `shutdown` or `reboot`.
fn heed_guests(state: &mut State, cloud: &Cloud, now: Timestamp) {
    for place in 0..state.ecs.instances.len() {
        let instance = &state.ecs.instances[place];
        let host = instance.host.as_ref().filter(|_| instance.status == Status::Running);
        match host.and_then(Host::power_request) {
            None => {}
            Some(Power::Off) => guest_stop(state, cloud, place, now),
            Some(Power::Reboot) => reboot(state, cloud, place, now),
        }
    }
}

fn earliest(instance: &Instance) -> Option<(Timestamp, Due)> {
    let step = instance.next.map(|(at, step)| (at, Due::Step(step)));
    let release = instance.wanted.auto_release.map(|release| (release.due, Due::Release));
    let recycle = instance.recycled.map(|at| (at, Due::Release));
    let reclaim = instance.reclaimed.map(|at| (at, Due::Reclaim));
    [step, release, recycle, reclaim].into_iter().flatten().min_by_key(|(at, _)| *at)
}

fn bring(state: &mut State, cloud: &Cloud, at: (usize, Timestamp), due: Due) {
    let (place, now) = at;
    let instance = &mut state.ecs.instances[place];
    match due {
        Due::Step(Step::Vanished) => {
            let event = Event {
                instance: instance.id.clone(),
                region: instance.wanted.region.id,
                code: "SystemFailure.Delete",
                reason: "The instance is released due to an instance creation failure.",
                time: now,
            };
            state.ecs.events.push(event);
            release(state, cloud, place, now);
        }
        Due::Release => release(state, cloud, place, now),
        Due::Reclaim => {
            instance.reclaimed = None;
            instance.recycled = Some(now + cloud.scaled(RECYCLE_NOTICE));
        }
        Due::Step(Step::Created { starts }) => {
            if starts {
                begin_start(instance, cloud, now);
            } else {
                instance.next = None;
                be(instance, cloud, Status::Stopped, now);
            }
        }
        Due::Step(Step::Started | Step::Rebooted) => {
            instance.next = None;
            instance.started = Some(now);
            be(instance, cloud, Status::Running, now);
            boot(state, cloud, place, now);
        }
        Due::Step(Step::Stopped) => {
            instance.next = None;
            be(instance, cloud, Status::Stopped, now);
            if instance.stopped_mode == StoppedMode::StopCharging {
                let id = instance.id.clone();
                state.faas.detach(&id);
            }
        }
    }
}

/// How long before its end a preemptible instance is told.
const RECYCLE_NOTICE: std::time::Duration = std::time::Duration::from_mins(5);

/// It starts; in a while it runs.
pub(super) fn begin_start(instance: &mut Instance, cloud: &Cloud, now: Timestamp) {
    instance.stopped_mode = StoppedMode::NotApplicable;
    be(instance, cloud, Status::Starting, now);
    let takes = between(cloud, "start", &instance.id_for_chance(), (10.0, 40.0));
    instance.then(now, takes, Step::Started);
}

/// The state changes: the bill runs or rests, and the ledger says so.
pub(super) fn be(instance: &mut Instance, cloud: &Cloud, status: Status, now: Timestamp) {
    instance.status = status;
    instance.bill.run(money::is_charged(status, instance.stopped_mode), now);
    tell(cloud, instance, now);
}

/// The system is up: chips and devices are there, and its agent comes after a while.
fn boot(state: &mut State, cloud: &Cloud, place: usize, now: Timestamp) {
    let instance = &mut state.ecs.instances[place];
    let thing = instance.id_for_chance();
    let up = now + between(cloud, "assistant", &thing, (20.0, 90.0));
    instance.agent.boots(up);
    if instance.wanted.charge.is_spot() && cloud.faults.recycles(&thing) {
        instance.reclaimed = Some(up + between(cloud, "reclaim", &thing, (5.0, 60.0)));
    }
    attach_chips(&mut state.faas, instance, cloud);
    if let Some(host) = &instance.host {
        host.boots();
    }
}

/// Gives an instance its chips where it has none yet.
pub(super) fn attach_chips(faas: &mut faas::State, instance: &mut Instance, cloud: &Cloud) {
    let kind = instance.wanted.kind;
    if faas.has_chips(&instance.id) || !kind.has_chips() {
        return;
    }
    let hardware = hardware(instance, cloud).unwrap_or_else(|error| {
        tracing::warn!(%error, "a simulated chip can't be made");
        std::iter::repeat_with(|| Hardware::None).take(kind.chips).collect()
    });
    faas.attach(&instance.id, (kind.family, kind.family_name()), hardware);
}

/// The registers of its chips, where anything runs that could look at them.
fn hardware(instance: &mut Instance, cloud: &Cloud) -> io::Result<Vec<Hardware>> {
    let count = instance.wanted.kind.chips;
    let Some(host) = instance.host(cloud)? else {
        return Ok(std::iter::repeat_with(|| Hardware::None).take(count).collect());
    };
    let files = host.hardware(count, cloud.options.memory_faults().as_deref())?;
    let name = &instance.wanted.name;
    let faults = |n| cloud.faults.of_chip(name, n);
    files.iter().enumerate().map(|(n, file)| Chip::start_idle(file, faults(n)).map(Hardware::Own)).collect()
}

/// It starts again: a boot, in a while.
pub(super) fn start(state: &mut State, cloud: &Cloud, place: usize, now: Timestamp) {
    begin_start(&mut state.ecs.instances[place], cloud, now);
}

/// It restarts: it is never stopped in between.
pub(super) fn reboot(state: &mut State, cloud: &Cloud, place: usize, now: Timestamp) {
    goes_down(state, cloud, place, now);
    let instance = &mut state.ecs.instances[place];
    be(instance, cloud, Status::Starting, now);
    instance.then(now, between(cloud, "reboot", &instance.id_for_chance(), (5.0, 20.0)), Step::Rebooted);
}

/// It stops, in this mode.
pub(super) fn stop(state: &mut State, cloud: &Cloud, place: usize, at: (Timestamp, StoppedMode)) {
    let (now, mode) = at;
    goes_down(state, cloud, place, now);
    let instance = &mut state.ecs.instances[place];
    be(instance, cloud, Status::Stopping, now);
    instance.stopped_mode = mode;
    instance.then(now, between(cloud, "stop", &instance.id_for_chance(), (5.0, 15.0)), Step::Stopped);
}

/// Its own system switched it off, which is never economical.
pub(super) fn guest_stop(state: &mut State, cloud: &Cloud, place: usize, now: Timestamp) {
    stop(state, cloud, place, (now, StoppedMode::KeepCharging));
}

/// It fails under what it does, and stands still.
pub(super) fn dies(state: &mut State, cloud: &Cloud, place: usize, now: Timestamp) {
    let instance = &state.ecs.instances[place];
    let event = Event {
        instance: instance.id.clone(),
        region: instance.wanted.region.id,
        code: "SystemFailure.Reboot",
        reason: "The instance failed.",
        time: now,
    };
    state.ecs.events.push(event);
    goes_down(state, cloud, place, now);
    let instance = &mut state.ecs.instances[place];
    instance.next = None;
    instance.stopped_mode = StoppedMode::KeepCharging;
    be(instance, cloud, Status::Stopped, now);
}

/// What every way down brings with it: processes end, the agent falls silent, chips forget.
fn goes_down(state: &mut State, cloud: &Cloud, place: usize, now: Timestamp) {
    let instance = &mut state.ecs.instances[place];
    instance.agent.goes(now, cloud.options.speed);
    if let Some(host) = &instance.host {
        host.end_processes();
    }
    let id = instance.id.clone();
    if !cloud.faults.keeps_images() {
        state.faas.forget_images(&id, cloud);
    }
    assistant::host_gone(state, cloud, &id, now);
}

/// It is gone, with all that was on it but the disks that were to be kept.
pub(super) fn release(state: &mut State, cloud: &Cloud, place: usize, now: Timestamp) {
    goes_down(state, cloud, place, now);
    let mut instance = state.ecs.instances.remove(place);
    state.faas.detach(&instance.id);
    instance.bill.run(false, now);
    record(cloud, &instance, "Released", now);
    if !instance.wanted.kept_disks.is_empty() {
        record(cloud, &instance, "DisksLeft", now);
    }
}

/// Writes the state into the ledger.
pub(super) fn tell(cloud: &Cloud, instance: &Instance, now: Timestamp) {
    record(cloud, instance, instance.status.name(), now);
}

fn record(cloud: &Cloud, instance: &Instance, state: &str, now: Timestamp) {
    if instance.fixed {
        return;
    }
    cloud.ledger.record(&Entry {
        time: now,
        instance_id: &instance.id,
        name: &instance.wanted.name,
        kind: instance.wanted.kind.id,
        state,
        seconds: instance.bill.time(now).as_secs_f64(),
        cost: instance.bill.cost(now),
    });
}

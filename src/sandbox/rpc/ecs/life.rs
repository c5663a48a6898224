//! What happens to instances by themselves, and what their being up and down brings with it.

use jiff::Timestamp;

use super::instance::{Instance, Status, Step, StoppedMode};
use super::{between, money};
use crate::sandbox::ledger::Entry;
use crate::sandbox::rpc::State;
use crate::sandbox::world::World;

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
pub(super) fn settle(state: &mut State, world: &World, now: Timestamp) {
    let mut place = 0;
    while let Some(instance) = state.ecs.instances.get(place) {
        match earliest(instance).filter(|(at, _)| *at <= now) {
            None => place += 1,
            Some((at, due)) => bring(state, world, (place, at), due),
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

fn bring(state: &mut State, world: &World, at: (usize, Timestamp), due: Due) {
    let (place, now) = at;
    let instance = &mut state.ecs.instances[place];
    match due {
        Due::Release | Due::Step(Step::Vanished) => release(state, world, place, now),
        Due::Reclaim => {
            instance.reclaimed = None;
            instance.recycled = Some(now + world.scaled(RECYCLE_NOTICE));
        }
        Due::Step(Step::Created { starts }) => {
            if starts {
                begin_start(instance, world, now);
            } else {
                instance.next = None;
                be(instance, world, Status::Stopped, now);
            }
        }
        Due::Step(Step::Started | Step::Rebooted) => {
            instance.next = None;
            instance.started = Some(now);
            be(instance, world, Status::Running, now);
            boot(state, world, place, now);
        }
        Due::Step(Step::Stopped) => {
            instance.next = None;
            be(instance, world, Status::Stopped, now);
        }
    }
}

/// How long before its end a preemptible instance is told.
const RECYCLE_NOTICE: std::time::Duration = std::time::Duration::from_mins(5);

/// It starts; in a while it runs.
pub(super) fn begin_start(instance: &mut Instance, world: &World, now: Timestamp) {
    instance.stopped_mode = StoppedMode::NotApplicable;
    be(instance, world, Status::Starting, now);
    let takes = between(world, "start", &instance.id_for_chance(), (10.0, 40.0));
    instance.then(now, takes, Step::Started);
}

/// The state changes: the bill runs or rests, and the ledger says so.
pub(super) fn be(instance: &mut Instance, world: &World, status: Status, now: Timestamp) {
    instance.status = status;
    instance.bill.run(money::is_charged(status, instance.stopped_mode), now);
    tell(world, instance, now);
}

/// The system is up: its agent comes after a while.
fn boot(state: &mut State, world: &World, place: usize, now: Timestamp) {
    let instance = &mut state.ecs.instances[place];
    let thing = instance.id_for_chance();
    let up = now + between(world, "assistant", &thing, (20.0, 90.0));
    instance.agent.boots(up);
    if instance.wanted.charge.is_spot() && world.faults.recycles(&thing) {
        instance.reclaimed = Some(up + between(world, "reclaim", &thing, (5.0, 60.0)));
    }
}

/// It is gone, with all that was on it.
pub(super) fn release(state: &mut State, world: &World, place: usize, now: Timestamp) {
    let mut instance = state.ecs.instances.remove(place);
    instance.bill.run(false, now);
    record(world, &instance, "Released", now);
}

/// Writes the state into the ledger.
pub(super) fn tell(world: &World, instance: &Instance, now: Timestamp) {
    record(world, instance, instance.status.name(), now);
}

fn record(world: &World, instance: &Instance, state: &str, now: Timestamp) {
    if instance.fixed {
        return;
    }
    world.ledger.record(&Entry {
        time: now,
        instance_id: &instance.id,
        name: &instance.wanted.name,
        kind: instance.wanted.kind.id,
        state,
        seconds: instance.bill.time(now).as_secs_f64(),
        cost: instance.bill.cost(now),
    });
}

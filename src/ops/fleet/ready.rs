//! Hosts become ready: seen, running, their assistants heard.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use super::haste::patience;
use super::target::Target;
use super::{FleetError, Services};
use crate::ecs::{AssistantStatus, Ecs, Instance, InstanceFilter, InstanceState};
use crate::ops::Result;
use crate::ops::wait::{Awaited, Look, Pace};

/// For what takes minutes; an instance is looked at with all the others in one call.
const BOOTING: Pace = Pace { least: Duration::from_secs(1), share: 4, most: Duration::from_secs(15) };
/// A new instance may be missing from the list for some seconds; one that is missing for longer is gone.
const UNSEEN: Duration = Duration::from_secs(60);

/// How long assistants are waited for once all hosts run; who has not heard from one by then goes on without it.
const HEARD: Duration = Duration::from_mins(10);

/// The assistants of running hosts.
///
/// # Errors
/// When a call fails.
pub async fn online(ecs: &Ecs, hosts: &[Instance]) -> Result<BTreeMap<String, AssistantStatus>> {
    let running = hosts.iter().filter(|host| host.state == InstanceState::Running);
    let ids: Vec<_> = running.map(|host| host.id.clone()).collect();
    Ok(ecs.assistants(&ids).await?)
}

/// Whether a host takes commands now.
pub(super) fn is_online(host: &Instance, assistants: &BTreeMap<String, AssistantStatus>) -> bool {
    host.state == InstanceState::Running
        && assistants.get(&host.id).is_some_and(|status| status.is_ready_since(host.started.as_ref()))
}

/// Waits until these hosts of a target run and take commands; gives them, and the ids of those that vanished.
///
/// # Errors
/// Those of a wait, and of a call.
pub(super) async fn until(
    services: Services<'_>,
    target: &Target,
    ids: &BTreeSet<String>,
) -> Result<(Vec<Instance>, Vec<String>)> {
    let unseen = std::cell::RefCell::new(BTreeMap::<String, Instant>::new());
    let all_run = std::cell::RefCell::new(None);
    let heard = std::cell::RefCell::new(BTreeSet::<String>::new());
    let look = || async {
        let hosts = services.ecs.instances(&target.filter()).await?;
        let hosts: Vec<_> = hosts.into_iter().filter(|host| ids.contains(&host.id)).collect();
        let gone = gone(ids, &hosts, &mut unseen.borrow_mut());
        let running = hosts.iter().filter(|host| host.state == InstanceState::Running).count();
        let wanted = ids.len() - gone.len();
        if running < wanted {
            return Ok(Look::Pending(format!("{running} of {} running", ids.len())));
        }
        // Who has been heard is not asked about again.
        let is_silent = |host: &&Instance| !heard.borrow().contains(&host.id);
        let silent: Vec<_> = hosts.iter().filter(is_silent).cloned().collect();
        let assistants = online(services.ecs, &silent).await?;
        let now_heard = silent.iter().filter(|host| is_online(host, &assistants));
        heard.borrow_mut().extend(now_heard.map(|host| host.id.clone()));
        let heard = heard.borrow().len();
        let since = *all_run.borrow_mut().get_or_insert_with(Instant::now);
        if heard < wanted && since.elapsed() < patience(HEARD) {
            return Ok(Look::Pending(format!("running, {heard} of {} online", ids.len())));
        }
        if heard < wanted {
            let silent = wanted - heard;
            let message =
                format!("{silent} of {} hosts are not online: faascmd fleet show {target}", ids.len());
            services.deadline.progress().warn(message);
        }
        Ok(Look::Done((hosts, gone)))
    };
    services.deadline.wait(Awaited::Hosts(target.to_string()), BOOTING, look).await
}

/// Those that have not been seen for a minute.
fn gone(ids: &BTreeSet<String>, hosts: &[Instance], unseen: &mut BTreeMap<String, Instant>) -> Vec<String> {
    unseen.retain(|id, _| hosts.iter().all(|host| host.id != *id));
    let now = Instant::now();
    for id in ids.iter().filter(|id| hosts.iter().all(|host| host.id != **id)) {
        unseen.entry(id.clone()).or_insert(now);
    }
    let long = unseen.iter().filter(|(_, since)| now.duration_since(**since) >= patience(UNSEEN));
    long.map(|(id, _)| id.clone()).collect()
}

/// Why an instance vanished, as its history has it.
pub(super) async fn why_gone(services: Services<'_>, fleet: &str, id: &str) -> FleetError {
    let history = services.ecs.history(id).await.unwrap_or_default();
    let told = history.iter().find(|event| event.is_failed_creation()).or_else(|| history.last());
    let why = told.map(|event| {
        let reason = if event.reason.is_empty() { "" } else { " " };
        format!("{}{reason}{}", event.kind, event.reason)
    });
    FleetError::Vanished { fleet: fleet.to_owned(), id: id.to_owned(), why }
}

/// Waits until these hosts of a target are in a state; gives them as they are then.
///
/// # Errors
/// Those of a wait, and of a call.
pub async fn settle_in(
    services: Services<'_>,
    target: &Target,
    ids: &[String],
    state: &InstanceState,
) -> Result<Vec<Instance>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let filter = InstanceFilter::Ids(ids.to_vec());
    let look = || async {
        let hosts = services.ecs.instances(&filter).await?;
        let there = hosts.iter().filter(|host| host.state == *state).count();
        if there == ids.len() {
            return Ok(Look::Done(hosts));
        }
        Ok(Look::Pending(format!("{there} of {} {state}", ids.len())))
    };
    services.deadline.wait(Awaited::Hosts(target.to_string()), BOOTING, look).await
}

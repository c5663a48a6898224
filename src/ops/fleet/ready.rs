//! Hosts become ready: seen, running, their assistants heard.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use super::haste::patience;
use super::target::Target;
use super::{FleetError, PACE, Services};
use crate::ecs::{AssistantStatus, Ecs, Instance, InstanceFilter, InstanceState};
use crate::ops::Result;
use crate::ops::wait::{Awaited, Look};

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

/// Those of these instances that take commands now. The assistants are asked first: where none is heard, the rest does not
/// matter.
///
/// # Errors
/// When a call fails.
pub(super) async fn ready_of(ecs: &Ecs, ids: &[String]) -> Result<Vec<String>> {
    let assistants = ecs.assistants(ids).await?;
    let is_heard = |id: &&String| assistants.get(*id).is_some_and(|status| status.online);
    let heard = ids.iter().filter(is_heard).cloned().collect();
    let hosts = ecs.instances(&InstanceFilter::Ids(heard)).await?;
    let ready = hosts.into_iter().filter(|host| is_online(host, &assistants));
    Ok(ready.map(|host| host.id).collect())
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
    let boot = tokio::sync::Mutex::new(Boot { services, target, ids, seen: Seen::default() });
    let look = || async { boot.lock().await.look().await };
    services.deadline.wait(Awaited::Hosts(target.to_string()), PACE, look).await
}

/// Hosts on their way.
struct Boot<'a> {
    services: Services<'a>,
    target: &'a Target,
    ids: &'a BTreeSet<String>,
    seen: Seen,
}

/// What is known of them.
#[derive(Default)]
struct Seen {
    hosts: Vec<Instance>,
    /// When they were looked at last.
    at: Option<Instant>,
    unseen: Unseen,
    /// Since when all run.
    all_run: Option<Instant>,
    /// Those whose assistants were heard: they are not asked about again.
    heard: BTreeSet<String>,
}

/// Those that are missing, since when.
#[derive(Default)]
struct Unseen(BTreeMap<String, Instant>);

impl Unseen {
    /// These of them were seen now.
    fn look<'a>(&mut self, ids: impl IntoIterator<Item = &'a String>, hosts: &[Instance]) {
        let before = std::mem::take(&mut self.0);
        let now = Instant::now();
        let missing = ids.into_iter().filter(|id| hosts.iter().all(|host| host.id != **id));
        self.0 = missing.map(|id| (id.clone(), before.get(id).copied().unwrap_or(now))).collect();
    }

    /// Those that have not been seen for a minute.
    fn gone(&self) -> Vec<String> {
        let long = self.0.iter().filter(|(_, since)| since.elapsed() >= patience(UNSEEN));
        long.map(|(id, _)| id.clone()).collect()
    }
}

impl Boot<'_> {
    async fn look(&mut self) -> Result<Look<(Vec<Instance>, Vec<String>)>> {
        // Once all run, only their assistants are asked about, and now and then whether they still do.
        let is_fresh =
            self.seen.all_run.is_none() || self.seen.at.is_none_or(|at| at.elapsed() >= patience(UNSEEN));
        if is_fresh {
            self.see().await?;
        }
        if let Some(pending) = self.not_running() {
            return Ok(pending);
        }
        self.listen().await?;
        let (heard, wanted) = (self.seen.heard.len(), self.wanted());
        let since = *self.seen.all_run.get_or_insert_with(Instant::now);
        if heard < wanted && since.elapsed() < patience(HEARD) {
            return Ok(Look::Pending(format!("running, {heard} of {} online", self.ids.len())));
        }
        if !is_fresh {
            self.see().await?;
            if let Some(pending) = self.not_running() {
                return Ok(pending);
            }
        }
        if heard < wanted {
            let (silent, all, target) = (wanted - heard, self.ids.len(), self.target);
            let message = format!("{silent} of {all} hosts are not online: faascmd fleet show {target}");
            self.services.deadline.progress().warn(message);
        }
        Ok(Look::Done((std::mem::take(&mut self.seen.hosts), self.seen.unseen.gone())))
    }

    async fn see(&mut self) -> Result<()> {
        let hosts = self.services.ecs.instances(&self.target.filter()).await?;
        let seen = &mut self.seen;
        seen.hosts = hosts.into_iter().filter(|host| self.ids.contains(&host.id)).collect();
        let there: BTreeSet<_> = seen.hosts.iter().map(|host| host.id.clone()).collect();
        seen.heard.retain(|id| there.contains(id));
        seen.unseen.look(self.ids, &seen.hosts);
        seen.at = Some(Instant::now());
        Ok(())
    }

    /// Asks about those that were not heard yet.
    async fn listen(&mut self) -> Result<()> {
        let is_silent = |host: &&Instance| !self.seen.heard.contains(&host.id);
        let silent: Vec<_> = self.seen.hosts.iter().filter(is_silent).cloned().collect();
        let assistants = online(self.services.ecs, &silent).await?;
        let heard = silent.into_iter().filter(|host| is_online(host, &assistants));
        self.seen.heard.extend(heard.map(|host| host.id));
        Ok(())
    }

    fn not_running<T>(&mut self) -> Option<Look<T>> {
        let running = self.seen.hosts.iter().filter(|host| host.state == InstanceState::Running).count();
        if running >= self.wanted() {
            return None;
        }
        self.seen.all_run = None;
        Some(Look::Pending(format!("{running} of {} running", self.ids.len())))
    }

    fn wanted(&self) -> usize {
        self.ids.len() - self.seen.unseen.gone().len()
    }
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

/// Waits until these hosts of a target are in a state; gives them as they are then. Those that somebody released meanwhile
/// are not among them.
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
    let unseen = tokio::sync::Mutex::new(Unseen::default());
    let look = || async {
        let hosts = services.ecs.instances(&filter).await?;
        let there = hosts.iter().filter(|host| host.state == *state).count();
        let mut unseen = unseen.lock().await;
        unseen.look(ids, &hosts);
        if there + unseen.gone().len() == ids.len() {
            return Ok(Look::Done(hosts));
        }
        Ok(Look::Pending(format!("{there} of {} {state}", ids.len())))
    };
    services.deadline.wait(Awaited::Hosts(target.to_string()), PACE, look).await
}

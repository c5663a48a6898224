//! Releasing hosts, and seeing that they are gone.

use std::time::Duration;

use super::order::settle;
use super::state::Orders;
use super::target::Target;
use super::{PACE, Services};
use crate::cloud;
use crate::ecs::{Instance, InstanceFilter};
use crate::ops::wait::{Awaited, Look, Pace};
use crate::ops::{Error, Result};

/// The most instances that one call releases.
const MOST: usize = 100;
/// For what takes seconds.
const RELEASING: Pace = Pace { least: Duration::from_millis(500), ..PACE };

/// What is to be released.
#[derive(Clone, Debug)]
pub struct Release<'a> {
    /// What it was called.
    pub target: &'a Target,
    /// The hosts that it named.
    pub hosts: Vec<Instance>,
}

/// What became of it.
#[derive(Clone, Debug, Default)]
pub struct Released {
    /// Those that are gone.
    pub gone: Vec<Instance>,
    /// Those that are not, each with why.
    pub left: Vec<(Instance, String)>,
}

/// Finds out what became of a fleet's orders whose answers were lost, and waits until the lists know what was made of late:
/// both belong to what is released.
///
/// # Errors
/// When a call fails.
pub async fn settled(services: Services<'_>, target: &Target) -> Result<()> {
    if let Target::Fleet(name) = target
        && let Ok(mut orders) = Orders::open(services.region(), name)
    {
        let promised = settle(services, &mut orders, |_| false).await?;
        let look = || async {
            let hosts = services.ecs.instances(&target.filter()).await.map_err(Error::from)?;
            let unseen = promised.iter().filter(|id| hosts.iter().all(|host| host.id != **id)).count();
            // What vanished meanwhile is never seen, and no more promised after a minute.
            if unseen == 0 || orders.promised().is_empty() {
                return Ok(Look::Done(()));
            }
            Ok(Look::Pending(format!("{unseen} of what was made are not to be seen yet")))
        };
        if !promised.is_empty() {
            services.deadline.wait(Awaited::Hosts(target.to_string()), RELEASING, look).await?;
        }
    }
    Ok(())
}

/// Releases hosts and waits until the cloud has none of them any more.
///
/// # Errors
/// Those of a call or a wait; what can't be released is in the answer and no error.
pub async fn release(services: Services<'_>, release: Release<'_>) -> Result<Released> {
    let mut released = would_release(release.hosts);
    let mut going = std::mem::take(&mut released.gone);
    for some in going.chunks(MOST) {
        released.left.extend(delete(services, some).await?);
    }
    going.retain(|host| released.left.iter().all(|(left, _)| left.id != host.id));
    wait_until_gone(services, release.target, &going).await?;
    if let Target::Fleet(name) = release.target
        && let Ok(mut orders) = Orders::open(services.region(), name)
    {
        let ids: Vec<_> = going.iter().map(|host| host.id.clone()).collect();
        orders.released(&ids)?;
    }
    released.gone = going;
    Ok(released)
}

/// What would go, and what can't, as far as the hosts themselves tell.
pub fn would_release(hosts: Vec<Instance>) -> Released {
    let mut released = Released::default();
    for host in hosts {
        match why_not(&host) {
            Some(why) => released.left.push((host, why.to_owned())),
            None => released.gone.push(host),
        }
    }
    released
}

fn why_not(host: &Instance) -> Option<&'static str> {
    if host.prepaid {
        return Some("it is paid in advance, and such an instance can't be released");
    }
    host.protected.then_some("it is protected against release (ECS console, release protection)")
}

/// Releases up to a hundred; gives those that the service keeps. One that it refuses to release keeps all the others of the
/// call, so these are then released one by one.
async fn delete(services: Services<'_>, hosts: &[Instance]) -> Result<Vec<(Instance, String)>> {
    let ids: Vec<_> = hosts.iter().map(|host| host.id.clone()).collect();
    let error = match delete_ids(services, &ids).await {
        Ok(()) => return Ok(Vec::new()),
        Err(error) => error,
    };
    if hosts.len() == 1 || error.refusal().is_none_or(|refusal| refusal.http_status >= 500) {
        return match hosts {
            [host] if error.code().is_some() => Ok(vec![(host.clone(), error.to_string())]),
            _ => Err(error.into()),
        };
    }
    let mut left = Vec::new();
    for host in hosts {
        if let Err(error) = delete_ids(services, std::slice::from_ref(&host.id)).await {
            left.push((host.clone(), error.to_string()));
        }
    }
    Ok(left)
}

/// That an instance is gone already is what was wanted.
async fn delete_ids(services: Services<'_>, ids: &[String]) -> Result<(), cloud::Error> {
    let token = uuid::Uuid::new_v4().to_string();
    match services.ecs.delete(ids, &token).await {
        Err(error) if ids.len() == 1 && error.code().is_some_and(|code| code.ends_with("NotFound")) => Ok(()),
        other => other,
    }
}

async fn wait_until_gone(services: Services<'_>, target: &Target, hosts: &[Instance]) -> Result<()> {
    if hosts.is_empty() {
        return Ok(());
    }
    let filter = InstanceFilter::Ids(hosts.iter().map(|host| host.id.clone()).collect());
    let look = || async {
        match services.ecs.instances(&filter).await.map_err(Error::from)?.len() {
            0 => Ok(Look::Done(())),
            left => Ok(Look::Pending(format!("being released, {left} left"))),
        }
    };
    services.deadline.wait(Awaited::Hosts(target.to_string()), RELEASING, look).await
}

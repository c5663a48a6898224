//! A fleet for one run of `once` alone: what another run tests and releases under the same name is not touched.

use std::time::Duration;

use tokio::time::Instant;

use super::down::{Release, release};
use super::fold::folded;
use super::target::Target;
use super::up::{Made, UpRequest, up};
use super::{PACE, Services};
use crate::ecs::{Ecs, Instance};
use crate::ops::wait::{Awaited, Look};
use crate::ops::{Error, Result};

/// The tag of what a run of `once` made; its value is the run.
const ONCE_TAG: &str = "faascmd-once";

/// Makes a fleet as [`up`] does, once there are no hosts of another run of `once` in it; gives also how long it took from
/// then on.
///
/// # Errors
/// Those of [`up`] and of a wait.
pub async fn up_alone(services: Services<'_>, request: &UpRequest, run: &str) -> Result<(Made, Duration)> {
    let mut request = request.clone();
    request.order.tags.push((ONCE_TAG.to_owned(), run.to_owned()));
    let target = &Target::Fleet(request.fleet.clone());
    loop {
        until_alone(services, target, run).await?;
        let began = Instant::now();
        let made = up(services, &request).await?;
        let (own, others) = apart(made.hosts, run);
        if others.is_empty() {
            return Ok((Made { hosts: own, ..made }, began.elapsed()));
        }
        // Both looked before the other had ordered, and this one ordered later.
        release(services, Release { target, hosts: own }).await?;
    }
}

/// The hosts of a fleet that are not those of another run of `once`.
///
/// # Errors
/// When the call fails.
pub async fn own_hosts(ecs: &Ecs, target: &Target, run: &str) -> Result<Vec<Instance>> {
    Ok(apart(ecs.instances(&target.filter()).await?, run).0)
}

/// Those that a run may use, and those of other runs.
fn apart(hosts: Vec<Instance>, run: &str) -> (Vec<Instance>, Vec<Instance>) {
    hosts.into_iter().partition(|host| host.tags.get(ONCE_TAG).is_none_or(|of| of == run))
}

async fn until_alone(services: Services<'_>, target: &Target, run: &str) -> Result<()> {
    let others = || async {
        let hosts = services.ecs.instances(&target.filter()).await;
        hosts.map(|hosts| apart(hosts, run).1).map_err(Error::from)
    };
    let there = others().await?;
    if there.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = there.iter().map(|host| host.name.as_str()).collect();
    let (count, names) = (there.len(), folded(&names));
    let times: Option<Vec<_>> =
        there.iter().map(|host| host.release.as_ref().map(ToString::to_string)).collect();
    let latest = times.and_then(|times| times.into_iter().max());
    let latest = latest.map(|at| format!(", {at} at the latest")).unwrap_or_default();
    services.deadline.progress().warn(format!(
        "{count} of another `once` are in fleet {target} ({names}); waiting until they are released{latest}. \
         If that run is dead: faascmd fleet down {target} --yes"
    ));
    let look = || async {
        Ok(match others().await?.len() {
            0 => Look::Done(()),
            left => Look::Pending(format!("{left} of another `once` are there")),
        })
    };
    services.deadline.wait(Awaited::Hosts(target.to_string()), PACE, look).await
}

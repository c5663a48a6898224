//! Hosts that one run of `once` has to itself. Each run makes, tests and releases its own; of two that meet in one fleet the
//! one that ordered later waits until the other's are released.

use super::down::{Release, release};
use super::fold::folded;
use super::target::Target;
use super::{FleetError, ORDER_TAG, PACE, Services};
use crate::ecs::{Ecs, Instance};
use crate::ops::wait::{Awaited, Look};
use crate::ops::{Error, Result};

/// The tag of what a run of `once` made; its value is the run.
pub(super) const ONCE_TAG: &str = "faascmd-once";

/// A run of `once`.
#[derive(Clone, Copy, Debug)]
pub struct OnceRun<'a> {
    /// Its fleet.
    pub target: &'a Target,
    /// Its own name.
    pub run: &'a str,
    /// Earlier runs of this machine whose hosts were left to be looked at: they are in nobody's way.
    pub left: &'a [String],
}

/// A fleet's hosts from a run's view.
struct Apart {
    own: Vec<Instance>,
    /// Those of other runs.
    others: Vec<Instance>,
    /// Those that no run made.
    by_hand: Vec<Instance>,
}

impl OnceRun<'_> {
    /// Waits until no run that came before has hosts in the fleet. Own ones, of an attempt that came too late, are
    /// released.
    ///
    /// # Errors
    /// [`FleetError::MadeByHand`], and those of a wait.
    pub async fn until_first(self, services: Services<'_>) -> Result<()> {
        let Apart { own, others, by_hand } = self.apart(services.ecs).await?;
        let names =
            |hosts: &[Instance]| folded(&hosts.iter().map(|host| host.name.as_str()).collect::<Vec<_>>());
        if !by_hand.is_empty() {
            let (fleet, count, names) = (self.target.to_string(), by_hand.len(), names(&by_hand));
            return Err(FleetError::MadeByHand { fleet, count, names }.into());
        }
        if comes_first(&own, &others) {
            return Ok(());
        }
        release(services, Release { target: self.target, hosts: own }).await?;
        let (count, target, names) = (others.len(), self.target, names(&others));
        let times: Option<Vec<_>> =
            others.iter().map(|host| host.release.as_ref().map(ToString::to_string)).collect();
        let latest = times.and_then(|times| times.into_iter().max());
        let latest = latest.map(|at| format!(", {at} at the latest")).unwrap_or_default();
        services.deadline.progress().warn(format!(
            "{count} of another `once` are in fleet {target} ({names}); waiting until they are released{latest}. \
             If that run is dead: faascmd fleet down {target} --yes"
        ));
        let look = || async {
            Ok(match self.apart(services.ecs).await?.others.len() {
                0 => Look::Done(()),
                left => Look::Pending(format!("{left} of another `once` are there")),
            })
        };
        services.deadline.wait(Awaited::Hosts(target.to_string()), PACE, look).await
    }

    /// Whether no other run that came before has hosts in the fleet. Two that look before either has ordered find out
    /// afterwards, by the order of their orders: each finds the same.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn is_first(self, ecs: &Ecs) -> Result<bool> {
        let Apart { own, others, .. } = self.apart(ecs).await?;
        Ok(comes_first(&own, &others))
    }

    /// The hosts that the run made.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn hosts(self, ecs: &Ecs) -> Result<Vec<Instance>> {
        Ok(self.apart(ecs).await?.own)
    }

    async fn apart(self, ecs: &Ecs) -> Result<Apart> {
        let hosts = ecs.instances(&self.target.filter()).await.map_err(Error::from)?;
        let mut apart = Apart { own: Vec::new(), others: Vec::new(), by_hand: Vec::new() };
        for host in hosts {
            match host.tags.get(ONCE_TAG) {
                Some(run) if run == self.run => apart.own.push(host),
                Some(run) if self.left.contains(run) => {}
                Some(_) => apart.others.push(host),
                None => apart.by_hand.push(host),
            }
        }
        Ok(apart)
    }
}

fn comes_first(own: &[Instance], others: &[Instance]) -> bool {
    let ordered = |host: &Instance| host.tags.get(ORDER_TAG).cloned().unwrap_or_default();
    let first = |hosts: &[Instance]| hosts.iter().map(ordered).min();
    match (first(own), first(others)) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(own), Some(other)) => own < other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_runs_the_one_that_ordered_first_goes_on() {
        let ordered = |at: &str| Instance {
            tags: [(ORDER_TAG.to_owned(), at.to_owned())].into(),
            ..Instance::default()
        };
        let (early, late) = ([ordered("b"), ordered("1")], [ordered("2"), ordered("a")]);
        assert!(comes_first(&early, &late) && !comes_first(&late, &early));
        assert!(comes_first(&[], &[]) && comes_first(&late, &[]) && !comes_first(&[], &late));
    }
}

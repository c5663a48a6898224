//! Two machines that make the same fleet at once: what was ordered last and is too much goes again.

use std::collections::BTreeSet;

use super::down::{Release, release};
use super::fold::folded;
use super::target::Target;
use super::{ORDER_TAG, Services};
use crate::ecs::Instance;
use crate::ops::Result;

/// Of a fleet's hosts those beyond its count, by the order of their orders: every machine finds the same.
fn surplus(mut hosts: Vec<Instance>, count: usize) -> Vec<Instance> {
    let ordered = |host: &Instance| host.tags.get(ORDER_TAG).cloned().unwrap_or_default();
    hosts.sort_by_cached_key(|host| (ordered(host), host.id.clone()));
    hosts.split_off(count.min(hosts.len()))
}

/// Releases what a run made too much because another one made the same meanwhile; gives the ids of what went. What the other
/// one made too much it releases itself.
///
/// # Errors
/// Those of a release.
pub(super) async fn give_back(
    services: Services<'_>,
    target: &Target,
    (hosts, count): (Vec<Instance>, usize),
    made: &BTreeSet<String>,
) -> Result<Vec<String>> {
    let there = hosts.len();
    let (own, others): (Vec<_>, Vec<_>) =
        surplus(hosts, count).into_iter().partition(|host| made.contains(&host.id));
    let warn = |text: String| services.deadline.progress().warn(text);
    if !others.is_empty() {
        warn(format!("{there} of {count} there: another run made {} at the same time", others.len()));
    }
    if own.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<_> = own.iter().map(|host| host.id.as_str()).collect();
    warn(format!(
        "{there} of {count} there: another run made some at the same time, so these are released again: {}",
        folded(&names)
    ));
    let released = release(services, Release { target, hosts: own }).await?;
    for (host, why) in &released.left {
        warn(format!("{} is left and billed: {why}", host.id));
    }
    Ok(released.gone.into_iter().map(|host| host.id).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_ordered_last_is_too_much() {
        let host = |id: &str, order: &str| Instance {
            id: id.to_owned(),
            tags: [(ORDER_TAG.to_owned(), order.to_owned())]
                .into_iter()
                .filter(|(_, o)| !o.is_empty())
                .collect(),
            ..Instance::default()
        };
        let hosts = [
            host("i-1", "20260102-b"),
            host("i-2", "20260101-a"),
            host("i-3", ""),
            host("i-4", "20260102-b"),
        ];
        let ids = |count| surplus(hosts.to_vec(), count).into_iter().map(|host| host.id).collect::<Vec<_>>();
        assert_eq!((ids(2), ids(3)), (vec!["i-1".to_owned(), "i-4".to_owned()], vec!["i-4".to_owned()]));
        assert_eq!(ids(9), [""; 0]);
    }
}

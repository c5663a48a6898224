//! Looks at everything that the road needs, side by side, and says what is wrong and what to do about it.

mod account;
mod check;
mod fpga;
mod machine;
mod reach;
mod who;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use check::Cause;
pub use check::{Check, State};

use crate::cloud::{BoxFuture, Cloud, Service};
use crate::config::Settings;
use crate::credentials::{Chain, Metadata};
use crate::device::{DeviceError, Roots};

/// The longest that one examination may take; the others do not wait for it.
const LIMIT: Duration = Duration::from_secs(5);

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The services.
    pub cloud: Cloud,
    /// Where credentials come from.
    pub chain: Arc<Chain>,
    /// The instance's metadata.
    pub metadata: Metadata,
    /// The settings.
    pub settings: Settings,
    /// The local device.
    pub device: String,
    /// Whether the user named it.
    pub device_is_named: bool,
    /// The kernel's trees.
    pub roots: Roots,
    /// What to do about a device that can't be used.
    pub device_cure: fn(&DeviceError) -> Option<String>,
}

/// One examination: what it is called if it does not come to an end, and what it finds.
struct Examination<'a> {
    name: &'static str,
    work: BoxFuture<'a, Vec<Check>>,
}

/// Examines everything; the order of the answers is that of the road.
pub async fn examine(subject: &Subject) -> Vec<Check> {
    let all = examinations(subject).into_iter().map(bounded);
    let mut checks = join_all(all).await.into_iter().flatten().collect();
    tell_causes_once(&mut checks);
    tell_obstacles_once(&mut checks);
    checks
}

/// What fails in a region that there is not.
const OF_THE_REGION: [&str; 5] = ["endpoint oss", "endpoint faas", "bucket", "images", "chips"];

/// What comes from something that is told by a finding of its own is no failure beside it.
fn tell_causes_once(checks: &mut Vec<Check>) {
    let of_state = |wanted: &[State]| -> Vec<String> {
        let of_state = checks.iter().filter(|check| wanted.contains(&check.state));
        of_state.map(|check| check.name.clone()).collect()
    };
    let no_region = of_state(&[State::Fail]).iter().any(|name| name == "region");
    let told = of_state(&[State::Fail, State::Warn]);
    for check in checks {
        if no_region && check.state == State::Fail && OF_THE_REGION.contains(&check.name.as_str()) {
            check.told_by("region");
        }
        let Some(told_by) = check.cause.map(Cause::told_by) else { continue };
        if check.name != told_by && told.contains(&told_by) {
            check.told_by(&told_by);
        }
    }
}

/// Several services behind one obstacle are one failure.
fn tell_obstacles_once(checks: &mut [Check]) {
    let mut told: Vec<(String, String)> = Vec::new();
    for check in checks {
        let Some(obstacle) = check.obstacle.take() else { continue };
        match told.iter().find(|(known, _)| *known == obstacle) {
            Some((_, name)) => check.told_by(name),
            None => told.push((obstacle, check.name.clone())),
        }
    }
}

fn examinations(subject: &Subject) -> Vec<Examination<'_>> {
    let mut all = vec![
        one("region", who::region(subject)),
        one("credentials", who::credentials(subject)),
        one("caller", who::caller(subject)),
    ];
    for (name, service) in [
        ("endpoint oss", Service::Oss),
        ("endpoint faas", Service::Faas),
        ("endpoint ram", Service::Ram),
        ("endpoint sts", Service::Sts),
    ] {
        all.push(one(name, reach::endpoint(subject, service)));
    }
    all.extend([
        one("clock", reach::clock(subject)),
        one("internal endpoint", reach::internal_endpoint(subject)),
        one("metadata", reach::metadata(subject)),
        one("bucket", account::bucket(subject)),
        one("role", account::role(subject)),
        one("policy", account::policy(subject)),
        one("images", fpga::images(subject)),
        Examination { name: "chips", work: Box::pin(fpga::chips(subject)) },
        one("state", async { machine::state() }),
        one("device", async { machine::device(subject) }),
        one("driver", async { machine::driver(subject) }),
    ]);
    all
}

/// An examination with one finding.
fn one<'a>(name: &'static str, work: impl Future<Output = Check> + Send + 'a) -> Examination<'a> {
    Examination { name, work: Box::pin(async { vec![work.await] }) }
}

async fn bounded(examination: Examination<'_>) -> Vec<Check> {
    let Examination { name, work } = examination;
    let started = Instant::now();
    let too_slow = || {
        let seconds = LIMIT.as_secs();
        vec![
            Check::fail(format!("no answer within {seconds} s"))
                .next("run it again with -vv to see who does not answer"),
        ]
    };
    let mut checks = tokio::time::timeout(LIMIT, work).await.unwrap_or_else(|_| too_slow());
    for check in &mut checks {
        check.seconds = started.elapsed().as_secs_f64();
        if check.name.is_empty() {
            name.clone_into(&mut check.name);
        }
    }
    checks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_that_never_ends_delays_no_other() {
        let started = tokio::time::Instant::now();
        let dead = one("dead", std::future::pending());
        let quick = one("quick", async { Check::ok("here") });
        let (dead, quick) = futures_util::future::join(bounded(dead), async {
            let found = bounded(quick).await;
            assert_eq!(started.elapsed(), Duration::ZERO);
            found
        })
        .await;
        assert_eq!((quick[0].name.as_str(), quick[0].state), ("quick", State::Ok));
        assert_eq!((dead[0].name.as_str(), dead[0].state), ("dead", State::Fail));
        assert_eq!(started.elapsed(), LIMIT);
    }
}

//! The ways to the services: names, proxies, TLS, time to an answer; the clock; what is near an instance.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Check, Subject};
use crate::cloud::{Endpoint, Service};
use crate::net::{BY_PROXY, NetError, Probe, Trouble};

/// An internal endpoint is near, or it is not reached at all.
const NEAR: Duration = Duration::from_millis(1500);
/// The services refuse a request whose time is further off than this ("Signature", `RequestTimeTooSkewed`).
const TOLERATED: SignedDuration = SignedDuration::from_mins(15);
/// So much is worth a word.
const WORTH_A_WORD: SignedDuration = SignedDuration::from_mins(1);

/// The way to one service.
pub(super) async fn endpoint(subject: &Subject, service: Service) -> Check {
    let endpoint = match subject.cloud.locate(service) {
        Ok(endpoint) => endpoint.to_string(),
        Err(_) => return Check::skipped("no region is set"),
    };
    match subject.cloud.http().probe(&endpoint).await {
        Ok(probe) if probe.is_html => {
            let (who, status) = (probe.proxy.unwrap_or(endpoint), probe.status);
            Check::fail(format!("{who} answers HTML (HTTP {status}): it is not the service"))
                .next("look for a proxy (HTTPS_PROXY, NO_PROXY) or a wrong --endpoint")
                .because_of(who)
        }
        Ok(probe) => of_probe(&endpoint, &probe),
        Err(error) => unreachable(&error).because_of(obstacle(&error, &endpoint)).fact("url", endpoint),
    }
}

/// What stands in the way, to all services behind it alike.
fn obstacle(error: &NetError, endpoint: &str) -> String {
    let by_proxy = error.detail.strip_prefix(BY_PROXY).and_then(|rest| rest.split_once(": "));
    match by_proxy {
        Some((proxy, _)) => proxy.to_owned(),
        None if error.detail.contains("is unknown") => "names".to_owned(),
        None if error.trouble == Trouble::TimedOut => "silence".to_owned(),
        None => endpoint.to_owned(),
    }
}

fn of_probe(endpoint: &str, probe: &Probe) -> Check {
    let millis = |time: Duration| time.as_millis();
    let address = probe.addresses.first().map(|address| format!(" at {address}")).unwrap_or_default();
    let way = probe.proxy.as_ref().map(|proxy| format!(" by the proxy {proxy}")).unwrap_or_default();
    let what = if endpoint.starts_with("https:") { "TLS and answer" } else { "answer" };
    let detail = format!(
        "{endpoint}{way}{address}: name {} ms, {what} {} ms",
        millis(probe.lookup),
        millis(probe.answer)
    );
    Check::ok(detail)
        .fact("url", endpoint)
        .fact("proxy", probe.proxy.clone())
        .fact("lookup_seconds", probe.lookup.as_secs_f64())
        .fact("answer_seconds", probe.answer.as_secs_f64())
}

fn unreachable(error: &NetError) -> Check {
    let step = if error.detail.starts_with(BY_PROXY) {
        "check HTTPS_PROXY, or leave it out for these hosts by NO_PROXY"
    } else if error.detail.contains("is unknown") {
        "check --region and /etc/resolv.conf: the name does not exist, or no name server answers"
    } else if error.detail.contains("corrupt message") {
        "it does not speak TLS: check --endpoint (http or https) and HTTPS_PROXY"
    } else if error.detail.contains("certificate") {
        "check the clock and the CA certificates; a proxy that opens TLS needs its CA in SSL_CERT_FILE"
    } else if error.trouble == Trouble::TimedOut {
        "check the firewall and HTTPS_PROXY: something swallows the packets"
    } else {
        "check --endpoint, the network and HTTPS_PROXY"
    };
    Check::fail(error.to_string()).next(step)
}

/// This machine's clock against the services'.
pub(super) async fn clock(subject: &Subject) -> Check {
    for service in [Service::Oss, Service::Sts] {
        let Ok(endpoint) = subject.cloud.locate(service) else { continue };
        let Ok(probe) = subject.cloud.http().probe(&endpoint.to_string()).await else { continue };
        let date = probe.date.and_then(|date| jiff::fmt::rfc2822::parse(&date).ok());
        if let Some(date) = date {
            return of_offset(date.timestamp().duration_since(Timestamp::now()), service);
        }
    }
    Check::skipped("no service tells its time")
}

fn of_offset(offset: SignedDuration, service: Service) -> Check {
    // `Date` has whole seconds.
    let seconds = offset.as_secs();
    let side = if offset.is_positive() { "behind" } else { "ahead of" };
    let shown = format!("{} s {side} {service}'s", seconds.abs());
    let check = if offset.abs() > TOLERATED {
        Check::warn(format!("{shown}: more than 15 minutes, so requests are signed with the service's time"))
            .next("set the clock: sudo chronyc makestep")
    } else if offset.abs() > WORTH_A_WORD {
        Check::warn(shown).next("set the clock: sudo chronyc makestep")
    } else {
        Check::ok(shown)
    };
    check.fact("offset_seconds", seconds)
}

/// Whether OSS is reached within the region, where traffic is free.
pub(super) async fn internal_endpoint(subject: &Subject) -> Check {
    let Ok(endpoint) = subject.cloud.locate(Service::Oss) else { return Check::skipped("no region is set") };
    if endpoint.given {
        return Check::skipped("an endpoint was given for oss");
    }
    let Some(region) = subject.cloud.region() else { return Check::skipped("no region is set") };
    let Ok(internal) = Endpoint::of_region("oss-{}-internal", region) else {
        return Check::skipped("no region is set");
    };
    let url = internal.to_string();
    match tokio::time::timeout(NEAR, subject.cloud.http().probe(&url)).await {
        Ok(Ok(probe)) => of_probe(&url, &probe),
        _ => Check::skipped(format!("{url} is not reached from here; it is within the region only")),
    }
}

/// The instance that this runs on.
pub(super) async fn metadata(subject: &Subject) -> Check {
    let region = match subject.metadata.get("meta-data/region-id").await {
        Ok(region) => region,
        Err(reason) => return Check::skipped(reason.to_string()),
    };
    let instance = subject.metadata.get("meta-data/instance-id").await.ok().flatten();
    if instance.is_none() && region.is_none() {
        let address = subject.metadata.address();
        return Check::skipped(format!("{address} answers, but names no instance: it is something else"));
    }
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "unknown".to_owned());
    let detail =
        format!("instance {} in {} ({})", shown(&instance), shown(&region), subject.metadata.address());
    let differs = region.is_some() && region.as_deref() != subject.cloud.region();
    let check = if differs {
        Check::warn(format!("{detail}, which is not the region in use"))
            .next("image, bucket and instance must be in one region: check --region")
    } else {
        Check::ok(detail)
    };
    check.fact("instance_id", instance).fact("region", region)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::doctor::State;

    #[test]
    fn a_clock_is_judged_by_what_the_services_tolerate() {
        let state = |seconds| of_offset(SignedDuration::from_secs(seconds), Service::Oss);
        assert_eq!(state(-2).state, State::Ok);
        assert_eq!(state(90).state, State::Warn);
        let far = state(-3600);
        assert!(far.detail.starts_with("3600 s ahead of oss's: more than 15 minutes"), "{}", far.detail);
    }
}

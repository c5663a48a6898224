//! `faascmd fleet ls`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::host::{Host, from_now};
use crate::base::duration::duration;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::cloud::Time;
use crate::ecs::{Instance, InstanceFilter};
use crate::ops::fleet::FLEET_TAG;

/// List the fleets of the region
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd fleet ls
  faascmd fleet ls --all                every f1, f2 and f3 instance, whoever made it
  faascmd fleet ls --all --expiring 7d  those whose paid time or life ends within a week
  faascmd fleet ls -o json | jq -r '.hosts[].instance_id'")]
pub(in crate::cli) struct ListArgs {
    /// Every instance with chips, of a fleet or not
    #[arg(long)]
    all: bool,
    /// Only those that end, by release or by the end of what was paid, within this time
    #[arg(long, value_name = "TIME", value_parser = duration)]
    expiring: Option<Duration>,
}

#[derive(Debug, Serialize)]
struct Fleets {
    items: Vec<Fleet>,
    hosts: Vec<Host>,
    #[serde(skip)]
    each_host: bool,
}

#[derive(Debug, Serialize)]
struct Fleet {
    fleet: Option<String>,
    count: usize,
    running: usize,
    types: BTreeSet<String>,
    zones: BTreeSet<String>,
    /// Hours that its hosts have been there, together.
    hours: f64,
    /// The first release.
    release: Option<Time>,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &ListArgs, cx: &Context) -> Outcome {
    let hosts = cx.block_on(look(args, cx))?;
    let mut fleets: BTreeMap<Option<String>, Vec<Host>> = BTreeMap::new();
    for host in &hosts {
        fleets.entry(host.fleet.clone()).or_default().push(host.clone());
    }
    let items = fleets.into_iter().map(|(name, hosts)| Fleet::of(name, &hosts)).collect();
    cx.ui.print(&Fleets { items, hosts, each_host: args.all || args.expiring.is_some() })
}

async fn look(args: &ListArgs, cx: &Context) -> Result<Vec<Host>, Failure> {
    let ecs = cx.ecs().await?;
    let filter = if args.all { InstanceFilter::All } else { InstanceFilter::Tag(FLEET_TAG.into(), None) };
    let mut found = ecs.instances(&filter).await?;
    if found.is_empty() {
        // Who may not list instances is shown none.
        ecs.may_list_instances().await?;
    }
    found.retain(|host| {
        (!args.all || has_chips(host)) && args.expiring.is_none_or(|within| ends(host, within))
    });
    found.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.id.cmp(&b.id)));
    Ok(found.iter().map(Host::of).collect())
}

fn has_chips(host: &Instance) -> bool {
    ["ecs.f1-", "ecs.f2-", "ecs.f3-"].iter().any(|family| host.instance_type.starts_with(family))
        || host.tags.contains_key(FLEET_TAG)
}

fn ends(host: &Instance, within: Duration) -> bool {
    let paid = host.expires.as_ref().filter(|_| host.prepaid);
    let ends = host.release.as_ref().or(paid).and_then(Time::timestamp);
    ends.is_some_and(|at| at <= Timestamp::now().saturating_add(within).unwrap_or(Timestamp::MAX))
}

impl Fleet {
    fn of(fleet: Option<String>, hosts: &[Host]) -> Self {
        let releases = hosts.iter().filter_map(|host| host.release.clone());
        Self {
            fleet,
            count: hosts.len(),
            running: hosts.iter().filter(|host| host.state == "Running").count(),
            types: hosts.iter().map(|host| host.instance_type.clone()).collect(),
            zones: hosts.iter().map(|host| host.zone.clone()).collect(),
            hours: (hosts.iter().filter_map(|host| host.hours).sum::<f64>() * 100.0).round() / 100.0,
            release: releases.min_by_key(Time::timestamp),
        }
    }
}

impl Report for Fleets {
    const SCHEMA: &'static str = "faascmd.fleet.list/1";

    fn human(&self, page: &mut Page) {
        if self.each_host {
            let rows = self.hosts.iter().map(|host| {
                let fleet = host.fleet.clone().unwrap_or_default();
                let ends = host.expires.as_ref().map_or_else(|| host.release_said(), from_now);
                let of_host = [&host.name, &host.instance_id, &host.instance_type, &host.zone];
                let of_host = of_host.into_iter().cloned();
                of_host.chain([host.state_said(), fleet, ends]).collect()
            });
            let columns = ["name", "instance", "type", "zone", "state", "fleet", "ends"];
            return page.table(&columns, &rows.collect::<Vec<_>>());
        }
        let rows = self.items.iter().map(|fleet| {
            let joined = |words: &BTreeSet<String>| words.iter().cloned().collect::<Vec<_>>().join(",");
            let release = fleet.release.as_ref().map_or_else(|| "never".into(), from_now);
            vec![
                fleet.fleet.clone().unwrap_or_default(),
                format!("{} of {} running", fleet.running, fleet.count),
                joined(&fleet.types),
                joined(&fleet.zones),
                format!("{:.1} h", fleet.hours),
                release,
            ]
        });
        let columns = ["fleet", "hosts", "type", "zones", "used", "released"];
        page.table(&columns, &rows.collect::<Vec<_>>());
    }
}

//! Making what is missing of a fleet.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::alone::ONCE_TAG;
use super::fold::folded;
use super::haste::looks;
use super::order::{place, settle};
use super::place::{Place, places, zones};
use super::ready::{until, why_gone};
use super::state::Orders;
use super::surplus::give_back;
use super::target::{Target, number_of};
use super::{FLEET_TAG, FleetError, ORDER_TAG, Services};
use crate::codes::Class;
use crate::ecs::{Ecs, Instance, InstanceOrder, InstanceState, VSwitch, minute_of};
use crate::ops::lock::{self, Claim};
use crate::ops::{Error, Result};

/// The most instances that one order makes.
const MOST: usize = 100;
/// The pause before all places are tried again.
const NEXT_TRY: Duration = Duration::from_secs(30);

/// The soonest release: half an hour from the moment at which the service reads it.
const SOONEST: Duration = Duration::from_mins(31);
/// The release of an order that is sent again: so far ahead at least, and no further from what is wished now than this.
const AHEAD: SignedDuration = SignedDuration::from_secs(30 * 60 + 10);
const ASTRAY: SignedDuration = SignedDuration::from_mins(5);

/// When instances are released that are to live so long from now: the cloud's clock decides, and a time that is too early
/// is refused.
pub fn release_at(ecs: &Ecs, after: Duration) -> Timestamp {
    minute_of(ecs.cloud().clock().now() + after.max(SOONEST))
}

/// A fleet as it is to be.
#[derive(Clone, Debug)]
pub struct UpRequest {
    /// Its name.
    pub fleet: String,
    /// How many hosts.
    pub count: usize,
    /// With so many it does.
    pub at_least: usize,
    /// The types, the first one preferred.
    pub types: Vec<String>,
    /// The vSwitches, the first one preferred.
    pub vswitches: Vec<String>,
    /// The run of `once` that they are for alone; None for who takes all of the fleet as it is.
    pub run: Option<String>,
    /// All else that an order says.
    pub order: InstanceOrder,
    /// After how long the cloud releases them by itself; None for never.
    pub release_after: Option<Duration>,
    /// How long to wait for more to be had.
    pub wait_capacity: Duration,
    /// Whether to wait until all take commands.
    pub wait: bool,
}

impl UpRequest {
    /// What is on all that is ordered, besides the tags of the fleet and of the order.
    fn tags(&self) -> Vec<(String, String)> {
        let of_once = self.run.iter().map(|run| (ONCE_TAG.to_owned(), run.clone()));
        self.order.tags.iter().cloned().chain(of_once).collect()
    }

    /// Whether an order that was kept says what would be ordered now: on other terms nothing is made.
    fn would_order(&self, kept: &InstanceOrder, ecs: &Ecs) -> bool {
        let of_order = |(key, _): &(String, String)| [FLEET_TAG, ORDER_TAG].contains(&key.as_str());
        let InstanceOrder { amount, at_least, release, .. } = self.order;
        let terms = InstanceOrder {
            amount,
            at_least,
            release,
            instance_type: self.order.instance_type.clone(),
            vswitch: self.order.vswitch.clone(),
            name: self.order.name.clone(),
            tags: self.order.tags.clone(),
            ..kept.clone()
        };
        terms == self.order
            && kept.tags.iter().filter(|tag| !of_order(tag)).eq(&self.tags())
            && self.types.contains(&kept.instance_type)
            && self.vswitches.contains(&kept.vswitch)
            && self.would_release(kept.release, ecs)
    }

    fn would_release(&self, kept: Option<Timestamp>, ecs: &Ecs) -> bool {
        match (self.release_after.map(|after| release_at(ecs, after)), kept) {
            (None, None) => true,
            (Some(wished), Some(kept)) => {
                let is_ahead = kept.duration_since(ecs.cloud().clock().now()) >= AHEAD;
                is_ahead && wished.duration_since(kept).abs() <= ASTRAY
            }
            _ => false,
        }
    }
}

/// A fleet as it is now.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its hosts.
    pub hosts: Vec<Instance>,
    /// How many of them were made now.
    pub new: usize,
}

/// Makes what is missing of a fleet, and waits until it is ready. The same request continues what an earlier one began.
///
/// # Errors
/// The service's refusal, [`FleetError`], and those of a wait.
pub async fn up(services: Services<'_>, request: &UpRequest) -> Result<Made> {
    let name = format!("fleet-{}-{}", services.region(), request.fleet);
    let work = format!("fleet {} by another run", request.fleet);
    let _lock = lock::take(services.deadline, Claim { name: &name, work: &work, wait: true }).await?;
    let orders = Orders::open(services.region(), &request.fleet)?;
    let target = Target::Fleet(request.fleet.clone());
    let mut work = Work {
        services,
        request,
        target,
        orders,
        ids: BTreeSet::new(),
        last_number: 0,
        new: BTreeSet::new(),
        made: BTreeSet::new(),
        zones: Vec::new(),
    };
    if looks() {
        work.count_what_is_there().await?;
    }
    work.make_missing().await?;
    work.make_ready().await
}

struct Work<'a> {
    services: Services<'a>,
    request: &'a UpRequest,
    target: Target,
    orders: Orders,
    /// The hosts that there are, seen or promised.
    ids: BTreeSet<String>,
    /// The greatest number that a host of this fleet has in its name; none is given twice while its host lives.
    last_number: usize,
    /// Those that no list had when it began.
    new: BTreeSet<String>,
    /// What this run has made.
    made: BTreeSet<String>,
    zones: Vec<VSwitch>,
}

impl Work<'_> {
    async fn count_what_is_there(&mut self) -> Result<()> {
        let mut hosts = self.services.ecs.instances(&self.target.filter()).await?;
        if hosts.is_empty() {
            // An empty list may be that of a caller who may not look; then everything would be made anew.
            self.services.ecs.may_list_instances().await?;
        }
        let foreign = self.take_foreign(&mut hosts);
        let staying: Vec<_> = hosts.iter().filter(|host| !host.is_being_recycled()).collect();
        self.refuse_stopped(&staying)?;
        self.ids = staying.iter().map(|host| host.id.clone()).collect();
        let (missing, request, ecs) = (self.missing(), self.request, self.services.ecs);
        let wanted =
            |order: &InstanceOrder| usize::from(order.amount) <= missing && request.would_order(order, ecs);
        let mut promised = settle(self.services, &mut self.orders, wanted).await?;
        promised.retain(|id| !foreign.contains(id));
        let numbers = hosts.iter().filter_map(|host| number_of(&host.name));
        self.last_number = usize::try_from(numbers.max().unwrap_or(0)).unwrap_or(0);
        // Those that were promised and are not seen yet have the numbers behind.
        self.last_number += promised.iter().filter(|id| hosts.iter().all(|host| host.id != **id)).count();
        self.new.extend(promised.difference(&self.ids).cloned());
        self.ids.extend(promised);
        Ok(())
    }

    /// Takes the hosts of other runs out of those that a run of `once` has to itself; gives their ids.
    fn take_foreign(&self, hosts: &mut Vec<Instance>) -> BTreeSet<String> {
        let Some(run) = &self.request.run else { return BTreeSet::new() };
        let foreign = hosts.extract_if(.., |host| host.tags.get(ONCE_TAG) != Some(run));
        foreign.map(|host| host.id).collect()
    }

    /// Who is stopped does not become ready, however long it is waited for.
    fn refuse_stopped(&self, hosts: &[&Instance]) -> Result<()> {
        let is_stopped =
            |host: &&&Instance| matches!(host.state, InstanceState::Stopped | InstanceState::Stopping);
        let names: Vec<_> = hosts.iter().filter(is_stopped).map(|host| host.name.as_str()).collect();
        if names.is_empty() {
            return Ok(());
        }
        let (fleet, count, names) = (self.request.fleet.clone(), names.len(), folded(&names));
        Err(FleetError::Stopped { fleet, count, names }.into())
    }

    fn missing(&self) -> usize {
        self.request.count.saturating_sub(self.ids.len())
    }

    /// Orders in one place after the other, and again after a pause, until all are there or the time for it is over.
    async fn make_missing(&mut self) -> Result<()> {
        let began = Instant::now();
        let places = places(&self.request.types, &self.request.vswitches);
        while self.missing() > 0 {
            let mut last = String::new();
            for (number, at) in places.iter().enumerate() {
                if number > 0 && self.missing() > 0 {
                    self.note(&format!("trying {}", at.said(&self.zones)));
                }
                if let Err(denied) = self.make_at(at).await? {
                    last = denied;
                }
            }
            let left = self.request.wait_capacity.saturating_sub(began.elapsed());
            if self.missing() == 0 || self.is_enough() && left.is_zero() {
                return Ok(());
            }
            if left.is_zero() {
                let (have, wanted) = (self.ids.len(), self.request.count);
                return Err(
                    FleetError::NoCapacity { fleet: self.request.fleet.clone(), have, wanted, last }.into()
                );
            }
            let pause = left.min(NEXT_TRY);
            self.note(&format!("trying again in {:.0} s", pause.as_secs_f64().ceil()));
            let pause = async {
                tokio::time::sleep(pause).await;
                Ok(())
            };
            self.services.deadline.unless_cancelled(pause).await?;
        }
        Ok(())
    }

    fn is_enough(&self) -> bool {
        self.ids.len() >= self.request.at_least
    }

    /// Orders what is missing in a place. That it has no more is no error, but what the service said.
    async fn make_at(&mut self, at: &Place) -> Result<Result<(), String>> {
        while self.missing() > 0 {
            let amount = self.missing().min(MOST);
            let order = self.order(at, amount);
            match place(self.services, &mut self.orders, order, &self.request.fleet).await {
                Ok(ids) => {
                    let made = ids.len();
                    self.new.extend(ids.iter().cloned());
                    self.last_number += made;
                    self.made.extend(ids.iter().cloned());
                    self.ids.extend(ids);
                    if made < amount {
                        return Ok(Err(self.has_no_more(at, "it had fewer than were ordered").await));
                    }
                }
                Err(Error::Cloud(error)) if error.class() == Some(Class::Capacity) => {
                    let said = error.code().unwrap_or_default().to_owned();
                    self.has_no_more(at, &said).await;
                    return Ok(Err(error.to_string()));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Ok(()))
    }

    async fn has_no_more(&mut self, at: &Place, why: &str) -> String {
        if self.zones.is_empty() {
            self.zones = zones(self.services).await;
        }
        let said = format!("{}: {why}", at.said(&self.zones));
        self.note(&format!("no more of {said}"));
        said
    }

    fn note(&self, text: &str) {
        self.services.note(format!("{} of {} there, {text}", self.ids.len(), self.request.count));
    }

    fn order(&self, at: &Place, amount: usize) -> InstanceOrder {
        let release = self.request.release_after.map(|after| release_at(self.services.ecs, after));
        InstanceOrder {
            tags: self.request.tags(),
            amount: u16::try_from(amount).unwrap_or(100),
            at_least: 1,
            instance_type: at.instance_type.clone(),
            vswitch: at.vswitch.clone(),
            name: format!("{}-[{},{}]", self.request.fleet, self.last_number + 1, self.digits()),
            release,
            ..self.request.order.clone()
        }
    }

    fn digits(&self) -> usize {
        if self.request.count < 1000 { 3 } else { 4 }
    }

    /// Whether another machine made the same fleet meanwhile, and what this one made has gone for it.
    async fn has_given_back(&mut self) -> Result<bool> {
        // Runs that have hosts to themselves settle it between them.
        if self.made.is_empty() || self.request.run.is_some() {
            return Ok(false);
        }
        let hosts = self.services.ecs.instances(&self.target.filter()).await?;
        let hosts: Vec<_> = hosts.into_iter().filter(|host| !host.is_being_recycled()).collect();
        let ids: Vec<_> = hosts.iter().map(|host| host.id.clone()).collect();
        let of_fleet = (hosts, self.request.count);
        let gone = give_back(self.services, &self.target, of_fleet, &self.made).await?;
        if gone.is_empty() {
            return Ok(false);
        }
        self.new.retain(|id| !gone.contains(id));
        self.made.retain(|id| !gone.contains(id));
        self.ids = ids.into_iter().filter(|id| !gone.contains(id)).collect();
        Ok(true)
    }

    /// Waits for all; what vanishes on the way is replaced once.
    async fn make_ready(mut self) -> Result<Made> {
        if !self.request.wait {
            let hosts = self.services.ecs.instances(&self.target.filter()).await?;
            return Ok(Made { hosts, new: self.new.len() });
        }
        let mut replaced = false;
        loop {
            let (mut hosts, gone) = until(self.services, &self.target, &self.ids).await?;
            if gone.is_empty() && self.has_given_back().await? {
                continue;
            }
            let Some(id) = gone.first() else {
                hosts.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.id.cmp(&b.id)));
                return Ok(Made { hosts, new: self.new.len() });
            };
            let why = why_gone(self.services, &self.request.fleet, id).await;
            if std::mem::replace(&mut replaced, true) {
                return Err(why.into());
            }
            self.services.deadline.progress().warn(format!("{why}; it is replaced"));
            self.ids.retain(|own| !gone.contains(own));
            self.new.retain(|own| !gone.contains(own));
            self.make_missing().await?;
        }
    }
}

//! `RunInstances` and `CreateInstance`.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::agent::Agent;
use super::catalogue::{self, InstanceType, Region, Zone};
use super::instance::{AutoRelease, Charge, Instance, Renewal, Status, Step, StoppedMode, Wanted};
use super::money::{Bill, per_hour};
use super::{between, dry_run, life, names, need, refusals, region, release, tags, tokens};
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::{Answer, Call};
use crate::sandbox::rpc::parameters::{INVALID_PARAMETER, Parameter, choice, flag, list, number, text, time};
use crate::sandbox::rpc::refusal::Refusal;

pub(super) const DISKS: &[&str] = &[
    "cloud",
    "cloud_efficiency",
    "cloud_ssd",
    "ephemeral_ssd",
    "cloud_essd",
    "cloud_auto",
    "cloud_essd_entry",
];

pub(super) const RUN: &[Parameter] = &[
    number("Amount", 1, 100).refused(|| refusals::AMOUNT),
    number("MinAmount", 1, 100).refused(|| refusals::AMOUNT),
    flag("UniqueSuffix"),
    text("InstanceName", 128),
    text("HostName", 64),
    text("Description", 256),
    text("ImageId", 128),
    text("InstanceType", 64),
    text("ZoneId", 64),
    text("VSwitchId", 64),
    text("PrivateIpAddress", 15),
    text("SecurityGroupId", 64),
    list("SecurityGroupIds.N", 5),
    choice("InstanceChargeType", &["PostPaid", "PrePaid"]),
    number("Period", 1, 60),
    choice("PeriodUnit", &["Week", "Month", "Year"]),
    flag("AutoRenew"),
    number("AutoRenewPeriod", 1, 60),
    choice("SpotStrategy", &["NoSpot", "SpotWithPriceLimit", "SpotAsPriceGo"])
        .refused(|| refusals::SPOT_STRATEGY),
    text("SpotPriceLimit", 16),
    number("SpotDuration", 0, 6),
    choice("SpotInterruptionBehavior", &["Terminate", "Stop"]),
    time("AutoReleaseTime").refused(|| refusals::AUTO_RELEASE_TIME),
    choice("SystemDisk.Category", DISKS),
    number("SystemDisk.Size", 20, 2048),
    text("SystemDisk.PerformanceLevel", 8),
    text("SystemDisk.DiskName", 128),
    text("SystemDisk.Description", 256),
    list("DataDisk.N.Size", 16),
    list("DataDisk.N.Category", 16),
    list("DataDisk.N.DeleteWithInstance", 16),
    list("DataDisk.N.DiskName", 16),
    list("DataDisk.N.PerformanceLevel", 16),
    number("InternetMaxBandwidthIn", 1, 100),
    number("InternetMaxBandwidthOut", 0, 100),
    choice("InternetChargeType", &["PayByTraffic", "PayByBandwidth"]),
    choice("IoOptimized", &["optimized", "none"]),
    text("KeyPairName", 128),
    text("Password", 30),
    flag("PasswordInherit"),
    text("RamRoleName", 64),
    text("UserData", 44_000),
    list("Tag.N.Key", 20),
    list("Tag.N.Value", 20),
    flag("DeletionProtection"),
    choice("HttpEndpoint", &["enabled", "disabled"]),
    choice("HttpTokens", &["optional", "required"]),
    choice("SecurityEnhancementStrategy", &["Active", "Deactive"]),
    choice("CreditSpecification", &["Standard", "Unlimited"]),
    text("ResourceGroupId", 64),
    text("ClientToken", 1024),
    flag("DryRun"),
];

/// What makes one takes no number, and else the same.
pub(super) const CREATE: &[Parameter] = RUN.split_at(3).1;

/// The least that lies between now and an automatic release, and the most.
pub(super) const RELEASE_AFTER: (SignedDuration, SignedDuration) =
    (SignedDuration::from_mins(30), SignedDuration::from_hours(3 * 366 * 24));
/// A number of vCPUs that a fault leaves to the account.
const NO_QUOTA: u32 = 0;

/// Makes as many as there are, between `MinAmount` and `Amount`; without `MinAmount` all or none.
pub(super) fn run(call: &Call<'_>, state: &mut State) -> Answer {
    tokens::once("RunInstances", call, state, |state| {
        let amount = usize::try_from(call.number("Amount").unwrap_or(1)).unwrap_or(1);
        let least = call.number("MinAmount").map_or(amount, |n| usize::try_from(n).unwrap_or(amount));
        if least > amount {
            return Err(refusals::AMOUNT);
        }
        let ids = make(call, state, (least, amount), true)?;
        Ok(json!({"InstanceIdSets": {"InstanceIdSet": ids}}))
    })
}

/// Makes one that stands still until it is started.
pub(super) fn create(call: &Call<'_>, state: &mut State) -> Answer {
    tokens::once("CreateInstance", call, state, |state| {
        let id = make(call, state, (1, 1), false)?.pop();
        Ok(json!({"InstanceId": id}))
    })
}

/// Checks all, finds room, and makes the instances.
fn make(
    call: &Call<'_>,
    state: &mut State,
    amount: (usize, usize),
    starts: bool,
) -> Result<Vec<String>, Refusal> {
    let wanted = wanted(call)?;
    let (least, most) = amount;
    check_quota(call, state, &wanted, least)?;
    let room = stock(call, state, (wanted.zone, wanted.kind));
    if room < least {
        return Err(refusals::NO_STOCK);
    }
    check_hosts(call, state, least)?;
    dry_run(call, refusals::DRY_RUN)?;
    let count = most.min(room).min(quota_room(call, state, &wanted)).min(hosts_room(call, state));
    let unique = call.flag("UniqueSuffix").unwrap_or_default() && most > 1;
    let made = (1..=count).map(|n| {
        let name = names::of(&wanted.name, (n, unique));
        let host_name = names::of(&wanted.host_name, (n, unique));
        Wanted { name, host_name, ..wanted.clone() }
    });
    Ok(made.map(|wanted| add(call, state, wanted, starts)).collect())
}

/// How many more of a type a zone has.
pub(super) fn stock(call: &Call<'_>, state: &State, of: (&'static Zone, &'static InstanceType)) -> usize {
    let (zone, kind) = of;
    if call.cloud.faults.no_stock(zone.id) {
        return 0;
    }
    if !kind.has_chips() {
        return usize::MAX;
    }
    let held = |instance: &&Instance| {
        instance.holds_stock() && instance.wanted.zone.id == zone.id && instance.wanted.kind.id == kind.id
    };
    zone.stock.saturating_sub(state.ecs.instances.iter().filter(held).count())
}

fn quota_room(call: &Call<'_>, state: &State, wanted: &Wanted) -> usize {
    if wanted.charge.is_prepaid() {
        return usize::MAX;
    }
    let quota = if call.cloud.faults.no_quota() { NO_QUOTA } else { catalogue::VCPU_QUOTA };
    let ours = |instance: &&Instance| {
        !instance.fixed
            && instance.wanted.region.id == wanted.region.id
            && !instance.wanted.charge.is_prepaid()
    };
    let used: u32 = state.ecs.instances.iter().filter(ours).map(|instance| instance.wanted.kind.vcpus).sum();
    usize::try_from(quota.saturating_sub(used) / wanted.kind.vcpus).unwrap_or(usize::MAX)
}

fn check_quota(call: &Call<'_>, state: &State, wanted: &Wanted, least: usize) -> Result<(), Refusal> {
    if quota_room(call, state, wanted) >= least {
        return Ok(());
    }
    let text = format!(
        "The number of vCPUs of pay-as-you-go instances in {} would exceed the quota max-postpaid-instance-vcpu-count.",
        wanted.region.id
    );
    Err(refusals::QUOTA.saying(text))
}

/// How many more hosts can run processes here.
fn hosts_room(call: &Call<'_>, state: &State) -> usize {
    let Some(most) = call.cloud.most_hosts() else { return usize::MAX };
    most.saturating_sub(state.ecs.instances.iter().filter(|instance| !instance.fixed).count())
}

fn check_hosts(call: &Call<'_>, state: &State, least: usize) -> Result<(), Refusal> {
    if hosts_room(call, state) >= least {
        return Ok(());
    }
    let most = call.cloud.most_hosts().unwrap_or_default();
    let text =
        format!("The sandbox has at most {most} instances with --exec real; there is --exec scripted.");
    Err(refusals::QUOTA.saying(text))
}

/// What the call asks for, if there is such a thing.
fn wanted(call: &Call<'_>) -> Result<Wanted, Refusal> {
    let region = region(call)?;
    let kind = need(call, "InstanceType")?;
    let kind = catalogue::instance_type(kind).ok_or(refusals::TYPE_NOT_SUPPORTED)?;
    let image = need(call, "ImageId")?;
    if !region.has_image(image) {
        return Err(refusals::IMAGE_NOT_FOUND);
    }
    if kind.has_chips() && image == catalogue::PUBLIC_IMAGE {
        return Err(refusals::IMAGE_AND_TYPE);
    }
    let zone = zone(call, region)?;
    let security_groups = security_groups(call, region)?;
    check_disk(call, (kind, image))?;
    let (key_pair, role) = check_access(call)?;
    let charge = charge(call, kind)?;
    let name = call.get("InstanceName").unwrap_or_default().to_owned();
    let first = name.chars().next();
    if first.is_some_and(|first| !first.is_alphabetic()) || name.chars().count() == 1 || name.contains("://")
    {
        return Err(refusals::INSTANCE_NAME);
    }
    Ok(Wanted {
        name,
        host_name: call.get("HostName").unwrap_or_default().to_owned(),
        region,
        zone,
        kind,
        image: image.to_owned(),
        security_groups,
        auto_release: auto_release(call, &charge)?,
        charge,
        tags: tags::given(call)?,
        user_data: user_data(call)?,
        key_pair,
        role,
        protected: call.flag("DeletionProtection").unwrap_or_default(),
        bandwidth: call.number("InternetMaxBandwidthOut").unwrap_or(0),
        kept_disks: kept_disks(call),
    })
}

/// The zone of the vSwitch; without one, of the default vSwitch of the zone that is named, or of the first zone.
fn zone(call: &Call<'_>, region: &'static Region) -> Result<&'static Zone, Refusal> {
    let named = call.get("ZoneId");
    let Some(vswitch) = call.get("VSwitchId") else {
        let fits = |zone: &&Zone| named.is_none_or(|named| named == zone.id);
        return region.zones.iter().find(fits).ok_or(refusals::VSWITCH_NOT_FOUND);
    };
    let zone = region.zone_of(vswitch).ok_or(refusals::VSWITCH_NOT_FOUND)?;
    if named.is_some_and(|named| named != zone.id) { Err(refusals::MISMATCH) } else { Ok(zone) }
}

/// Either one or a list.
fn security_groups(call: &Call<'_>, region: &Region) -> Result<Vec<String>, Refusal> {
    let many = call.list("SecurityGroupIds");
    let groups = match (call.get("SecurityGroupId"), many.is_empty()) {
        (Some(_), false) => {
            let text = "SecurityGroupId and SecurityGroupIds.N exclude each other.";
            return Err(INVALID_PARAMETER.saying(text));
        }
        (Some(one), true) => vec![one],
        (None, false) => many,
        (None, true) => return Err(super::missing("SecurityGroupId")),
    };
    let elsewhere = |group: &str| catalogue::REGIONS.iter().any(|other| other.security_group == group);
    match groups.iter().find(|group| **group != region.security_group) {
        None => Ok(groups.into_iter().map(str::to_owned).collect()),
        Some(group) if elsewhere(group) => Err(refusals::MISMATCH),
        Some(_) => Err(refusals::SECURITY_GROUP_NOT_FOUND),
    }
}

/// The families with chips take two kinds of disk, and the account's image has its size.
fn check_disk(call: &Call<'_>, of: (&InstanceType, &str)) -> Result<(), Refusal> {
    let (kind, image) = of;
    let fits = |category: &str| !kind.has_chips() || ["cloud_ssd", "cloud_efficiency"].contains(&category);
    if call.get("SystemDisk.Category").is_some_and(|category| !fits(category)) {
        return Err(refusals::DISK_CATEGORY);
    }
    let least = if image == catalogue::PUBLIC_IMAGE { 20 } else { catalogue::IMAGE_GIB };
    let small = call.number("SystemDisk.Size").is_some_and(|size| size < least);
    if small { Err(refusals::DISK_TOO_SMALL) } else { Ok(()) }
}

fn kept_disks(call: &Call<'_>) -> Vec<i64> {
    let kept = |n: &usize| {
        call.get(&format!("DataDisk.{n}.DeleteWithInstance"))
            .is_some_and(|text| text.eq_ignore_ascii_case("false"))
    };
    let size = |n| call.number(&format!("DataDisk.{n}.Size")).unwrap_or(40);
    (1..=16).filter(kept).map(size).collect()
}

/// The key pair and the role.
fn check_access(call: &Call<'_>) -> Result<(String, Option<String>), Refusal> {
    let key_pair = call.get("KeyPairName").unwrap_or_default();
    if !key_pair.is_empty() && key_pair != catalogue::KEY_PAIR {
        return Err(refusals::KEY_PAIR_NOT_FOUND);
    }
    let role = call.get("RamRoleName");
    if role.is_some_and(|role| role != catalogue::ROLE) {
        return Err(refusals::ROLE_NOT_FOUND);
    }
    Ok((key_pair.to_owned(), role.map(str::to_owned)))
}

fn charge(call: &Call<'_>, kind: &InstanceType) -> Result<Charge, Refusal> {
    let prepaid = call.get("InstanceChargeType") == Some("PrePaid");
    let strategy = call.get("SpotStrategy").filter(|strategy| *strategy != "NoSpot");
    let limit = call.get("SpotPriceLimit");
    if let Some(strategy) = strategy {
        return if prepaid { Err(refusals::SPOT_PREPAID) } else { spot(strategy, limit, kind) };
    }
    if limit.is_some() {
        return Err(refusals::SPOT_PRICE);
    }
    if !prepaid {
        return Ok(Charge::PostPaid);
    }
    let period = call.number("Period").ok_or_else(|| super::missing("Period"))?;
    let unit = call.get("PeriodUnit").unwrap_or("Month");
    let renews = call.flag("AutoRenew").unwrap_or_default();
    let renewal = Renewal {
        status: if renews { "AutoRenewal" } else { "Normal" },
        duration: if renews { call.number("AutoRenewPeriod").unwrap_or(1) } else { 0 },
        unit: unit.to_owned(),
    };
    Ok(Charge::PrePaid { expires: release::later(call.now, period, unit), renewal })
}

/// A limit has at most three decimals, goes with one strategy, and is not below the price.
fn spot(strategy: &str, limit: Option<&str>, kind: &InstanceType) -> Result<Charge, Refusal> {
    let with_limit = strategy == "SpotWithPriceLimit";
    if with_limit != limit.is_some() {
        return Err(refusals::SPOT_PRICE);
    }
    let decimals = |text: &str| text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let parsed =
        limit.map(|text| text.parse::<f64>().ok().filter(|price| *price > 0.0 && decimals(text) <= 3));
    let limit = match parsed {
        Some(None) => return Err(refusals::SPOT_PRICE),
        Some(Some(price)) if price < super::money::spot_price(kind) => return Err(refusals::SPOT_PRICE_LOW),
        found => found.flatten(),
    };
    Ok(Charge::Spot { strategy: strategy.to_owned(), limit })
}

fn auto_release(call: &Call<'_>, charge: &Charge) -> Result<Option<AutoRelease>, Refusal> {
    let Some(text) = call.get("AutoReleaseTime") else { return Ok(None) };
    if charge.is_prepaid() {
        return Err(refusals::CHARGE_TYPE);
    }
    release_time(call, text).map(Some)
}

/// The moment cut to its minute, from half an hour to three years ahead.
pub(super) fn release_time(call: &Call<'_>, text: &str) -> Result<AutoRelease, Refusal> {
    let given: Timestamp = text.parse().map_err(|_| refusals::AUTO_RELEASE_TIME)?;
    let told = given - SignedDuration::from_secs(given.as_second().rem_euclid(60));
    let ahead = told.duration_since(call.now);
    if ahead < RELEASE_AFTER.0 || ahead > RELEASE_AFTER.1 {
        return Err(refusals::AUTO_RELEASE_TIME);
    }
    let due = call.now + Duration::from_secs_f64(ahead.as_secs_f64() / call.cloud.options.release_speed);
    Ok(AutoRelease { told, due })
}

fn user_data(call: &Call<'_>) -> Result<String, Refusal> {
    let Some(text) = call.get("UserData") else { return Ok(String::new()) };
    let data = STANDARD.decode(text).map_err(|_| refusals::USER_DATA)?;
    if data.len() > 32 << 10 { Err(refusals::USER_DATA_SIZE) } else { Ok(text.to_owned()) }
}

/// Adds an instance that is being created, and gives its id.
fn add(call: &Call<'_>, state: &mut State, wanted: Wanted, starts: bool) -> String {
    let (cloud, now) = (call.cloud, call.now);
    state.ecs.made += 1;
    let serial = state.ecs.made;
    let random: String = std::iter::repeat_with(|| fastrand::char('a'..='z')).take(17).collect();
    let id = format!("i-{}{random}", wanted.region.mark());
    // What the seed decides, it decides by the number of the instance and not by its random id.
    let thing = format!("instance {serial}");
    let step = if cloud.faults.creation_fails(&thing) { Step::Vanished } else { Step::Created { starts } };
    let mut instance = Instance {
        serial,
        private_ip: format!("192.168.{}.{}", wanted.zone.subnet, 2 + serial % 250),
        public_ip: None,
        created: now,
        visible: now + between(cloud, "visible", &thing, (0.0, 5.0)),
        status: Status::Pending,
        next: None,
        started: None,
        stopped_mode: StoppedMode::NotApplicable,
        reclaimed: None,
        recycled: None,
        agent: Agent {
            is_missing: cloud.faults.assistant_offline(&thing),
            is_old: cloud.faults.old_agent(&thing),
            ..Agent::default()
        },
        bill: Bill::new(per_hour(wanted.kind, &wanted.charge), now),
        fixed: false,
        host: None,
        wanted,
        id: id.clone(),
    };
    if instance.wanted.name.is_empty() {
        instance.wanted.name.clone_from(&id);
    }
    if instance.wanted.host_name.is_empty() {
        instance.wanted.host_name = format!("iZ{random}Z");
    }
    if starts && instance.wanted.bandwidth > 0 {
        instance.public_ip = Some(names::public_ip(serial));
    }
    instance.then(now, between(cloud, "created", &thing, (5.0, 15.0)), step);
    life::tell(cloud, &instance, now);
    state.ecs.instances.push(instance);
    id
}

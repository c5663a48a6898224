//! Stock, prices and quota, before anything is made.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::catalogue::{self, InstanceType, Zone};
use super::create::{DISKS, stock};
use super::{money, need, refusals, region, seconds};
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::{Answer, Call};
use crate::sandbox::rpc::parameters::{INVALID_PARAMETER, Parameter, choice, list, number, text, time};

pub(super) const RESOURCE: &[Parameter] = &[
    choice(
        "DestinationResource",
        &["Zone", "IoOptimized", "InstanceType", "Network", "ddh", "SystemDisk", "DataDisk"],
    ),
    text("InstanceType", 64),
    choice("IoOptimized", &["optimized", "none"]),
    text("ZoneId", 64),
    choice("InstanceChargeType", &["PostPaid", "PrePaid"]),
    choice("SpotStrategy", &["NoSpot", "SpotWithPriceLimit", "SpotAsPriceGo"]),
    number("SpotDuration", 0, 6),
    choice("SystemDiskCategory", DISKS),
    choice("DataDiskCategory", DISKS),
    choice("NetworkCategory", &["vpc", "classic"]),
    choice("ResourceType", &["instance", "disk", "reservedinstance", "ddh"]),
    number("Cores", 1, 1024),
    text("Memory", 16),
];
pub(super) const PRICE: &[Parameter] = &[
    choice("ResourceType", &["instance"]),
    text("InstanceType", 64),
    number("Amount", 1, 1000),
    choice("SystemDisk.Category", DISKS),
    number("SystemDisk.Size", 20, 2048),
    text("SystemDisk.PerformanceLevel", 8),
    text("ImageId", 128),
    choice("SpotStrategy", &["NoSpot", "SpotWithPriceLimit", "SpotAsPriceGo"]),
    number("SpotDuration", 0, 6),
    text("ZoneId", 64),
    choice("PriceUnit", &["Hour", "Week", "Month", "Year"]),
    number("Period", 1, 60),
    choice("IoOptimized", &["optimized", "none"]),
    choice("InstanceNetworkType", &["vpc", "classic"]),
    number("InternetMaxBandwidthOut", 0, 100),
];
pub(super) const SPOT_HISTORY: &[Parameter] = &[
    text("InstanceType", 64),
    choice("NetworkType", &["vpc", "classic"]),
    text("ZoneId", 64),
    choice("IoOptimized", &["optimized", "none"]),
    choice("OSType", &["linux", "windows"]),
    number("SpotDuration", 0, 6),
    time("StartTime"),
    time("EndTime"),
    number("Offset", 0, 1_000_000),
];
pub(super) const ACCOUNT: &[Parameter] = &[list("AttributeName.N", 20), text("ZoneId", 64)];

/// What an hour of a GiB of disk costs, in CNY.
const DISK_HOUR: f64 = 0.000_5;
const PRICES_A_PAGE: usize = 100;

/// What each zone has of the type, or of all.
pub(super) fn resource(call: &Call<'_>, state: &mut State) -> Answer {
    let region = region(call)?;
    let destination = need(call, "DestinationResource")?;
    let wanted = call.get("InstanceType");
    if wanted.is_some_and(|wanted| catalogue::instance_type(wanted).is_none()) {
        return Err(refusals::TYPE_NOT_SUPPORTED);
    }
    let zones = region.zones.iter().filter(|zone| call.get("ZoneId").is_none_or(|id| id == zone.id));
    let row = |zone: &'static Zone| {
        let of = |kind: &'static InstanceType| offer(kind.id, stock(call, state, (zone, kind)));
        let kinds = catalogue::TYPES.iter().filter(|kind| wanted.is_none_or(|wanted| wanted == kind.id));
        let left = kinds.clone().map(|kind| stock(call, state, (zone, kind))).max().unwrap_or(0);
        let offers: Vec<Value> = match destination {
            "InstanceType" => kinds.map(of).collect(),
            "SystemDisk" | "DataDisk" => ["cloud_efficiency", "cloud_ssd"]
                .iter()
                .map(|disk| json!({"Value": disk, "Status": "Available", "StatusCategory": "WithStock", "Min": 40, "Max": 2048, "Unit": "GiB"}))
                .collect(),
            "Network" => vec![offer("vpc", left)],
            "IoOptimized" => vec![offer("optimized", left)],
            _ => vec![],
        };
        let (status, category) = words(left);
        json!({
            "RegionId": region.id,
            "ZoneId": zone.id,
            "Status": status,
            "StatusCategory": category,
            "AvailableResources": {"AvailableResource": [
                {"Type": destination, "SupportedResources": {"SupportedResource": offers}},
            ]},
        })
    };
    Ok(json!({"AvailableZones": {"AvailableZone": zones.map(row).collect::<Vec<_>>()}}))
}

fn offer(value: &str, left: usize) -> Value {
    let (status, category) = words(left);
    json!({"Value": value, "Status": status, "StatusCategory": category})
}

/// `ClosedWithStock` is little.
fn words(left: usize) -> (&'static str, &'static str) {
    match left {
        0 => ("SoldOut", "WithoutStock"),
        1..20 => ("Available", "ClosedWithStock"),
        _ => ("Available", "WithStock"),
    }
}

/// The price of so many for an hour, or for a longer unit.
pub(super) fn price(call: &Call<'_>, _: &mut State) -> Answer {
    region(call)?;
    let kind = need(call, "InstanceType")?;
    let kind = catalogue::instance_type(kind).ok_or(refusals::TYPE_NOT_SUPPORTED)?;
    let spot = call.get("SpotStrategy").is_some_and(|strategy| strategy != "NoSpot");
    let whole = f64::from(kind.millis_per_hour) / 1000.0;
    let hours = match call.get("PriceUnit") {
        Some("Week") => 7.0 * 24.0,
        Some("Month") => 30.0 * 24.0,
        Some("Year") => 365.0 * 24.0,
        _ => 1.0,
    };
    let of = |name: &str| call.get(name).and_then(|text| text.parse::<f64>().ok());
    let times = hours * of("Period").unwrap_or(1.0) * of("Amount").unwrap_or(1.0);
    let instance = (whole * times, if spot { money::spot_price(kind) } else { whole } * times);
    let disk = call.get("ImageId").map(|_| of("SystemDisk.Size").unwrap_or(40.0) * DISK_HOUR * times);
    let detail = |name: &str, (original, trade): (f64, f64)| json!({"Resource": name, "OriginalPrice": round(original), "DiscountPrice": round(original - trade), "TradePrice": round(trade)});
    let mut details = vec![detail("instanceType", instance)];
    details.extend(disk.map(|disk| detail("systemDisk", (disk, disk))));
    let disk = disk.unwrap_or(0.0);
    let (original, trade) = (instance.0 + disk, instance.1 + disk);
    Ok(json!({"PriceInfo": {
        "Price": {
            "OriginalPrice": round(original),
            "DiscountPrice": round(original - trade),
            "TradePrice": round(trade),
            "Currency": "CNY",
            "DetailInfos": {"DetailInfo": details},
        },
        "Rules": {"Rule": []},
    }}))
}

fn round(price: f64) -> f64 {
    (price * 1e4).round() / 1e4
}

/// A price an hour, wavering about the present one by a tenth.
pub(super) fn spot_history(call: &Call<'_>, _: &mut State) -> Answer {
    let region = region(call)?;
    let kind = need(call, "InstanceType")?;
    let kind = catalogue::instance_type(kind).ok_or(refusals::TYPE_NOT_SUPPORTED)?;
    need(call, "NetworkType")?;
    let given = |name: &str| call.get(name).and_then(|text| text.parse::<Timestamp>().ok());
    let end = given("EndTime").unwrap_or(call.now).min(call.now);
    let start = given("StartTime").unwrap_or(end - SignedDuration::from_hours(3));
    if start > end || end.duration_since(start) > SignedDuration::from_hours(30 * 24) {
        return Err(INVALID_PARAMETER.saying("StartTime and EndTime lie at most 30 days apart."));
    }
    let first = (start.as_second() + 3599).div_euclid(3600);
    let zones = region.zones.iter().filter(|zone| call.get("ZoneId").is_none_or(|id| id == zone.id));
    let hours = first..=end.as_second().div_euclid(3600);
    let all: Vec<Value> = zones
        .flat_map(|zone| hours.clone().map(move |hour| (zone, hour)))
        .filter_map(|(zone, hour)| {
            let waver = 1.0 + 0.1 * ((hour.rem_euclid(7) - 3) as f64) / 3.0;
            let at = Timestamp::from_second(hour * 3600).ok()?;
            Some(json!({
                "ZoneId": zone.id,
                "InstanceType": kind.id,
                "IoOptimized": "optimized",
                "NetworkType": "vpc",
                "OriginPrice": f64::from(kind.millis_per_hour) / 1000.0,
                "SpotPrice": round(money::spot_price(kind) * waver),
                "Timestamp": seconds(at),
            }))
        })
        .collect();
    let from = usize::try_from(call.number("Offset").unwrap_or(0)).unwrap_or(0);
    let page: Vec<&Value> = all.iter().skip(from).take(PRICES_A_PAGE).collect();
    let next = if from + page.len() < all.len() { from + page.len() } else { 0 };
    Ok(json!({"Currency": "CNY", "NextOffset": next, "SpotPrices": {"SpotPriceType": page}}))
}

/// Quotas and what is used of them.
pub(super) fn account(call: &Call<'_>, state: &mut State) -> Answer {
    let region = region(call)?;
    let quota = if call.cloud.faults.no_quota() { 0 } else { catalogue::VCPU_QUOTA };
    let ours = state
        .ecs
        .instances
        .iter()
        .filter(|instance| !instance.fixed && instance.wanted.region.id == region.id);
    let (spot, postpaid): (Vec<_>, Vec<_>) = ours
        .filter(|instance| !instance.wanted.charge.is_prepaid())
        .partition(|instance| instance.wanted.charge.is_spot());
    let vcpus = |of: &[&super::Instance]| {
        of.iter().map(|instance| instance.wanted.kind.vcpus).sum::<u32>().to_string()
    };
    let types: Vec<String> = catalogue::TYPES.iter().map(|kind| kind.id.to_owned()).collect();
    let all = [
        ("max-postpaid-instance-vcpu-count", vec![quota.to_string()]),
        ("used-postpaid-instance-vcpu-count", vec![vcpus(&postpaid)]),
        ("max-spot-instance-vcpu-count", vec![quota.to_string()]),
        ("used-spot-instance-vcpu-count", vec![vcpus(&spot)]),
        ("supported-postpaid-instance-types", types),
        ("max-axt-command-count", vec!["500".to_owned()]),
        ("max-axt-invocation-daily", vec!["5000".to_owned()]),
        ("real-name-authentication", vec!["yes".to_owned()]),
    ];
    let wanted = call.list("AttributeName");
    let item = |(name, values): &(&str, Vec<String>)| {
        let values: Vec<Value> = values.iter().map(|value| json!({"Value": value})).collect();
        json!({"AttributeName": name, "AttributeValues": {"ValueItem": values}})
    };
    let items = all.iter().filter(|(name, _)| wanted.is_empty() || wanted.contains(name));
    Ok(json!({"AccountAttributeItems": {"AccountAttributeItem": items.map(item).collect::<Vec<_>>()}}))
}

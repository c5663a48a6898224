//! `DescribeInstances`, with its filters, and `DescribeInstanceStatus`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::instance::{Instance, Status};
use super::page::{Limits, Row, listed};
use super::{dry_run, fields, permission, refusals, region, tags};
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::{Answer, Call};
use crate::sandbox::rpc::parameters::{INVALID_PARAMETER, Parameter, choice, flag, list, number, text};
use crate::sandbox::rpc::refusal::{Refusal, gateway};

pub(super) const INSTANCES: &[Parameter] = &[
    text("InstanceIds", 8192),
    list("Tag.N.Key", 20),
    list("Tag.N.Value", 20),
    text("Status", 16),
    text("InstanceName", 128),
    text("InstanceType", 64),
    text("InstanceTypeFamily", 64),
    choice("InstanceChargeType", &["PostPaid", "PrePaid"]),
    choice("InstanceNetworkType", &["classic", "vpc"]),
    choice("InternetChargeType", &["PayByTraffic", "PayByBandwidth"]),
    text("ZoneId", 64),
    text("VpcId", 64),
    text("VSwitchId", 64),
    text("SecurityGroupId", 64),
    text("ImageId", 128),
    text("KeyPairName", 128),
    text("LockReason", 64),
    text("PrivateIpAddresses", 2048),
    text("PublicIpAddresses", 2048),
    text("ResourceGroupId", 64),
    list("Filter.N.Key", 4),
    list("Filter.N.Value", 4),
    list("AdditionalAttributes.N", 20),
    flag("DryRun"),
    number("PageNumber", 1, 1_000_000),
    number("PageSize", 1, 100),
    number("MaxResults", 0, 1_000_000),
    text("NextToken", 200),
];
pub(super) const STATUSES: &[Parameter] = &[
    list("InstanceId.N", 100),
    text("ZoneId", 64),
    text("ClusterId", 64),
    number("PageNumber", 1, 1_000_000),
    number("PageSize", 1, 50),
];

/// The instances that fit the filters. Who may not see any sees none; only a dry run tells the difference.
pub(super) fn instances(call: &Call<'_>, state: &mut State) -> Answer {
    let filters = Filters::read(call)?;
    let may = permission::may(call, state, "DescribeInstances");
    if !may && call.flag("DryRun").unwrap_or_default() {
        return Err(gateway::FORBIDDEN);
    }
    dry_run(call, refusals::DRY_RUN)?;
    let fit = state.ecs.instances.iter().filter(|instance| may && filters.fit(call, instance));
    let rows: Vec<Row> = fit.map(|instance| (instance.serial, fields::of(instance, call.now))).collect();
    listed(call, Limits { least: 10, most: 100 }, rows, ("Instances", "Instance"))
}

/// The states alone.
pub(super) fn statuses(call: &Call<'_>, state: &mut State) -> Answer {
    let region = region(call)?;
    let (ids, zone) = (call.list("InstanceId"), call.get("ZoneId"));
    let fit = |instance: &&Instance| {
        instance.is_visible(call.now)
            && instance.wanted.region.id == region.id
            && (ids.is_empty() || ids.contains(&instance.id.as_str()))
            && zone.is_none_or(|zone| zone == instance.wanted.zone.id)
    };
    let row = |instance: &Instance| json!({"InstanceId": instance.id, "Status": instance.status.name()});
    let fit = state.ecs.instances.iter().filter(fit);
    let rows: Vec<Row> = fit.map(|instance| (instance.serial, row(instance))).collect();
    listed(call, Limits { least: 1, most: 50 }, rows, ("InstanceStatuses", "InstanceStatus"))
}

/// What an instance has to be, to be listed.
struct Filters<'a> {
    region: &'static str,
    ids: Option<Vec<String>>,
    tags: Vec<tags::Filter>,
    created_from: Option<Timestamp>,
    expires: (Option<Timestamp>, Option<Timestamp>),
    /// Parameters whose value a field has to be.
    equal: Vec<(&'a str, &'a str)>,
}

/// The filters by a field that must be the same.
const EQUAL: [&str; 12] = [
    "Status",
    "InstanceType",
    "InstanceTypeFamily",
    "InstanceChargeType",
    "InstanceNetworkType",
    "ZoneId",
    "VpcId",
    "VSwitchId",
    "SecurityGroupId",
    "ImageId",
    "KeyPairName",
    "LockReason",
];

impl<'a> Filters<'a> {
    fn read(call: &Call<'a>) -> Result<Self, Refusal> {
        let given = |name: &'static str| Some((name, call.get(name)?));
        let known = |text: &str| Status::ALL.iter().any(|status| status.name() == text);
        if call.get("Status").is_some_and(|text| !known(text)) {
            return Err(refusals::STATUS_NOT_FOUND);
        }
        let mut filters = Self {
            region: region(call)?.id,
            ids: ids(call)?,
            tags: tags::filters(call),
            created_from: None,
            expires: (None, None),
            equal: EQUAL.into_iter().filter_map(given).collect(),
        };
        for n in 1..=4 {
            let key = call.get(&format!("Filter.{n}.Key"));
            let value = call.get(&format!("Filter.{n}.Value")).unwrap_or_default();
            match key {
                None => {}
                Some("CreationStartTime") => filters.created_from = Some(minute(value)?),
                Some("ExpiredStartTime") => filters.expires.0 = Some(minute(value)?),
                Some("ExpiredEndTime") => filters.expires.1 = Some(minute(value)?),
                Some(_) => return Err(refusals::FILTER_NOT_FOUND),
            }
        }
        Ok(filters)
    }

    fn fit(&self, call: &Call<'_>, instance: &Instance) -> bool {
        let wanted = &instance.wanted;
        instance.is_visible(call.now)
            && wanted.region.id == self.region
            && self.ids.as_ref().is_none_or(|ids| ids.contains(&instance.id))
            && tags::fit(instance, &self.tags)
            && call.get("InstanceName").is_none_or(|pattern| named(pattern, &wanted.name))
            && self.created_from.is_none_or(|from| instance.created >= from)
            && self.expires_within(instance)
            && self.equal.iter().all(|(name, value)| is(instance, name, value))
    }

    fn expires_within(&self, instance: &Instance) -> bool {
        if self.expires == (None, None) {
            return true;
        }
        let super::instance::Charge::PrePaid { expires, .. } = &instance.wanted.charge else { return false };
        self.expires.0.is_none_or(|from| *expires >= from) && self.expires.1.is_none_or(|to| *expires <= to)
    }
}

fn is(instance: &Instance, name: &str, value: &str) -> bool {
    let wanted = &instance.wanted;
    match name {
        "Status" => instance.status.name() == value,
        "InstanceType" => wanted.kind.id == value,
        "InstanceTypeFamily" => wanted.kind.family_name() == value,
        "InstanceChargeType" => wanted.charge.is_prepaid() == (value == "PrePaid"),
        "InstanceNetworkType" => value == "vpc",
        "ZoneId" => wanted.zone.id == value,
        "VpcId" => wanted.region.vpc == value,
        "VSwitchId" => wanted.zone.vswitch == value,
        "SecurityGroupId" => wanted.security_groups.iter().any(|group| group == value),
        "ImageId" => wanted.image == value,
        "KeyPairName" => wanted.key_pair == value,
        "LockReason" => instance.recycled.is_some() && value.eq_ignore_ascii_case("recycling"),
        _ => false,
    }
}

/// A name with `*` for any text.
fn named(pattern: &str, name: &str) -> bool {
    crate::sandbox::rpc::pattern::matches(pattern, name)
}

/// `InstanceIds`, a JSON list of at most 100.
fn ids(call: &Call<'_>) -> Result<Option<Vec<String>>, Refusal> {
    let Some(text) = call.get("InstanceIds") else { return Ok(None) };
    let value: Value = serde_json::from_str(text).map_err(|_| refusals::INSTANCE_IDS)?;
    let list = value.as_array().filter(|list| list.len() <= 100).ok_or(refusals::INSTANCE_IDS)?;
    let texts: Option<Vec<String>> = list.iter().map(|id| id.as_str().map(str::to_owned)).collect();
    texts.map(Some).ok_or(refusals::INSTANCE_IDS)
}

/// `2017-12-10T04:04Z`, also with seconds.
fn minute(text: &str) -> Result<Timestamp, Refusal> {
    let whole =
        if text.len() == "2017-12-10T04:04Z".len() { text.replace('Z', ":00Z") } else { text.to_owned() };
    let wrong = || INVALID_PARAMETER.saying(format!("The time \"{text}\" is not as in 2017-12-10T04:04Z."));
    whole.parse().map_err(|_| wrong())
}

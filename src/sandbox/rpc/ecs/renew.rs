//! The renewal of prepaid instances.

use serde_json::{Value, json};

use super::instance::{Charge, Instance};
use super::page::{Limits, Row, listed};
use super::{need, refusals, region, release, tokens};
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::{Answer, Call};
use crate::sandbox::rpc::parameters::{Parameter, choice, flag, number, text};
use crate::sandbox::rpc::refusal::Refusal;

const STATUSES: &[&str] = &["AutoRenewal", "Normal", "NotRenewal"];
const UNITS: &[&str] = &["Week", "Month", "Year"];

pub(super) const SHOW: &[Parameter] = &[
    text("InstanceId", 3000),
    choice("RenewalStatus", STATUSES),
    number("PageNumber", 1, 1_000_000),
    number("PageSize", 1, 100),
];
pub(super) const SET: &[Parameter] = &[
    text("InstanceId", 3000),
    flag("AutoRenew"),
    choice("RenewalStatus", STATUSES),
    choice("Duration", &["1", "2", "3", "4", "5", "6", "12", "24", "36", "48", "60"]),
    choice("PeriodUnit", UNITS),
];
pub(super) const RENEW: &[Parameter] = &[
    text("InstanceId", 64),
    number("Period", 1, 60),
    choice("PeriodUnit", UNITS),
    number("ExpectedRenewDay", 1, 28),
    text("ClientToken", 1024),
];

/// The ids in one text, with commas.
fn ids<'a>(call: &Call<'a>) -> Vec<&'a str> {
    call.get("InstanceId").map(|text| text.split(',').map(str::trim).collect()).unwrap_or_default()
}

/// The renewal of prepaid instances; the others are not listed.
pub(super) fn show(call: &Call<'_>, state: &mut State) -> Answer {
    let region = region(call)?;
    let (ids, status) = (ids(call), call.get("RenewalStatus"));
    if ids.is_empty() && status.is_none() {
        return Err(super::missing("InstanceId"));
    }
    let fit = |instance: &&Instance| {
        instance.wanted.region.id == region.id
            && instance.is_visible(call.now)
            && (ids.is_empty() || ids.contains(&instance.id.as_str()))
    };
    let row = |instance: &Instance| -> Option<Row> {
        let Charge::PrePaid { renewal, .. } = &instance.wanted.charge else { return None };
        let fields: Value = json!({
            "InstanceId": instance.id,
            "AutoRenewEnabled": renewal.status == "AutoRenewal",
            "Duration": renewal.duration,
            "PeriodUnit": renewal.unit,
            "RenewalStatus": renewal.status,
        });
        status.is_none_or(|status| status == renewal.status).then_some((instance.serial, fields))
    };
    let rows = state.ecs.instances.iter().filter(fit).filter_map(row).collect();
    listed(call, Limits { least: 1, most: 100 }, rows, ("InstanceRenewAttributes", "InstanceRenewAttribute"))
}

/// Sets it; `RenewalStatus` counts before `AutoRenew`.
pub(super) fn set(call: &Call<'_>, state: &mut State) -> Answer {
    need(call, "InstanceId")?;
    let by_flag = if call.flag("AutoRenew").unwrap_or_default() { "AutoRenewal" } else { "Normal" };
    let named = STATUSES.iter().find(|known| call.get("RenewalStatus") == Some(known));
    let status = named.copied().unwrap_or(by_flag);
    for id in ids(call) {
        prepaid(state.ecs.need(id, call.now)?)?;
    }
    for id in ids(call) {
        let (_, renewal) = prepaid(state.ecs.need(id, call.now)?)?;
        renewal.status = status;
        let duration = call.number("Duration").unwrap_or(1);
        renewal.duration = if status == "AutoRenewal" { duration } else { 0 };
        renewal.unit = call.get("PeriodUnit").unwrap_or("Month").to_owned();
    }
    Ok(json!({}))
}

/// Moves the end.
pub(super) fn renew(call: &Call<'_>, state: &mut State) -> Answer {
    tokens::once("RenewInstance", call, state, |state| {
        let period = call.number("Period").ok_or_else(|| super::missing("Period"))?;
        let (expires, _) = prepaid(state.ecs.need(need(call, "InstanceId")?, call.now)?)?;
        *expires = release::later(*expires, period, call.get("PeriodUnit").unwrap_or("Month"));
        Ok(json!({"OrderId": format!("{}", 200_000_000_000_000 + call.now.as_second())}))
    })
}

/// The end and the renewal of an instance that has them.
fn prepaid(
    instance: &mut Instance,
) -> Result<(&mut jiff::Timestamp, &mut super::instance::Renewal), Refusal> {
    match &mut instance.wanted.charge {
        Charge::PrePaid { expires, renewal } => Ok((expires, renewal)),
        Charge::PostPaid | Charge::Spot { .. } => Err(refusals::CHARGE_TYPE),
    }
}

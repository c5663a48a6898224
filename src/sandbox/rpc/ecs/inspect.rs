//! What can be asked of one instance, and the small things that can be given to it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::page::{Limits, Row, listed};
use super::{Instance, catalogue, names, need, refusals, region, seconds};
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::{Answer, Call};
use crate::sandbox::rpc::parameters::{Parameter, flag, list, number, text};

pub(super) const EVENTS: &[Parameter] = &[
    text("InstanceId", 64),
    list("InstanceEventType.N", 30),
    list("InstanceEventCycleStatus.N", 30),
    list("EventId.N", 100),
    text("EventPublishTime.Start", 32),
    text("EventPublishTime.End", 32),
    text("NotBefore.Start", 32),
    text("NotBefore.End", 32),
    text("ResourceType", 32),
    number("PageNumber", 1, 1_000_000),
    number("PageSize", 1, 100),
    number("MaxResults", 1, 1000),
    text("NextToken", 200),
];
pub(super) const CONSOLE: &[Parameter] = &[text("InstanceId", 64), flag("RemoveSymbols"), flag("DryRun")];
pub(super) const USER_DATA: &[Parameter] = &[text("InstanceId", 64)];
pub(super) const ATTACH_ROLE: &[Parameter] = &[text("InstanceIds", 8192), text("RamRoleName", 64)];
pub(super) const PUBLIC_IP: &[Parameter] =
    &[text("InstanceId", 64), text("IpAddress", 15), text("VlanId", 32)];

/// Something that happened to an instance by itself; it is remembered after the instance.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) instance: String,
    pub(super) region: &'static str,
    pub(super) code: &'static str,
    pub(super) reason: &'static str,
    pub(super) time: Timestamp,
}

pub(super) fn events(call: &Call<'_>, state: &mut State) -> Answer {
    let region = region(call)?;
    let (types, cycles) = (call.list("InstanceEventType"), call.list("InstanceEventCycleStatus"));
    let fits = |event: &Event| {
        event.region == region.id
            && call.get("InstanceId").is_none_or(|id| id == event.instance)
            && (types.is_empty() || types.contains(&event.code))
            && (cycles.is_empty() || cycles.contains(&"Executed"))
    };
    let row = |(n, event): (u64, &Event)| -> Option<Row> {
        let fields = json!({
            "InstanceId": event.instance,
            "EventId": format!("e-bp1{n:016}"),
            "EventType": {"Code": code_number(event.code), "Name": event.code},
            "EventCycleStatus": {"Code": 28, "Name": "Executed"},
            "EventPublishTime": seconds(event.time),
            "NotBefore": seconds(event.time),
            "EventFinishTime": seconds(event.time),
            "Reason": event.reason,
            "ImpactLevel": "100",
            "ResourceType": "instance",
        });
        fits(event).then_some((n, fields))
    };
    let rows = (1..).zip(&state.ecs.events).filter_map(row).collect();
    listed(call, Limits { least: 1, most: 100 }, rows, ("InstanceSystemEventSet", "InstanceSystemEventType"))
}

fn code_number(name: &str) -> u32 {
    match name {
        "SystemFailure.Delete" => 23,
        "SystemFailure.Reboot" => 2,
        _ => 0,
    }
}

/// What the system said while it came up.
pub(super) fn console(call: &Call<'_>, state: &mut State) -> Answer {
    let instance = state.ecs.need(need(call, "InstanceId")?, call.now)?;
    let started = instance.started.map_or_else(String::new, seconds);
    let assistant = match (instance.agent.is_missing, instance.agent.is_up(call.now)) {
        (true, _) => "aliyun.service: Failed to start Aliyun Assist\n",
        (false, true) => "Started Aliyun Assist\n",
        (false, false) => "",
    };
    let text = if instance.started.is_none() {
        String::new()
    } else {
        format!(
            "[    0.000000] Linux version 3.10.0-693.el7.x86_64\n[    3.214159] xdma: loading out-of-tree module\n\
             {} login: started {started}\n{assistant}",
            instance.wanted.host_name
        )
    };
    Ok(json!({
        "InstanceId": instance.id,
        "ConsoleOutput": STANDARD.encode(text),
        "LastUpdateTime": seconds(call.now),
    }))
}

pub(super) fn user_data(call: &Call<'_>, state: &mut State) -> Answer {
    let instance = state.ecs.need(need(call, "InstanceId")?, call.now)?;
    Ok(json!({
        "InstanceId": instance.id,
        "RegionId": instance.wanted.region.id,
        "UserData": instance.wanted.user_data,
    }))
}

/// Gives a role to each; some may fail in an answer that is a success.
pub(super) fn attach_role(call: &Call<'_>, state: &mut State) -> Answer {
    region(call)?;
    let ids: Vec<String> =
        serde_json::from_str(need(call, "InstanceIds")?).map_err(|_| refusals::INSTANCE_IDS)?;
    let role = need(call, "RamRoleName")?;
    if role != catalogue::ROLE {
        return Err(refusals::ROLE_NOT_FOUND);
    }
    let mut failed = 0;
    let mut rows: Vec<Value> = Vec::new();
    for id in &ids {
        let outcome =
            state.ecs.need(id, call.now).map(|instance| instance.wanted.role = Some(role.to_owned()));
        failed += usize::from(outcome.is_err());
        let (code, message) = match &outcome {
            Ok(()) => ("200", "success"),
            Err(refusal) => (refusal.code.as_ref(), refusal.message.as_ref()),
        };
        rows.push(json!({"InstanceId": id, "Code": code, "Message": message, "Success": outcome.is_ok()}));
    }
    Ok(json!({
        "TotalCount": ids.len(),
        "FailCount": failed,
        "RamRoleName": role,
        "AttachInstanceRamRoleResults": {"AttachInstanceRamRoleResult": rows},
    }))
}

/// Gives it a public address, once.
pub(super) fn public_ip(call: &Call<'_>, state: &mut State) -> Answer {
    let instance: &mut Instance = state.ecs.need(need(call, "InstanceId")?, call.now)?;
    if instance.wanted.bandwidth == 0 {
        return Err(refusals::NO_BANDWIDTH);
    }
    if instance.public_ip.is_some() {
        return Err(refusals::IP_ALLOCATED);
    }
    let address = names::public_ip(instance.serial);
    instance.public_ip = Some(address.clone());
    Ok(json!({"IpAddress": address}))
}

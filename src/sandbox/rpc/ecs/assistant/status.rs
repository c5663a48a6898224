//! Whether the assistants are there: `DescribeCloudAssistantStatus` and `InstallCloudAssistant`.

use serde_json::{Value, json};

use super::super::page::{Limits, Row, listed};
use super::super::{Instance, missing, refusals, region, seconds};
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::{Answer, Call};
use crate::sandbox::rpc::parameters::{Parameter, choice, list, number, text};

pub(in crate::sandbox::rpc::ecs) const STATUS: &[Parameter] = &[
    list("InstanceId.N", 100).refused(|| refusals::TOO_MANY_INSTANCES),
    choice("OSType", &["Linux", "Windows", "FreeBSD", "linux", "windows"]),
    number("PageNumber", 1, 1_000_000),
    number("PageSize", 1, 50),
    number("MaxResults", 1, 50),
    text("NextToken", 200),
];
pub(in crate::sandbox::rpc::ecs) const INSTALL: &[Parameter] =
    &[list("InstanceId.N", 50).refused(|| refusals::TOO_MANY_INSTANCES)];

/// A row for each; those that are named come all at once.
pub(in crate::sandbox::rpc::ecs) fn status(call: &Call<'_>, state: &mut State) -> Answer {
    let region = region(call)?;
    let ids = call.list("InstanceId");
    let fit = |instance: &&Instance| {
        instance.is_visible(call.now)
            && instance.wanted.region.id == region.id
            && (ids.is_empty() || ids.contains(&instance.id.as_str()))
    };
    let fit = state.ecs.instances.iter().filter(fit);
    let rows: Vec<Row> = fit.map(|instance| (instance.serial, fields(call, instance))).collect();
    let names = ("InstanceCloudAssistantStatusSet", "InstanceCloudAssistantStatus");
    if ids.is_empty() {
        return listed(call, Limits { least: 1, most: 50 }, rows, names);
    }
    let count = rows.len();
    let rows: Vec<Value> = rows.into_iter().map(|(_, row)| row).collect();
    Ok(
        json!({"TotalCount": count, "PageNumber": 1, "PageSize": count, "NextToken": "", names.0: {names.1: rows}}),
    )
}

fn fields(call: &Call<'_>, instance: &Instance) -> Value {
    let (agent, speed) = (&instance.agent, call.cloud.options.speed);
    let heard = agent.last_heard(call.now, speed);
    json!({
        "InstanceId": instance.id,
        "CloudAssistantStatus": agent.is_online(call.now, speed).to_string(),
        "CloudAssistantVersion": if heard.is_some() { agent.version() } else { "" },
        "LastHeartbeatTime": heard.map_or_else(String::new, seconds),
        "LastInvokedTime": agent.last_invoked.map_or_else(String::new, seconds),
        "InvocationCount": agent.invocations,
        "ActiveTaskCount": agent.active,
        "OSType": "Linux",
        "SupportSessionManager": true,
    })
}

/// It will be there after the next boot.
pub(in crate::sandbox::rpc::ecs) fn install(call: &Call<'_>, state: &mut State) -> Answer {
    region(call)?;
    let ids = call.list("InstanceId");
    if ids.is_empty() {
        return Err(missing("InstanceId"));
    }
    for id in ids {
        state.ecs.need(id, call.now)?.agent.install_at_boot = true;
    }
    Ok(json!({}))
}

//! Whether the caller may do that with those instances.

use super::{refusals, tags};
use crate::sandbox::identity::{ACCOUNT, role_arn};
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::Call;
use crate::sandbox::rpc::ram::allowed_with;
use crate::sandbox::rpc::refusal::{Refusal, gateway};

/// Refuses a caller who may not do it with each instance that the call names, or with what it makes.
///
/// `DescribeInstances` is never refused: who may not see instances sees none.
pub(in crate::sandbox::rpc) fn permit(call: &Call<'_>, state: &State, action: &str) -> Result<(), Refusal> {
    if action == "DescribeInstances" {
        return Ok(());
    }
    let makes = ["RunInstances", "CreateInstance"].contains(&action);
    let gives_role = makes || action == "AttachInstanceRamRole";
    let role = call.get("RamRoleName").filter(|_| gives_role);
    let may_pass =
        |role: &str| allowed_with(&call.caller, &state.ram, ("ram:PassRole", &role_arn(role)), None);
    if role.is_some_and(|role| !may_pass(role)) {
        return Err(refusals::PASS_ROLE);
    }
    let may_all = if makes {
        let resource = resource(call, "instance/*");
        let tags = tags::filters(call).into_iter().map(|(key, value)| (key, value.unwrap_or_default()));
        allowed_with(
            &call.caller,
            &state.ram,
            (&format!("ecs:{action}"), &resource),
            Some(&tags.collect::<Vec<_>>()),
        )
    } else {
        may(call, state, action)
    };
    if may_all { Ok(()) } else { Err(gateway::FORBIDDEN) }
}

/// Whether the caller may do it with each instance that is named, or without naming any.
pub(super) fn may(call: &Call<'_>, state: &State, action: &str) -> bool {
    let action = format!("ecs:{action}");
    let ids = named(call, state);
    // What only looks asks for no tags of what it looks at: lists are the same for all.
    let looks = ["ecs:Describe", "ecs:List"].iter().any(|prefix| action.starts_with(prefix));
    if ids.is_empty() || looks {
        return allowed_with(&call.caller, &state.ram, (&action, &resource(call, "*")), Some(&[]));
    }
    ids.iter().all(|id| {
        let instance = state.ecs.instances.iter().find(|instance| instance.id == *id);
        let tags = instance.map(|instance| instance.wanted.tags.as_slice()).unwrap_or_default();
        let resource = resource(call, &format!("instance/{id}"));
        allowed_with(&call.caller, &state.ram, (&action, &resource), Some(tags))
    })
}

/// `acs:ecs:cn-hangzhou:1234567890123456:instance/i-…`
fn resource(call: &Call<'_>, path: &str) -> String {
    format!("acs:ecs:{}:{ACCOUNT}:{path}", call.get("RegionId").unwrap_or("*"))
}

/// The instances that a call names, in whatever form; of a run, those that it runs on.
fn named(call: &Call<'_>, state: &State) -> Vec<String> {
    let mut ids: Vec<String> = ["InstanceId", "ResourceId"]
        .iter()
        .flat_map(|name| call.list(name))
        .chain(call.get("InstanceId").into_iter().flat_map(|text| text.split(',')))
        .map(|id| id.trim().to_owned())
        .collect();
    if let Some(text) = call.get("InstanceIds") {
        ids.extend(serde_json::from_str::<Vec<String>>(text).unwrap_or_default());
    }
    if let Some(run) = call.get("InvokeId").filter(|_| ids.is_empty()) {
        ids.extend(state.ecs.assistant.instances_of(run));
    }
    ids
}

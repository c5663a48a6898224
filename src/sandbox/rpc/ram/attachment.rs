//! What is attached to what.

use serde_json::{Value, json};

use super::{date, refusals};
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::{Answer, Call};

pub(super) fn attach(call: &Call<'_>, state: &mut State) -> Answer {
    call.need("PolicyType")?;
    let (key, _) = state.ram.need_policy(call)?;
    let role = state.ram.need_role(call)?;
    if role.attached.contains_key(&key) {
        return Err(refusals::ALREADY_ATTACHED);
    }
    role.attached.insert(key, call.now);
    Ok(json!({}))
}

pub(super) fn detach(call: &Call<'_>, state: &mut State) -> Answer {
    call.need("PolicyType")?;
    let (key, _) = state.ram.need_policy(call)?;
    let role = state.ram.need_role(call)?;
    role.attached.remove(&key).ok_or(refusals::NOT_ATTACHED)?;
    Ok(json!({}))
}

/// The policies of a role.
pub(super) fn of_role(call: &Call<'_>, state: &mut State) -> Answer {
    let attached = state.ram.need_role(call)?.attached.clone();
    let fields = attached.iter().filter_map(|(key, since)| {
        let fields = state.ram.policies.get(key)?.fields(key);
        Some(with(fields, "AttachDate", &date(*since)))
    });
    Ok(json!({"Policies": {"Policy": fields.collect::<Vec<_>>()}}))
}

/// The roles that have a policy; there are no groups here, and users have no policies.
pub(super) fn of_policy(call: &Call<'_>, state: &mut State) -> Answer {
    call.need("PolicyType")?;
    let (key, _) = state.ram.need_policy(call)?;
    let roles = state.ram.roles.values().filter_map(|role| {
        let since = role.attached.get(&key)?;
        Some(with(role.fields(), "AttachDate", &date(*since)))
    });
    Ok(json!({
        "Users": {"User": []},
        "Groups": {"Group": []},
        "Roles": {"Role": roles.collect::<Vec<_>>()},
    }))
}

fn with(mut fields: Value, name: &str, value: &str) -> Value {
    if let Value::Object(fields) = &mut fields {
        fields.insert(name.to_owned(), json!(value));
    }
    fields
}

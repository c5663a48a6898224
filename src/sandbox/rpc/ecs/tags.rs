//! Tags: those in a call, and `TagResources`, `UntagResources`, `ListTagResources`.

use serde_json::json;

use super::page::{Limits, listed};
use super::{instance::Instance, refusals};
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::{Answer, Call, Question};
use crate::sandbox::rpc::parameters::{Parameter, choice, flag, list, number, text};
use crate::sandbox::rpc::refusal::Refusal;

const RESOURCE_TYPES: &[&str] = &[
    "instance",
    "disk",
    "snapshot",
    "image",
    "securitygroup",
    "volume",
    "eni",
    "ddh",
    "keypair",
    "launchtemplate",
    "reservedinstance",
    "snapshotpolicy",
    "elasticityassurance",
    "capacityreservation",
    "command",
    "invocation",
    "activation",
    "managedinstance",
];

pub(super) const TAG: &[Parameter] = &[
    choice("ResourceType", RESOURCE_TYPES),
    list("ResourceId.N", 50).refused(|| refusals::TAG_RESOURCES),
    list("Tag.N.Key", 20).refused(|| refusals::TAG_NUMBER),
    list("Tag.N.Value", 20).refused(|| refusals::TAG_NUMBER),
];
pub(super) const UNTAG: &[Parameter] = &[
    choice("ResourceType", RESOURCE_TYPES),
    list("ResourceId.N", 50).refused(|| refusals::TAG_RESOURCES),
    list("TagKey.N", 20).refused(|| refusals::TAG_NUMBER),
    flag("All"),
];
pub(super) const LIST: &[Parameter] = &[
    choice("ResourceType", RESOURCE_TYPES),
    list("ResourceId.N", 50).refused(|| refusals::TAG_RESOURCES),
    list("Tag.N.Key", 20).refused(|| refusals::TAG_NUMBER),
    list("Tag.N.Value", 20).refused(|| refusals::TAG_NUMBER),
    text("NextToken", 200),
    number("MaxResults", 1, 1000),
];

/// How many tags an instance can have.
const MOST: usize = 20;

/// A tag as a filter names it: without a value, whatever the value.
pub(super) type Filter = (String, Option<String>);

/// The filters `Tag.N.Key` and `Tag.N.Value`.
pub(super) fn filters(call: &Question<'_>) -> Vec<Filter> {
    let keys = (1..=MOST).map_while(|n| Some((n, call.get(&format!("Tag.{n}.Key"))?)));
    keys.map(|(n, key)| (key.to_owned(), call.given(&format!("Tag.{n}.Value")).map(str::to_owned))).collect()
}

/// Whether an instance has all of them.
pub(super) fn fit(instance: &Instance, filters: &[Filter]) -> bool {
    filters.iter().all(|(key, value)| {
        instance.tag(key).is_some_and(|has| value.as_deref().is_none_or(|wanted| wanted == has))
    })
}

/// The tags that a call gives to what it makes.
pub(super) fn given(call: &Question<'_>) -> Result<Vec<(String, String)>, Refusal> {
    let tags: Vec<_> =
        filters(call).into_iter().map(|(key, value)| (key, value.unwrap_or_default())).collect();
    for (at, (key, value)) in tags.iter().enumerate() {
        let reserved = key.starts_with("aliyun")
            || key.starts_with("acs:")
            || key.contains("http://")
            || key.contains("https://");
        if reserved || key.chars().count() > 128 {
            return Err(refusals::TAG_KEY.saying(format!("The specified tag key \"{key}\" is not valid.")));
        }
        if value.chars().count() > 128 || value.contains("http://") || value.contains("https://") {
            return Err(
                refusals::TAG_VALUE.saying(format!("The specified value of the tag \"{key}\" is not valid."))
            );
        }
        if tags[..at].iter().any(|(other, _)| other == key) {
            return Err(refusals::DUPLICATE_TAG);
        }
    }
    Ok(tags)
}

/// The instances that a call about tags names; other resources carry none here.
fn resources(call: &Call<'_>, state: &State) -> Result<Vec<usize>, Refusal> {
    call.need("ResourceType").map_err(|_| super::missing("ResourceType"))?;
    let ids = call.list("ResourceId");
    ids.iter().map(|id| state.ecs.place(id, call.now).ok_or(refusals::NO_SUCH_RESOURCE)).collect()
}

pub(super) fn tag(call: &Call<'_>, state: &mut State) -> Answer {
    let places = resources(call, state)?;
    let tags = given(call)?;
    if places.is_empty() || tags.is_empty() {
        return Err(super::missing(if places.is_empty() { "ResourceId" } else { "Tag" }));
    }
    for place in places {
        let own = &mut state.ecs.instances[place].wanted.tags;
        for (key, value) in &tags {
            own.retain(|(known, _)| known != key);
            own.push((key.clone(), value.clone()));
        }
        if own.len() > MOST {
            return Err(refusals::TAG_QUOTA);
        }
    }
    Ok(json!({}))
}

pub(super) fn untag(call: &Call<'_>, state: &mut State) -> Answer {
    let keys = call.list("TagKey");
    let all = call.flag("All").unwrap_or_default() && keys.is_empty();
    for place in resources(call, state)? {
        let own = &mut state.ecs.instances[place].wanted.tags;
        own.retain(|(key, _)| !all && !keys.contains(&key.as_str()));
    }
    Ok(json!({}))
}

pub(super) fn list_resources(call: &Call<'_>, state: &mut State) -> Answer {
    let kind = call.need("ResourceType").map_err(|_| super::missing("ResourceType"))?;
    let ids = call.list("ResourceId");
    let filters = filters(call);
    let ours = |instance: &&Instance| {
        kind == "instance"
            && instance.is_visible(call.now)
            && (ids.is_empty() || ids.contains(&instance.id.as_str()))
            && fit(instance, &filters)
    };
    let mut rows = Vec::new();
    for instance in state.ecs.instances.iter().filter(ours) {
        for (n, (key, value)) in (0..).zip(&instance.wanted.tags) {
            let row =
                json!({"ResourceId": instance.id, "ResourceType": kind, "TagKey": key, "TagValue": value});
            rows.push((instance.serial * 100 + n, row));
        }
    }
    listed(call, Limits { least: 1, most: 1000 }, rows, ("TagResources", "TagResource"))
}

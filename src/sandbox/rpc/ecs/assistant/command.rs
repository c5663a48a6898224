//! `RunCommand`, `CreateCommand` and `InvokeCommand`.

use serde_json::json;

use super::super::instance::Status;
use super::super::{between, missing, need, refusals, region, tags, tokens};
use super::content::{
    CONTENT, Content, DESCRIPTION, ENABLE_PARAMETER, NAME, TERMINATION, TIMEOUT, TYPE, USERNAME, WORKING_DIR,
    timeout,
};
use super::invocation::{Invocation, Run, What};
use crate::sandbox::identity::ACCOUNT;
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::{Answer, Call};
use crate::sandbox::rpc::parameters::{Parameter, choice, flag, list, text};
use crate::sandbox::rpc::refusal::Refusal;

const REPEAT: Parameter = choice("RepeatMode", &["Once", "DryRun"]);

pub(in crate::sandbox::rpc::ecs) const RUN: &[Parameter] = &[
    TYPE,
    CONTENT,
    text("ContentEncoding", 16),
    list("InstanceId.N", 100).refused(|| refusals::TOO_MANY_INSTANCES),
    list("ResourceTag.N.Key", 10),
    list("ResourceTag.N.Value", 10),
    TIMEOUT,
    WORKING_DIR,
    USERNAME,
    NAME,
    DESCRIPTION,
    flag("KeepCommand"),
    ENABLE_PARAMETER,
    text("Parameters", 16 << 10),
    REPEAT,
    flag("Timed"),
    TERMINATION,
    list("Tag.N.Key", 20),
    list("Tag.N.Value", 20),
    text("ResourceGroupId", 64),
    text("ClientToken", 1024),
];
pub(in crate::sandbox::rpc::ecs) const CREATE: &[Parameter] = &[
    TYPE,
    CONTENT,
    text("ContentEncoding", 16),
    TIMEOUT,
    WORKING_DIR,
    NAME,
    DESCRIPTION,
    ENABLE_PARAMETER,
    list("Tag.N.Key", 20),
    list("Tag.N.Value", 20),
    text("ResourceGroupId", 64),
    text("ClientToken", 1024),
];
pub(in crate::sandbox::rpc::ecs) const INVOKE: &[Parameter] = &[
    text("CommandId", 128),
    list("InstanceId.N", 100).refused(|| refusals::TOO_MANY_INSTANCES),
    list("ResourceTag.N.Key", 10),
    list("ResourceTag.N.Value", 10),
    text("Parameters", 16 << 10),
    TIMEOUT,
    WORKING_DIR,
    USERNAME,
    REPEAT,
    flag("Timed"),
    TERMINATION,
    list("Tag.N.Key", 20),
    list("Tag.N.Value", 20),
    text("ClientToken", 1024),
];

/// Runs a text on all the instances, or on none.
pub(in crate::sandbox::rpc::ecs) fn run(call: &Call<'_>, state: &mut State) -> Answer {
    tokens::once("RunCommand", call, state, |state| {
        let content = Content::read(call, false)?;
        if content.kind != "RunShellScript" {
            return Err(refusals::COMMAND_TYPE);
        }
        let (command, _) = state.ecs.assistant.new_id('c', "hz0");
        if call.flag("KeepCommand").unwrap_or_default() {
            state.ecs.assistant.commands.push((command.clone(), content.clone()));
        }
        let id = submit(call, state, (&command, content))?;
        Ok(json!({"CommandId": command, "InvokeId": id}))
    })
}

/// Keeps a command.
pub(in crate::sandbox::rpc::ecs) fn create(call: &Call<'_>, state: &mut State) -> Answer {
    tokens::once("CreateCommand", call, state, |state| {
        region(call)?;
        need(call, "Name")?;
        let content = Content::read(call, true)?;
        let (id, _) = state.ecs.assistant.new_id('c', "hz0");
        state.ecs.assistant.commands.push((id.clone(), content));
        Ok(json!({"CommandId": id}))
    })
}

/// Runs one that was kept.
pub(in crate::sandbox::rpc::ecs) fn invoke(call: &Call<'_>, state: &mut State) -> Answer {
    tokens::once("InvokeCommand", call, state, |state| {
        let id = need(call, "CommandId")?;
        let found = state.ecs.assistant.commands.iter().find(|(known, _)| known == id);
        let mut content = found.map(|(_, content)| content.clone()).ok_or(refusals::COMMAND_NOT_FOUND)?;
        content.timeout = timeout(call).unwrap_or(content.timeout);
        let given = |name: &str| call.get(name).map(str::to_owned);
        content.folder = given("WorkingDir").or(content.folder);
        content.user = given("Username").or(content.user);
        let invoked = submit(call, state, (id, content))?;
        Ok(json!({"CommandId": id, "InvokeId": invoked}))
    })
}

/// Sends a command on its way to the instances.
fn submit(call: &Call<'_>, state: &mut State, command: (&str, Content)) -> Result<String, Refusal> {
    let (command, content) = command;
    let instances = targets(call, state)?;
    let known =
        [("ACS::RegionId", region(call)?.id), ("ACS::AccountId", ACCOUNT), ("ACS::CommandId", command)];
    let content = content.with_parameters(call, &known)?;
    let tags = tags::given(call)?;
    if call.get("RepeatMode") == Some("DryRun") {
        return Ok(String::new());
    }
    let tree = call.get("TerminationMode") == Some("ProcessTree");
    let what = What::Command { id: command.to_owned(), content, tree };
    Ok(begin(call, state, (what, tags), &instances))
}

/// Begins a run on the instances, and gives its id.
pub(super) fn begin(
    call: &Call<'_>,
    state: &mut State,
    what: (What, Vec<(String, String)>),
    instances: &[String],
) -> String {
    let (what, tags) = what;
    let letter = if matches!(what, What::Command { .. }) { 't' } else { 'f' };
    let (id, serial) = state.ecs.assistant.new_id(letter, "hz0");
    let now = call.now;
    let runs = instances.iter().map(|instance| {
        Run::new(
            instance,
            now,
            now + between(call.cloud, "delivered", &format!("{serial} {instance}"), (0.2, 1.0)),
        )
    });
    let invocation = Invocation {
        serial,
        what,
        tags,
        created: now,
        visible: now + call.cloud.scaled(std::time::Duration::from_secs(1)),
        runs: runs.collect(),
        id: id.clone(),
    };
    state.ecs.assistant.invocations.push(invocation);
    id
}

/// The instances of a call: each has to be there, run, and be online.
pub(super) fn targets(call: &Call<'_>, state: &State) -> Result<Vec<String>, Refusal> {
    let region = region(call)?;
    let by_tag: Vec<(&str, Option<&str>)> = (1..=10)
        .map_while(|n| {
            Some((call.get(&format!("ResourceTag.{n}.Key"))?, call.given(&format!("ResourceTag.{n}.Value"))))
        })
        .collect();
    let named = call.list("InstanceId");
    if named.is_empty() == by_tag.is_empty() {
        return Err(missing("InstanceId"));
    }
    let speed = call.cloud.options.speed;
    if named.is_empty() {
        let fits = |instance: &&super::super::Instance| {
            instance.is_visible(call.now)
                && instance.wanted.region.id == region.id
                && instance.status == Status::Running
                && instance.agent.is_online(call.now, speed)
                && by_tag
                    .iter()
                    .all(|(key, value)| instance.tag(key).is_some_and(|has| value.is_none_or(|v| v == has)))
        };
        let found: Vec<String> =
            state.ecs.instances.iter().filter(fits).map(|instance| instance.id.clone()).collect();
        return if found.is_empty() { Err(refusals::RUN_NOT_FOUND) } else { Ok(found) };
    }
    for (at, id) in named.iter().enumerate() {
        let place = state.ecs.place(id, call.now);
        let instance = place.map(|place| &state.ecs.instances[place]);
        let instance = instance.filter(|instance| instance.wanted.region.id == region.id);
        let instance = instance.ok_or_else(|| {
            refusals::RUN_NOT_FOUND.saying(format!("The specified instance {id} does not exist."))
        })?;
        let ready = instance.status == Status::Running && instance.agent.is_online(call.now, speed);
        if !ready || named[..at].contains(id) {
            let text =
                format!("The specified instance {id} does not meet the conditions for running the command.");
            return Err(refusals::RUN_NOT_MATCH.saying(text));
        }
    }
    Ok(named.into_iter().map(str::to_owned).collect())
}

//! `DescribeInvocations`: each run with its overall status and its part on each instance.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::page::{Limits, Row, listed};
use super::super::tags::{self, Filter};
use super::super::{region, seconds};
use super::content::Content;
use super::invocation::{Invocation, Run, What};
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::{Answer, Call};
use crate::sandbox::rpc::parameters::{Parameter, choice, flag, list, number, text};

pub(in crate::sandbox::rpc::ecs) const INVOCATIONS: &[Parameter] = &[
    text("InvokeId", 64),
    text("CommandId", 64),
    text("CommandName", 128),
    text("CommandType", 32),
    text("InstanceId", 64),
    text("InvokeStatus", 32),
    flag("Timed"),
    text("RepeatMode", 32),
    flag("IncludeOutput"),
    choice("ContentEncoding", &["PlainText", "Base64"]),
    list("Tag.N.Key", 20),
    list("Tag.N.Value", 20),
    text("ResourceGroupId", 64),
    number("PageNumber", 1, 1_000_000),
    number("PageSize", 1, 50),
    number("MaxResults", 1, 50),
    text("NextToken", 200),
];

/// Whether tags fit the filters of a list.
pub(super) fn tagged(tags: &[(String, String)], filters: &[Filter]) -> bool {
    filters.iter().all(|(key, value)| {
        tags.iter().any(|(known, has)| known == key && value.as_deref().is_none_or(|wanted| wanted == has))
    })
}

/// Tags as the lists show them.
pub(super) fn tag_rows(tags: &[(String, String)]) -> Value {
    let rows: Vec<Value> =
        tags.iter().map(|(key, value)| json!({"TagKey": key, "TagValue": value})).collect();
    json!({"Tag": rows})
}

/// Bytes as they are read: in Base64, or as text with what is no UTF-8 replaced.
pub(super) fn encoded(bytes: &[u8], plain: bool) -> String {
    if plain { String::from_utf8_lossy(bytes).into_owned() } else { STANDARD.encode(bytes) }
}

pub(in crate::sandbox::rpc::ecs) fn invocations(call: &Call<'_>, state: &mut State) -> Answer {
    region(call)?;
    let filters = tags::filters(call);
    let row = |invocation: &Invocation| -> Option<Row> {
        let What::Command { id, content, tree } = &invocation.what else { return None };
        let is = |name: &str, value: &str| call.get(name).is_none_or(|wanted| wanted == value);
        let has =
            call.get("InstanceId").is_none_or(|id| invocation.runs.iter().any(|run| run.instance == id));
        let fits = invocation.visible <= call.now
            && is("InvokeId", &invocation.id)
            && is("CommandId", id)
            && is("CommandName", &content.name)
            && is("CommandType", &content.kind)
            && is("InvokeStatus", invocation.legacy_status())
            && is("RepeatMode", "Once")
            && has
            && tagged(&invocation.tags, &filters);
        fits.then(|| (invocation.serial, fields(call, invocation, (id, content, *tree))))
    };
    // The newest first, as the service lists them.
    let newest_first = |(serial, row): Row| (u64::MAX - serial, row);
    let rows = state.ecs.assistant.invocations.iter().rev().filter_map(row).map(newest_first).collect();
    listed(call, Limits { least: 1, most: 50 }, rows, ("Invocations", "Invocation"))
}

fn fields(call: &Call<'_>, invocation: &Invocation, command: (&str, &Content, bool)) -> Value {
    let (id, content, tree) = command;
    let plain = call.get("ContentEncoding") == Some("PlainText");
    let with_output = call.flag("IncludeOutput").unwrap_or_default();
    let only = call.get("InstanceId");
    let runs = invocation.runs.iter().filter(|run| only.is_none_or(|id| id == run.instance));
    json!({
        "InvokeId": invocation.id,
        "CommandId": id,
        "CommandName": content.name,
        "CommandType": content.kind,
        "CommandDescription": "",
        "CommandContent": encoded(&content.text, plain),
        "InvocationStatus": invocation.status(),
        "InvokeStatus": invocation.legacy_status(),
        "RepeatMode": "Once",
        "Timed": false,
        "Frequency": "",
        "Timeout": content.timeout.as_secs(),
        "Parameters": "{}",
        "Username": content.user.as_deref().unwrap_or("root"),
        "WorkingDir": content.folder.as_deref().unwrap_or(""),
        "TerminationMode": if tree { "ProcessTree" } else { "Process" },
        "CreationTime": seconds(invocation.created),
        "Tags": tag_rows(&invocation.tags),
        "InvokeInstances": {"InvokeInstance": runs.map(|run| of_run(run, (with_output, plain))).collect::<Vec<_>>()},
    })
}

fn of_run(run: &Run, output: (bool, bool)) -> Value {
    let (with_output, plain) = output;
    let (bytes, dropped) = if with_output { run.readable() } else { (Vec::new(), run.dropped) };
    let (code, info) = run.error.unwrap_or_default();
    let mut fields = json!({
        "InstanceId": run.instance,
        "InvocationStatus": run.status(),
        "InstanceInvokeStatus": run.legacy_status(),
        "ErrorCode": code,
        "ErrorInfo": info,
        "Output": encoded(&bytes, plain),
        "Dropped": dropped,
        "Repeats": u8::from(run.started.is_some()),
        "Timed": false,
        "CreationTime": seconds(run.created),
        "UpdateTime": seconds(run.updated),
        "StartTime": run.started.map_or_else(String::new, seconds),
        "FinishTime": run.finished.map_or_else(String::new, seconds),
        "StopTime": run.stopped.map_or_else(String::new, seconds),
    });
    if let Some(code) = run.exit_code {
        fields["ExitCode"] = json!(code);
    }
    fields
}

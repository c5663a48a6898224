//! `DescribeInvocationResults`: a row for each instance, and the paging inside `Invocation`.

use serde_json::{Value, json};

use super::super::page::{Limits, Page, Row};
use super::super::{missing, region, seconds, tags};
use super::content::Content;
use super::invocation::{Invocation, Run, What};
use super::records::{encoded, tag_rows, tagged};
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::{Answer, Call};
use crate::sandbox::rpc::parameters::{Parameter, choice, flag, list, number, text};

pub(in crate::sandbox::rpc::ecs) const RESULTS: &[Parameter] = &[
    text("InvokeId", 64),
    text("InstanceId", 64),
    text("CommandId", 64),
    text("InvokeRecordStatus", 32),
    flag("IncludeHistory"),
    choice("ContentEncoding", &["PlainText", "Base64"]),
    list("Tag.N.Key", 20),
    list("Tag.N.Value", 20),
    text("ResourceGroupId", 64),
    number("PageNumber", 1, 1_000_000),
    number("PageSize", 1, 50),
    number("MaxResults", 1, 50),
    text("NextToken", 200),
];

pub(in crate::sandbox::rpc::ecs) fn results(call: &Call<'_>, state: &mut State) -> Answer {
    region(call)?;
    let filters = tags::filters(call);
    if filters.is_empty()
        && ["InvokeId", "InstanceId", "CommandId"].iter().all(|name| call.get(name).is_none())
    {
        return Err(missing("InvokeId"));
    }
    let is = |name: &str, value: &str| call.get(name).is_none_or(|wanted| wanted == value);
    let mut rows: Vec<Row> = Vec::new();
    for invocation in &state.ecs.assistant.invocations {
        let What::Command { id, content, tree } = &invocation.what else { continue };
        let fits = invocation.visible <= call.now
            && is("InvokeId", &invocation.id)
            && is("CommandId", id)
            && tagged(&invocation.tags, &filters);
        if !fits {
            continue;
        }
        for (n, run) in (0..).zip(&invocation.runs) {
            if is("InstanceId", &run.instance) && is("InvokeRecordStatus", run.legacy_status()) {
                rows.push((
                    invocation.serial * 1000 + n,
                    fields(call, (invocation, run), (id, content, *tree)),
                ));
            }
        }
    }
    let (page, mut answer) = Page::asked(call, Limits { least: 1, most: 50 })?.of(rows);
    answer.insert("InvocationResults".to_owned(), json!({"InvocationResult": page}));
    Ok(json!({"Invocation": answer}))
}

fn fields(call: &Call<'_>, of: (&Invocation, &Run), command: (&str, &Content, bool)) -> Value {
    let ((invocation, run), (id, content, tree)) = (of, command);
    let plain = call.get("ContentEncoding") == Some("PlainText");
    let (bytes, dropped) = run.readable();
    let (code, info) = run.error.unwrap_or_default();
    let mut fields = json!({
        "InvokeId": invocation.id,
        "CommandId": id,
        "InstanceId": run.instance,
        "InvocationStatus": run.status(),
        "InvokeRecordStatus": run.legacy_status(),
        "Output": encoded(&bytes, plain),
        "Dropped": dropped,
        "ErrorCode": code,
        "ErrorInfo": info,
        "Repeats": u8::from(run.started.is_some()),
        "Username": content.user.as_deref().unwrap_or("root"),
        "TerminationMode": if tree { "ProcessTree" } else { "Process" },
        "Launcher": "",
        "ContainerId": "",
        "ContainerName": "",
        "StartTime": run.started.map_or_else(String::new, seconds),
        "FinishedTime": run.finished.map_or_else(String::new, seconds),
        "StopTime": run.stopped.map_or_else(String::new, seconds),
        "Tags": tag_rows(&invocation.tags),
    });
    if let Some(code) = run.exit_code {
        fields["ExitCode"] = json!(code);
    }
    fields
}

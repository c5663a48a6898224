//! `SendFile` and its results.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::page::{Limits, Row, listed};
use super::super::{need, refusals, region, seconds, tags, tokens};
use super::command::{begin, targets};
use super::content::{TIMEOUT, timeout};
use super::invocation::{Fault, Invocation, Run, What};
use crate::base::private_file::create_private_folder;
use crate::sandbox::host::Host;
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::{Answer, Call};
use crate::sandbox::rpc::parameters::{Parameter, choice, flag, list, number, text};
use crate::sandbox::rpc::refusal::Refusal;

/// What the content may be in Base64, in bytes.
const LIMIT: usize = 32 << 10;

pub(in crate::sandbox::rpc::ecs) const SEND: &[Parameter] = &[
    list("InstanceId.N", 50).refused(|| refusals::TOO_MANY_INSTANCES),
    text("Name", 255).refused(|| refusals::FILE_NAME),
    text("TargetDir", 255).refused(|| refusals::TARGET_DIR),
    text("Content", 64 << 10).refused(|| refusals::FILE_SIZE),
    text("ContentType", 16),
    text("FileMode", 8),
    text("FileOwner", 64),
    text("FileGroup", 64),
    flag("Overwrite"),
    text("Description", 512),
    TIMEOUT,
    list("Tag.N.Key", 20),
    list("Tag.N.Value", 20),
    text("ResourceGroupId", 64),
    text("ClientToken", 1024),
];
pub(in crate::sandbox::rpc::ecs) const FILE_RESULTS: &[Parameter] = &[
    text("InvokeId", 64),
    text("InstanceId", 64),
    text("Name", 255),
    choice("InvocationStatus", &["Pending", "Running", "Success", "Failed", "PartialFailed"]),
    list("Tag.N.Key", 20),
    list("Tag.N.Value", 20),
    text("ResourceGroupId", 64),
    number("PageNumber", 1, 1_000_000),
    number("PageSize", 1, 50),
    number("MaxResults", 1, 50),
    text("NextToken", 200),
];

/// A file on its way.
#[derive(Clone, Debug)]
pub(super) struct SentFile {
    name: String,
    folder: String,
    content: Vec<u8>,
    mode: String,
    overwrite: bool,
    pub(super) timeout: Duration,
}

/// Sends a file to all the instances, or to none.
pub(in crate::sandbox::rpc::ecs) fn send(call: &Call<'_>, state: &mut State) -> Answer {
    tokens::once("SendFile", call, state, |state| {
        let file = read(call)?;
        let instances = targets(call, state)?;
        let tags = tags::given(call)?;
        let id = begin(call, state, (What::File(file), tags), &instances);
        Ok(json!({"InvokeId": id}))
    })
}

fn read(call: &Call<'_>) -> Result<SentFile, Refusal> {
    let (name, folder, content) = (need(call, "Name")?, need(call, "TargetDir")?, need(call, "Content")?);
    if !folder.starts_with('/') || folder.split('/').any(|part| part == "..") {
        return Err(refusals::TARGET_DIR);
    }
    if name.contains('/') {
        return Err(refusals::FILE_NAME);
    }
    let content = match call.get("ContentType") {
        None | Some("PlainText") => content.as_bytes().to_vec(),
        Some("Base64") => STANDARD.decode(content).map_err(|_| refusals::FILE_NOT_BASE64)?,
        Some(_) => return Err(refusals::FILE_CONTENT_TYPE),
    };
    if content.len().div_ceil(3) * 4 > LIMIT {
        return Err(refusals::FILE_SIZE);
    }
    let mode = call.get("FileMode").unwrap_or("0644");
    if !(3..=4).contains(&mode.len()) || !mode.bytes().all(|byte| (b'0'..=b'7').contains(&byte)) {
        return Err(refusals::FILE_MODE);
    }
    Ok(SentFile {
        name: name.to_owned(),
        folder: folder.to_owned(),
        content,
        mode: mode.to_owned(),
        overwrite: call.flag("Overwrite").unwrap_or_default(),
        timeout: timeout(call).unwrap_or(Duration::from_mins(1)),
    })
}

impl SentFile {
    /// Writes it on the host, as its agent does: not atomically, and the mode afterwards.
    pub(super) fn arrive(&self, host: &Host) -> Result<(), Fault> {
        const FAILED: Fault = ("FileCreateFail", "the file can't be created.");
        let folder = host.place(&self.folder).ok_or(FAILED)?;
        create_private_folder(&folder).map_err(|_| FAILED)?;
        let path = folder.join(&self.name);
        if path.exists() && !self.overwrite {
            return Err(("FileAlreadyExists", "a file of this name exists, and Overwrite is false."));
        }
        fs::write(&path, &self.content).map_err(|_| FAILED)?;
        let mode = u32::from_str_radix(&self.mode, 8).map_err(|_| FAILED)?;
        fs::set_permissions(&path, PermissionsExt::from_mode(mode)).map_err(|_| FAILED)
    }
}

/// What became of files that were sent.
pub(in crate::sandbox::rpc::ecs) fn file_results(call: &Call<'_>, state: &mut State) -> Answer {
    region(call)?;
    let filters = tags::filters(call);
    let row = |invocation: &Invocation| -> Option<Row> {
        let What::File(file) = &invocation.what else { return None };
        let is = |name: &str, value: &str| call.get(name).is_none_or(|wanted| wanted == value);
        let has =
            call.get("InstanceId").is_none_or(|id| invocation.runs.iter().any(|run| run.instance == id));
        let fits = is("InvokeId", &invocation.id)
            && is("Name", &file.name)
            && is("InvocationStatus", invocation.status())
            && has
            && invocation.visible <= call.now
            && super::records::tagged(&invocation.tags, &filters);
        fits.then(|| (invocation.serial, fields(invocation, file)))
    };
    let rows = state.ecs.assistant.invocations.iter().filter_map(row).collect();
    listed(call, Limits { least: 1, most: 50 }, rows, ("Invocations", "Invocation"))
}

fn fields(invocation: &Invocation, file: &SentFile) -> Value {
    let row = |run: &Run| {
        let (code, info) = run.error.unwrap_or_default();
        json!({
            "InstanceId": run.instance,
            "InvocationStatus": run.status(),
            "ErrorCode": code,
            "ErrorInfo": info,
            "CreationTime": seconds(run.created),
            "StartTime": run.started.map_or_else(String::new, seconds),
            "FinishTime": run.finished.map_or_else(String::new, seconds),
            "UpdateTime": seconds(run.updated),
        })
    };
    json!({
        "InvokeId": invocation.id,
        "Name": file.name,
        "TargetDir": file.folder,
        "ContentType": "Base64",
        "Content": STANDARD.encode(&file.content),
        "FileMode": file.mode,
        "FileOwner": "root",
        "FileGroup": "root",
        "Overwrite": file.overwrite.to_string(),
        "Description": "",
        "CreationTime": seconds(invocation.created),
        "VmCount": invocation.runs.len(),
        "InvocationStatus": invocation.status(),
        "InvokeInstances": {"InvokeInstance": invocation.runs.iter().map(row).collect::<Vec<_>>()},
        "Tags": {"Tag": []},
    })
}

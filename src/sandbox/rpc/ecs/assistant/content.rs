//! What a command is: its text, where and how long it runs.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::super::{need, refusals};
use crate::sandbox::rpc::call::Call;
use crate::sandbox::rpc::parameters::{Parameter, choice, flag, number, text};
use crate::sandbox::rpc::refusal::Refusal;

/// What the text may be in Base64, in bytes.
const LIMIT: usize = 24 << 10;
/// How long a command may take when nobody says so.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(1);
/// A shorter time counts as this one.
const LEAST_TIMEOUT: i64 = 10;

pub(super) const TYPE: Parameter = choice("Type", &["RunShellScript", "RunBatScript", "RunPowerShellScript"])
    .refused(|| refusals::COMMAND_TYPE);
pub(super) const CONTENT: Parameter = text("CommandContent", 48 << 10).refused(|| refusals::CONTENT_LIMIT);
pub(super) const TIMEOUT: Parameter = number("Timeout", 1, 86_400);
pub(super) const WORKING_DIR: Parameter = text("WorkingDir", 200);
pub(super) const USERNAME: Parameter = text("Username", 255).refused(|| refusals::USERNAME_LIMIT);
pub(super) const NAME: Parameter = text("Name", 128).refused(|| refusals::NAME_LIMIT);
pub(super) const DESCRIPTION: Parameter = text("Description", 512).refused(|| refusals::DESCRIPTION_LIMIT);
pub(super) const ENABLE_PARAMETER: Parameter = flag("EnableParameter");
pub(super) const TERMINATION: Parameter = choice("TerminationMode", &["Process", "ProcessTree"]);

/// A command.
#[derive(Clone, Debug)]
pub(super) struct Content {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) text: Vec<u8>,
    pub(super) folder: Option<String>,
    pub(super) user: Option<String>,
    pub(super) timeout: Duration,
    /// Whether `{{name}}` stands for a parameter.
    pub(super) has_parameters: bool,
}

impl Content {
    /// What a call brings. An encoding that is none is the default, which is not the same for both actions.
    pub(super) fn read(call: &Call<'_>, base64_by_default: bool) -> Result<Self, Refusal> {
        let kind = need(call, "Type")?;
        let given = need(call, "CommandContent")?;
        let base64 = match call.get("ContentEncoding") {
            Some("Base64") => true,
            Some("PlainText") => false,
            _ => base64_by_default,
        };
        let text = if base64 {
            STANDARD.decode(given).map_err(|_| refusals::CONTENT_NOT_BASE64)?
        } else {
            given.as_bytes().to_vec()
        };
        if text.len().div_ceil(3) * 4 > LIMIT {
            return Err(refusals::CONTENT_LIMIT);
        }
        Ok(Self {
            name: call.get("Name").unwrap_or_default().to_owned(),
            kind: kind.to_owned(),
            text,
            folder: call.get("WorkingDir").map(str::to_owned),
            user: call.get("Username").map(str::to_owned),
            timeout: timeout(call).unwrap_or(DEFAULT_TIMEOUT),
            has_parameters: call.flag("EnableParameter").unwrap_or_default(),
        })
    }

    /// With the parameters of a call in their places, and those that the service knows itself.
    pub(super) fn with_parameters(
        mut self,
        call: &Call<'_>,
        known: &[(&str, &str)],
    ) -> Result<Self, Refusal> {
        let given = call.get("Parameters");
        if !self.has_parameters {
            return if given.is_some() { Err(refusals::PARAMETER_DISABLED) } else { Ok(self) };
        }
        let given: Value = given
            .map_or(Ok(Value::Null), serde_json::from_str)
            .map_err(|_| refusals::PARAMETER_NOT_MATCHED)?;
        let mut text = String::from_utf8_lossy(&self.text).into_owned();
        for (name, value) in known {
            text = text.replace(&format!("{{{{{name}}}}}"), value);
        }
        for (name, value) in given.as_object().into_iter().flatten() {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            text = text.replace(&format!("{{{{{name}}}}}"), &value);
        }
        if text.contains("{{") && !text.contains("{{ACS::") {
            return Err(refusals::PARAMETER_NOT_MATCHED);
        }
        self.text = text.into_bytes();
        Ok(self)
    }
}

/// `Timeout`, if it is given.
pub(super) fn timeout(call: &Call<'_>) -> Option<Duration> {
    let seconds = call.number("Timeout")?.max(LEAST_TIMEOUT);
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or_default()))
}

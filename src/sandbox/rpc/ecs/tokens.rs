//! Client tokens: the same call again gets the same answer, another one under the same token is refused.

use std::collections::HashMap;

use serde_json::Value;

use super::refusals;
use crate::sandbox::rpc::call::{Answer, Call};
use crate::sandbox::rpc::parameters::is_envelope;
use crate::sandbox::rpc::refusal::Refusal;

/// The calls that were carried out, by action and token.
#[derive(Debug, Default)]
pub(super) struct Tokens(HashMap<(&'static str, String), Done>);

#[derive(Debug)]
struct Done {
    parameters: Vec<(String, String)>,
    answer: Value,
}

/// What a call says but for its envelope, in order.
fn said(call: &Call<'_>) -> Vec<(String, String)> {
    let mut said: Vec<_> = call.parameters.iter().filter(|(name, _)| !is_envelope(name)).cloned().collect();
    said.sort();
    said
}

impl Tokens {
    /// What the same call was answered before.
    pub(super) fn answered(&self, action: &'static str, call: &Call<'_>) -> Result<Option<Value>, Refusal> {
        let Some(token) = call.get("ClientToken") else { return Ok(None) };
        if token.len() > 64 || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refusals::CLIENT_TOKEN);
        }
        match self.0.get(&(action, token.to_owned())) {
            None => Ok(None),
            Some(done) if done.parameters == said(call) => Ok(Some(done.answer.clone())),
            Some(_) => Err(refusals::TOKEN_MISMATCH),
        }
    }

    /// Remembers what a call was answered.
    pub(super) fn keep(&mut self, action: &'static str, call: &Call<'_>, answer: &Value) {
        if let Some(token) = call.get("ClientToken") {
            let done = Done { parameters: said(call), answer: answer.clone() };
            self.0.insert((action, token.to_owned()), done);
        }
    }
}

/// Carries out what a token makes safe to repeat; a refusal is not remembered.
pub(super) fn once(
    action: &'static str,
    call: &Call<'_>,
    state: &mut crate::sandbox::rpc::State,
    act: impl FnOnce(&mut crate::sandbox::rpc::State) -> Answer,
) -> Answer {
    if let Some(answer) = state.ecs.tokens.answered(action, call)? {
        return Ok(answer);
    }
    let answer = act(state)?;
    state.ecs.tokens.keep(action, call, &answer);
    Ok(answer)
}

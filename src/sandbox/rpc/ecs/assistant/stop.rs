//! `StopInvocation`.

use serde_json::json;

use super::super::{need, refusals, region};
use super::invocation::{Phase, What, Work};
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::{Answer, Call};
use crate::sandbox::rpc::parameters::{Parameter, list, text};

pub(in crate::sandbox::rpc::ecs) const STOP: &[Parameter] =
    &[text("InvokeId", 64), list("InstanceId.N", 50).refused(|| refusals::TOO_MANY_INSTANCES)];

/// What has not begun never does; of what runs, the agent kills the shell.
pub(in crate::sandbox::rpc::ecs) fn stop(call: &Call<'_>, state: &mut State) -> Answer {
    region(call)?;
    let id = need(call, "InvokeId")?;
    let only = call.list("InstanceId");
    let found = state.ecs.assistant.invocations.iter_mut().find(|invocation| invocation.id == id);
    let invocation = found.filter(|found| found.visible <= call.now).ok_or(refusals::INVOKE_NOT_FOUND)?;
    let tree = matches!(invocation.what, What::Command { tree: true, .. });
    for run in &mut invocation.runs {
        if !only.is_empty() && !only.contains(&run.instance.as_str()) {
            continue;
        }
        match std::mem::replace(&mut run.phase, Phase::Pending) {
            Phase::Pending => {
                run.stopped = Some(call.now);
                run.end(call.now, "Cancelled", None);
            }
            Phase::Running(work) => {
                if let Work::Process(process) = &work {
                    process.kill(tree);
                }
                run.stopped = Some(call.now);
                run.due = call.now;
                run.phase = Phase::Stopping(work);
            }
            other => run.phase = other,
        }
    }
    Ok(json!({}))
}

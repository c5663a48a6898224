//! The RPC services (FaaS, STS, RAM) and the instance metadata.

mod action;
mod answer;
mod call;
mod condition;
mod ecs;
mod faas;
mod gate;
mod metadata;
mod parameters;
mod pattern;
mod policy;
mod ram;
mod refusal;
mod service;
mod state;
mod sts;
#[cfg(test)]
pub(super) mod testing;

use jiff::Timestamp;

pub(crate) use ecs::Script;
pub(crate) use metadata::{metadata, metadata_of};
pub(crate) use state::State;

use super::cloud::Cloud;
use super::faults::Transient;
use super::http::{Request, Response};
use super::keys::Session;
use action::Action;
use call::{Answer, Call, Handler, Question};
use gate::Envelope;
use refusal::{Refusal, gateway};
use service::Service;

/// Answers `POST|GET /?Action=…&Version=…`; the parameters stand in the query or in a form body, and with signature V3
/// action and version in headers.
pub(crate) fn answer(cloud: &Cloud, request: &Request) -> Response {
    answer_at(cloud, request, cloud.now())
}

/// Makes what is there from the start.
pub(crate) fn begin(cloud: &Cloud) {
    ecs::begin(&mut cloud.rpc(), cloud, cloud.now());
}

/// The sockets of instances' metadata services that nobody listens on yet.
pub(crate) fn take_listeners(cloud: &Cloud) -> Vec<(String, std::net::TcpListener)> {
    ecs::take_listeners(&mut cloud.rpc())
}

/// Does what has come due, for those who look at the sandbox otherwise than by a call: logs in the bucket, the chip.
pub(crate) fn settle(cloud: &Cloud) {
    cloud.rpc().settle(cloud, cloud.now());
}

/// Every refusal that the RPC services know: the service (`rpc` for the gateway before them), HTTP status and code.
pub(crate) fn refusals() -> impl Iterator<Item = (&'static str, u16, &'static str)> {
    let tables = [
        ("rpc", gateway::ALL),
        ("ecs", parameters::ALL),
        ("ecs", ecs::refusals::ALL),
        ("faas", faas::refusals::ALL),
        ("ram", ram::refusals::ALL),
        ("sts", sts::refusals::ALL),
    ];
    let of = |(service, table): (_, &'static [Refusal])| {
        table.iter().map(move |refusal| (service, refusal.status, refusal.code.as_ref()))
    };
    tables.into_iter().flat_map(of)
}

/// Whether one of the services has an action of this name.
pub(crate) fn knows_action(name: &str) -> bool {
    Service::ALL.into_iter().any(|service| service.action(name).is_some())
}

/// Whether a session's own policy leaves it the right to something.
pub(crate) fn is_left(session: &Session, action: &str, resource: &str) -> bool {
    ram::is_left(session, (action, resource), None)
}

/// The answer of a gateway that is not up to it, whatever was asked.
pub(crate) fn transient(request: &Request, transient: Transient) -> Response {
    let refusal = match transient {
        Transient::Throttled => gateway::THROTTLED,
        Transient::InternalError => gateway::INTERNAL_ERROR,
        Transient::Unavailable => gateway::UNAVAILABLE,
    };
    let envelope = Envelope::of(request);
    answer::refusal(envelope.format, envelope.host(), &refusal)
}

/// The version of the service that has an action.
#[cfg(test)]
fn version_of(action: &str) -> &'static str {
    Service::ALL.into_iter().find(|service| service.action(action).is_some()).unwrap().version()
}

fn answer_at(cloud: &Cloud, request: &Request, now: Timestamp) -> Response {
    let envelope = Envelope::of(request);
    let called = envelope.action();
    let name = called.as_ref().map_or("", |(_, action)| action.name);
    let outcome = called.and_then(|(service, action)| carry_out(cloud, &envelope, (service, action), now));
    match outcome {
        Ok(fields) => answer::success(envelope.format, name, fields),
        Err(refusal) => answer::refusal(envelope.format, envelope.host(), &refusal),
    }
}

fn carry_out(cloud: &Cloud, envelope: &Envelope<'_>, called: (Service, Action), now: Timestamp) -> Answer {
    let (service, action) = called;
    let state = &mut *cloud.rpc();
    state.settle(cloud, now);
    let question = Question { cloud, parameters: &envelope.parameters, now };
    let handler = match action.handler {
        Handler::Unsigned(handler) => return handler(&question, state),
        Handler::Signed(handler) => handler,
    };
    let (caller, nonce) = envelope.caller(&cloud.keys, now)?;
    state.nonces.take(nonce, now)?;
    if service == Service::Ram {
        ram::permit(&caller, &state.ram, action.name)?;
    }
    if let Some(takes) = action.takes {
        parameters::check(question.parameters, takes)?;
    }
    let call = Call { question, caller };
    match service {
        Service::Ecs => {
            ecs::throttle(state, &call, action.name)?;
            ecs::permit(&call, state, action.name)?;
        }
        Service::Faas => faas::permit(&call, &state.ram, action.name)?,
        Service::Ram | Service::Sts => {}
    }
    handler(&call, state)
}

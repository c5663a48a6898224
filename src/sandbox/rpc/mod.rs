//! The RPC services (FaaS, STS, RAM) and the instance metadata.

mod state;

pub(crate) use state::State;

use super::http::{Request, Response};
use super::world::World;

/// Answers `POST|GET /?Action=…&Version=…`; the parameters stand in the query or in a form body.
pub(crate) fn answer(world: &World, request: &Request) -> Response {
    let action = request.form_parameters().into_iter().find(|(name, _)| name == "Action");
    let action = action.map_or_else(String::new, |(_, value)| value);
    refusal(world, request, (404, "InvalidAction.NotFound"), &format!("Specified api {action} is not found."))
}

/// Answers `/latest/…`.
pub(crate) fn metadata(_world: &World, _request: &Request) -> Response {
    Response::new(404)
}

/// The error document of an RPC service, also for the faults that strike before a request is looked at.
pub(crate) fn refusal(_world: &World, request: &Request, error: (u16, &str), message: &str) -> Response {
    let (status, code) = error;
    let id = uuid::Uuid::new_v4().to_string().to_uppercase();
    let document =
        serde_json::json!({"RequestId": id, "HostId": request.host, "Code": code, "Message": message});
    Response::json(status, &document).with_code(code)
}

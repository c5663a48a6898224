//! An action: its name, what answers it, and what it takes.

use super::State;
use super::call::{Answer, Call, Handler};
use super::parameters::Parameter;

/// One action of a service.
#[derive(Clone, Copy, Debug)]
pub(super) struct Action {
    pub(super) name: &'static str,
    pub(super) handler: Handler,
    /// The parameters that it takes; None where others are passed over.
    pub(super) takes: Option<&'static [Parameter]>,
}

/// An action that has to be signed.
pub(super) const fn signed(name: &'static str, handler: fn(&Call<'_>, &mut State) -> Answer) -> Action {
    Action { name, handler: Handler::Signed(handler), takes: None }
}

/// One that refuses parameters which it does not take.
pub(super) const fn strict(
    name: &'static str,
    handler: fn(&Call<'_>, &mut State) -> Answer,
    takes: &'static [Parameter],
) -> Action {
    Action { name, handler: Handler::Signed(handler), takes: Some(takes) }
}

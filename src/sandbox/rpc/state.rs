//! What the RPC services and the metadata keep between requests.

use crate::sandbox::options::Options;

/// Images, chips, roles and policies.
#[derive(Debug)]
pub(crate) struct State {}

impl State {
    /// The state at the start of a sandbox.
    pub(crate) fn new(_options: &Options) -> Self {
        Self {}
    }
}

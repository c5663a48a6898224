//! What the RPC services and the metadata keep between requests.

use std::io;

use jiff::Timestamp;

use super::gate::Nonces;
use super::{ecs, faas, metadata, ram};
use crate::sandbox::cloud::Cloud;
use crate::sandbox::options::Options;

/// Images, chips, roles, policies, nonces and tokens.
#[derive(Debug)]
pub(crate) struct State {
    pub(super) nonces: Nonces,
    pub(super) ecs: ecs::State,
    pub(super) faas: faas::State,
    pub(super) ram: ram::Directory,
    pub(super) metadata: metadata::State,
}

impl State {
    /// The state at the start of a sandbox.
    ///
    /// # Errors
    /// When the caller's policy can't be read or is none.
    pub(crate) fn new(options: &Options) -> io::Result<Self> {
        Ok(Self {
            nonces: Nonces::default(),
            ecs: ecs::State::default(),
            faas: faas::State::new(),
            ram: ram::Directory::new(options)?,
            metadata: metadata::State::default(),
        })
    }

    /// Does what has come due by now: logs of failed builds, chips that were loaded.
    pub(crate) fn settle(&mut self, cloud: &Cloud, now: Timestamp) {
        ecs::settle(self, cloud, now);
        self.faas.settle(cloud, now);
    }

    /// Whether a role's policies allow something, such as `oss:GetObject` with `acs:oss:REGION:ACCOUNT:bucket/key`.
    pub(crate) fn role_allows(&self, role: &str, action: &str, resource: &str) -> bool {
        self.ram.role_allows(role, (action, resource), None)
    }

    /// Whether the RAM user whose key COMMAND gets may do something.
    pub(crate) fn user_allows(&self, action: &str, resource: &str) -> bool {
        self.ram.user_allows((action, resource), None)
    }
}

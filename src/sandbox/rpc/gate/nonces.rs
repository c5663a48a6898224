//! No call is taken twice.

use std::collections::HashMap;

use jiff::Timestamp;

use super::super::refusal::{Refusal, gateway};
use super::TOLERANCE;

/// The nonces of calls that were taken, as long as their timestamps would be.
#[derive(Debug, Default)]
pub(in crate::sandbox::rpc) struct Nonces(HashMap<String, Timestamp>);

impl Nonces {
    pub(in crate::sandbox::rpc) fn take(&mut self, nonce: &str, now: Timestamp) -> Result<(), Refusal> {
        self.0.retain(|_, taken| now.duration_since(*taken).unsigned_abs() <= 2 * TOLERANCE);
        match self.0.insert(nonce.to_owned(), now) {
            None => Ok(()),
            Some(_) => Err(gateway::NONCE_USED),
        }
    }
}

//! What a place is asked where a credential may be.

use std::fmt::Debug;

use crate::cloud::{BoxFuture, CredentialError};
use crate::sign::Credential;

/// A place where a credential may be.
pub trait Source: Debug + Send + Sync {
    /// Its name, as `doctor` and errors show it.
    fn name(&self) -> String;

    /// Looks there. An error stops the chain: the place is meant to be used, and can't be.
    fn find(&self) -> BoxFuture<'_, Result<Found, CredentialError>>;
}

/// What a place had to say.
#[derive(Clone, Debug)]
pub enum Found {
    /// This one.
    Credential(Credential),
    /// Nothing is meant to be found here, and why it looks so.
    NotMine(String),
}

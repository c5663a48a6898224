//! What a place is asked where a credential may be.

use std::fmt::Debug;

use crate::cloud::{BoxFuture, CredentialError, Error};
use crate::config::ConfigError;
use crate::sign::Credential;

/// A place where a credential may be.
pub trait Source: Debug + Send + Sync {
    /// Its name, as `doctor` and errors show it.
    fn name(&self) -> &'static str;

    /// Looks there, each time anew: a file may have been changed, a temporary key renewed.
    ///
    /// An error stops the chain: the place is meant to be used, and can't be.
    fn find(&self) -> BoxFuture<'_, Result<SourceAnswer, CredentialError>>;
}

/// What a place had to say.
#[derive(Clone, Debug)]
pub enum SourceAnswer {
    /// This credential.
    Credential {
        credential: Credential,
        /// Where exactly: a variable, a file with its line, a URL.
        place: String,
    },
    /// Nothing is meant to be found here, and why it looks so.
    NotMine(String),
}

/// An error of a source that is meant to be used.
pub(super) fn broken(source: &'static str, reason: impl Into<String>) -> CredentialError {
    CredentialError::Broken { source_name: source.to_owned(), reason: reason.into() }
}

/// Turns the errors of files and calls into a source's.
pub(super) trait OfSource<T> {
    /// Names the source in the error.
    fn of_source(self, source: &'static str) -> Result<T, CredentialError>;
}

impl<T> OfSource<T> for Result<T, ConfigError> {
    fn of_source(self, source: &'static str) -> Result<T, CredentialError> {
        self.map_err(|e| broken(source, e.to_string()))
    }
}

impl<T> OfSource<T> for Result<T, Error> {
    fn of_source(self, source: &'static str) -> Result<T, CredentialError> {
        self.map_err(|e| CredentialError::Service { source_name: source.to_owned(), error: Box::new(e) })
    }
}

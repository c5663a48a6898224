//! What signs a request.

use jiff::Timestamp;

use crate::base::secret::Secret;

/// An `AccessKey`, with its token and its end when it is a temporary one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// `AccessKey` id; not a secret, but of no use in a log.
    pub id: String,
    /// `AccessKey` secret.
    pub secret: Secret,
    /// The STS token of a temporary credential.
    pub token: Option<Secret>,
    /// When a temporary credential ends, where its source says so.
    pub expires: Option<Timestamp>,
}

impl Credential {
    /// A long-lived key of an account or a RAM user.
    pub fn long_lived(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { id: id.into(), secret: Secret::new(secret), token: None, expires: None }
    }

    /// The same with an STS token.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(Secret::new(token));
        self
    }

    /// Whether it is a temporary one.
    pub fn is_temporary(&self) -> bool {
        self.token.is_some()
    }
}

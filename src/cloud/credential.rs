//! The credential trait: `cloud` asks for one before each try, `credentials` answers.

use std::fmt::Debug;
use std::pin::Pin;

use crate::sign::Credential;

/// A future on the heap, as a trait object gives it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Gives the credential that signs the next request.
pub trait CredentialSource: Debug + Send + Sync {
    /// The credential to use now; a source keeps and refreshes a temporary one by itself.
    fn credential(&self) -> BoxFuture<'_, Result<Credential, CredentialError>>;

    /// A service refused this credential as expired: the next call must not give the same one if another can be had.
    fn refused(&self, credential: &Credential);
}

/// One credential that never changes.
#[derive(Debug)]
pub struct Fixed(pub Credential);

impl CredentialSource for Fixed {
    fn credential(&self) -> BoxFuture<'_, Result<Credential, CredentialError>> {
        Box::pin(std::future::ready(Ok(self.0.clone())))
    }

    fn refused(&self, _credential: &Credential) {}
}

/// Why there is no credential.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// No source has one.
    #[error("no credentials found; looked at: {}", sources(.0))]
    Missing(Vec<Refusal>),
    /// A source is meant to have one, and it can't be used.
    #[error("{source_name}: {reason}")]
    Broken {
        /// The source, with its file, line or URL.
        source_name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A source asked a service, which did not give one.
    #[error("{source_name}: {error}")]
    Service {
        /// The source.
        source_name: String,
        /// The call's error.
        error: Box<super::Error>,
    },
}

/// A source that is not ours to use, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The source.
    pub source: String,
    /// Why it gave nothing.
    pub reason: String,
}

fn sources(refusals: &[Refusal]) -> String {
    let each: Vec<String> = refusals.iter().map(|r| format!("{} ({})", r.source, r.reason)).collect();
    each.join(", ")
}

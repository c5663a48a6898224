//! Why a call failed: the transport, the service, its answer, the credentials.

use std::time::Duration;

use super::{CredentialError, Diagnosis, NoEndpoint, Service};
use crate::net::NetError;

/// The outcome of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed call.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no credential to sign with; nothing was sent.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// It is not known where the service is; nothing was sent.
    #[error(transparent)]
    Endpoint(#[from] NoEndpoint),
    /// No answer came.
    #[error("{service} {action}: {error}{}", after(*.tries, .spent))]
    Net {
        /// The service asked.
        service: Service,
        /// The action or operation.
        action: String,
        /// The transport's error.
        error: NetError,
        /// How often it was tried.
        tries: u32,
        /// For how long.
        spent: Duration,
    },
    /// The service answered with an error of its own.
    #[error(transparent)]
    Service(Box<ServiceError>),
    /// What arrived is not what was sent.
    #[error("{service} {action}: the checksum of what was sent is {ours}, of what arrived {theirs}{}", after(*.tries, .spent))]
    WrongChecksum {
        /// The service asked.
        service: Service,
        /// The action or operation.
        action: String,
        /// CRC-64/XZ of what was sent.
        ours: u64,
        /// The same as the service computed it.
        theirs: u64,
        /// How often it was tried.
        tries: u32,
        /// For how long.
        spent: Duration,
    },
    /// What came is not an answer of the service: HTML of a proxy, truncated JSON or XML.
    #[error(
        "{service} {action}: the answer (HTTP {http_status}) is not the service's: {reason}; it begins with {head:?}"
    )]
    NotAnAnswer {
        /// The service asked.
        service: Service,
        /// The action or operation.
        action: String,
        /// The HTTP status.
        http_status: u16,
        /// Why it can't be read.
        reason: String,
        /// Its first characters.
        head: String,
    },
}

/// A service's refusal.
#[derive(Clone, Debug, Default, thiserror::Error)]
#[error("{service} {action}{}: {code}: {message}{}", of(.about.as_deref()), after(*.tries, .spent))]
pub struct ServiceError {
    /// The service that refused: `oss`, `faas`…
    pub service: &'static str,
    /// The action or operation.
    pub action: String,
    /// What it was about, where the message does not say: `oss://bucket/key`.
    pub about: Option<String>,
    /// The HTTP status.
    pub http_status: u16,
    /// The service's code; FaaS has codes with spaces.
    pub code: String,
    /// The service's message.
    pub message: String,
    /// The id for the service's support; empty if none came.
    pub request_id: String,
    /// OSS's exact cause (`EC`), which names a page of its documentation.
    pub ec: Option<String>,
    /// The page that the service recommends.
    pub recommend: Option<String>,
    /// Where the bucket is to be asked instead (`Endpoint` of an OSS error).
    pub endpoint: Option<String>,
    /// For a signature that does not match: whether the secret is wrong or the request was altered.
    pub diagnosis: Option<Diagnosis>,
    /// The service's clock, where the error is about the clock.
    pub server_time: Option<jiff::Timestamp>,
    /// How long the service asks to wait before the next try.
    pub retry_after: Option<Duration>,
    /// How often it was tried.
    pub tries: u32,
    /// For how long.
    pub spent: Duration,
}

impl Error {
    /// The service's code, if it was the service that refused.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Service(e) => Some(&e.code),
            _ => None,
        }
    }

    /// The HTTP status, if an answer came.
    pub fn http_status(&self) -> Option<u16> {
        match self {
            Self::Service(e) => Some(e.http_status),
            Self::NotAnAnswer { http_status, .. } => Some(*http_status),
            _ => None,
        }
    }

    /// Whether the call may have taken effect although it failed: its answer may be what was lost.
    pub fn may_have_happened(&self) -> bool {
        match self {
            Self::Net { error, .. } => !error.nothing_was_sent(),
            Self::NotAnAnswer { .. } | Self::WrongChecksum { .. } => true,
            Self::Service(e) => e.http_status >= 500 && !e.is_business(),
            Self::Credential(_) | Self::Endpoint(_) => false,
        }
    }

    pub(super) fn with_tries(mut self, count: u32, time: Duration) -> Self {
        match &mut self {
            Self::Net { tries, spent, .. } | Self::WrongChecksum { tries, spent, .. } => {
                (*tries, *spent) = (count, time)
            }
            Self::Service(e) => (e.tries, e.spent) = (count, time),
            _ => {}
        }
        self
    }
}

impl ServiceError {
    /// The service's message without the string to sign that some end with: it holds the key's id and the token.
    pub fn said(&self) -> &str {
        self.message.split("server string to sign is:").next().unwrap_or_default().trim_end()
    }

    /// Whether it is the service's final word and not transient, although the status is 5xx: FaaS answers 503 to a
    /// second image within half an hour.
    pub fn is_business(&self) -> bool {
        matches!(
            self.code.as_str(),
            "FREQUENCY ERROR" | "ANOTHER TASK RUNNING" | "Forbidden.KeyNotFoundError"
        )
    }

    /// Whether the clocks differ by more than the 15 minutes that services allow.
    pub fn is_about_the_clock(&self) -> bool {
        matches!(self.code.as_str(), "RequestTimeTooSkewed" | "InvalidTimeStamp.Expired" | "IllegalTimestamp")
    }

    /// Whether a temporary credential has ended.
    pub fn is_expired_token(&self) -> bool {
        matches!(self.code.as_str(), "SecurityTokenExpired" | "InvalidSecurityToken.Expired")
    }
}

fn of(about: Option<&str>) -> String {
    about.map(|about| format!(" {about}")).unwrap_or_default()
}

fn after(tries: u32, spent: &Duration) -> String {
    if tries < 2 { String::new() } else { format!(" (tried {tries} times in {:.1} s)", spent.as_secs_f64()) }
}

//! Why a call failed: the transport, the service, its answer, the credentials.

use std::fmt;
use std::time::Duration;

use super::{CredentialError, Diagnosis, NoEndpoint, Service};
use crate::codes::{self, Class};
use crate::net::{NetError, Trouble};

/// The outcome of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed call.
#[derive(Debug)]
pub struct Error {
    /// The service asked.
    pub service: Service,
    /// The action or operation.
    pub action: &'static str,
    /// How often it was tried.
    pub tries: u32,
    /// For how long.
    pub spent: Duration,
    /// What went wrong with the last try.
    pub kind: ErrorKind,
}

/// What went wrong with a call.
#[derive(Debug, thiserror::Error)]
pub enum ErrorKind {
    /// There is no credential to sign with; nothing was sent.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// It is not known where the service is; nothing was sent.
    #[error(transparent)]
    Endpoint(#[from] NoEndpoint),
    /// No object can have this key; nothing was sent.
    #[error("no object can have the key {0:?}")]
    NoKey(String),
    /// No answer came.
    #[error(transparent)]
    Net(#[from] NetError),
    /// An answer came before the whole request was sent, or ended before it was whole.
    #[error("connection broken: {0}")]
    Incomplete(&'static str),
    /// The service answered with an error of its own.
    #[error(transparent)]
    Service(#[from] Box<ServiceError>),
    /// A range was asked for, and the whole object came.
    #[error("the server knows no ranges: {0} was asked for, and the whole object came")]
    NoRanges(String),
    /// What arrived is not what was sent.
    #[error("the checksum of what was sent is {ours}, of what arrived {theirs}")]
    WrongChecksum {
        /// CRC-64/XZ of what was sent.
        ours: u64,
        /// The same as the service computed it.
        theirs: u64,
    },
    /// What came is not an answer of the service: HTML of a proxy, truncated JSON or XML.
    #[error("the answer (HTTP {http_status}) is not the service's: {reason}{}", begins(head))]
    NotAnAnswer {
        /// The HTTP status.
        http_status: u16,
        /// Why it can't be read.
        reason: String,
        /// Its first characters.
        head: String,
    },
}

fn begins(head: &str) -> String {
    if head.is_empty() { String::new() } else { format!("; it begins with {head:?}") }
}

/// So many characters of what a service says are shown.
const LONGEST_TEXT: usize = 600;

/// A service's refusal.
#[derive(Clone, Debug, Default, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ServiceError {
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
    /// Whether it was a temporary key that the service does not know any more.
    pub key_is_gone: bool,
}

impl ServiceError {
    /// Where the bucket is, if it is in another region than the one that was asked.
    pub fn region_of_bucket(&self) -> Option<&str> {
        let host = self.endpoint.as_deref()?.split('.').next()?;
        let name = host.trim_start_matches("oss-");
        Some(name.strip_suffix("-internal").unwrap_or(name))
    }
}

/// An error that may be that of a call, which then can be tried again.
pub trait CallError {
    /// The failed call; None for what no repetition would change.
    fn as_call(&mut self) -> Option<&mut Error>;
}

impl CallError for Error {
    fn as_call(&mut self) -> Option<&mut Error> {
        Some(self)
    }
}

impl Error {
    /// Whether the caller may not look at what is in the bucket; uploading takes no permission to.
    pub fn may_not_look(&self) -> bool {
        let ErrorKind::Service(e) = &self.kind else { return false };
        e.http_status == 403 && e.code == "AccessDenied" && e.endpoint.is_none()
    }

    /// The error of a call's first try.
    pub fn new(service: Service, action: &'static str, kind: impl Into<ErrorKind>) -> Self {
        Self { service, action, tries: 1, spent: Duration::ZERO, kind: kind.into() }
    }

    /// The service's refusal, if it was the service that refused.
    pub fn refusal(&self) -> Option<&ServiceError> {
        match &self.kind {
            ErrorKind::Service(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// The service's code, if it was the service that refused.
    pub fn code(&self) -> Option<&str> {
        self.refusal().map(|refusal| refusal.code.as_str())
    }

    /// What the tables say of the service's code; None where the HTTP status decides.
    pub fn class(&self) -> Option<Class> {
        codes::class(self.service.name(), self.action, self.code()?)
    }

    /// The HTTP status, if an answer came.
    pub fn http_status(&self) -> Option<u16> {
        match &self.kind {
            ErrorKind::Service(e) => Some(e.http_status),
            ErrorKind::NotAnAnswer { http_status, .. } => Some(*http_status),
            _ => None,
        }
    }

    /// Whether the line broke, or nothing came over it: the service has nothing to do with it.
    pub fn is_of_the_line(&self) -> bool {
        let broken = |trouble| matches!(trouble, Trouble::Broken | Trouble::TimedOut | Trouble::NoConnection);
        matches!(&self.kind, ErrorKind::Net(error) if broken(error.trouble))
    }

    /// Whether it ended because the peer said nothing for too long.
    pub fn is_silence(&self) -> bool {
        matches!(&self.kind, ErrorKind::Net(error) if error.is_silence)
    }

    /// Whether the call may have taken effect although it failed: its answer may be what was lost.
    pub fn may_have_happened(&self) -> bool {
        match &self.kind {
            ErrorKind::Net(error) => !error.nothing_was_sent(),
            ErrorKind::Incomplete(_)
            | ErrorKind::NotAnAnswer { .. }
            | ErrorKind::NoRanges(_)
            | ErrorKind::WrongChecksum { .. } => true,
            // A gateway that is too busy has passed nothing on; a success that says of itself that it is none may be one.
            ErrorKind::Service(e) if e.code == "ServiceUnavailable" => false,
            ErrorKind::Service(e) => {
                matches!(e.http_status, 200..300 | 500..) && !self.class().is_some_and(Class::is_final)
            }
            ErrorKind::Credential(_) | ErrorKind::Endpoint(_) | ErrorKind::NoKey(_) => false,
        }
    }

    /// Whether the same call may succeed later without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        match &self.kind {
            ErrorKind::Net(error) => !matches!(error.trouble, Trouble::BadRequest | Trouble::TooLong),
            ErrorKind::NotAnAnswer { http_status, .. } => {
                (500..600).contains(http_status) || (200..300).contains(http_status)
            }
            ErrorKind::Incomplete(_) | ErrorKind::WrongChecksum { .. } => true,
            ErrorKind::Service(e) => match self.class() {
                Some(class) => !class.is_final(),
                None => matches!(e.http_status, 408 | 429 | 500 | 502 | 503 | 504),
            },
            ErrorKind::Credential(CredentialError::Service { error, .. }) => error.is_transient(),
            ErrorKind::Credential(_)
            | ErrorKind::Endpoint(_)
            | ErrorKind::NoKey(_)
            | ErrorKind::NoRanges(_) => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, action, tries, spent, kind } = self;
        // These say themselves whom they are about.
        if let ErrorKind::Credential(_) | ErrorKind::Endpoint(_) = kind {
            return kind.fmt(f);
        }
        let about = self.refusal().and_then(|refusal| refusal.about.as_deref());
        let about = about.map(|about| format!(" {about}")).unwrap_or_default();
        write!(f, "{service} {action}{about}: {kind}")?;
        if *tries > 1 {
            write!(f, " (tried {tries} times in {:.1} s)", spent.as_secs_f64())?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl ServiceError {
    /// Cuts what the service said to what people read.
    pub(super) fn shorten(&mut self) {
        let Self { code, message, request_id, ec, recommend, endpoint, .. } = self;
        let rest = [ec, recommend, endpoint].into_iter().filter_map(Option::as_mut);
        for text in [code, message, request_id].into_iter().chain(rest) {
            if let Some((end, _)) = text.char_indices().nth(LONGEST_TEXT) {
                *text = format!("{}… ({} bytes)", &text[..end], text.len());
            }
        }
    }

    /// Whether the clocks differ by more than the 15 minutes that services allow.
    pub fn is_about_the_clock(&self) -> bool {
        matches!(self.code.as_str(), "RequestTimeTooSkewed" | "InvalidTimeStamp.Expired" | "IllegalTimestamp")
    }

    /// Whether a temporary credential has ended.
    pub fn is_expired_token(&self) -> bool {
        self.key_is_gone
            || matches!(self.code.as_str(), "SecurityTokenExpired" | "InvalidSecurityToken.Expired")
    }
}

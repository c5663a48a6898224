//! One call to a service: endpoint, sign, send, retry, clock offset, error.

mod answer;
mod clock;
mod credential;
mod diagnosis;
mod endpoint;
mod error;
mod handle;
mod oss;
mod oss_error;
mod oss_url;
mod retry;
mod rpc;
mod time;

pub use crate::config::{Endpoints, Service};
pub use answer::Answered;
pub(crate) use answer::{Fields, list_of, unreadable};
pub use clock::Clock;
pub use credential::{BoxFuture, CredentialError, CredentialSource, Fixed, Refusal};
pub use diagnosis::Diagnosis;
pub use endpoint::{Endpoint, NoEndpoint, locate};
pub use error::{CallError, Error, ErrorKind, Result, ServiceError};
pub use handle::{Cloud, Setup};
pub use oss::{OssAnswer, OssCall, OssSignature, PresignedUrl};
pub use oss_url::OssStyle;
pub use retry::Retry;
pub use rpc::{RpcAnswer, RpcCall};
pub use time::Time;

//! Request signatures: request, credential, time and nonce go in, headers or parameters come out.
//!
//! Nothing here does I/O or looks at a clock. The rules are those of the services' documents; the vectors that the
//! official SDKs made hold every signer to them (`tests/it/vectors.rs`).

pub mod acs3;
mod credential;
pub mod encode;
mod oss;
pub mod oss_v1;
pub mod oss_v4;
pub mod rpc_v1;

pub use credential::Credential;
pub use oss::{OssRequest, Pairs, Signed};

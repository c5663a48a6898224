//! Object storage: its operations on one bucket, and what their answers say.
//!
//! What streams a body is sent once and repeated by the caller, who can make the body again; everything else is
//! repeated here. Facts are those of the service's operation documents and of the official SDKs' sources.

mod bucket;
mod client;
mod list;
mod multipart;
mod object;
#[cfg(test)]
mod tests;
mod uploads;
mod wire;

pub use crate::cloud::PresignedUrl;
pub use client::Oss;
pub use list::{Listed, Next, Page};
pub use multipart::{ListedPart, Parts, Receipt};
pub use object::{Head, Range};
pub use uploads::PendingUpload;

/// What becomes of an object that is there already under the key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// It is replaced.
    #[default]
    Replace,
    /// The service refuses, by `FileAlreadyExists`.
    Keep,
}

//! Who the caller is: one source a file, and the chain that asks them in order.
//!
//! A source answers with a credential, with "not mine" (nothing is meant to be found there: the next is asked), or with
//! an error (something is meant to be used there, and can't be: the chain stops, so that no other identity steps in
//! unnoticed).

mod aliyun_profile;
mod chain;
mod credentials_file;
mod credentials_uri;
mod environment;
mod external;
mod instance_role;
mod metadata;
mod oidc;
mod role;
mod shared_file;
mod source;
mod source_config;
mod temporary;

pub use chain::{Chain, Resolved};
pub use metadata::Metadata;
pub use source::{Source, SourceAnswer};
pub use source_config::SourceConfig;

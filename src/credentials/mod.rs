//! Who the caller is: one source a file, and the chain that asks them in order.

mod chain;
mod credentials_file;
mod environment;
mod metadata;
mod source;

pub use chain::Chain;
pub use metadata::Metadata;
pub use source::{Found, Source};

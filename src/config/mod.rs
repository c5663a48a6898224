//! Settings and the files they come from: read as data, with nothing sent to anybody.
//!
//! A setting comes from, in this order: a flag or `FAASCMD_*`, `ALIBABA_CLOUD_*`, the credentials file, the profile of
//! the aliyun CLI. What is still missing (region, instance) the instance's metadata may know; that is asked above.

pub mod aliyun;
pub mod credentials_file;
pub mod endpoint;
pub mod environment;
mod error;
pub mod ini;
pub mod names;
pub mod settings;
pub mod shared_ini;
mod sourced;

pub use credentials_file::CredentialsFile;
pub use endpoint::{Endpoints, Service};
pub use environment::Environment;
pub use error::ConfigError;
pub use names::Name;
pub use settings::{Given, Settings};
pub use sourced::{Origin, Sourced};

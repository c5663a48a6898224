//! RAM, 2015-05-01: the roles of an account, its policies and their versions.

mod client;
mod document;
mod grant;
mod merge;
mod wire;

pub use client::Ram;
pub use document::{Document, NotAPolicy, Statement};
pub use grant::{FAAS_PRINCIPAL, Grant, LOGS_FOLDER, POLICY_NAME, faas_grants, role_of};
pub use merge::{Denial, Merged};
pub use wire::{AttachedPolicy, Policy, PolicyVersion, Role};

/// The API's version.
pub const VERSION: &str = "2015-05-01";

/// The longest policy document that the service takes, in bytes (SDK `alibabacloud_ram20150501`; 2048 in the older
/// document of `CreatePolicy`).
pub const LONGEST_POLICY: usize = 6144;

/// How many versions a policy may have, the default one among them.
pub const MOST_VERSIONS: usize = 5;

//! Why the service can't be let to work here.

use crate::cloud;
use crate::ram::{LONGEST_POLICY, NotAPolicy, POLICY_NAME};

/// Why it can't be done, or was not.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// A call failed.
    #[error(transparent)]
    Cloud(Box<cloud::Error>),
    /// The bucket is somebody else's.
    #[error("bucket {bucket} belongs to account {owner}, and this is account {account}")]
    ForeignBucket {
        /// The bucket.
        bucket: String,
        /// Whose it is.
        owner: String,
        /// The caller's account.
        account: String,
    },
    /// The bucket is elsewhere; the service reads buckets of its own region only.
    #[error("bucket {bucket} is in {region}, and the region here is {here}")]
    OtherRegion {
        /// The bucket.
        bucket: String,
        /// Where it is.
        region: String,
        /// The region in use.
        here: String,
    },
    /// This is no ARN of a role.
    #[error("`{0}` is not the ARN of a role (acs:ram::ACCOUNT:role/NAME)")]
    NotARole(String),
    /// The role is of another account.
    #[error("role {arn} is of another account than the caller's ({account})")]
    ForeignRole {
        /// The role.
        arn: String,
        /// The caller's account.
        account: String,
    },
    /// A document that is there can't be understood, so nothing can be added to it.
    #[error("the document of {name} is {error}")]
    Unreadable {
        /// The role or the policy.
        name: String,
        /// Why.
        error: NotAPolicy,
    },
    /// The service takes no document of this length.
    #[error("policy {POLICY_NAME} would have {bytes} bytes, and {LONGEST_POLICY} is the most")]
    TooLong {
        /// The document's length.
        bytes: usize,
    },
    /// Somebody else changed it meanwhile.
    #[error("{0} was changed by somebody else meanwhile; nothing of it was overwritten")]
    Changed(String),
    /// The policy is attached to others than the role.
    #[error("policy {POLICY_NAME} is attached to {0} users, groups or roles, and not only to the FaaS role")]
    Shared(u64),
}

impl From<cloud::Error> for AuthError {
    fn from(error: cloud::Error) -> Self {
        Self::Cloud(Box::new(error))
    }
}

//! What lets the service work for an account: a bucket, a role, a policy. Looked at first, shown, then changed.

mod act;
mod error;
mod look;
mod policy;

use std::fmt;

use crate::cloud::Cloud;
use crate::faas::{Caller, Faas};
use crate::oss::Oss;
use crate::ram::{Denial, Document, FAAS_PRINCIPAL, Grant, LOGS_FOLDER, MOST_VERSIONS, POLICY_NAME, Ram};

pub use act::act;
pub use error::AuthError;
pub use look::look;
pub use policy::{delete_policy, held_policy};

/// The services that take part.
#[derive(Debug)]
pub struct Services {
    /// Who the caller is.
    pub faas: Faas,
    /// Roles and policies.
    pub ram: Ram,
    /// The bucket.
    pub oss: Oss,
}

impl Services {
    /// The services for a bucket.
    pub fn new(cloud: &Cloud, bucket: &str) -> Self {
        Self {
            faas: Faas::new(cloud.clone(), None),
            ram: Ram::new(cloud),
            oss: Oss::new(cloud.clone(), bucket),
        }
    }
}

/// What there is, and what has to be done.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Who asks.
    pub caller: Caller,
    /// The bucket.
    pub bucket: String,
    /// The bucket's region.
    pub region: String,
    /// The role's ARN.
    pub role_arn: String,
    /// The role's name.
    pub role: String,
    /// Who may take the role on, as it will be.
    pub trust: Document,
    /// The trust policy that the plan was made from; `None` when there is no role yet.
    pub trust_before: Option<Document>,
    /// Whether the role trusts the service only under a condition, which it will no longer be.
    pub drops_condition: bool,
    /// The policy, as it will be.
    pub policy: Document,
    /// What the policy will allow and does not yet.
    pub added: Vec<Grant>,
    /// What a statement of the policy forbids although it is needed.
    pub denials: Vec<Denial>,
    /// What has to be done, in this order; nothing when all is as it should be.
    pub steps: Vec<Step>,
    /// The version of the policy that the plan was made from; `None` when there is no policy yet.
    pub policy_version: Option<String>,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `compiling_logs/` in the bucket.
    MakeLogsFolder,
    /// The role, which the service may take on.
    CreateRole,
    /// The service may take the role on, with those who may already.
    TrustService,
    /// The policy.
    CreatePolicy,
    /// A version of the policy goes, to make room.
    DropVersion(String),
    /// A new version of the policy with what was missing.
    ExtendPolicy,
    /// The role gets the policy.
    Attach,
}

impl Step {
    /// One word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::MakeLogsFolder => "logs",
            Self::CreateRole => "role",
            Self::TrustService => "trust",
            Self::CreatePolicy | Self::ExtendPolicy => "policy",
            Self::DropVersion(_) => "version",
            Self::Attach => "attach",
        }
    }
}

impl Plan {
    /// The steps as sentences.
    pub fn sentences(&self) -> impl Iterator<Item = String> {
        self.steps.iter().map(|step| Sentence(step, self).to_string())
    }
}

struct Sentence<'a>(&'a Step, &'a Plan);

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { bucket, role, drops_condition, .. } = self.1;
        match self.0 {
            Step::MakeLogsFolder => write!(f, "make the folder {LOGS_FOLDER} in oss://{bucket}"),
            Step::CreateRole => write!(f, "create role {role}, which {FAAS_PRINCIPAL} may take on"),
            Step::TrustService if *drops_condition => write!(
                f,
                "let {FAAS_PRINCIPAL} take on role {role} WITHOUT the condition under which it may now"
            ),
            Step::TrustService => write!(f, "let {FAAS_PRINCIPAL} take on role {role}"),
            Step::CreatePolicy => write!(f, "create policy {POLICY_NAME}"),
            Step::DropVersion(version) => {
                write!(
                    f,
                    "delete {version} of policy {POLICY_NAME}, its oldest: it has {MOST_VERSIONS}, and no more are taken"
                )
            }
            Step::ExtendPolicy => write!(f, "add what is missing to policy {POLICY_NAME}, as a new version"),
            Step::Attach => write!(f, "attach policy {POLICY_NAME} to role {role}"),
        }
    }
}

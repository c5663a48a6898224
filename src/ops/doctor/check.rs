//! One finding: how it is, what was seen, and the next command.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::cloud::{CredentialError, Diagnosis, Error, ErrorKind, Service};
use crate::codes;

/// How a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    Ok,
    /// It works, and something should be known.
    Warn,
    /// It does not work.
    Fail,
    /// It was not looked at, for it does not apply or depends on something that failed.
    Skipped,
}

/// What a failure may come from that another finding tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The service refuses the key: told of `caller`.
    Key,
    /// The service is not reached: told of its endpoint.
    Way(Service),
    /// There is no such role: told of `role`.
    Role,
}

impl Cause {
    /// The finding that tells of it.
    pub(super) fn told_by(self) -> String {
        match self {
            Self::Key => "caller".to_owned(),
            Self::Way(service) => format!("endpoint {}", service.name()),
            Self::Role => "role".to_owned(),
        }
    }

    fn of(service: Service, code: &str) -> Option<Self> {
        let of_key = ["SignatureDoesNotMatch", "InvalidAccessKey", "InvalidSecurityToken", "SecurityToken"];
        let of_caller = ["Forbidden.AccessKeyDisabled", "CALLER TYPE NOT SUPPORT"];
        if of_key.iter().any(|start| code.starts_with(start)) || of_caller.contains(&code) {
            return Some(Self::Key);
        }
        let of_role =
            code == "RoleAccessError" || code.starts_with("EntityNotExist.Role") && service != Service::Sts;
        of_role.then_some(Self::Role)
    }
}

/// A finding.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// How it is.
    pub state: State,
    /// What was seen.
    pub detail: String,
    /// What to do next.
    pub next: Option<String>,
    /// What it took.
    pub seconds: f64,
    /// The same for programs.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub facts: Map<String, Value>,
    #[serde(skip)]
    pub(super) cause: Option<Cause>,
    /// What stands in the way to a service, by a name that other findings have too.
    #[serde(skip)]
    pub(super) obstacle: Option<String>,
}

impl Check {
    fn new(state: State, detail: impl Into<String>) -> Self {
        let (name, detail) = (String::new(), detail.into());
        Self { name, state, detail, next: None, seconds: 0.0, facts: Map::new(), cause: None, obstacle: None }
    }

    /// That the settings can't be read.
    pub fn of_settings(detail: &str, next: Option<&String>) -> Self {
        let cure = || "correct it there, or take another file: --credentials-file".to_owned();
        Self { next: Some(next.cloned().unwrap_or_else(cure)), ..Self::fail(detail).named("settings") }
    }

    /// It is as it should be.
    pub(super) fn ok(detail: impl Into<String>) -> Self {
        Self::new(State::Ok, detail)
    }

    /// It works, and something should be known.
    pub(super) fn warn(detail: impl Into<String>) -> Self {
        Self::new(State::Warn, detail)
    }

    /// It does not work.
    pub(super) fn fail(detail: impl Into<String>) -> Self {
        Self::new(State::Fail, detail)
    }

    /// It was not looked at.
    pub(super) fn skipped(detail: impl Into<String>) -> Self {
        Self::new(State::Skipped, detail)
    }

    /// With another name than the examination's.
    #[must_use]
    pub(super) fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// With the next step.
    #[must_use]
    pub(super) fn next(mut self, step: impl Into<String>) -> Self {
        self.next = Some(step.into());
        self
    }

    /// With what stands in the way.
    #[must_use]
    pub(super) fn because_of(mut self, obstacle: impl Into<String>) -> Self {
        self.obstacle = Some(obstacle.into());
        self
    }

    /// That another finding tells it.
    pub(super) fn told_by(&mut self, name: &str) {
        (self.state, self.detail, self.next) = (State::Skipped, format!("see {name}"), None);
    }

    /// With a fact for programs.
    #[must_use]
    pub(super) fn fact(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// What a failed call says about the thing that it was about. That the caller may not look is no fault of the
    /// thing, and what depends on credentials or region is told where these are looked at.
    pub(super) fn of_error(error: &Error) -> Self {
        match &error.kind {
            ErrorKind::Credential(CredentialError::Missing(_)) => Self::skipped("no credentials"),
            ErrorKind::Credential(_) => Self::skipped("the credentials can't be used"),
            ErrorKind::Endpoint(_) => Self::skipped("no region is set"),
            ErrorKind::Service(e) if e.endpoint.is_some() => {
                let endpoint = e.endpoint.as_deref().unwrap_or_default();
                let region = e.region_of_bucket().unwrap_or_default();
                Self::fail(format!("it is in another region: it is reached at {endpoint}"))
                    .next(format!("--region {region}: bucket, image and instance must be in one region"))
            }
            ErrorKind::Service(e) => {
                let may_not_look = e.http_status == 403
                    && (e.code.starts_with("NoPermission") || e.code.starts_with("Forbidden"));
                let mut check = if may_not_look {
                    Self::warn(format!("the caller may not look: {error}"))
                } else {
                    Self::fail(error.to_string())
                };
                check.cause = Cause::of(error.service, &e.code);
                if matches!(e.diagnosis, Some(Diagnosis::WrongSecret)) {
                    return check
                        .next("set the right secret: faascmd config, or ALIBABA_CLOUD_ACCESS_KEY_SECRET");
                }
                let advice = |code: &str| codes::advice(error.service.name(), error.action, code);
                match e.ec.as_deref().and_then(advice).or_else(|| advice(&e.code)) {
                    Some(advice) => check.next(advice),
                    None => check,
                }
            }
            ErrorKind::NoKey(_) => Self::fail(error.to_string()),
            ErrorKind::Net(_)
            | ErrorKind::Incomplete(_)
            | ErrorKind::NotAnAnswer { .. }
            | ErrorKind::NoRanges(_)
            | ErrorKind::WrongChecksum { .. } => {
                let step =
                    "run it again with -vv to see what was asked, and check --endpoint and HTTPS_PROXY";
                Self { cause: Some(Cause::Way(error.service)), ..Self::fail(error.to_string()).next(step) }
            }
        }
    }
}

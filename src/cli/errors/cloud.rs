//! Failed calls.

use crate::cli::Exit;
use crate::cli::error::{Failure, ServiceAnswer};
use crate::cloud::{CredentialError, Diagnosis, Error, NoEndpoint, ServiceError, is_transient};
use crate::codes;
use crate::net::Trouble;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Credential(e) => e.into(),
            Error::Endpoint(e) => e.into(),
            Error::Service(e) => (*e).into(),
            Error::Net { service, ref action, error: ref net, .. } => {
                let exit = if net.trouble == Trouble::BadRequest { Exit::Usage } else { Exit::Unreachable };
                let answer =
                    ServiceAnswer { service: service.name(), action: action.clone(), ..Default::default() };
                let mut failure = Self::new(exit, error.to_string()).hint(
                    "check --endpoint, --region, the network and HTTPS_PROXY; `faascmd doctor` looks at each",
                );
                failure.service = Some(Box::new(answer));
                failure
            }
            Error::WrongChecksum { service, ref action, .. } => {
                let answer =
                    ServiceAnswer { service: service.name(), action: action.clone(), ..Default::default() };
                let mut failure = Self::new(Exit::Fault, error.to_string())
                    .hint("something on the way alters data: memory, a network card, a proxy; try https, or another path");
                failure.service = Some(Box::new(answer));
                failure
            }
            Error::NotAnAnswer { service, ref action, http_status, .. } => {
                let (action, http_status) = (action.clone(), Some(http_status));
                let answer =
                    ServiceAnswer { service: service.name(), action, http_status, ..Default::default() };
                let mut failure = Self::new(Exit::Unreachable, error.to_string())
                    .hint("something between here and the service answered: check --endpoint, HTTPS_PROXY and NO_PROXY");
                failure.service = Some(Box::new(answer));
                failure
            }
        }
    }
}

impl From<CredentialError> for Failure {
    fn from(error: CredentialError) -> Self {
        match error {
            CredentialError::Missing(_) => Self::new(Exit::Config, error.to_string())
                .hint("run `faascmd config`, or set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
            CredentialError::Broken { .. } => Self::new(Exit::Config, error.to_string())
                .hint("mend it or take it away; `faascmd doctor` shows which source is used and why"),
            CredentialError::Service { source_name, error } => {
                let mut failure = Self::from(*error);
                failure.message = format!("{source_name}: {}", failure.message);
                failure
            }
        }
    }
}

impl From<NoEndpoint> for Failure {
    fn from(error: NoEndpoint) -> Self {
        let failure = Self::new(Exit::Config, error.to_string());
        match error {
            NoEndpoint::NoRegion(_) => {
                failure.hint("add --region REGION (such as cn-hangzhou), or set FAASCMD_REGION")
            }
            NoEndpoint::NotA(..) => failure,
        }
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        let mut message = error.to_string();
        let mut hints = Vec::new();
        match &error.diagnosis {
            Some(Diagnosis::WrongSecret) => {
                message = format!(
                    "{} {}: {}: the AccessKey secret is not the one of this id",
                    error.service, error.action, error.code
                );
                hints.push(
                    "set the right secret: `faascmd config`, or ALIBABA_CLOUD_ACCESS_KEY_SECRET".to_owned(),
                );
            }
            Some(Diagnosis::Altered { ours, theirs }) => {
                message = format!(
                    "{} {}: {}: the request was altered on its way",
                    error.service, error.action, error.code
                );
                hints.push(format!(
                    "signed here: {ours:?}; seen by the service: {theirs:?}; is a proxy between?"
                ));
            }
            None => hints.extend(
                codes::advice(error.service, &error.action, &error.code)
                    .or_else(|| codes::advice(error.service, &error.action, error.ec.as_deref()?))
                    // Documented for another action of the service, it is better than nothing.
                    .or_else(|| codes::all(&error.code, Some(error.service)).first().map(|row| row.advice))
                    .map(str::to_owned),
            ),
        }
        if let Some(endpoint) = &error.endpoint {
            hints.push(format!("the bucket is reached at {endpoint}: set --region to that region"));
        }
        hints.extend(
            error
                .ec
                .as_ref()
                .map(|ec| format!("OSS explains this at https://api.aliyun.com/troubleshoot?q={ec}")),
        );
        let answer = ServiceAnswer {
            service: error.service,
            action: error.action.clone(),
            http_status: Some(error.http_status),
            code: Some(error.code.clone()),
            request_id: Some(error.request_id.clone()).filter(|id| !id.is_empty()),
            said: error.said().to_owned(),
        };
        let exit = exit_of(&error);
        hints.truncate(3);
        Self { exit, message, service: Some(Box::new(answer)), hints }
    }
}

/// The exit code of a refusal, by the service's code rather than by its status: FaaS answers 404 to a wrong shell
/// and 503 to a business rule.
fn exit_of(error: &ServiceError) -> Exit {
    match error.code.as_str() {
        "InvalidAccessKeyId.NotFound"
        | "SHELL NOT SUPPORT"
        | "SHELL NOT MATCH"
        | "InvalidProduct.NotFound" => Exit::Refused,
        "NoSuchKey"
        | "NoSuchBucket"
        | "NoSuchUpload"
        | "NoSuchBucketError"
        | "OSS OBJECT NOT FOUND"
        | "IMAGE NOT FOUND"
        | "FPGA IMAGE NOT FOUND"
        | "FPGA NOT FOUND"
        | "EntityNotExist.RoleError" => Exit::NotFound,
        code if code.starts_with("EntityNotExist") => Exit::NotFound,
        "FREQUENCY ERROR"
        | "ANOTHER TASK RUNNING"
        | "Image not in success state"
        | "FPGA IMAGE STATE ERROR"
        | "FileAlreadyExists"
        | "PreconditionFailed"
        | "IMAGE NUMBER EXCEED" => Exit::Conflict,
        code if code.starts_with("EntityAlreadyExist") || code.starts_with("DeleteConflict") => {
            Exit::Conflict
        }
        _ if is_transient(&Error::Service(Box::new(error.clone()))) => Exit::Unreachable,
        _ => Exit::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every code of FaaS that is not plainly a refusal.
    const OTHERS: &[(&str, Exit)] = &[
        ("InternalError", Exit::Unreachable),
        ("IMAGE NUMBER EXCEED", Exit::Conflict),
        ("FREQUENCY ERROR", Exit::Conflict),
        ("ANOTHER TASK RUNNING", Exit::Conflict),
        ("Image not in success state", Exit::Conflict),
        ("FPGA IMAGE STATE ERROR", Exit::Conflict),
        ("EntityNotExist.RoleError", Exit::NotFound),
        ("NoSuchBucketError", Exit::NotFound),
        ("OSS OBJECT NOT FOUND", Exit::NotFound),
        ("IMAGE NOT FOUND", Exit::NotFound),
        ("FPGA IMAGE NOT FOUND", Exit::NotFound),
        ("FPGA NOT FOUND", Exit::NotFound),
    ];

    #[test]
    fn each_code_of_faas_has_its_exit_code_and_its_advice_whatever_its_status() {
        for row in codes::rows().filter(|row| row.service == "faas") {
            let action = row.actions.first().copied().unwrap_or("DescribeFpgaImages").to_owned();
            let (http_status, code) = (row.http_status.unwrap_or(400), row.code.to_owned());
            let refusal = ServiceError { service: "faas", action, http_status, code, ..Default::default() };
            let failure = Failure::from(refusal);
            let expected = OTHERS.iter().find(|(code, _)| *code == row.code);
            assert_eq!(failure.exit, expected.map_or(Exit::Refused, |(_, exit)| *exit), "{}", row.code);
            assert_eq!(failure.hints, [row.advice], "{}", row.code);
        }
    }
}

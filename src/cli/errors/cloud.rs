//! Failed calls.

use crate::cli::Exit;
use crate::cli::error::{Failure, ServiceAnswer};
use crate::cloud::{CredentialError, Diagnosis, Error, ErrorKind, NoEndpoint, ServiceError};
use crate::codes::{self, Class};
use crate::net::Trouble;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let (exit, hint) = match error.kind {
            ErrorKind::Credential(e) => return e.into(),
            ErrorKind::Endpoint(e) => return e.into(),
            ErrorKind::Service(ref refusal) => return of_refusal(&error, refusal),
            ErrorKind::NoKey(_) => (Exit::Usage, "see which keys there are: faascmd object ls"),
            ErrorKind::Net(ref net) if net.trouble == Trouble::BadRequest => (Exit::Usage, REACH),
            ErrorKind::Net(_) | ErrorKind::Incomplete(_) => (Exit::Unreachable, REACH),
            ErrorKind::WrongChecksum { .. } => (
                Exit::Fault,
                "something on the way alters data: memory, a network card, a proxy; try https, or another path",
            ),
            ErrorKind::NoRanges(_) => {
                (Exit::Unreachable, "a --part-size larger than the object gets it in one request")
            }
            ErrorKind::NotAnAnswer { .. } => (
                Exit::Unreachable,
                "something between here and the service answered: check --endpoint, HTTPS_PROXY and NO_PROXY",
            ),
        };
        let mut failure = Self::new(exit, message).hint(hint);
        failure.service = Some(Box::new(answer(&error)));
        failure
    }
}

const REACH: &str = "check --endpoint, --region, the network and HTTPS_PROXY; `faascmd doctor` looks at each";

fn answer(error: &Error) -> ServiceAnswer {
    ServiceAnswer {
        service: error.service.name(),
        action: error.action.to_owned(),
        http_status: error.http_status(),
        ..Default::default()
    }
}

impl From<CredentialError> for Failure {
    fn from(error: CredentialError) -> Self {
        match error {
            CredentialError::Missing(_) => Self::new(Exit::Config, error.to_string())
                .hint("run `faascmd config`, or set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
            CredentialError::Broken { .. } => Self::new(Exit::Config, error.to_string())
                .hint("correct or remove it; `faascmd doctor` shows which source is used and why"),
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
            NoEndpoint::NoName(_) => {
                failure.hint("name it in the path: --oss-style path (or auto, which does so)")
            }
        }
    }
}

/// What the service refused.
fn of_refusal(error: &Error, refusal: &ServiceError) -> Failure {
    let mut message = error.to_string();
    let mut hints = Vec::new();
    let (service, action, code) = (error.service.name(), error.action, refusal.code.as_str());
    match &refusal.diagnosis {
        Some(Diagnosis::WrongSecret) => {
            message = format!("{service} {action}: {code}: the AccessKey secret is not the one of this id");
            hints.push(
                "set the right secret: `faascmd config`, or ALIBABA_CLOUD_ACCESS_KEY_SECRET".to_owned(),
            );
        }
        Some(Diagnosis::Altered { ours, theirs }) => {
            message = format!("{service} {action}: {code}: the request was altered on its way");
            hints
                .push(format!("signed here: {ours:?}; seen by the service: {theirs:?}; is a proxy between?"));
        }
        None => hints.extend(
            // The exact cause says more than the code that several causes share.
            refusal
                .ec
                .as_deref()
                .and_then(|ec| codes::advice(service, action, ec))
                .or_else(|| codes::advice(service, action, code))
                // Documented for another action of the service, it is better than nothing.
                .or_else(|| codes::all(code, Some(service)).first().map(|row| row.advice))
                .map(str::to_owned),
        ),
    }
    if let Some(region) = refusal.region_of_bucket() {
        // Nothing that the code advises would help.
        hints = vec![
            format!("the bucket is in {region}: --region {region}, if instance and images are there too"),
            "or --bucket with a bucket of the region in use: bucket, image and instance must be in one region"
                .to_owned(),
        ];
    }
    hints.extend(
        refusal
            .ec
            .as_ref()
            .map(|ec| format!("OSS explains this at https://api.aliyun.com/troubleshoot?q={ec}")),
    );
    let answer = ServiceAnswer {
        code: Some(refusal.code.clone()),
        request_id: Some(refusal.request_id.clone()).filter(|id| !id.is_empty()),
        said: refusal.message.clone(),
        ..answer(error)
    };
    hints.truncate(3);
    Failure { service: Some(Box::new(answer)), hints, ..Failure::new(exit_of(error), message) }
}

/// The exit code of a refusal, by the service's code rather than by its status.
fn exit_of(error: &Error) -> Exit {
    match error.class() {
        Some(Class::NotFound) => Exit::NotFound,
        Some(Class::Conflict) => Exit::Conflict,
        Some(Class::Capacity) => Exit::Unreachable,
        _ if error.is_transient() => Exit::Unreachable,
        _ => Exit::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::Service;

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
            let action = row.actions.first().copied().unwrap_or("DescribeFpgaImages");
            let (http_status, code) = (row.http_status.unwrap_or(400), row.code.to_owned());
            let refusal = ServiceError { http_status, code, ..Default::default() };
            let failure = Failure::from(Error::new(Service::Faas, action, Box::new(refusal)));
            let expected = OTHERS.iter().find(|(code, _)| *code == row.code);
            assert_eq!(failure.exit, expected.map_or(Exit::Refused, |(_, exit)| *exit), "{}", row.code);
            assert_eq!(failure.hints, [row.advice], "{}", row.code);
        }
    }
}

//! The changes of a plan, one after the other.

use bytes::Bytes;

use super::look::trust_policy;
use super::{AuthError, Plan, Services, Step};
use crate::base::progress::{Event, Progress};
use crate::net::Body;
use crate::oss::Existing;
use crate::ram::{LOGS_FOLDER, POLICY_NAME};

const ROLE_DESCRIPTION: &str =
    "Lets FPGA as a Service read compiled files and write build logs (made by faascmd)";
const POLICY_DESCRIPTION: &str = "What FPGA as a Service may do for this account (made by faascmd)";

/// Does what the plan says. What was done before an error stays done: a new plan begins behind it.
///
/// # Errors
/// When a call fails, or the policy is no longer the one that the plan was made from.
pub async fn act(services: &Services, plan: &Plan, progress: &dyn Progress) -> Result<(), AuthError> {
    for (step, detail) in plan.steps.iter().zip(plan.sentences()) {
        take(step, services, plan).await?;
        progress.event(Event::StepDone { step: step.name(), detail, skipped: false });
    }
    Ok(())
}

async fn take(step: &Step, services: &Services, plan: &Plan) -> Result<(), AuthError> {
    let ram = &services.ram;
    match step {
        Step::MakeLogsFolder => make_logs_folder(services).await?,
        Step::CreateRole => ram.create_role(&plan.role, &plan.trust, ROLE_DESCRIPTION).await.map(drop)?,
        Step::TrustService => {
            still_trusted_the_same(services, plan).await?;
            ram.set_trust(&plan.role, &plan.trust).await?;
        }
        Step::CreatePolicy => ram.create_policy(POLICY_NAME, &plan.policy, POLICY_DESCRIPTION).await?,
        Step::DropVersion(version) => {
            still_the_same(services, plan).await?;
            ram.delete_policy_version(POLICY_NAME, version).await?;
        }
        Step::ExtendPolicy => {
            still_the_same(services, plan).await?;
            ram.create_policy_version(POLICY_NAME, &plan.policy).await.map(drop)?;
        }
        Step::Attach => ram.attach(POLICY_NAME, &plan.role).await?,
    }
    Ok(())
}

/// Somebody may have thought over the question for long, and two may ask for two buckets at once.
async fn still_the_same(services: &Services, plan: &Plan) -> Result<(), AuthError> {
    let now = services.ram.existing_policy(POLICY_NAME).await?;
    if Some(&now.version) == plan.policy_version.as_ref() {
        Ok(())
    } else {
        Err(AuthError::Changed(format!("policy {POLICY_NAME}")))
    }
}

/// The service has no "only if it is still so": the shortest time between look and change is what can be had.
async fn still_trusted_the_same(services: &Services, plan: &Plan) -> Result<(), AuthError> {
    let now = services.ram.role(&plan.role).await?.as_ref().map(trust_policy).transpose()?;
    if now == plan.trust_before {
        Ok(())
    } else {
        Err(AuthError::Changed(format!("the trust of role {}", plan.role)))
    }
}

/// A folder is an empty object whose key ends with a slash. One that appeared meanwhile is left.
async fn make_logs_folder(services: &Services) -> Result<(), AuthError> {
    let oss = &services.oss;
    let put = || oss.put_once(LOGS_FOLDER, Existing::Keep, Body::Whole(Bytes::new()));
    match oss.cloud().with_retries(crate::cloud::Retry::IDEMPOTENT, put).await {
        Err(e) if e.code() == Some("FileAlreadyExists") => Ok(()),
        Err(e) => Err(e.into()),
        Ok(_) => Ok(()),
    }
}

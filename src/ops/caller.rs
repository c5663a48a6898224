//! Whether the service makes images for this caller, asked before anything is sent.

use std::time::Duration;

use super::{Error, Result};
use crate::cloud::{self, Retry, Service};
use crate::faas::{Caller, CallerType, Faas};

/// The code with which the service would refuse.
pub const REFUSAL: &str = "CALLER TYPE NOT SUPPORT";

/// The role that the service is to assume: the one that was named, else the default one of the caller's account. With
/// `strict`, callers are turned away for whom the service makes no images.
///
/// # Errors
/// [`Error::CallerType`]; a failed call, where its answer is needed.
pub async fn role_for_images(faas: &Faas, strict: bool) -> Result<String> {
    let temporary = faas
        .cloud()
        .credential()
        .await
        .map_err(|e| cloud::Error::new(Service::Sts, "GetCallerIdentity", e))?
        .token
        .is_some();
    if strict && temporary {
        return Err(Error::CallerType { who: "temporary credentials (an STS token)".into() });
    }
    let caller = match (faas.caller_tried(tries(faas)).await, faas.role_arn()) {
        (Ok(caller), _) => caller,
        // Who the caller is matters for nothing else than this check; the service will tell.
        (Err(error), Some(role)) if error.is_transient() => return Ok(role.to_owned()),
        (Err(error), _) => return Err(error.into()),
    };
    if let Some(who) = refused(&caller).filter(|_| strict) {
        return Err(Error::CallerType { who });
    }
    Ok(faas.role_arn().map_or_else(|| caller.default_role(), str::to_owned))
}

/// Where the role is known the answer is only a check, and an instance without a way to the internet has none.
fn tries(faas: &Faas) -> Retry {
    match faas.role_arn() {
        Some(_) => Retry { attempts: 2, within: Duration::from_secs(5), ..Retry::IDEMPOTENT },
        None => Retry::IDEMPOTENT,
    }
}

fn refused(caller: &Caller) -> Option<String> {
    match caller.kind {
        CallerType::Account => Some(format!("the account itself (root key of {})", caller.account_id)),
        CallerType::AssumedRole => Some(format!("temporary credentials of a role ({})", caller.arn)),
        CallerType::RamUser | CallerType::Other(_) => None,
    }
}

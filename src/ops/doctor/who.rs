//! Where, and as whom.

use serde_json::{Value, json};

use super::{Check, Subject};
use crate::base::private_file::readable_by_others;
use crate::cloud::{CredentialError, Error, Refusal};
use crate::config::names::meant_region;
use crate::credentials::Resolved;
use crate::faas::{CallerType, Faas};

/// The region and where it comes from.
pub(super) async fn region(subject: &Subject) -> Check {
    let typo = subject.settings.region().and_then(|region| {
        let meant = meant_region(&region.value).filter(|meant| *meant != region.value)?;
        Some((region, meant))
    });
    if let Some((region, meant)) = typo {
        return Check::fail(format!(
            "{} ({}) is not a region that is known here",
            region.value, region.source
        ))
        .next(format!("--region {meant}"));
    }
    match (subject.settings.region(), subject.cloud.region()) {
        (Some(region), _) => {
            Check::ok(format!("{} ({})", region.value, region.source)).fact("region", region.value.as_str())
        }
        (None, Some(region)) => {
            Check::ok(format!("{region} (the instance's metadata)")).fact("region", region)
        }
        (None, None) => {
            Check::fail("no region is set, and this is not an instance whose metadata would tell it")
                .next("add --region REGION, or set FAASCMD_REGION")
        }
    }
}

/// Which source was taken, and why the others did not.
pub(super) async fn credentials(subject: &Subject) -> Check {
    match subject.chain.resolved().await {
        Ok(resolved) => of_resolved(subject, &resolved),
        Err(CredentialError::Missing(refusals)) => Check::fail(format!("none found: {}", reasons(&refusals)))
            .next(match subject.settings.profile() {
                Some(profile) => format!("aliyun configure --profile {profile}, or another --profile"),
                None => "faascmd config".to_owned(),
            })
            .fact("passed", passed(&refusals)),
        Err(error @ CredentialError::Broken { .. }) => Check::fail(error.to_string())
            .next("correct it or remove it: a source that is broken ends the search"),
        Err(error) => {
            let step = "see the line of the endpoint sts; `faascmd explain CODE` tells what the service's code means";
            Check::fail(error.to_string()).next(step)
        }
    }
}

fn of_resolved(subject: &Subject, resolved: &Resolved) -> Check {
    let credential = &resolved.credential;
    let end = credential.expires.map(|end| format!(", until {end}")).unwrap_or_default();
    let kind = if credential.is_temporary() { "temporary key" } else { "AccessKey" };
    let shown = format!("{} ({}): {kind} {}{end}", resolved.source, resolved.place, abridged(&credential.id));
    let others = if resolved.passed.is_empty() {
        String::new()
    } else {
        format!("; not {}", reasons(&resolved.passed))
    };
    let file = subject.settings.credentials_file().ok();
    let exposed = file.and_then(|path| Some((path, readable_by_others(path)?)));
    let check = match exposed {
        Some((path, mode)) => {
            let path = path.display();
            Check::warn(format!("{shown}{others}; {path} can be read by others (mode {mode:04o})"))
                .next(format!("chmod 600 {path}"))
        }
        None => Check::ok(format!("{shown}{others}")),
    };
    check
        .fact("source", resolved.source)
        .fact("place", resolved.place.as_str())
        .fact("temporary", credential.is_temporary())
        .fact("passed", passed(&resolved.passed))
        .fact("not_asked", resolved.not_asked.clone())
}

/// So much of an id that its owner knows it again.
fn abridged(id: &str) -> String {
    let characters: Vec<char> = id.chars().collect();
    match characters.len() {
        0..=8 => "…".to_owned(),
        n => characters[..4].iter().chain(&['…']).chain(&characters[n - 4..]).collect(),
    }
}

fn reasons(refusals: &[Refusal]) -> String {
    let each: Vec<String> = refusals.iter().map(|r| format!("{} ({})", r.source, r.reason)).collect();
    each.join(", ")
}

fn passed(refusals: &[Refusal]) -> Vec<Value> {
    refusals.iter().map(|r| json!({"source": r.source, "reason": r.reason})).collect()
}

/// Who the caller is, and whether the service makes images for such a one.
pub(super) async fn caller(subject: &Subject) -> Check {
    let caller = match Faas::new(subject.cloud.clone(), None).caller().await {
        Ok(caller) => caller,
        Err(error) => return of_refused(subject, &error).await,
    };
    let shown = format!("{} {} of account {}", caller.kind.name(), caller.arn, caller.account_id);
    let check = match caller.kind {
        CallerType::RamUser => Check::ok(shown),
        CallerType::Account => {
            Check::warn(format!("{shown}: the root key may do everything, but not create images"))
                .next("make a RAM user with an AccessKey of its own, then: faascmd config")
        }
        CallerType::AssumedRole | CallerType::Other(_) => Check::warn(format!(
            "{shown}: a temporary key can look and load Marketplace images, but not create images"
        ))
        .next("to create images, enter a RAM user's AccessKey: faascmd config"),
    };
    check
        .fact("account_id", caller.account_id)
        .fact("arn", caller.arn)
        .fact("identity_type", caller.kind.name())
}

/// A key that has ended is renewed where it comes from.
async fn of_refused(subject: &Subject, error: &Error) -> Check {
    let check = Check::of_error(error);
    let has_ended = error.code().is_some_and(|code| code.ends_with("Expired"));
    match subject.chain.resolved().await {
        Ok(resolved) if has_ended && resolved.source != "environment" => {
            let (source, place) = (resolved.source, &resolved.place);
            check.next(format!(
                "its source, the {source} ({place}), gives a key that has ended: renew it there"
            ))
        }
        _ => check,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_known_again_but_not_shown() {
        assert_eq!(abridged("LTAI5tExampleAccessKeyId"), "LTAI…eyId");
        assert_eq!(abridged("short"), "…");
    }
}

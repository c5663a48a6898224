//! What a debug build obeys, and no other: campaigns against the sandbox need it, and nobody else.

use std::time::Duration;

fn asked(variable: &str) -> Option<String> {
    if cfg!(debug_assertions) { std::env::var(variable).ok() } else { None }
}

/// How long something is waited for on hosts: less in a sandbox where time passes quickly.
pub(super) fn patience(time: Duration) -> Duration {
    let haste = asked("FAASCMD_TEST_HASTE").and_then(|text| text.parse().ok());
    time / haste.unwrap_or(1).max(1)
}

/// Whether it is looked what there is before something is made. Without, a campaign has to find what is made twice.
pub(super) fn looks() -> bool {
    asked("FAASCMD_TEST_BLIND").is_none()
}

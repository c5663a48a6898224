//! The environment variables that are read besides `FAASCMD_*`, which the command line's parser reads.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// The variables as they were at the start; an empty one counts as absent.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

// The values of these are secrets or paths to them, so no value is ever shown.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Environment {
    /// The variables of this process.
    pub fn of_process() -> Self {
        Self(std::env::vars_os().filter(|(_, value)| !value.is_empty()).collect())
    }

    /// Just these variables.
    #[cfg(test)]
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let set = variables.into_iter().filter(|(_, value)| !value.is_empty());
        Self(set.map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// The value, if it is set, not empty, and text.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(OsStr::new(name)).and_then(|value| value.to_str())
    }

    /// The value as a path.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.0.get(OsStr::new(name)).map(PathBuf::from)
    }

    /// The first of these variables that is set, with its name.
    pub fn first(&self, names: &[&'static str]) -> Option<(&'static str, &str)> {
        names.iter().find_map(|name| self.get(name).map(|value| (*name, value)))
    }

    /// Whether a switch is on: `true` in any case, or `1`.
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"))
    }

    /// A path below the user's home folder; `None` without one.
    pub fn below_home(&self, relative: &str) -> Option<PathBuf> {
        self.path("HOME").map(|home| home.join(relative))
    }
}

/// `AccessKey` id.
pub const ACCESS_KEY_ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
/// `AccessKey` secret.
pub const ACCESS_KEY_SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
/// Token of a temporary `AccessKey`.
pub const SECURITY_TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";
/// File that holds an OIDC token.
pub const OIDC_TOKEN_FILE: &str = "ALIBABA_CLOUD_OIDC_TOKEN_FILE";
/// The OIDC provider that vouches for the token.
pub const OIDC_PROVIDER_ARN: &str = "ALIBABA_CLOUD_OIDC_PROVIDER_ARN";
/// The role to assume with the OIDC token.
pub const ROLE_ARN: &str = "ALIBABA_CLOUD_ROLE_ARN";
/// The session's name in the logs of the cloud.
pub const ROLE_SESSION_NAME: &str = "ALIBABA_CLOUD_ROLE_SESSION_NAME";
/// Region.
pub const REGION_ID: &str = "ALIBABA_CLOUD_REGION_ID";
/// Profile of the aliyun CLI and section of the shared file; the CLI reads all three names.
pub const PROFILE: [&str; 3] = ["ALIBABA_CLOUD_PROFILE", "ALIBABACLOUD_PROFILE", "ALICLOUD_PROFILE"];
/// The aliyun CLI's file, instead of `~/.aliyun/config.json`.
pub const CONFIG_FILE: &str = "ALIBABA_CLOUD_CONFIG_FILE";
/// `true`: the aliyun CLI's file is not read.
pub const CLI_PROFILE_DISABLED: &str = "ALIBABA_CLOUD_CLI_PROFILE_DISABLED";
/// `TRUE`: the aliyun CLI's file is not read (the CLI's own switch).
pub const IGNORE_PROFILE: [&str; 2] = ["ALIBABA_CLOUD_IGNORE_PROFILE", "ALIBABACLOUD_IGNORE_PROFILE"];
/// The shared INI file, instead of `~/.alibabacloud/credentials`.
pub const CREDENTIALS_FILE: &str = "ALIBABA_CLOUD_CREDENTIALS_FILE";
/// A URL that answers with a temporary key.
pub const CREDENTIALS_URI: &str = "ALIBABA_CLOUD_CREDENTIALS_URI";
/// The instance's RAM role, instead of the one that the metadata name.
pub const ECS_METADATA: &str = "ALIBABA_CLOUD_ECS_METADATA";
/// `true`: the instance's metadata are not asked.
pub const ECS_METADATA_DISABLED: &str = "ALIBABA_CLOUD_ECS_METADATA_DISABLED";
/// `true`: metadata only by version 2, with a token.
pub const IMDSV1_DISABLED: &str = "ALIBABA_CLOUD_IMDSV1_DISABLED";
/// Region of the STS endpoint.
pub const STS_REGION: &str = "ALIBABA_CLOUD_STS_REGION";
/// `true`: the STS endpoint inside the VPC.
pub const VPC_ENDPOINT_ENABLED: &str = "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED";
/// `true`: a profile must not start a program.
pub const DISABLE_EXTERNAL_PROCESS: &str = "ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_absent_and_debug_shows_no_value() {
        let environment = Environment::of([(ACCESS_KEY_SECRET, "hunter2"), (REGION_ID, "")]);
        assert_eq!(environment.get(REGION_ID), None);
        assert_eq!(format!("{environment:?}"), r#"{"ALIBABA_CLOUD_ACCESS_KEY_SECRET"}"#);
    }
}

//! What a command finds in its environment when it runs in a sandbox.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::identity::{
    BUCKET, ECS_IMAGE_ID, INSTANCE_ID, REGION, ROLE_NAME, SECURITY_GROUP, USER_KEY, VSWITCH, role_arn,
};
use super::server::Sandbox;

/// Proxies, which must not stand between a command and 127.0.0.1; both spellings are removed.
const PROXIES: [&str; 5] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "FTP_PROXY"];

/// What the cloud's programs take a real key from: the SDKs, older ones, the aliyun CLI, ossutil and oss2.
const CREDENTIALS: [&str; 9] = [
    "ALIBABA_CLOUD_",
    "ALIBABACLOUD_",
    "ALICLOUD_",
    "OSS_ACCESS_KEY",
    "OSS_SESSION_TOKEN",
    "OSS_SECURITY_TOKEN",
    "OSS_STS_TOKEN",
    "ACCESS_KEY_",
    "SECURITY_TOKEN",
];

impl Sandbox {
    /// The variables to set, in the order in which they are shown.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        let text = |value: &str| OsString::from(value);
        vec![
            ("FAASCMD_ENDPOINT", text(&format!("http://{}", self.address()))),
            ("FAASCMD_REGION", text(REGION)),
            ("FAASCMD_BUCKET", text(BUCKET)),
            ("FAASCMD_INSTANCE_ID", text(INSTANCE_ID)),
            ("FAASCMD_DEVICE", self.cloud().chip.path().into()),
            ("FAASCMD_ROLE_ARN", text(&role_arn(ROLE_NAME))),
            ("FAASCMD_VSWITCH", text(VSWITCH)),
            ("FAASCMD_SECURITY_GROUP", text(SECURITY_GROUP)),
            ("FAASCMD_ECS_IMAGE", text(ECS_IMAGE_ID)),
            ("FAASCMD_CREDENTIALS_FILE", self.cloud().folder().join("credentials").into()),
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", text(USER_KEY.id)),
            ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", text(self.cloud().keys.user_secret())),
        ]
    }

    /// Whether a variable of the caller's would lead a command out of the sandbox, or change what it prints.
    pub fn removes(&self, variable: &OsStr) -> bool {
        let Some(name) = variable.to_str() else { return false };
        let ours = self.environment().iter().any(|(set, _)| *set == name);
        let is_proxy = PROXIES.iter().any(|proxy| proxy.eq_ignore_ascii_case(name));
        let is_credential = CREDENTIALS.iter().any(|prefix| name.starts_with(prefix));
        !ours && (is_credential || name == "FAASCMD_OUTPUT" || is_proxy)
    }
}

/// `PATH` with a folder before all others.
pub(super) fn path_with(folder: &Path) -> OsString {
    let mut path = folder.as_os_str().to_owned();
    if let Some(rest) = std::env::var_os("PATH").filter(|rest| !rest.is_empty()) {
        path.push(":");
        path.push(rest);
    }
    path
}

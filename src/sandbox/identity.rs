//! Who and what exists in the sandbox from its start: names, keys and ids, all fixed and documented.

/// The account that owns everything here.
pub(crate) const ACCOUNT: &str = "1234567890123456";
/// Another account: it owns [`FOREIGN_BUCKET`].
pub(crate) const OTHER_ACCOUNT: &str = "6543210987654321";
/// The RAM user whose key COMMAND gets.
pub(crate) const USER_NAME: &str = "faas-engineer";
/// That user's id.
pub(crate) const USER_ID: &str = "201234567890123456";
/// The role that the FaaS service assumes; it exists from the start.
pub(crate) const ROLE_NAME: &str = "AliyunFAASDefaultRole";
/// The role of the instance, whose temporary credentials the metadata service gives.
pub(crate) const INSTANCE_ROLE_NAME: &str = "SandboxInstanceRole";
/// The region of the instance, its bucket and the FaaS endpoint.
pub(crate) const REGION: &str = "cn-hangzhou";
/// The region of [`ELSEWHERE_BUCKET`].
pub(crate) const OTHER_REGION: &str = "cn-beijing";
/// The caller's bucket: it exists and is empty.
pub(crate) const BUCKET: &str = "faascmd-sandbox";
/// A bucket of another account.
pub(crate) const FOREIGN_BUCKET: &str = "faascmd-foreign";
/// A bucket of the caller's account in another region.
pub(crate) const ELSEWHERE_BUCKET: &str = "faascmd-beijing";
/// The one instance, with two chips.
pub(crate) const INSTANCE_ID: &str = "i-bp1faascmdsandbox0001";

/// The ARN of a role of the account.
pub(crate) fn role_arn(role: &str) -> String {
    format!("acs:ram::{ACCOUNT}:role/{role}")
}

/// A key that exists from the start, and whose it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FixedKey {
    pub(crate) id: &'static str,
    pub(crate) secret: &'static str,
    pub(crate) caller: FixedCaller,
}

/// Whose a fixed key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FixedCaller {
    /// [`USER_NAME`], who may do everything.
    User,
    /// The account itself: FaaS refuses it.
    Root,
    /// A RAM user who may put and get objects and nothing else (no list, no `ListParts`, no abort).
    Uploader,
    /// A RAM user whose key is disabled.
    Disabled,
}

/// The key that COMMAND gets.
pub(crate) const USER_KEY: FixedKey = FixedKey {
    id: "LTAI5tFaascmdSandboxUser",
    secret: "SandboxUserSecret0123456789abc",
    caller: FixedCaller::User,
};

/// Every key that exists from the start.
pub(crate) const KEYS: [FixedKey; 4] = [
    USER_KEY,
    FixedKey {
        id: "LTAI5tFaascmdSandboxRoot",
        secret: "SandboxRootSecret0123456789abc",
        caller: FixedCaller::Root,
    },
    FixedKey {
        id: "LTAI5tFaascmdSandboxPuts",
        secret: "SandboxPutsSecret0123456789abc",
        caller: FixedCaller::Uploader,
    },
    FixedKey {
        id: "LTAI5tFaascmdSandboxOff0",
        secret: "SandboxOff0Secret0123456789abc",
        caller: FixedCaller::Disabled,
    },
];

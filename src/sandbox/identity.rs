//! Who and what exists in the sandbox from its start: names, keys and ids, all fixed and documented.

/// The account that owns everything here.
pub(crate) const ACCOUNT: &str = "1234567890123456";
/// Another account: it owns [`FOREIGN_BUCKET`].
pub(crate) const OTHER_ACCOUNT: &str = "6543210987654321";
/// The RAM user whose key COMMAND gets.
pub(crate) const USER_NAME: &str = "faas-engineer";
/// That user's id.
pub(crate) const USER_ID: &str = "201234567890123456";
/// The RAM user who may put and get objects and nothing else.
pub(crate) const UPLOADER_NAME: &str = "faas-uploader";
/// That user's id.
pub(crate) const UPLOADER_ID: &str = "201234567890123457";
/// The role that the FaaS service assumes; it exists from the start.
pub(crate) const ROLE_NAME: &str = "AliyunFAASDefaultRole";
/// The role of the instance, whose temporary credentials the metadata service gives.
pub(crate) const INSTANCE_ROLE_NAME: &str = "SandboxInstanceRole";
/// A role that every RAM user of the account may take on, and that may do everything; the credentials URI gives its
/// credentials.
pub(crate) const OPERATOR_ROLE_NAME: &str = "SandboxOperatorRole";
/// The role that tokens of [`OIDC_PROVIDER_ARN`] give.
pub(crate) const OIDC_ROLE_NAME: &str = "SandboxOidcRole";
/// The one OIDC provider.
pub(crate) const OIDC_PROVIDER_ARN: &str = "acs:ram::1234567890123456:oidc-provider/sandbox";
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
/// An instance of the account without chips.
pub(crate) const PLAIN_INSTANCE_ID: &str = "i-bp1faascmdsandbox0002";
/// Its type; of no real one has the chips of two makers.
pub(crate) const INSTANCE_TYPE: &str = "ecs.f3-c16f1.8xlarge";
/// The ECS image that the instance runs.
pub(crate) const ECS_IMAGE_ID: &str = "m-bp1faascmdsandbox0001";
/// The vSwitch of the zone that has the most instances.
pub(crate) const VSWITCH: &str = "vsw-bp1faascmdsandboxb";
/// The security group in the region.
pub(crate) const SECURITY_GROUP: &str = "sg-bp1faascmdsandbox";
/// The first chip: xilinx, xcvu9p.
pub(crate) const XILINX_FPGA: &str = "0x6c92bf4786940500";
/// The second chip: intel.
pub(crate) const INTEL_FPGA: &str = "0x6c92bf4786940501";
/// The image that exists from the start, built long ago for the intel chip.
pub(crate) const OLD_IMAGE: &str = "91598d20-b802-11e7-879a-8db2aa11bb22";
/// An image of another account.
pub(crate) const FOREIGN_IMAGE: &str = "a8cee2f0-b8bd-11e7-879a-0dba4bf26e88";
/// The one key in the key management service.
pub(crate) const KMS_KEY: &str = "7906979c-8e06-46a2-be2d-68e3ccbc0001";

/// The ARN of a role of the account.
pub(crate) fn role_arn(role: &str) -> String {
    format!("acs:ram::{ACCOUNT}:role/{role}")
}

/// The ARN of a bucket, or of `bucket/key`, as policies name it.
pub(crate) fn oss_arn(path: &str) -> String {
    format!("acs:oss:oss-{REGION}:{ACCOUNT}:{path}")
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

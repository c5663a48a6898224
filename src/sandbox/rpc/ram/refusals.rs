//! What RAM refuses, in the words of its document "Error messages".

use crate::sandbox::rpc::refusal::refusals;

refusals! {
    NO_PERMISSION = 403, "NoPermission", "You are not authorized to do this action.";
    ROLE_NAME_CHARS = 400, "InvalidParameter.RoleName.InvalidChars",
        "The parameter - \"RoleName\" contains invalid chars.";
    ROLE_NAME_LENGTH = 400, "InvalidParameter.RoleName.Length",
        "The parameter - \"RoleName\" beyond the length limit.";
    POLICY_NAME_CHARS = 400, "InvalidParameter.PolicyName.InvalidChars",
        "The parameter - \"PolicyName\" contains invalid chars.";
    POLICY_NAME_LENGTH = 400, "InvalidParameter.PolicyName.Length",
        "The parameter - \"PolicyName\" beyond the length limit.";
    POLICY_TYPE = 400, "InvalidParameter.PolicyType", "The parameter - \"PolicyType\" is incorrect.";
    POLICY_LENGTH = 400, "InvalidParameter.PolicyDocument.Length",
        "The parameter - \"PolicyDocument\" beyond the length limit.";
    TRUST_LENGTH = 400, "InvalidParameter.AssumeRolePolicyDocument.Length",
        "The parameter - \"AssumeRolePolicyDocument\" beyond the length limit.";
    DESCRIPTION_LENGTH = 400, "InvalidParameter.Description.Length",
        "The parameter - \"Description\" beyond the length limit.";
    SESSION_DURATION = 400, "InvalidParameter.MaxSessionDuration",
        "The parameter - \"MaxSessionDuration\" MUST be in the range of 3600 and 43200.";
    ROTATE_STRATEGY = 400, "InvalidParameter.RotateStrategy",
        "The parameter - \"RotateStrategy\" is incorrect.";
    FLAG = 400, "InvalidParameter", "A parameter that is true or false is neither.";
    VERSION_FORMAT = 400, "InvalidParameter.VersionId.Format",
        "The format of the parameter - \"VersionId\" is incorrect.";
    MALFORMED_DOCUMENT = 400, "MalformedPolicyDocument", "The policy document is malformed.";
    ROLE_NOT_EXIST = 404, "EntityNotExist.Role", "The role does not exist.";
    POLICY_NOT_EXIST = 404, "EntityNotExist.Policy", "The policy does not exist.";
    VERSION_NOT_EXIST = 404, "EntityNotExist.Policy.Version", "The policy version does not exist.";
    NOT_ATTACHED = 404, "EntityNotExist.Role.Policy",
        "The indicate policy attached to the role does not exist.";
    ROLE_EXISTS = 409, "EntityAlreadyExists.Role", "The role does already EXIST.";
    POLICY_EXISTS = 409, "EntityAlreadyExists.Policy", "The policy does already EXIST.";
    ALREADY_ATTACHED = 409, "EntityAlreadyExists.Role.Policy",
        "The role has already been attached this policy.";
    ROLE_HAS_POLICY = 409, "DeleteConflict.Role.Policy",
        "The role CAN NOT has any attached policy while deleting the role.";
    POLICY_HAS_ROLE = 409, "DeleteConflict.Policy.Role",
        "The policy CAN NOT been attached to any role while deleting the policy.";
    POLICY_HAS_VERSIONS = 409, "DeleteConflict.Policy.Version",
        "The policy CAN NOT has any version except the default version.";
    DEFAULT_VERSION = 409, "DeleteConflict.Policy.Version.Default",
        "The default policy version CAN NOT been deleted directly.";
    VERSION_LIMIT = 409, "LimitExceeded.Policy.Version",
        "The count of policy version beyond the current limits.";
}

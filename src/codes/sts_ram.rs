//! What RAM and STS answer beyond the codes that all services share.

use super::{Class, Row};

const RAM: &str = "RAM documentation, API 2015-05-01";
const STS: &str = "STS documentation, AssumeRole (2015-04-01)";
const OIDC: &str = "STS documentation, AssumeRoleWithOIDC (2015-04-01)";
const ASSUME: &[&str] = &["AssumeRole", "AssumeRoleWithOIDC"];

pub(super) const ROWS: &[Row] = &[
    Row::new("ram", "NoPermission")
        .status(403)
        .means("The caller may not look at or change roles and policies.")
        .advice(
            "Attach AliyunRAMFullAccess to the RAM user for `auth`, or AliyunRAMReadOnlyAccess for \
            `list_policy`; docs/permissions.md lists the rights by action.",
        )
        .from(RAM),
    Row::new("ram", "EntityAlreadyExists.*")
        .status(409)
        .class(Class::Conflict)
        .means("What was to be created is there already.")
        .advice("Nothing to do: `faascmd auth` goes on with what is there.")
        .from(RAM),
    Row::new("ram", "EntityNotExist.Role")
        .status(404)
        .class(Class::NotFound)
        .means("There is no such role in the account.")
        .advice(
            "`faascmd auth --bucket BUCKET` creates AliyunFAASDefaultRole; for another role check \
            --role-arn.",
        )
        .from(RAM),
    Row::new("ram", "EntityNotExist.Policy")
        .status(404)
        .class(Class::NotFound)
        .means("There is no such policy in the account.")
        .advice("`faascmd auth --bucket BUCKET` creates faasPolicy.")
        .from(RAM),
    Row::new("ram", "EntityNotExist.*")
        .status(404)
        .class(Class::NotFound)
        .means("Something that the request names does not exist in RAM.")
        .advice("Read its name in the message and look for it in the RAM console of the caller's account.")
        .from(RAM),
    Row::new("ram", "LimitExceeded.*")
        .status(409)
        .means(
            "RAM has no room for another one: a policy keeps 5 versions, an account has a limit of roles \
            and policies.",
        )
        .advice("Remove old versions of faasPolicy, or policies that nobody uses, in the RAM console.")
        .from(RAM),
    Row::new("ram", "DeleteConflict.*")
        .status(409)
        .class(Class::Conflict)
        .means("It is still in use: a policy that is attached, or a role with policies.")
        .advice("Detach it from every role and user in the RAM console, then delete it.")
        .from(RAM),
    Row::new("ram", "MalformedPolicyDocument")
        .status(400)
        .means("RAM can't read the policy.")
        .advice(
            "Show it with `faascmd auth --bucket BUCKET --dry-run`; if others edited faasPolicy by hand, \
            correct it in the RAM console.",
        )
        .from(RAM),
    Row::new("ram", "InvalidParameter.*")
        .status(400)
        .means("RAM does not take a name or a document of the request.")
        .advice(
            "The rest of the code says which parameter: a role's name has 64 characters at most, a \
            policy 2048 bytes.",
        )
        .from(RAM),
    Row::new("sts", "NoPermission")
        .status(403)
        .on(ASSUME)
        .means("The role does not trust the caller, or the caller may not assume roles.")
        .advice(
            "The role's trust policy must name the caller's account, and the caller needs \
            AliyunSTSAssumeRoleAccess.",
        )
        .from(STS),
    Row::new("sts", "EntityNotExist.Role")
        .status(404)
        .class(Class::NotFound)
        .on(ASSUME)
        .means("The role that should be assumed does not exist.")
        .advice("Check ram_role_arn of the profile (or ALIBABA_CLOUD_ROLE_ARN): acs:ram::ACCOUNT:role/NAME.")
        .from(STS),
    Row::new("sts", "InvalidParameter.*")
        .status(400)
        .on(ASSUME)
        .means("STS does not take a field of the request to assume a role.")
        .advice(
            "Session name: 2 to 64 of a-z A-Z 0-9 . @ - _; duration: 900 seconds up to the role's \
            maximum; correct the profile's field that the code names.",
        )
        .from(STS),
    Row::new("sts", "AuthenticationFail.*")
        .status(401)
        .on(&["AssumeRoleWithOIDC"])
        .means("STS does not accept the OIDC token: expired, of another issuer, or for another audience.")
        .advice(
            "See that the token file is renewed (it is read anew each time) and that the provider's ARN \
            is the one of its issuer.",
        )
        .from(OIDC),
];

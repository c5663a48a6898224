//! An account that FaaS can't be let into.

use crate::cli::Exit;
use crate::cli::error::Failure;
use crate::ops::auth::AuthError;

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        let exit = exit_of(&error);
        let message = error.to_string();
        match error {
            AuthError::Cloud(error) if error.is_transient() => {
                Self::from(*error).hint("run it again: what was done is not done twice")
            }
            AuthError::Cloud(error) => (*error).into(),
            AuthError::ForeignBucket { .. } => {
                Self::new(exit, message).hint("take a bucket of this account: `faascmd auth --bucket BUCKET`")
            }
            AuthError::OtherRegion { region, here, .. } => Self::new(exit, message)
                .hint(format!("take a bucket in {here}, where the instance is"))
                .hint(format!("or, if the instance is in {region}: add --region {region}")),
            AuthError::NotARole(_) | AuthError::ForeignRole { .. } => Self::new(exit, message).hint(
                "leave --role-arn and FAASCMD_ROLE_ARN out: AliyunFAASDefaultRole of this account is taken",
            ),
            AuthError::Unreadable { name, .. } => Self::new(exit, message)
                .hint(format!("look at {name} in the RAM console; nothing was changed")),
            AuthError::TooLong { .. } => Self::new(exit, message)
                .hint("take buckets that are no longer used out of it, in the RAM console")
                .hint("`faascmd list_policy` shows what it allows"),
            AuthError::Changed(_) => Self::new(exit, message).hint("run the same command again"),
            AuthError::Shared(_) => Self::new(exit, message)
                .hint("detach it there first, in the RAM console; nothing was changed"),
        }
    }
}

fn exit_of(error: &AuthError) -> Exit {
    match error {
        AuthError::Cloud(_) => Exit::Failed,
        AuthError::ForeignBucket { .. } => Exit::Refused,
        AuthError::NotARole(_) | AuthError::ForeignRole { .. } => Exit::Usage,
        AuthError::OtherRegion { .. }
        | AuthError::Unreadable { .. }
        | AuthError::TooLong { .. }
        | AuthError::Changed(_)
        | AuthError::Shared(_) => Exit::Conflict,
    }
}

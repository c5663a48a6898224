//! What a caller is and may do.

use super::Directory;
use crate::sandbox::identity::{ACCOUNT, FixedCaller, UPLOADER_ID, UPLOADER_NAME, USER_ID, USER_NAME};
use crate::sandbox::keys::Caller;
use crate::sandbox::rpc::condition::Tags;

/// Whether it is a RAM user, by a key of its own.
pub(in crate::sandbox::rpc) fn is_ram_user(caller: &Caller) -> bool {
    ram_user(caller).is_some()
}

/// Name and id of a RAM user.
pub(in crate::sandbox::rpc) fn ram_user(caller: &Caller) -> Option<(&'static str, &'static str)> {
    match caller {
        Caller::Fixed(FixedCaller::User | FixedCaller::Disabled) => Some((USER_NAME, USER_ID)),
        Caller::Fixed(FixedCaller::Uploader) => Some((UPLOADER_NAME, UPLOADER_ID)),
        Caller::Fixed(FixedCaller::Root) | Caller::AssumedRole(_) => None,
    }
}

/// The id by which images belong to somebody: of the RAM user, of the account, of the role.
pub(in crate::sandbox::rpc) fn owner_id(caller: &Caller, ram: &Directory) -> String {
    match caller {
        Caller::AssumedRole(session) => ram.role_id(&session.role),
        fixed => ram_user(fixed).map_or(ACCOUNT, |(_, id)| id).to_owned(),
    }
}

/// Whether a caller may do something with a resource: the account may do all, its engineer too unless there is a
/// policy for that, the uploader nothing outside of OSS, a session what its role's policies and its own allow.
pub(in crate::sandbox::rpc) fn allowed(
    caller: &Caller,
    ram: &Directory,
    action: &str,
    resource: &str,
) -> bool {
    allowed_with(caller, ram, (action, resource), None)
}

/// The same where the resource can have tags.
pub(in crate::sandbox::rpc) fn allowed_with(
    caller: &Caller,
    ram: &Directory,
    wanted: (&str, &str),
    tags: Option<&Tags>,
) -> bool {
    match caller {
        Caller::Fixed(FixedCaller::Root) => true,
        Caller::Fixed(FixedCaller::User) => ram.user_allows(wanted, tags),
        Caller::Fixed(FixedCaller::Uploader | FixedCaller::Disabled) => false,
        Caller::AssumedRole(session) => ram.session_allows(session, wanted, tags),
    }
}

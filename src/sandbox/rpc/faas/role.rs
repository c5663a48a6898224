//! The role that the service takes on to read the object and to leave its log.

use super::refusals;
use crate::sandbox::identity::{ACCOUNT, oss_arn};
use crate::sandbox::rpc::call::Call;
use crate::sandbox::rpc::ram::Directory;
use crate::sandbox::rpc::refusal::Refusal;

/// The service as a role's document names it.
const PRINCIPAL: &str = "faas.aliyuncs.com";

/// A role that the service took on.
#[derive(Debug)]
pub(super) struct Role<'s> {
    name: String,
    ram: &'s Directory,
}

impl Role<'_> {
    /// Whether its policies allow something with an object.
    pub(super) fn allows(&self, action: &str, bucket: &str, key: &str) -> bool {
        self.ram.role_allows(&self.name, (action, &oss_arn(&format!("{bucket}/{key}"))), None)
    }
}

/// Takes a role on, if it is the account's and trusts the service.
pub(super) fn assume<'s>(ram: &'s Directory, arn: &str) -> Result<Role<'s>, Refusal> {
    let name = arn.strip_prefix(&format!("acs:ram::{ACCOUNT}:role/")).ok_or(refusals::ROLE_ACCESS)?;
    let role = ram.role(name).ok_or(refusals::ROLE_NOT_EXIST)?;
    if !role.trusts(&[PRINCIPAL]) {
        return Err(refusals::ROLE_ACCESS);
    }
    Ok(Role { name: name.to_owned(), ram })
}

/// Checks the role where a call may name one and need not.
pub(super) fn check_optional(call: &Call<'_>, ram: &Directory) -> Result<(), Refusal> {
    call.given("RoleArn").map_or(Ok(()), |arn| assume(ram, arn).map(drop))
}

//! Giving a RAM role to instances that run already.

use super::instance::MOST_IDS;
use super::{Ecs, action};
use crate::cloud::{Fields, Result, list_of};

/// What became of one instance.
#[derive(Clone, Debug)]
pub struct RoleGiven {
    /// The instance.
    pub instance_id: String,
    /// Why not, if it was not given.
    pub refusal: Option<(String, String)>,
}

impl RoleGiven {
    fn read(mut fields: Fields) -> Self {
        let message = fields.text("Message").unwrap_or_default();
        let code = fields.text("Code").unwrap_or_default();
        let failed = fields.flag("Success") == Some(false) || !matches!(code.as_str(), "" | "200");
        Self {
            instance_id: fields.text("InstanceId").unwrap_or_default(),
            refusal: failed.then_some((code, message)),
        }
    }
}

impl Ecs {
    /// Gives instances a role (`AttachInstanceRamRole`). That the call went well does not say that all have it.
    ///
    /// # Errors
    /// When a call fails, or an answer has no list.
    pub async fn give_role(&self, ids: &[String], role: &str) -> Result<Vec<RoleGiven>> {
        let mut given = Vec::new();
        for some in ids.chunks(MOST_IDS) {
            let array = serde_json::to_string(some).unwrap_or_default();
            let call = action("AttachInstanceRamRole").with("InstanceIds", array).with("RamRoleName", role);
            let read = |answer: &crate::cloud::RpcAnswer| {
                let outer = "AttachInstanceRamRoleResults";
                let rows = list_of(&answer.raw, outer, "AttachInstanceRamRoleResult")?;
                Ok(rows.into_iter().map(|row| RoleGiven::read(Fields::of(row))).collect::<Vec<_>>())
            };
            given.extend(self.call(&call, read).await?.view);
        }
        Ok(given)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_partial_failure_is_one() {
        let read = |value| RoleGiven::read(Fields::of(&value)).refusal;
        assert_eq!(
            read(json!({"InstanceId": "i-1", "Code": "200", "Message": "success", "Success": true})),
            None
        );
        let refused = json!({"InstanceId": "i-2", "Code": "InvalidRamRole.NotEcsRole", "Message": "", "Success": false});
        assert_eq!(read(refused).unwrap().0, "InvalidRamRole.NotEcsRole");
    }
}

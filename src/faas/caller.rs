//! Who the caller is, as the security token service knows it.

use serde_json::Value;

use super::Faas;
use crate::cloud::{Result, Retry, RpcCall, Service, unreadable};

/// The role that the documents have everybody make for the service.
pub const DEFAULT_ROLE: &str = "AliyunFAASDefaultRole";

/// Who signs the calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account's id, 16 digits.
    pub account_id: String,
    /// The caller's own name.
    pub arn: String,
    /// What it is.
    pub kind: CallerType,
}

/// What a caller is; the service makes images for RAM users only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallerType {
    /// The account itself.
    Account,
    /// A RAM user.
    RamUser,
    /// Somebody with the temporary credentials of a role.
    AssumedRole,
    /// Another word, kept as it came.
    Other(String),
}

impl CallerType {
    /// The service's word.
    pub fn name(&self) -> &str {
        match self {
            Self::Account => "Account",
            Self::RamUser => "RAMUser",
            Self::AssumedRole => "AssumedRoleUser",
            Self::Other(word) => word,
        }
    }
}

impl Caller {
    fn read(answer: &Value) -> Option<Self> {
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        let kind = match text("IdentityType").as_str() {
            "Account" => CallerType::Account,
            "RAMUser" => CallerType::RamUser,
            "AssumedRoleUser" => CallerType::AssumedRole,
            other => CallerType::Other(other.to_owned()),
        };
        let caller = Self { account_id: text("AccountId"), arn: text("Arn"), kind };
        (!caller.account_id.is_empty()).then_some(caller)
    }

    /// The ARN of the account's role for the service.
    pub fn default_role(&self) -> String {
        format!("acs:ram::{}:role/{DEFAULT_ROLE}", self.account_id)
    }
}

impl Faas {
    /// Asks who the caller is (STS `GetCallerIdentity`); anybody may ask.
    ///
    /// # Errors
    /// When the call fails, or the answer names no account.
    pub async fn caller(&self) -> Result<Caller> {
        self.caller_tried(Retry::IDEMPOTENT).await
    }

    /// The same, tried as often as the caller can wait for.
    ///
    /// # Errors
    /// When the call fails, or the answer names no account.
    pub async fn caller_tried(&self, retry: Retry) -> Result<Caller> {
        let call = RpcCall::new(Service::Sts, "2015-04-01", "GetCallerIdentity").retried(retry);
        let answer = self.cloud.rpc(&call).await?;
        Caller::read(&answer.raw)
            .ok_or_else(|| unreadable(&call, "there is no AccountId in it".into(), &answer.text))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_account_gives_its_default_role() {
        let answer =
            json!({"AccountId": "1234567890123456", "Arn": "acs:ram::1:user/u", "IdentityType": "RAMUser"});
        let caller = Caller::read(&answer).unwrap();
        assert_eq!(caller.kind, CallerType::RamUser);
        assert_eq!(caller.default_role(), "acs:ram::1234567890123456:role/AliyunFAASDefaultRole");
        assert_eq!(Caller::read(&json!({})), None);
    }
}

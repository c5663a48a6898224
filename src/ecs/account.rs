//! How much an account may have.

use std::collections::BTreeMap;

use super::{Ecs, action};
use crate::cloud::{Fields, Result, list_of};

/// The attributes that say so, and what can be run with Cloud Assistant.
const ATTRIBUTES: [&str; 7] = [
    "max-postpaid-instance-vcpu-count",
    "used-postpaid-instance-vcpu-count",
    "max-spot-instance-vcpu-count",
    "used-spot-instance-vcpu-count",
    "supported-postpaid-instance-types",
    "max-axt-command-count",
    "max-axt-invocation-daily",
];

/// What an account may have, by the service's names.
#[derive(Clone, Debug, Default)]
pub struct Quotas(BTreeMap<String, Vec<String>>);

impl Quotas {
    /// A number, where the service tells it.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.0.get(name)?.first()?.parse().ok()
    }

    /// How many vCPUs of pay-as-you-go, or of spot instances, are left.
    pub fn vcpus_left(&self, spot: bool) -> Option<u64> {
        let kind = if spot { "spot" } else { "postpaid" };
        let most = self.number(&format!("max-{kind}-instance-vcpu-count"))?;
        let used = self.number(&format!("used-{kind}-instance-vcpu-count")).unwrap_or(0);
        Some(most.saturating_sub(used))
    }

    /// Whether the account may have this type, where the service lists them.
    pub fn supports(&self, instance_type: &str) -> Option<bool> {
        let types = self.0.get("supported-postpaid-instance-types").filter(|types| !types.is_empty())?;
        Some(types.iter().any(|own| own == instance_type))
    }
}

impl Ecs {
    /// What the account may have (`DescribeAccountAttributes`).
    ///
    /// # Errors
    /// When the call fails, or the answer has no list.
    pub async fn quotas(&self) -> Result<Quotas> {
        let call = action("DescribeAccountAttributes").with_list("AttributeName", &ATTRIBUTES);
        let read = |answer: &crate::cloud::RpcAnswer| {
            let rows = list_of(&answer.raw, "AccountAttributeItems", "AccountAttributeItem")?;
            let row = |row| {
                let mut fields = Fields::of(row);
                let values = fields.items("AttributeValues", "ValueItem").into_iter();
                let values = values.filter_map(|mut value| value.text("Value")).collect();
                (fields.text("AttributeName").unwrap_or_default(), values)
            };
            Ok(Quotas(rows.into_iter().map(row).collect()))
        };
        Ok(self.call(&call, read).await?.view)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_what_there_may_be_without_what_there_is() {
        let of = |pairs: &[(&str, &str)]| {
            Quotas(pairs.iter().map(|(name, value)| ((*name).into(), vec![(*value).into()])).collect())
        };
        let quotas = of(&[
            ("max-postpaid-instance-vcpu-count", "100"),
            ("used-postpaid-instance-vcpu-count", "84"),
            ("supported-postpaid-instance-types", "ecs.f3-c4f1.xlarge"),
        ]);
        assert_eq!((quotas.vcpus_left(false), quotas.vcpus_left(true)), (Some(16), None));
        assert_eq!(quotas.supports("ecs.f3-c4f1.xlarge"), Some(true));
        assert_eq!(Quotas::default().supports("ecs.f3-c4f1.xlarge"), None);
    }
}

//! Where instances are put: vSwitches and security groups.

use super::page::Pages;
use super::{Ecs, action};
use crate::cloud::{Fields, Result};

/// A vSwitch: a network in one zone.
#[derive(Clone, Debug, Default)]
pub struct VSwitch {
    /// `vsw-…`.
    pub id: String,
    /// The VPC that it belongs to.
    pub vpc: String,
    /// Its zone, and so that of every instance in it.
    pub zone: String,
    /// How many addresses are free.
    pub free_addresses: Option<u64>,
}

impl VSwitch {
    fn read(mut fields: Fields) -> Self {
        Self {
            id: fields.text("VSwitchId").unwrap_or_default(),
            vpc: fields.text("VpcId").unwrap_or_default(),
            zone: fields.text("ZoneId").unwrap_or_default(),
            free_addresses: fields.number("AvailableIpAddressCount"),
        }
    }
}

/// A security group: who may speak to an instance.
#[derive(Clone, Debug, Default)]
pub struct SecurityGroup {
    /// `sg-…`.
    pub id: String,
    /// The VPC that it belongs to.
    pub vpc: String,
    /// How many more instances it takes.
    pub room: Option<u64>,
}

impl SecurityGroup {
    fn read(mut fields: Fields) -> Self {
        Self {
            id: fields.text("SecurityGroupId").unwrap_or_default(),
            vpc: fields.text("VpcId").unwrap_or_default(),
            room: fields.number("AvailableInstanceAmount"),
        }
    }
}

impl Ecs {
    /// The vSwitches of the region (`DescribeVSwitches`).
    ///
    /// # Errors
    /// When a call fails, or an answer has no list.
    pub async fn vswitches(&self) -> Result<Vec<VSwitch>> {
        let pages = Pages::of("VSwitches", "VSwitch", 50);
        self.by_number(&action("DescribeVSwitches"), pages, VSwitch::read).await
    }

    /// A security group (`DescribeSecurityGroups`); `None` where there is none of this id.
    ///
    /// # Errors
    /// When the call fails, or the answer has no list.
    pub async fn security_group(&self, id: &str) -> Result<Option<SecurityGroup>> {
        let ids = serde_json::json!([id]).to_string();
        let call = action("DescribeSecurityGroups").with("SecurityGroupIds", ids);
        let pages = Pages::of("SecurityGroups", "SecurityGroup", 100);
        let groups = self.by_token(&call, pages, SecurityGroup::read).await?;
        Ok(groups.into_iter().find(|group| group.id == id))
    }
}

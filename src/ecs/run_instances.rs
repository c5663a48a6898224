//! Making instances.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use serde::{Deserialize, Serialize};

use super::renewal::Period;
use super::{Ecs, action};
use crate::cloud::{Answered, Fields, Result, RpcCall};

/// What instances are to be made; kept on disk before it is sent, so that the same can be asked for again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InstanceOrder {
    /// How many, 1 to 100.
    pub amount: u16,
    /// With fewer than these in stock none is made; with fewer than `amount`, those that there are.
    pub at_least: u16,
    /// `ecs.f3-c16f1.4xlarge`.
    pub instance_type: String,
    /// The system image.
    pub image: String,
    /// The vSwitch, and with it the zone.
    pub vswitch: String,
    /// The security group, of the vSwitch's VPC.
    pub security_group: String,
    /// The name; `ddr-[1,3]` gives `ddr-001` and so on.
    pub name: String,
    /// The RAM role that they carry.
    pub role: Option<String>,
    /// What runs at the first boot, as it is.
    pub user_data: Option<String>,
    /// The key pair for ssh.
    pub key_pair: Option<String>,
    /// The system disk's size in GiB; the image's without.
    pub system_disk_gib: Option<u32>,
    /// The system disk's category; f-instances take `cloud_efficiency` and `cloud_ssd` only.
    pub system_disk_category: Option<String>,
    /// How they are paid.
    pub charge: Charge,
    /// Bandwidth to the internet in Mbit/s; above 0 each gets a public address.
    pub public_mbit: u16,
    /// When the cloud releases them by itself.
    pub release: Option<Timestamp>,
    /// The tags that they are found by.
    pub tags: Vec<(String, String)>,
}

/// How instances are paid.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Charge {
    /// By the second, at the list price.
    #[default]
    PostPaid,
    /// At the market's price, whatever it is.
    Spot,
    /// At the market's price up to this much an hour.
    SpotLimit(String),
    /// In advance: such an instance can't be released.
    PrePaid(Period),
}

/// What a call for instances gave.
#[derive(Clone, Debug, Default)]
pub struct Launched {
    /// Their ids; fewer than were asked for if the stock was smaller.
    pub ids: Vec<String>,
    /// What the order costs, where the service says so.
    pub trade_price: Option<f64>,
}

/// The next whole minute at or after a time: the service cuts the seconds off, which could make it too early.
pub fn minute_of(time: Timestamp) -> Timestamp {
    let up = TimestampRound::new().smallest(Unit::Minute).mode(RoundMode::Ceil);
    time.round(up).unwrap_or(time)
}

impl InstanceOrder {
    fn call(&self) -> RpcCall {
        let release = self.release.map(|time| minute_of(time).strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        let disk = self.system_disk_gib.map(|gib| gib.to_string());
        let call = action("RunInstances")
            .with("Amount", self.amount.to_string())
            .with("MinAmount", self.at_least.to_string())
            .with("InstanceType", &self.instance_type)
            .with("ImageId", &self.image)
            .with("VSwitchId", &self.vswitch)
            .with("SecurityGroupId", &self.security_group)
            .with("InstanceName", &self.name)
            .with_some("RamRoleName", self.role.as_deref())
            .with_some("KeyPairName", self.key_pair.as_deref())
            .with_some("SystemDisk.Size", disk.as_deref())
            .with_some("SystemDisk.Category", self.system_disk_category.as_deref())
            .with("InternetMaxBandwidthOut", self.public_mbit.to_string())
            .with_some("AutoReleaseTime", release.as_deref())
            .with_tags("Tag", &self.tags);
        let call = self.charge.put_on(call);
        // A proxy may cut a URL as long as this.
        self.user_data.iter().fold(call, |call, text| call.with_form("UserData", BASE64.encode(text)))
    }
}

impl Charge {
    fn put_on(&self, call: RpcCall) -> RpcCall {
        match self {
            Self::PostPaid => call.with("InstanceChargeType", "PostPaid"),
            Self::Spot => call.with("InstanceChargeType", "PostPaid").with("SpotStrategy", "SpotAsPriceGo"),
            Self::SpotLimit(price) => call
                .with("InstanceChargeType", "PostPaid")
                .with("SpotStrategy", "SpotWithPriceLimit")
                .with("SpotPriceLimit", price),
            Self::PrePaid(period) => call
                .with("InstanceChargeType", "PrePaid")
                .with("Period", period.count.to_string())
                .with("PeriodUnit", period.unit.name()),
        }
    }

    /// The service's word for the strategy.
    pub fn spot_strategy(&self) -> &'static str {
        match self {
            Self::PostPaid | Self::PrePaid(_) => "NoSpot",
            Self::Spot => "SpotAsPriceGo",
            Self::SpotLimit(_) => "SpotWithPriceLimit",
        }
    }
}

impl Ecs {
    /// Makes instances (`RunInstances`). The token makes a repetition harmless: the same order with the same token makes
    /// them once, and gives their ids again. How long the service remembers a token is not documented; after an hour look
    /// for the order's tags instead.
    ///
    /// # Errors
    /// When the call fails, or the answer has no ids.
    pub async fn run_instances(&self, order: &InstanceOrder, token: &str) -> Result<Answered<Launched>> {
        self.call(&order.call().with("ClientToken", token), |answer| {
            let mut fields = Fields::of(&answer.raw);
            let ids = fields.texts("InstanceIdSets", "InstanceIdSet");
            if ids.is_empty() {
                return Err("there is no instance id in it".into());
            }
            Ok(Launched { ids, trade_price: fields.decimal("TradePrice") })
        })
        .await
    }

    /// Asks whether an order would be carried out: parameters, permissions, quota and stock are looked at, nothing is made.
    ///
    /// # Errors
    /// What would stand against it.
    pub async fn check_order(&self, order: &InstanceOrder) -> Result<()> {
        self.dry_run(&order.call()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_time_is_moved_to_the_next_whole_minute_and_never_back() {
        let minute = |text: &str| minute_of(text.parse().unwrap()).to_string();
        assert_eq!(minute("2026-11-21T08:30:00Z"), "2026-11-21T08:30:00Z");
        assert_eq!(minute("2026-11-21T08:30:00.001Z"), "2026-11-21T08:31:00Z");
        assert_eq!(minute("2026-11-21T23:59:59Z"), "2026-11-22T00:00:00Z");
    }

    #[test]
    fn an_order_says_what_was_given_and_user_data_go_in_the_body() {
        let order = InstanceOrder {
            amount: 3,
            at_least: 2,
            user_data: Some("#!/bin/sh\n".into()),
            release: Some("2026-11-21T08:30:10Z".parse().unwrap()),
            tags: vec![("faascmd-fleet".into(), "ddr".into()), ("empty".into(), String::new())],
            charge: Charge::SpotLimit("1.25".into()),
            ..InstanceOrder::default()
        };
        let call = order.call();
        let of = |name: &str| call.query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        assert_eq!(of("AutoReleaseTime"), Some("2026-11-21T08:31:00Z"));
        assert_eq!((of("Tag.1.Key"), of("Tag.2.Value")), (Some("faascmd-fleet"), Some("")));
        assert_eq!((of("SpotStrategy"), of("SpotPriceLimit")), (Some("SpotWithPriceLimit"), Some("1.25")));
        assert_eq!((of("RamRoleName"), of("UserData"), of("MinAmount")), (None, None, Some("2")));
        assert_eq!(call.form, [("UserData".to_owned(), "IyEvYmluL3NoCg==".to_owned())]);
    }

    #[test]
    fn a_kept_order_is_read_again_as_it_was() {
        let period = Period { count: 1, unit: super::super::PeriodUnit::Week };
        for charge in [Charge::PostPaid, Charge::Spot, Charge::SpotLimit("2".into()), Charge::PrePaid(period)]
        {
            let order = InstanceOrder { charge, release: Some(Timestamp::now()), ..InstanceOrder::default() };
            let text = serde_json::to_string(&order).unwrap();
            assert_eq!(serde_json::from_str::<InstanceOrder>(&text).unwrap(), order);
        }
    }
}

//! What hosts cost, as far as the service tells.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ecs::{Ecs, Instance, InstanceState, PriceOf};

/// What an hour costs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Cost {
    /// Of all of them.
    pub hourly: f64,
    /// `CNY` or `USD`.
    pub currency: String,
}

impl Cost {
    /// `9.36 CNY/h`.
    pub fn said(&self) -> String {
        format!("{:.2} {}/h", self.hourly, self.currency)
    }
}

/// Whether it is paid by the hour, and now.
fn is_billed(host: &Instance) -> bool {
    let rests = host.state == InstanceState::Stopped && host.stopped_mode.as_deref() == Some("StopCharging");
    !host.prepaid && !rests
}

/// What hosts cost an hour; None where a price can't be had: work goes on without it.
pub async fn cost_of(ecs: &Ecs, hosts: &[Instance]) -> Option<Cost> {
    let mut kinds: BTreeMap<(&str, &str, &str), u16> = BTreeMap::new();
    for host in hosts.iter().filter(|host| is_billed(host)) {
        let kind =
            (host.instance_type.as_str(), host.zone.as_str(), host.spot.as_deref().unwrap_or("NoSpot"));
        *kinds.entry(kind).or_default() += 1;
    }
    let mut cost = Cost::default();
    for ((instance_type, zone, spot_strategy), amount) in kinds {
        let of = PriceOf { instance_type, amount, zone: Some(zone), spot_strategy, order: None };
        let price = ecs.price(&of).await.ok()?;
        cost.hourly += price.trade;
        cost.currency = price.currency;
    }
    (cost.hourly > 0.0).then_some(cost)
}

//! What instances cost.

use serde::Serialize;

use super::page::Pages;
use super::{Charge, Ecs, InstanceOrder, action};
use crate::cloud::{Fields, Result, Time, list_of};

/// What an order costs: an hour of it, or the time that is paid in advance.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Price {
    /// With all discounts.
    pub trade: f64,
    /// The list price.
    pub original: f64,
    /// `CNY` or `USD`.
    pub currency: String,
}

/// Of what the price is asked.
#[derive(Clone, Debug, Default)]
pub struct PriceOf<'a> {
    /// The type.
    pub instance_type: &'a str,
    /// How many.
    pub amount: u16,
    /// The zone, which a spot price depends on.
    pub zone: Option<&'a str>,
    /// The service's word for the strategy.
    pub spot_strategy: &'a str,
    /// What they are made with: image and disk cost too; and how they are paid, by the hour without it.
    pub order: Option<&'a InstanceOrder>,
}

/// The market's price at a time.
#[derive(Clone, Debug, Serialize)]
pub struct SpotPrice {
    /// The zone.
    pub zone: String,
    /// What the market asked for an hour.
    pub price: f64,
    /// The list price.
    pub original: f64,
    /// When.
    pub time: Option<Time>,
}

impl SpotPrice {
    fn read(mut fields: Fields) -> Self {
        Self {
            zone: fields.text("ZoneId").unwrap_or_default(),
            price: fields.decimal("SpotPrice").unwrap_or_default(),
            original: fields.decimal("OriginPrice").unwrap_or_default(),
            time: fields.time("Timestamp"),
        }
    }
}

impl Ecs {
    /// What instances cost (`DescribePrice`).
    ///
    /// # Errors
    /// When the call fails, or the answer has no price.
    pub async fn price(&self, of: &PriceOf<'_>) -> Result<Price> {
        let disk = of.order.and_then(|order| order.system_disk_gib).map(|gib| gib.to_string());
        let category = of.order.and_then(|order| order.system_disk_category.as_deref());
        let (unit, count) = match of.order.map(|order| &order.charge) {
            Some(Charge::PrePaid(period)) => (period.unit.name(), period.count),
            _ => ("Hour", 1),
        };
        let call = action("DescribePrice")
            .with("ResourceType", "instance")
            .with("InstanceType", of.instance_type)
            .with("Amount", of.amount.max(1).to_string())
            .with("PriceUnit", unit)
            .with("Period", count.to_string())
            .with("SpotStrategy", of.spot_strategy)
            .with_some("ZoneId", of.zone)
            // The disk has a price only together with an image.
            .with_some("ImageId", of.order.map(|order| order.image.as_str()))
            .with_some("SystemDisk.Size", disk.as_deref())
            .with_some("SystemDisk.Category", category);
        let read = |answer: &crate::cloud::RpcAnswer| {
            let mut price = Fields::of(&answer.raw["PriceInfo"]["Price"]);
            let trade = price.decimal("TradePrice").ok_or("there is no TradePrice in it")?;
            Ok(Price {
                trade,
                original: price.decimal("OriginalPrice").unwrap_or(trade),
                currency: price.text("Currency").unwrap_or_default(),
            })
        };
        Ok(self.call(&call, read).await?.view)
    }

    /// The market's prices of the last hours in all zones (`DescribeSpotPriceHistory`), and their currency.
    ///
    /// # Errors
    /// When a call fails, or an answer has no list.
    pub async fn spot_prices(&self, instance_type: &str) -> Result<(Vec<SpotPrice>, String)> {
        let call = action("DescribeSpotPriceHistory")
            .with("InstanceType", instance_type)
            .with("NetworkType", "vpc")
            .with("IoOptimized", "optimized");
        let (mut prices, mut offset) = (Vec::new(), 0);
        let pages = Pages::of("SpotPrices", "SpotPriceType", 0);
        loop {
            let read = |answer: &crate::cloud::RpcAnswer| {
                let rows = list_of(&answer.raw, pages.outer, pages.inner)?;
                let mut fields = Fields::of(&answer.raw);
                let rows: Vec<_> = rows.into_iter().map(|row| SpotPrice::read(Fields::of(row))).collect();
                Ok((rows, fields.number("NextOffset"), fields.text("Currency").unwrap_or_default()))
            };
            let (rows, next, currency) =
                self.call(&call.clone().with("Offset", u64::to_string(&offset)), read).await?.view;
            prices.extend(rows);
            match next {
                Some(next) if next > offset => offset = next,
                _ => return Ok((prices, currency)),
            }
        }
    }
}

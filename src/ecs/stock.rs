//! What there is to be had, and where.

use serde::Serialize;

use super::{Ecs, action};
use crate::cloud::{Fields, Result, list_of};

/// A type of instance in a zone.
#[derive(Clone, Debug, Serialize)]
pub struct ZoneStock {
    /// The zone.
    pub zone: String,
    /// The type.
    pub instance_type: String,
    /// How much there is.
    pub stock: Stock,
}

/// How much there is of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stock {
    /// Enough.
    Plenty,
    /// Little: an order of many may fail.
    Low,
    /// None now; there will be some again.
    Empty,
    /// None, and there will be none.
    Ended,
    /// The service used a word that this program does not know.
    Unknown,
}

impl Stock {
    fn of(status: &str, category: &str) -> Self {
        match category {
            "WithStock" => Self::Plenty,
            "ClosedWithStock" => Self::Low,
            "WithoutStock" => Self::Empty,
            "ClosedWithoutStock" => Self::Ended,
            _ if status.eq_ignore_ascii_case("Available") => Self::Plenty,
            _ if status.eq_ignore_ascii_case("SoldOut") => Self::Empty,
            _ => Self::Unknown,
        }
    }

    /// One word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plenty => "plenty",
            Self::Low => "low",
            Self::Empty => "empty",
            Self::Ended => "ended",
            Self::Unknown => "unknown",
        }
    }
}

impl Ecs {
    /// Where there is an instance type, and how much of it (`DescribeAvailableResource`).
    ///
    /// # Errors
    /// When the call fails, or the answer has no list.
    pub async fn stock(&self, instance_type: &str, spot_strategy: &str) -> Result<Vec<ZoneStock>> {
        let call = action("DescribeAvailableResource")
            .with("DestinationResource", "InstanceType")
            .with("IoOptimized", "optimized")
            .with("InstanceChargeType", "PostPaid")
            .with("SpotStrategy", spot_strategy)
            .with("InstanceType", instance_type);
        let read = |answer: &crate::cloud::RpcAnswer| {
            // Where nothing is sold at all, the list is left out.
            let zones = list_of(&answer.raw, "AvailableZones", "AvailableZone").unwrap_or_default();
            Ok(zones.into_iter().flat_map(|zone| of_zone(Fields::of(zone))).collect())
        };
        Ok(self.call(&call, read).await?.view)
    }
}

fn of_zone(mut fields: Fields) -> Vec<ZoneStock> {
    let zone = fields.text("ZoneId").unwrap_or_default();
    let supported = fields
        .items("AvailableResources", "AvailableResource")
        .into_iter()
        .flat_map(|resource| resource.items("SupportedResources", "SupportedResource"));
    let of = |mut resource: Fields| {
        let (status, category) = (resource.text("Status"), resource.text("StatusCategory"));
        let stock = Stock::of(&status.unwrap_or_default(), &category.unwrap_or_default());
        ZoneStock { zone: zone.clone(), instance_type: resource.text("Value").unwrap_or_default(), stock }
    };
    supported.map(of).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_the_documents_sample_in_both_spellings() {
        let zone = json!({
            "ZoneId": "cn-shanghai-b", "Status": "Available", "StatusCategory": "WithStock",
            "AvailableResources": {"AvailableResource": [{"Type": "InstanceType", "SupportedResources": {
                "SupportedResource": [
                    {"Value": "ecs.f3-c4f1.xlarge", "Status": "available"},
                    {"Value": "ecs.f3-c16f1.16xlarge", "Status": "SoldOut", "StatusCategory": "WithoutStock"}
                ]}}]}
        });
        let stock: Vec<_> = of_zone(Fields::of(&zone)).iter().map(|of| of.stock).collect();
        assert_eq!(stock, [Stock::Plenty, Stock::Empty]);
    }
}

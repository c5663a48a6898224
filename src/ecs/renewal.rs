//! Renewal of what is paid in advance.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::instance::MOST_IDS;
use super::page::Pages;
use super::{Ecs, action};
use crate::cloud::{Fields, Result};

/// A time that is paid in advance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// How many.
    pub count: u16,
    /// Of what.
    pub unit: PeriodUnit,
}

/// The unit of a [`Period`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeriodUnit {
    /// Weeks, 1 to 4.
    Week,
    /// Months.
    Month,
    /// Years, 1 to 5.
    Year,
}

impl PeriodUnit {
    /// The service's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Week => "Week",
            Self::Month => "Month",
            Self::Year => "Year",
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.count == 1 { "" } else { "s" };
        write!(f, "{} {}{plural}", self.count, self.unit.name().to_lowercase())
    }
}

/// What is to happen when a paid time ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// It is renewed for so long.
    Auto(Period),
    /// Its owner is asked.
    Normal,
    /// It ends, and nobody is asked.
    Not,
}

/// What is set for an instance.
#[derive(Clone, Debug, Serialize)]
pub struct RenewalState {
    /// The instance.
    pub instance_id: String,
    /// Whether it renews itself.
    pub auto: bool,
    /// The service's word: `AutoRenewal`, `Normal`, `NotRenewal`.
    pub status: Option<String>,
    /// For how long, where it renews itself.
    pub duration: Option<u64>,
    /// `Month`, `Week` or `Year`.
    pub unit: Option<String>,
}

impl RenewalState {
    fn read(mut fields: Fields) -> Self {
        Self {
            instance_id: fields.text("InstanceId").unwrap_or_default(),
            auto: fields.flag("AutoRenewEnabled").unwrap_or(false),
            status: fields.text("RenewalStatus"),
            duration: fields.number("Duration").filter(|count| *count > 0),
            unit: fields.text("PeriodUnit"),
        }
    }
}

impl Ecs {
    /// How prepaid instances renew (`DescribeInstanceAutoRenewAttribute`); those that are not prepaid are not among them.
    ///
    /// # Errors
    /// When a call fails, or an answer has no list.
    pub async fn renewals(&self, ids: &[String]) -> Result<Vec<RenewalState>> {
        let mut found = Vec::new();
        for some in ids.chunks(MOST_IDS) {
            let call = action("DescribeInstanceAutoRenewAttribute").with("InstanceId", some.join(","));
            let pages = Pages::of("InstanceRenewAttributes", "InstanceRenewAttribute", 100);
            found.extend(self.by_number(&call, pages, RenewalState::read).await?);
        }
        Ok(found)
    }

    /// Sets how prepaid instances renew (`ModifyInstanceAutoRenewAttribute`).
    ///
    /// # Errors
    /// When a call fails: an instance that is not prepaid refuses it.
    pub async fn set_renewal(&self, ids: &[String], renewal: Renewal) -> Result<()> {
        for some in ids.chunks(MOST_IDS) {
            let call = action("ModifyInstanceAutoRenewAttribute").with("InstanceId", some.join(","));
            let call = match renewal {
                Renewal::Auto(period) => call
                    .with("RenewalStatus", "AutoRenewal")
                    .with("Duration", period.count.to_string())
                    .with("PeriodUnit", period.unit.name()),
                Renewal::Normal => call.with("RenewalStatus", "Normal"),
                Renewal::Not => call.with("RenewalStatus", "NotRenewal"),
            };
            self.done(&call).await?;
        }
        Ok(())
    }

    /// Pays for a prepaid instance once more (`RenewInstance`). The token makes a repetition harmless.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn renew(&self, instance_id: &str, period: Period, token: &str) -> Result<()> {
        let call = action("RenewInstance")
            .with("InstanceId", instance_id)
            .with("Period", period.count.to_string())
            .with("PeriodUnit", period.unit.name())
            .with("ClientToken", token);
        self.done(&call).await
    }
}

//! `faascmd fleet prices TYPE...`.

use std::collections::BTreeMap;

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::ecs::{Ecs, FPGA_TYPES, PriceOf, SpotPrice, Stock, fpga_type};

/// Show what instance types cost now, and where there are some
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd fleet prices ecs.f3-c4f1.xlarge ecs.f3-c16f1.16xlarge
  faascmd fleet prices                     every type of f1, f2 and f3")]
pub(in crate::cli) struct PricesArgs {
    /// Instance types
    #[arg(value_name = "TYPE")]
    types: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Prices {
    items: Vec<Offer>,
}

/// A type in a zone.
#[derive(Debug, Serialize)]
struct Offer {
    instance_type: String,
    zone: String,
    stock: Stock,
    /// The list price an hour.
    hourly: Option<f64>,
    currency: String,
    chips: Option<u8>,
    /// The market's last price, and the lowest and highest of the last hours.
    spot: Option<Market>,
}

#[derive(Debug, Serialize)]
struct Market {
    last: f64,
    least: f64,
    most: f64,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &PricesArgs, cx: &Context) -> Outcome {
    let all = || FPGA_TYPES.iter().map(|of| of.name.to_owned()).collect();
    let types: Vec<String> = if args.types.is_empty() { all() } else { args.types.clone() };
    let items = cx.block_on(async {
        let ecs = cx.ecs().await?;
        let mut items = Vec::new();
        for instance_type in &types {
            items.extend(offers(&ecs, instance_type).await?);
        }
        Ok(items)
    })?;
    cx.ui.print(&Prices { items })
}

async fn offers(ecs: &Ecs, instance_type: &str) -> Result<Vec<Offer>, Failure> {
    let stock = ecs.stock(instance_type, "NoSpot").await?;
    // A type that is not sold in this way has no market.
    let (spot, _) = unless_forbidden(ecs.spot_prices(instance_type).await)?.unwrap_or_default();
    let mut by_zone: BTreeMap<&str, Vec<&SpotPrice>> = BTreeMap::new();
    for price in &spot {
        by_zone.entry(price.zone.as_str()).or_default().push(price);
    }
    let mut offers = Vec::new();
    for of in stock.iter().filter(|of| of.instance_type == instance_type) {
        let asked =
            PriceOf { instance_type, amount: 1, zone: Some(&of.zone), spot_strategy: "NoSpot", order: None };
        let price = unless_forbidden(ecs.price(&asked).await)?;
        offers.push(Offer {
            instance_type: instance_type.to_owned(),
            zone: of.zone.clone(),
            stock: of.stock,
            hourly: price.as_ref().map(|price| price.trade),
            currency: price.map(|price| price.currency).unwrap_or_default(),
            chips: fpga_type(instance_type).map(|of| of.chips),
            spot: by_zone.get(of.zone.as_str()).and_then(|prices| Market::of(prices)),
        });
    }
    Ok(offers)
}

/// What can't be had is none; what may not be asked is an error.
fn unless_forbidden<T>(asked: crate::cloud::Result<T>) -> Result<Option<T>, Failure> {
    match asked {
        Err(error) if error.code().is_some_and(|code| code.starts_with("Forbidden")) => Err(error.into()),
        asked => Ok(asked.ok()),
    }
}

impl Market {
    fn of(prices: &[&SpotPrice]) -> Option<Self> {
        let last =
            prices.iter().max_by_key(|price| price.time.as_ref().and_then(crate::cloud::Time::timestamp))?;
        let of = |pick: fn(f64, f64) -> f64| {
            prices.iter().map(|price| price.price).reduce(pick).unwrap_or(last.price)
        };
        Some(Self { last: last.price, least: of(f64::min), most: of(f64::max) })
    }
}

impl Report for Prices {
    const SCHEMA: &'static str = "faascmd.fleet.prices/1";

    fn human(&self, page: &mut Page) {
        let rows = self.items.iter().map(|offer| {
            let hourly =
                offer.hourly.map(|price| format!("{price:.3} {}", offer.currency)).unwrap_or_default();
            let spot =
                offer.spot.as_ref().map(|of| format!("{:.3} ({:.3}–{:.3})", of.last, of.least, of.most));
            let chips = offer.chips.map(|chips| chips.to_string()).unwrap_or_default();
            let stock = offer.stock.name().to_owned();
            vec![
                offer.instance_type.clone(),
                offer.zone.clone(),
                chips,
                stock,
                hourly,
                spot.unwrap_or_default(),
            ]
        });
        let columns = ["type", "zone", "chips", "stock", "per hour", "market"];
        page.table(&columns, &rows.collect::<Vec<_>>());
    }
}

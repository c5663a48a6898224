//! `faascmd fleet up NAME`.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::BOOT;
use super::host::Host;
use super::outcomes::stopped;
use super::spec::SpecArgs;
use crate::base::duration::spent;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output::{Page, Report};
use crate::cloud;
use crate::codes::Class;
use crate::ecs::{Charge, Ecs, Price, PriceOf, ZoneStock, fpga_type};
use crate::ops::fleet::{Cost, Services, Target, UpRequest, cost_of, up};

/// Make what is missing of a fleet
///
/// Instances that are there already count; what is made is tagged, and released by the cloud after --release-after, also if
/// this machine is gone by then. Killed or stopped at any point, the same command goes on where it stopped.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd fleet up ddr --count 4 --type ecs.f3-c16f1.16xlarge --vswitch vsw-1,vsw-2 --security-group sg-1 --ecs-image m-1
  faascmd fleet up ddr -f fleet.toml --count 8
  faascmd fleet up ddr -f fleet.toml --dry-run     price, stock and quota; makes nothing")]
pub(in crate::cli) struct UpArgs {
    /// The fleet's name
    #[arg(value_name = "NAME")]
    name: Target,
    /// File with the flags' names as keys
    #[arg(short = 'f', long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    spec: SpecArgs,
    /// Return as soon as all is ordered
    #[arg(long)]
    no_wait: bool,
    /// Say what would be made and what it would cost, and make nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
struct Up {
    fleet: String,
    new: usize,
    hosts: Vec<Host>,
    cost: Option<Cost>,
}

#[derive(Debug, Serialize)]
struct Plan {
    fleet: String,
    count: usize,
    there: usize,
    missing: usize,
    cost: Option<Cost>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_advance: Option<InAdvance>,
    /// Seconds until they are released.
    release_after: Option<u64>,
    stock: Vec<ZoneStock>,
    vcpus_needed: Option<u64>,
    vcpus_left: Option<u64>,
    type_supported: Option<bool>,
    /// What the service would refuse it with.
    refusal: Option<String>,
    #[serde(skip)]
    exit: Exit,
}

/// What is paid before it is used.
#[derive(Debug, Serialize)]
struct InAdvance {
    /// `1 month`.
    period: String,
    /// Of all that is missing, for all of that time.
    price: f64,
    currency: String,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &UpArgs, cx: &Context) -> Outcome {
    let Target::Fleet(fleet) = &args.name else {
        return Err(Failure::new(Exit::Usage, format!("{} is not a name for a fleet", args.name)));
    };
    let file = args.file.as_deref().map(SpecArgs::read).transpose()?.unwrap_or_default();
    let request = args.spec.clone().or(file).request(fleet, !args.no_wait)?;
    if args.dry_run {
        let plan = cx.block_on(plan(&request, cx))?;
        return cx.ui.print_with(&plan, plan.exit);
    }
    let made = cx.block_on(make(&request, cx))?;
    made.map_or_else(|| Err(Failure::new(Exit::Usage, "nothing was made")), |made| cx.ui.print(&made))
}

async fn make(request: &UpRequest, cx: &Context) -> Result<Option<Up>, Failure> {
    let ecs = cx.ecs().await?;
    let there = there(&ecs, request).await?;
    let missing = request.count.saturating_sub(there);
    if missing > 0 {
        let question = question(request, missing, price(&ecs, request, missing).await);
        cx.ui.note(&format!("{}: {there} of {} there", request.fleet, request.count));
        if !cx.ui.confirms(&question)? {
            return Ok(None);
        }
    }
    let deadline = cx.deadline(BOOT.saturating_add(request.wait_capacity)).await?;
    let made = up(Services { ecs: &ecs, deadline: &deadline }, request).await;
    let made = made.map_err(|error| stopped(error, &Target::Fleet(request.fleet.clone())))?;
    let cost = cost_of(&ecs, &made.hosts).await;
    let hosts = made.hosts.iter().map(Host::of).collect();
    Ok(Some(Up { fleet: request.fleet.clone(), new: made.new, hosts, cost }))
}

fn question(request: &UpRequest, missing: usize, price: Option<Price>) -> String {
    let types = request.types.join(" or ");
    let ends = match (&request.order.charge, request.release_after) {
        (Charge::PrePaid(period), _) => {
            format!("paid in advance for {period} and not to be released before")
        }
        (_, Some(after)) => format!("released by themselves after {}", spent(after)),
        (_, None) => "never released by themselves".to_owned(),
    };
    let (cost, in_advance) = costs(request, price);
    let price = in_advance.map(|paid| paid.said()).or(cost.map(|cost| cost.said()));
    let price = price.map_or_else(|| "at a price that is not told".into(), |price| format!("for {price}"));
    format!("make {missing} {types} {price}, {ends}?")
}

/// How many hosts there are, without those that the market takes back: they are made anew.
async fn there(ecs: &Ecs, request: &UpRequest) -> Result<usize, Failure> {
    let hosts = ecs.instances(&Target::Fleet(request.fleet.clone()).filter()).await?;
    Ok(hosts.iter().filter(|host| !host.is_being_recycled()).count())
}

/// What is missing costs, as it is to be paid; the price of the first choice.
async fn price(ecs: &Ecs, request: &UpRequest, missing: usize) -> Option<Price> {
    let of = PriceOf {
        instance_type: request.types.first()?,
        amount: u16::try_from(missing).ok()?,
        zone: None,
        spot_strategy: request.order.charge.spot_strategy(),
        order: Some(&request.order),
    };
    ecs.price(&of).await.ok()
}

/// A price by the hour, or that of a time that is paid in advance.
fn costs(request: &UpRequest, price: Option<Price>) -> (Option<Cost>, Option<InAdvance>) {
    let Some(Price { trade, currency, .. }) = price else { return (None, None) };
    match request.order.charge {
        Charge::PrePaid(period) => {
            (None, Some(InAdvance { period: period.to_string(), price: trade, currency }))
        }
        _ => (Some(Cost { hourly: trade, currency }), None),
    }
}

impl InAdvance {
    /// `6739.20 CNY`.
    fn said(&self) -> String {
        format!("{:.2} {}", self.price, self.currency)
    }
}

async fn plan(request: &UpRequest, cx: &Context) -> Result<Plan, Failure> {
    let ecs = cx.ecs().await?;
    let there = there(&ecs, request).await?;
    let missing = request.count.saturating_sub(there);
    let spot = request.order.charge.spot_strategy();
    let mut stock = Vec::new();
    for instance_type in &request.types {
        stock.extend(ecs.stock(instance_type, spot).await?);
    }
    let quotas = ecs.quotas().await.ok();
    let first = request.types.first().map(String::as_str).unwrap_or_default();
    let needed = fpga_type(first).map(|of| u64::from(of.vcpus) * missing as u64);
    let refusal = if missing == 0 { None } else { refusal(&ecs, request, missing).await? };
    let is_spot = matches!(request.order.charge, Charge::Spot | Charge::SpotLimit(_));
    let price = if missing == 0 { None } else { price(&ecs, request, missing).await };
    let (cost, in_advance) = costs(request, price);
    Ok(Plan {
        fleet: request.fleet.clone(),
        count: request.count,
        there,
        missing,
        cost,
        in_advance,
        release_after: request.release_after.map(|after| after.as_secs()),
        vcpus_left: quotas.as_ref().and_then(|quotas| quotas.vcpus_left(is_spot)),
        type_supported: quotas.as_ref().and_then(|quotas| quotas.supports(first)),
        vcpus_needed: needed,
        exit: refusal.as_ref().map_or(Exit::Done, exit_of),
        refusal: refusal.map(|error| error.to_string()),
        stock,
    })
}

/// As an order ends that is refused everywhere.
fn exit_of(refusal: &cloud::Error) -> Exit {
    if refusal.class() == Some(Class::Capacity) { Exit::Unreachable } else { Exit::Refused }
}

/// What the service says to an order in one place after the other, as long as there is no more to be had; it is only asked.
async fn refusal(ecs: &Ecs, request: &UpRequest, missing: usize) -> Result<Option<cloud::Error>, Failure> {
    let mut last = None;
    let places =
        request.types.iter().flat_map(|of| request.vswitches.iter().map(move |vswitch| (of, vswitch)));
    for place in places {
        last = refusal_at(ecs, request, missing, place).await?;
        if last.as_ref().and_then(cloud::Error::class) != Some(Class::Capacity) {
            break;
        }
    }
    Ok(last)
}

async fn refusal_at(
    ecs: &Ecs,
    request: &UpRequest,
    missing: usize,
    (instance_type, vswitch): (&String, &String),
) -> Result<Option<cloud::Error>, Failure> {
    let order = crate::ecs::InstanceOrder {
        amount: u16::try_from(missing.min(100)).unwrap_or(100),
        at_least: 1,
        instance_type: instance_type.clone(),
        vswitch: vswitch.clone(),
        name: request.fleet.clone(),
        ..request.order.clone()
    };
    match ecs.check_order(&order).await {
        Ok(()) => Ok(None),
        Err(error) if error.code().is_some() => Ok(Some(error)),
        Err(error) => Err(error.into()),
    }
}

impl Report for Up {
    const SCHEMA: &'static str = "faascmd.fleet.up/1";

    fn human(&self, page: &mut Page) {
        let rows = self.hosts.iter().map(|host| {
            let of_host = [&host.name, &host.instance_id, &host.instance_type, &host.zone, &host.state];
            of_host.into_iter().cloned().chain([host.release_said()]).collect()
        });
        page.table(&["name", "instance", "type", "zone", "state", "released"], &rows.collect::<Vec<_>>());
        let cost = self.cost.as_ref().map(Cost::said).unwrap_or_default();
        page.facts(&[("new", self.new.to_string()), ("cost", cost)]);
    }
}

impl Report for Plan {
    const SCHEMA: &'static str = "faascmd.fleet.plan/1";

    fn human(&self, page: &mut Page) {
        let left =
            |number: Option<u64>| number.map_or_else(|| "not told".into(), |number| number.to_string());
        let cost = match (&self.in_advance, &self.cost) {
            (Some(paid), _) => format!("{}, paid in advance for {}", paid.said(), paid.period),
            (None, cost) => cost.as_ref().map_or_else(|| "not told".into(), Cost::said),
        };
        page.facts(&[
            ("fleet", self.fleet.clone()),
            ("there", format!("{} of {}", self.there, self.count)),
            ("would make", self.missing.to_string()),
            ("cost", cost),
            ("vCPUs needed", left(self.vcpus_needed)),
            ("vCPUs left", left(self.vcpus_left)),
            ("refusal", self.refusal.clone().unwrap_or_else(|| "none".into())),
        ]);
        let rows = self
            .stock
            .iter()
            .map(|of| vec![of.instance_type.clone(), of.zone.clone(), of.stock.name().to_owned()]);
        page.table(&["type", "zone", "stock"], &rows.collect::<Vec<_>>());
    }
}

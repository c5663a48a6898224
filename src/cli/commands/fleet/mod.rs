//! `faascmd fleet`: many instances at a time.

mod deploy;
mod diff;
mod doctor;
mod down;
mod extend;
mod get;
mod host;
mod inventory;
mod ls;
mod once;
mod outcomes;
mod prices;
mod put;
mod renew;
mod report;
mod report_dma;
mod report_html;
mod report_junit;
mod reported;
mod run;
mod show;
mod spec;
mod stop;
mod test;
mod up;

use std::time::Duration;

use clap::{Args, Subcommand};

use crate::base::duration::some_time;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::typed::quoted;
use crate::ecs::{Ecs, Instance};
use crate::ops::fleet::{Record, Selector, Target, find};

#[derive(Debug, Args)]
pub(in crate::cli) struct FleetArgs {
    #[command(subcommand)]
    command: FleetCommand,
}

#[derive(Debug, Subcommand)]
enum FleetCommand {
    Up(Box<up::UpArgs>),
    #[command(visible_alias = "list")]
    Ls(ls::ListArgs),
    Show(show::ShowArgs),
    Deploy(Box<deploy::DeployArgs>),
    Test(test::TestArgs),
    Run(run::RunArgs),
    Put(put::PutArgs),
    Get(get::GetArgs),
    Report(report::ReportArgs),
    Doctor(doctor::DoctorArgs),
    Inventory(inventory::InventoryArgs),
    Prices(prices::PricesArgs),
    Start(stop::StartArgs),
    Stop(stop::StopArgs),
    Extend(extend::ExtendArgs),
    Renew(renew::RenewArgs),
    Down(down::DownArgs),
    Once(Box<once::OnceArgs>),
}

/// Runs the command.
pub(in crate::cli) fn run(args: &FleetArgs, cx: &Context) -> Outcome {
    match &args.command {
        FleetCommand::Up(args) => up::run(args, cx),
        FleetCommand::Ls(args) => ls::run(args, cx),
        FleetCommand::Show(args) => show::run(args, cx),
        FleetCommand::Deploy(args) => deploy::run(args, cx),
        FleetCommand::Test(args) => test::run(args, cx),
        FleetCommand::Once(args) => once::run(args, cx),
        FleetCommand::Run(args) => run::run(args, cx),
        FleetCommand::Put(args) => put::run(args, cx),
        FleetCommand::Get(args) => get::run(args, cx),
        FleetCommand::Doctor(args) => doctor::run(args, cx),
        FleetCommand::Report(args) => report::run(args, cx),
        FleetCommand::Inventory(args) => inventory::run(args, cx),
        FleetCommand::Prices(args) => prices::run(args, cx),
        FleetCommand::Renew(args) => renew::run(args, cx),
        FleetCommand::Start(args) => stop::run_start(args, cx),
        FleetCommand::Stop(args) => stop::run_stop(args, cx),
        FleetCommand::Extend(args) => extend::run(args, cx),
        FleetCommand::Down(args) => down::run(args, cx),
    }
}

/// The longest that a command may take on a host: a day, less what is needed to begin it and to hear of its end.
const LONGEST: Duration = Duration::from_mins(24 * 60 - 5);
/// The longest that instances are waited for while they boot or are released.
const BOOT: Duration = Duration::from_mins(30);

// Which hosts a command is about. (A doc comment would become that of each command.)
#[derive(Clone, Debug, Args)]
struct TargetArgs {
    /// A fleet's name, ids such as i-1,i-2, or tag:KEY=VALUE
    #[arg(value_name = "TARGET")]
    target: Target,
    /// Only these of its hosts: names, ids, numbers, ranges such as 001-004, or `failed`
    #[arg(long, value_name = "SELECTOR")]
    on: Option<Selector>,
}

impl TargetArgs {
    /// The hosts that are meant; there is at least one.
    async fn hosts(&self, ecs: &Ecs) -> Result<Vec<Instance>, Failure> {
        let hosts = find(ecs, &self.target).await?;
        let Some(selector) = &self.on else { return Ok(hosts) };
        let failed = if selector.wants_failed() { self.failed(ecs)? } else { Vec::new() };
        Ok(selector.keep(&self.target, hosts, &failed)?)
    }

    /// Those that did not pass the target's last run.
    fn failed(&self, ecs: &Ecs) -> Result<Vec<String>, Failure> {
        let target = self.target.to_string();
        let last = Record::last(ecs.cloud().region().unwrap_or("unknown"), &target)?;
        Ok(last.map(|run| run.not_passed()).unwrap_or_default())
    }
}

/// How long a command may take on a host.
fn time_of_a_host(text: &str) -> Result<Duration, String> {
    let time = some_time(text)?;
    if time > LONGEST { Err("a host gives a command 23h55m at most".into()) } else { Ok(time) }
}

/// A path of a host in a shell's words. Hosts of a sandbox share one file system, and each has a root of its own.
fn on_host(path: &str) -> String {
    let root = if path.starts_with('/') { "\"${FAASCMD_HOST_ROOT:-}\"" } else { "" };
    format!("{root}{}", quoted(path))
}

//! `faascmd fleet test TARGET`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::outcomes::{self, Ran};
use super::{LONGEST, TargetArgs, time_of_a_host};
use crate::base::duration::some_time;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::exit::Exit;
use crate::dma::Range;
use crate::ecs::Instance;
use crate::ops::fleet::{Agent, Record, RunRequest, Services, Target, chip_tests, run as run_on_hosts};

/// Test the chips of all hosts of a fleet
///
/// The tests are those of `faascmd test`, and run on the hosts by this very program, which comes to them by way of the bucket.
/// All chips of a host are tested side by side. A fault that a test finds (exit 11) is not a test that could not be run (7).
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd fleet test ddr
  faascmd fleet test ddr --test smoke,prbs --prbs-duration 10m
  faascmd fleet test ddr --on failed")]
pub(in crate::cli) struct TestArgs {
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    tests: TestsArgs,
    /// How long the tests of a host may take, besides PRBS
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = time_of_a_host)]
    timeout: Duration,
    /// So many hosts first, and the others only if they pass
    #[arg(long, value_name = "N", default_value_t = 0)]
    canary: usize,
}

// Which tests, and by which program. (A doc comment would become that of each command.)
#[derive(Clone, Debug, Args)]
pub(super) struct TestsArgs {
    /// Tests, in this order
    #[arg(long = "test", value_name = "LIST", value_delimiter = ',', value_parser = ["smoke", "prbs", "dma"])]
    tests: Vec<String>,
    /// The memory that dma overwrites on each chip, START+BYTES, such as 0x0+1GiB
    #[arg(long, value_name = "RANGE", value_parser = dma_range)]
    dma_range: Option<String>,
    /// How long PRBS runs
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = some_time)]
    prbs_duration: Duration,
    /// The program that runs on the hosts, x86_64 and for glibc 2.17 or static [default: this one]
    #[arg(long, value_name = "FILE")]
    agent: Option<PathBuf>,
}

/// On which hosts, and how long it may take there.
pub(super) struct Wanted<'a> {
    pub(super) target: &'a Target,
    pub(super) hosts: Vec<Instance>,
    pub(super) canary: usize,
    pub(super) timeout: Duration,
    /// The run that the tests are a part of.
    pub(super) part_of: Option<String>,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &TestArgs, cx: &Context) -> Outcome {
    let record = cx.block_on(test(args, cx))?;
    outcomes::print(cx, &Ran::of(&record, false))
}

async fn test(args: &TestArgs, cx: &Context) -> Result<Record, Failure> {
    let ecs = cx.ecs().await?;
    let hosts = args.target.hosts(&ecs).await?;
    let tests = if args.tests.any() { args.tests.clone() } else { args.tests.with("smoke") };
    let of_a_host = tests.of_a_host(args.timeout);
    let deadline = cx.deadline(outcomes::whole_time(of_a_host)).await?;
    let services = Services { ecs: &ecs, deadline: &deadline };
    tests.examine(services, args.timeout)?;
    let (target, canary) = (&args.target.target, args.canary);
    let wanted = Wanted { target, hosts, canary, timeout: of_a_host, part_of: None };
    tests.on_hosts(cx, services, wanted).await
}

impl TestsArgs {
    pub(super) fn any(&self) -> bool {
        !self.tests.is_empty()
    }

    /// Refuses to overwrite a memory that nobody named, and what no host gives the time for.
    fn check(&self, each: Duration) -> Result<(), Failure> {
        if self.of_a_host(each) > LONGEST {
            return Err(Failure::new(Exit::Usage, "with PRBS the tests of a host may take 23h55m at most")
                .hint("choose a shorter --prbs-duration"));
        }
        if self.dma_range.is_some() || self.tests.iter().all(|test| test != "dma") {
            return Ok(());
        }
        Err(Failure::new(Exit::Usage, "the dma test overwrites memory, and which is not said")
            .hint("name it: --dma-range START+BYTES, such as 0x0+1GiB"))
    }

    fn with(&self, test: &str) -> Self {
        Self { tests: vec![test.to_owned()], ..self.clone() }
    }

    /// The same with the tests of a file, and the memory that they overwrite, unless flags named some.
    pub(super) fn or(&self, tests: &[String], range: Option<&str>) -> Result<Self, Failure> {
        let range = range.map(dma_range).transpose();
        let range =
            range.map_err(|why| Failure::new(Exit::Usage, format!("dma_range is no range: {why}")))?;
        let tests = if self.any() { self.tests.clone() } else { tests.to_vec() };
        Ok(Self { tests, dma_range: self.dma_range.clone().or(range), ..self.clone() })
    }

    /// The tests with what is said about them, as text.
    pub(super) fn said(&self) -> String {
        let range = self.dma_range.as_deref().unwrap_or_default();
        format!("{} for {} s {range}", self.tests.join(","), self.prbs_duration.as_secs_f64())
    }

    /// How long a host may take with all of them, where each but PRBS may take so long.
    pub(super) fn of_a_host(&self, each: Duration) -> Duration {
        let prbs =
            if self.tests.iter().any(|test| test == "prbs") { self.prbs_duration } else { Duration::ZERO };
        each.saturating_add(prbs)
    }

    fn on_a_chip(&self) -> chip_tests::OnAChip<'_> {
        let range = self.dma_range.as_deref().unwrap_or_default();
        chip_tests::OnAChip { prbs_duration: self.prbs_duration, dma_range: range }
    }

    /// Sees that the tests can be run and that the program runs on the hosts, before anything is made.
    pub(super) fn examine(&self, services: Services<'_>, each: Duration) -> Result<(), Failure> {
        self.check(each)?;
        let path = crate::ops::fleet::agent_file(self.agent.as_deref())?;
        Ok(crate::ops::fleet::examine_agent(services, &path)?)
    }

    /// Runs the tests on hosts.
    pub(super) async fn on_hosts(
        &self,
        cx: &Context,
        services: Services<'_>,
        wanted: Wanted<'_>,
    ) -> Result<Record, Failure> {
        let path = crate::ops::fleet::agent_file(self.agent.as_deref())?;
        let agent = Agent::put(services, &cx.oss().await?, &path).await?;
        let request = RunRequest {
            target: wanted.target,
            hosts: wanted.hosts,
            kind: "test",
            prepare: agent.fetch_program(),
            command: chip_tests::command(&agent, &self.tests, self.on_a_chip()),
            timeout: wanted.timeout,
            canary: wanted.canary,
            judge: chip_tests::judge,
            secret: Some(agent.url()),
            part_of: wanted.part_of,
        };
        let ran = run_on_hosts(services, &request).await;
        ran.map_err(|error| outcomes::stopped(error, wanted.target))
    }
}

/// A range as the hosts take it, which is checked here already.
fn dma_range(text: &str) -> Result<String, String> {
    let Range { start, length } = crate::cli::commands::dma::range(text)?;
    Ok(format!("{start:#x}+{length}"))
}

/// A test by name that is none.
pub(super) fn unknown_test(name: &str) -> Failure {
    Failure::new(Exit::Usage, format!("`{name}` is not a test")).hint("the tests are smoke, prbs and dma")
}

//! `faascmd fleet deploy TARGET FILE`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use tokio::time::Instant;

use super::TargetArgs;
use super::outcomes::{self, Ran, RanHost, exit_of};
use super::test::{TestsArgs, Wanted};
use crate::base::duration::duration;
use crate::base::fingerprint::hex;
use crate::base::progress::Silent;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome as CommandOutcome};
use crate::cli::exit::Exit;
use crate::cli::output::{Page, Report, typed};
use crate::ecs::{Instance, InstanceState, fpga_type};
use crate::ops::content::Content;
use crate::ops::deploy::{Request, check};
use crate::ops::fleet::{
    Counts, HostRecord, LoadedChip, Outcome, Phase, Record, RunRequest, Services, Spot, Target, chips,
    cost_of, folded, images, judge_command, load_all, run as run_on_hosts, still_loaded, to_load,
};
use crate::ops::prepare::{ImageRequest, ImageSpec, Services as DeployServices};

/// How long the tests of a host may take, besides PRBS.
pub(super) const TESTS: Duration = Duration::from_mins(10);

/// Take a compiled file to the chips of all hosts of a fleet
///
/// Checks and uploads it once, has one image made for each shell that the chips report, and loads them side by side; with
/// --test the chips are tested then. A chip that carries the image already is not loaded again.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd fleet deploy ddr bit.tar.gz
  faascmd fleet deploy ddr bit.tar.gz --test smoke,prbs")]
pub(in crate::cli) struct DeployArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// The package (.tar.gz) for f2 and f3, or the .gbs for f1
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    load: LoadArgs,
    #[command(flatten)]
    tests: TestsArgs,
}

// How the chips are loaded. (A doc comment would become that of each command.)
#[derive(Clone, Debug, Args)]
pub(super) struct LoadArgs {
    /// Shell to make the image for [default: what each chip reports]
    #[arg(long, value_name = "SHELL")]
    shell: Option<String>,
    /// The kernel module that holds the chips on the hosts, which lets go for the load
    #[arg(long, value_name = "MODULE", default_value = "xdma", value_parser = ["xdma", "xocl", "none"])]
    driver: String,
    /// How many chips are loaded at a time
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    jobs: u8,
    /// How long the upload, the image and the loads may take together
    #[arg(long, value_name = "TIME", default_value = "4h", value_parser = duration)]
    timeout: Duration,
}

/// What is to be loaded where.
pub(super) struct Deployment<'a> {
    pub(super) target: &'a Target,
    pub(super) hosts: Vec<Instance>,
    pub(super) request: Request,
    /// How long it took until they were ready, where they were made for it.
    pub(super) booted: Option<Duration>,
    /// The run's name, as soon as there is one.
    pub(super) begun: &'a OnceLock<String>,
}

/// What is known before the hosts are touched.
struct Prepared {
    images: BTreeMap<Option<String>, String>,
    /// Hosts on which nothing can be loaded, with why.
    idle: BTreeMap<String, String>,
    /// Chips that do not carry their image yet, and those that do.
    open: Vec<Spot>,
    done: Vec<LoadedChip>,
}

/// What became of a deployment.
#[derive(Debug, Serialize)]
pub(super) struct Deployed {
    target: String,
    /// Its name for `fleet report`.
    run: String,
    /// Of the chips' loads.
    counts: Counts,
    fpgas: Vec<LoadedChip>,
    /// What loads and tests came to on each host.
    hosts: Vec<RanHost>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tests: Option<Ran>,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &DeployArgs, cx: &Context) -> CommandOutcome {
    let deployed = cx.block_on(deploy(args, cx))?;
    cx.ui.print_with(&deployed, deployed.exit())
}

async fn deploy(args: &DeployArgs, cx: &Context) -> Result<Deployed, Failure> {
    let request = args.load.examined(&args.file, &args.tests, cx).await?;
    let ecs = cx.ecs().await?;
    let deadline = cx.deadline(args.load.whole_time(&args.tests)).await?;
    let services = Services { ecs: &ecs, deadline: &deadline };
    if args.tests.any() {
        args.tests.examine(services, TESTS)?;
    }
    let hosts = args.target.hosts(&ecs).await?;
    let begun = &OnceLock::new();
    let work = Deployment { target: &args.target.target, hosts, request, booted: None, begun };
    let (deployed, mut record) = args.load.on_hosts(cx, services, work, &args.tests).await?;
    record.finish()?;
    Ok(deployed)
}

/// Why nothing can be loaded on a host of which that is wanted.
fn why_idle(host: &Instance, spots: &[Spot]) -> Option<String> {
    if host.state != InstanceState::Running {
        return Some(format!("it is {}", host.state));
    }
    let has_none = spots.iter().all(|spot| spot.instance_id() != host.id);
    (has_none && fpga_type(&host.instance_type).is_some()).then(|| "it shows no chip".to_owned())
}

/// Whether the same command goes on with what was stopped before any host was touched.
fn goes_on(failure: &Failure) -> bool {
    matches!(failure.exit, Exit::Interrupted | Exit::Terminated)
}

/// A deployment that failed before any chip was touched is over, and says why.
fn not_begun(record: &mut Record, is_new: bool, failure: Failure) -> Failure {
    if is_new && !goes_on(&failure) {
        record.not_begun(&failure.message);
    }
    failure
}

fn to_go_on(failure: Failure, target: &Target) -> Failure {
    let line = format!("go on: {}", typed::command());
    let failure = if failure.hints.contains(&line) { failure } else { failure.hint(line) };
    outcomes::or_released(failure, target)
}

/// What became of each of these hosts, as reports show it.
fn keep(
    record: &mut Record,
    (hosts, fpgas, idle): (&BTreeSet<String>, &[LoadedChip], &BTreeMap<String, String>),
    tested: Option<&Record>,
) {
    for (id, host) in record.hosts.iter_mut().filter(|(id, _)| hosts.contains(*id)) {
        host.loads = fpgas.iter().filter(|chip| chip.instance_id == *id).cloned().collect();
        let worst = host.loads.iter().max_by_key(|chip| chip.outcome);
        host.outcome = worst.map_or(Outcome::Passed, |chip| chip.outcome);
        host.why = worst.and_then(|chip| chip.why.clone());
        if let Some(why) = idle.get(id) {
            (host.outcome, host.why) = (Outcome::NotRun, Some(why.clone()));
        }
        let Some(test) = tested.and_then(|tested| tested.hosts.get(id)) else { continue };
        host.phases.push(Phase {
            name: "test".to_owned(),
            seconds: test.seconds.unwrap_or(0) as f64,
            outcome: test.outcome,
        });
        let HostRecord { exit_code, seconds, size, log, digest, .. } = test.clone();
        (host.exit_code, host.seconds, host.size, host.log, host.digest) =
            (exit_code, seconds, size, log, digest);
        // Of a chip that another loaded in between, the test says nothing.
        if host.outcome == Outcome::Passed {
            (host.outcome, host.why) = (test.outcome, test.why.clone());
        }
    }
}

impl LoadArgs {
    /// How long all of it may take, the tests too.
    pub(super) fn whole_time(&self, tests: &TestsArgs) -> Duration {
        self.timeout.saturating_add(outcomes::whole_time(tests.of_a_host(TESTS)))
    }

    /// Loads a file into the chips of hosts, and tests them if that is wanted. The run is over when who called has kept
    /// what became of it.
    pub(super) async fn on_hosts(
        &self,
        cx: &Context,
        services: Services<'_>,
        deployment: Deployment<'_>,
        tests: &TestsArgs,
    ) -> Result<(Deployed, Record), Failure> {
        let Deployment { target, hosts, request, booted, begun } = deployment;
        let (faas, oss) = (cx.faas().await?, cx.oss().await?);
        let jobs = usize::from(self.jobs);
        let mut record = self.record(services, target, &hosts, (&request.file, tests)).await?;
        let is_new = !record.folder().exists();
        record.booted(booted);
        record.cost = cost_of(services.ecs, &hosts).await;
        record.write()?;
        begun.set(record.run.clone()).ok();
        let began = Instant::now();
        let of_image = DeployServices { faas: &faas, oss: &oss, deadline: services.deadline };
        let prepared = self.prepare(cx, of_image, (target, &hosts), &request).await;
        let Prepared { images, idle, open, done: mut fpgas } = match prepared {
            Err(failure) if goes_on(&failure) => return Err(to_go_on(failure, target)),
            prepared => prepared.map_err(|failure| not_begun(&mut record, is_new, failure))?,
        };
        let seconds = began.elapsed().as_secs_f64();
        hosts.iter().for_each(|host| record.step(&host.id, "image", seconds, Outcome::Passed));
        if !open.is_empty() {
            let is_open = |host: &&Instance| open.iter().any(|spot| spot.instance_id() == host.id);
            let waiting: Vec<_> = hosts.iter().filter(is_open).cloned().collect();
            let out = self.driver(services, target, (waiting.clone(), false), &mut record).await;
            out.map_err(|failure| not_begun(&mut record, is_new, failure))?;
            let began = Instant::now();
            let loaded = load_all(services, &faas, open, &images, (jobs, request.image.order_life)).await;
            for host in &waiting {
                let of_host = loaded.iter().filter(|chip| chip.instance_id == host.id);
                let worst = of_host.map(|chip| chip.outcome).max().unwrap_or(Outcome::Passed);
                record.step(&host.id, "load", began.elapsed().as_secs_f64(), worst);
            }
            fpgas.extend(loaded);
            self.driver(services, target, (waiting, true), &mut record).await?;
        }
        fpgas.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.fpga_uuid.cmp(&b.fpga_uuid)));
        let loaded = |host: &Instance| {
            let mut own = fpgas.iter().filter(|chip| chip.instance_id == host.id).peekable();
            own.peek().is_some() && own.all(|chip| chip.outcome == Outcome::Passed)
        };
        let ids = hosts.iter().map(|host| host.id.clone()).collect();
        let whole: Vec<_> = hosts.into_iter().filter(loaded).collect();
        let tested = if tests.any() && !whole.is_empty() {
            let (timeout, part_of) = (tests.of_a_host(TESTS), Some(record.run.clone()));
            let wanted = Wanted { target, hosts: whole, canary: 0, timeout, part_of };
            Some(tests.on_hosts(cx, services, wanted).await?)
        } else {
            None
        };
        if tested.is_some() {
            fpgas = still_loaded(services, &faas, fpgas, jobs).await;
        }
        keep(&mut record, (&ids, &fpgas, &idle), tested.as_ref());
        record.write()?;
        let counts = Counts::of(fpgas.iter().map(|chip| chip.outcome));
        let tests = tested.as_ref().map(|record| Ran::of(record, false));
        let Ran { run, hosts, .. } = Ran::of(&record, false);
        Ok((Deployed { target: target.to_string(), run, counts, fpgas, hosts, tests }, record))
    }

    /// All that comes before the hosts are touched.
    async fn prepare(
        &self,
        cx: &Context,
        services: DeployServices<'_>,
        (target, hosts): (&Target, &[Instance]),
        request: &Request,
    ) -> Result<Prepared, Failure> {
        let (faas, jobs) = (services.faas, usize::from(self.jobs));
        let spots = chips(faas, hosts, jobs).await?;
        if spots.is_empty() {
            let message = format!("no running host of {target} has a chip");
            let failure = Failure::new(Exit::NotFound, message);
            return Err(failure.hint(format!("see: faascmd fleet show {target}")));
        }
        let why = |host: &Instance| Some((host.id.clone(), why_idle(host, &spots)?));
        let idle = hosts.iter().filter_map(why).collect();
        let images = images(services, request, &spots).await?;
        let family = request.image.spec.family;
        let (spots, others): (Vec<_>, Vec<_>) =
            spots.into_iter().partition(|spot| spot.fits(&images, family));
        if !others.is_empty() {
            let count = others.len();
            cx.ui.note(&format!("{count} chips are of another kind than the file, and stay as they are"));
        }
        if spots.is_empty() {
            let message = format!("{} is for no chip of {target}", request.file.display());
            let failure = Failure::new(Exit::NotFound, message);
            return Err(failure.hint(format!("see: faascmd fleet show {target}")));
        }
        let (open, done) = to_load(faas, spots, &images, jobs).await?;
        Ok(Prepared { images, idle, open, done })
    }

    /// The record of the deployment: that of a killed one, if it was the same.
    async fn record(
        &self,
        services: Services<'_>,
        target: &Target,
        hosts: &[Instance],
        (file, tests): (&Path, &TestsArgs),
    ) -> Result<Record, Failure> {
        Ok(Record::of_deployment(services.ecs, target, hosts, self.said(file, tests)?).await?)
    }

    /// What tells a deployment from others, as text.
    pub(super) fn said(&self, file: &Path, tests: &TestsArgs) -> Result<String, Failure> {
        let content = Content::of(file)
            .map_err(|e| Failure::new(Exit::NotFound, format!("{}: {e}", file.display())))?;
        let digest = hex(&content.sha256);
        let shell = self.shell.as_deref().unwrap_or_default();
        Ok(format!("{digest} {shell} {} {}", self.driver, tests.said()))
    }

    /// Looks into the file before anything is made or asked: for which chips it is, and whether they can be loaded with it.
    pub(super) async fn examined(
        &self,
        file: &Path,
        tests: &TestsArgs,
        cx: &Context,
    ) -> Result<Request, Failure> {
        let mut request = self.request(file, tests, cx)?;
        let checked = check(&Silent, &request, &mut Vec::new()).await;
        let subject = checked.map_err(|error| {
            let mut failure = Failure::from(error);
            // That is a flag of `deploy`.
            failure.hints.retain(|hint| !hint.starts_with("--no-check"));
            failure
        })?;
        request.image.spec.family = subject.exam.and_then(|exam| exam.family());
        Ok(request)
    }

    fn request(&self, file: &Path, tests: &TestsArgs, cx: &Context) -> Result<Request, Failure> {
        let key = file.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
            Failure::new(Exit::Usage, format!("{} gives no key for the object", file.display()))
        })?;
        Ok(Request {
            file: file.to_owned(),
            key: key.to_owned(),
            part_size: None,
            jobs: None,
            image: ImageRequest {
                spec: ImageSpec { shell: self.shell.clone(), ..ImageSpec::default() },
                instance_id: None,
                check: true,
                any_caller: false,
                anew: false,
                wait: true,
                order_life: cx.order_life()?,
            },
            load: false,
            force: false,
            for_tests: tests.any(),
            driver: None,
            this_machine: None,
            dry_run: false,
        })
    }

    /// Takes the driver out on the hosts, or puts it in; one that was not in is no failure.
    async fn driver(
        &self,
        services: Services<'_>,
        target: &Target,
        (hosts, load): (Vec<Instance>, bool),
        deployment: &mut Record,
    ) -> Result<(), Failure> {
        let module = match self.driver.as_str() {
            "none" => return Ok(()),
            module => module,
        };
        let (kind, command) = if load {
            ("driver-in", format!("depmod; modprobe {module}"))
        } else {
            ("driver-out", format!("! grep -q '^{module} ' /proc/modules || rmmod {module}"))
        };
        let request = RunRequest {
            target,
            hosts,
            kind,
            prepare: String::new(),
            command,
            timeout: Duration::from_mins(2),
            canary: 0,
            judge: judge_command,
            secret: None,
            part_of: Some(deployment.run.clone()),
        };
        let record = run_on_hosts(services, &request).await;
        let record: Record = record.map_err(|error| outcomes::stopped(error, target))?;
        for (id, host) in &record.hosts {
            deployment.step(id, kind, host.seconds.unwrap_or(0) as f64, host.outcome);
        }
        let bad = record.hosts.values().filter(|host| host.outcome != Outcome::Passed);
        let bad: Vec<_> = bad.map(|host| host.name.as_str()).collect();
        if !bad.is_empty() {
            services
                .deadline
                .progress()
                .warn(format!("{kind} of {module} did not go well on {}", folded(&bad)));
        }
        Ok(())
    }
}

impl Deployed {
    /// Of several outcomes the worst counts.
    pub(super) fn exit(&self) -> Exit {
        exit_of(self.outcome())
    }

    pub(super) fn outcome(&self) -> Outcome {
        self.hosts.iter().map(|host| host.outcome).max().unwrap_or(Outcome::Passed)
    }
}

impl Report for Deployed {
    const SCHEMA: &'static str = "faascmd.fleet.deploy/1";

    fn human(&self, page: &mut Page) {
        let rows = self.fpgas.iter().map(|chip| {
            let said = match (&chip.why, chip.skipped) {
                (Some(why), _) => why.clone(),
                (None, true) => "carried it already".to_owned(),
                (None, false) => String::new(),
            };
            let image = chip.image_uuid.clone().unwrap_or_default();
            vec![chip.name.clone(), chip.fpga_uuid.clone(), image, chip.outcome.name().to_owned(), said]
        });
        page.table(&["name", "fpga", "image", "load", "why"], &rows.collect::<Vec<_>>());
        page.line(format!("loads: {}", self.counts.line()));
        for host in self.hosts.iter().filter(|host| host.loads.is_empty() && host.why.is_some()) {
            page.line(format!("{}: {}", host.name, host.ended()));
        }
        if let Some(tests) = &self.tests {
            tests.human(page);
        }
    }
}

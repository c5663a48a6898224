//! `faascmd fleet once SPEC FILE`.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::BOOT;
use super::deploy::{Deployed, Deployment, LoadArgs, TESTS};
use super::outcomes::exit_of;
use super::report::{Document, FileArgs, find as find_run};
use super::spec::{Span, SpecArgs};
use super::test::{TestsArgs, unknown_test};
use crate::base::cancel::Cancel;
use crate::base::duration::duration;
use crate::base::fingerprint::hex;
use crate::base::private_file::{state_folder, write_private};
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome as CommandOutcome};
use crate::cli::exit::Exit;
use crate::cli::output::{Page, Report, ReportFile};
use crate::ecs::Ecs;
use crate::ops::deploy::Request;
use crate::ops::fleet::{
    FleetError, Made, OnceRun, Outcome, Release, Services, Target, UpRequest, find, folded, release,
    release_at, settled, up,
};
use crate::ops::lock::{self, Claim};
use crate::ops::wait::Deadline;

/// Make a fleet, deploy and test a file on it, and release it, whatever happens
///
/// For CI: one exit code, the worst outcome; a release that failed is never 0. A SPEC with a line `target = "tag:team=fpga"` names
/// hosts of somebody else: then nothing is made and nothing is released.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd fleet once fleet.toml bit.tar.gz
  faascmd fleet once fleet.toml bit.tar.gz --junit fleet.xml --html fleet.html
  faascmd fleet once fleet.toml bit.tar.gz --keep-on-failure 30m

A SPEC is a file as that of `fleet up -f`, with two or three lines more:
  name = \"nightly\"
  count = 4
  type = \"ecs.f3-c16f1.16xlarge\"
  test = [\"smoke\", \"prbs\"]")]
pub(in crate::cli) struct OnceArgs {
    /// What the fleet is to be
    #[arg(value_name = "SPEC")]
    spec: PathBuf,
    /// The package (.tar.gz) for f2 and f3, or the .gbs for f1
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// When something failed, leave the hosts to be looked at for so long
    #[arg(long, value_name = "TIME", value_parser = duration)]
    keep_on_failure: Option<Duration>,
    #[command(flatten)]
    load: LoadArgs,
    #[command(flatten)]
    tests: TestsArgs,
    #[command(flatten)]
    files: FileArgs,
}

/// What stands in the file besides what a fleet is to be.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OnceSpec {
    name: Option<String>,
    target: Option<Target>,
    test: Vec<String>,
    dma_range: Option<String>,
    keep_on_failure: Option<Span>,
    /// What a fleet is to be; read by its own type.
    #[serde(flatten)]
    _fleet: toml::Table,
}

#[derive(Debug, Serialize)]
struct Once {
    target: String,
    made: usize,
    released: Vec<String>,
    kept: Vec<String>,
    #[serde(flatten)]
    verdict: Verdict,
}

/// What the tests came to; kept until the hosts are released, for who is killed in between must not test again.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Verdict {
    exit: u8,
    outcome: Outcome,
    counts: Value,
    hosts: Value,
    /// That of the deployment.
    document: Value,
}

/// The cloud takes no release that is further away.
const KEPT_AT_MOST: Duration = Duration::from_hours(3 * 365 * 24);

/// How long other runs may take until it is this one's turn.
const TURN: Duration = Duration::from_hours(24);

/// A verdict is kept for so long: who comes later does not mean the same run.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(1);

/// Runs the command.
pub(in crate::cli) fn run(args: &OnceArgs, cx: &Context) -> CommandOutcome {
    let files = args.files.open()?;
    let begun = OnceLock::new();
    let once = read(args).and_then(|(spec, fleet)| cx.block_on(once(args, (&spec, &fleet), cx, &begun)));
    tell(files, &begun, once.as_ref().ok(), cx);
    let once = once?;
    cx.ui.print_with(&once, exit_of(once.verdict.outcome))
}

/// Writes what became of this very run. Where none was begun, what an earlier one left there is taken away.
fn tell(files: Vec<(ReportFile, Document)>, begun: &OnceLock<String>, once: Option<&Once>, cx: &Context) {
    let recalled = once.and_then(|once| once.verdict.document["run"].as_str());
    let run = begun.get().map(String::as_str).or(recalled).filter(|_| !files.is_empty());
    let reported = run.and_then(|run| find_run(Some(run)).ok());
    for (mut file, document) in files {
        let Some(reported) = &reported else {
            file.remove();
            continue;
        };
        if let Err(failure) = file.write(&document(reported)) {
            cx.ui.warn(&failure.message);
        }
    }
}

/// Reads the file; what is not of `once` is what a fleet is to be.
fn read(args: &OnceArgs) -> Result<(OnceSpec, SpecArgs), Failure> {
    let (spec, text) = super::spec::read_toml::<OnceSpec>(&args.spec)?;
    // Read once more as a whole, so that an error names its line.
    let fleet = super::spec::without_keys(&text, &["name", "target", "test", "dma_range", "keep_on_failure"]);
    let fleet = SpecArgs::parse(&args.spec, &fleet)?.or_environment();
    if let Some(name) = spec.test.iter().find(|name| !matches!(name.as_str(), "smoke" | "prbs" | "dma")) {
        return Err(unknown_test(name));
    }
    if spec.target.is_none() && fleet.is_prepaid() {
        let message = "`once` releases what it makes, and what is paid in advance can't be released";
        return Err(Failure::new(Exit::Usage, message).hint("leave prepaid out"));
    }
    if keep_of(args, &spec).is_some_and(|keep| keep > KEPT_AT_MOST) {
        return Err(Failure::new(Exit::Usage, "hosts of a failure can be kept for 3 years at most"));
    }
    Ok((spec, fleet))
}

/// Does it; the run's name is there as soon as it has begun.
async fn once(
    args: &OnceArgs,
    (spec, fleet): (&OnceSpec, &SpecArgs),
    cx: &Context,
    begun: &OnceLock<String>,
) -> Result<Once, Failure> {
    let ecs = cx.ecs().await?;
    let tests = args.tests.or(&spec.test, spec.dma_range.as_deref())?;
    let upload = args.load.examined(&args.file, &tests, cx).await?;
    let deadline = cx.deadline(BOOT.saturating_add(args.load.whole_time(&tests))).await?;
    let services = Services { ecs: &ecs, deadline: &deadline };
    tests.examine(services, TESTS)?;
    if let Some(target) = &spec.target {
        let hosts = find(&ecs, target).await?;
        let kept = hosts.iter().map(|host| host.id.clone()).collect();
        let work = Deployment { target, hosts, request: upload, booted: None, begun };
        let (deployed, mut record) = args.load.on_hosts(cx, services, work, &tests).await?;
        record.finish()?;
        return Ok(Once {
            target: target.to_string(),
            made: 0,
            released: Vec::new(),
            kept,
            verdict: Verdict::of(&deployed)?,
        });
    }
    // A signal ends the work, and no number of them the release.
    let _hold = deadline.cancel().hold();
    let mut request = fleet.request(&name_of(args, spec)?, true)?;
    let region = ecs.cloud().region().unwrap_or("unknown");
    let name = format!("once-{region}-{}", request.fleet);
    let other = format!("another `once` of fleet {}", request.fleet);
    let turn = cx.deadline(TURN).await?;
    let _lock = lock::take(&turn, Claim { name: &name, work: &other, wait: true }).await?;
    let memory = Memory::open((region, &request.fleet), (args, &tests))?;
    request.run = Some(memory.kept.run.clone());
    let target = &Target::Fleet(request.fleet.clone());
    let run = OnceRun { target, run: &memory.kept.run, left: &memory.kept.left };
    let verdict = match memory.recall() {
        // Only the release was left to do.
        Some(verdict) => Ok((verdict, 0)),
        None => work(args, (cx, &ecs), (&request, run), (upload, &tests), (&memory, begun)).await,
    };
    let ended = end(args, spec, cx, (&ecs, run), &verdict).await;
    let (verdict, made) = match (verdict, &ended) {
        (Ok(verdict), _) => verdict,
        (Err(failure), Ok(hosts)) => {
            // What failed first is what is told.
            memory.forget(&hosts.1).ok();
            return Err(became_of(hosts, &request.fleet, failure));
        }
        (Err(failure), Err(left)) => return Err(failure.hint(left.message.clone())),
    };
    let (released, kept) = ended?;
    memory.forget(&kept)?;
    Ok(Once { target: request.fleet.clone(), made, released, kept, verdict })
}

/// Makes the fleet, loads and tests it.
async fn work(
    args: &OnceArgs,
    (cx, ecs): (&Context, &Ecs),
    (request, run): (&UpRequest, OnceRun<'_>),
    (upload, tests): (Request, &TestsArgs),
    (memory, begun): (&Memory, &OnceLock<String>),
) -> Result<(Verdict, usize), Failure> {
    let (made, booted) = make((cx, ecs), (request, run)).await?;
    let deadline = cx.deadline(args.load.whole_time(tests)).await?;
    let services = Services { ecs, deadline: &deadline };
    let (target, hosts) = (run.target, made.hosts);
    let deployment = Deployment { target, hosts, request: upload, booted: Some(booted), begun };
    let (deployed, mut record) = args.load.on_hosts(cx, services, deployment, tests).await?;
    let verdict = Verdict::of(&deployed)?;
    // In this order: between the two, the tests are not done once more.
    memory.keep(Some(verdict.clone()))?;
    record.finish()?;
    Ok((verdict, made.new))
}

/// Makes the fleet when it is this run's turn; gives also how long that took.
async fn make(
    (cx, ecs): (&Context, &Ecs),
    (request, run): (&UpRequest, OnceRun<'_>),
) -> Result<(Made, Duration), Failure> {
    loop {
        // The time of others is not that of this run.
        let turn = cx.deadline(TURN).await?;
        run.until_first(Services { ecs, deadline: &turn }).await?;
        let (began, deadline) =
            (Instant::now(), cx.deadline(BOOT.saturating_add(request.wait_capacity)).await?);
        let made = up(Services { ecs, deadline: &deadline }, request).await?;
        if run.is_first(ecs).await? {
            return Ok((made, began.elapsed()));
        }
    }
}

/// Releases the hosts, or lets those of a failure live for a while; a signal does not stop this.
async fn end(
    args: &OnceArgs,
    spec: &OnceSpec,
    cx: &Context,
    (ecs, run): (&Ecs, OnceRun<'_>),
    verdict: &Result<(Verdict, usize), Failure>,
) -> Result<(Vec<String>, Vec<String>), Failure> {
    let deadline = Deadline::new(BOOT, Cancel::new(), cx.ui.progress());
    let services = Services { ecs, deadline: &deadline };
    let target = run.target;
    let line = format!("release them: faascmd fleet down {target} --yes");
    settled(services, target).await.map_err(|e| Failure::from(e).hint(line.clone()))?;
    let hosts = run.hosts(ecs).await.map_err(|e| Failure::from(e).hint(line.clone()))?;
    let ids: Vec<_> = hosts.iter().map(|host| host.id.clone()).collect();
    let went_well = matches!(verdict, Ok((verdict, _)) if verdict.exit == Exit::Done.code());
    if let Some(keep) = keep_of(args, spec).filter(|_| !went_well && !ids.is_empty()) {
        let at = release_at(ecs, keep);
        for host in &hosts {
            // What the tests found is told whatever becomes of this.
            if let Err(error) = ecs.set_release(&host.id, Some(at)).await {
                cx.ui.warn(&format!("{} is released at another time: {error}", host.name));
            }
        }
        cx.ui.warn(&format!("{} hosts are kept until {at} to be looked at; {line}", ids.len()));
        return Ok((Vec::new(), ids));
    }
    let released = release(services, Release { target, hosts }).await;
    let released = released.map_err(|e| Failure::from(e).hint(line.clone()))?;
    if let Some((_, why)) = released.left.first() {
        let names: Vec<_> = released.left.iter().map(|(host, _)| host.id.as_str()).collect();
        let message = format!("left and billed: {} ({why})", folded(&names));
        return Err(Failure::new(Exit::Conflict, message).hint(line));
    }
    Ok((released.gone.into_iter().map(|host| host.id).collect(), Vec::new()))
}

/// How long the hosts of a failure are to live.
fn keep_of(args: &OnceArgs, spec: &OnceSpec) -> Option<Duration> {
    args.keep_on_failure.or(spec.keep_on_failure.map(|span| span.0)).filter(|keep| !keep.is_zero())
}

/// Says of work that failed what became of its hosts.
fn became_of((released, kept): &(Vec<String>, Vec<String>), fleet: &str, mut failure: Failure) -> Failure {
    let line = format!("faascmd fleet down {fleet}");
    failure.hints.retain(|hint| !hint.ends_with(&line));
    match (released.len(), kept.len()) {
        (0, 0) => failure,
        (released, 0) => failure.hint(format!("its {released} hosts are released")),
        (_, kept) => failure.hint(format!("its {kept} hosts are kept; release them: {line} --yes")),
    }
}

/// The fleet's name: the file's, unless it says another. It is the same in every run, so that one that was killed is
/// continued.
fn name_of(args: &OnceArgs, spec: &OnceSpec) -> Result<String, Failure> {
    let stem = args.spec.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let name = spec.name.clone().unwrap_or_else(|| stem.to_owned());
    match name.parse() {
        Ok(Target::Fleet(name)) => Ok(name),
        _ => Err(Failure::new(Exit::Usage, format!("`{name}` is not a name for a fleet"))
            .hint("add name = \"nightly\" to the file")),
    }
}

impl Verdict {
    fn of(deployed: &Deployed) -> Result<Self, Failure> {
        let mut document = serde_json::to_value(deployed)
            .map_err(|e| Failure::new(Exit::Internal, format!("can't write what became of it: {e}")))?;
        let (counts, hosts) = (document["counts"].clone(), document["hosts"].take());
        document.as_object_mut().map(|fields| fields.remove("hosts"));
        Ok(Self { exit: deployed.exit().code(), outcome: deployed.outcome(), counts, hosts, document })
    }
}

/// What is kept of a run until its hosts are released.
struct Memory {
    path: PathBuf,
    key: String,
    kept: Kept,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    /// The run that the hosts were made by.
    run: String,
    /// Earlier ones whose hosts were left to be looked at.
    #[serde(default)]
    left: Vec<String>,
    /// What was asked for.
    key: String,
    at: Timestamp,
    /// Between the last test and the end of the release.
    verdict: Option<Verdict>,
}

/// So many earlier runs are remembered; the hosts of those before are long gone.
const LEFT: usize = 20;

fn new_run() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

impl Memory {
    /// What is kept of the run that this one continues; it is on disk before anything is made.
    fn open((region, fleet): (&str, &str), (args, tests): (&OnceArgs, &TestsArgs)) -> Result<Self, Failure> {
        let folder =
            state_folder().ok_or_else(|| Failure::from(crate::ops::Error::from(FleetError::NoState)))?;
        let spec = std::fs::read(&args.spec)
            .map_err(|e| Failure::new(Exit::NotFound, format!("{}: {e}", args.spec.display())))?;
        let key = format!("{} {}", hex(&Sha256::digest(spec)), args.load.said(&args.file, tests)?);
        let path = folder.join("fleets").join(region).join("once").join(format!("{fleet}.json"));
        let kept = Self::read(&path)
            .map_err(|e| Failure::new(Exit::Failed, format!("{}: {e}", path.display())))?
            .unwrap_or_else(|| Kept {
                run: new_run(),
                left: Vec::new(),
                key: key.clone(),
                at: Timestamp::now(),
                verdict: None,
            });
        let memory = Self { path, key, kept };
        memory.write(&memory.kept)?;
        Ok(memory)
    }

    /// What stands in the file, if it is one of ours. A verdict in another version's words is none; whose the hosts are
    /// stays.
    fn read(path: &std::path::Path) -> std::io::Result<Option<Kept>> {
        let bytes = match std::fs::read(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            bytes => bytes?,
        };
        let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let mut without_verdict = value.clone();
        without_verdict.as_object_mut().map(|fields| fields.remove("verdict"));
        Ok(serde_json::from_value(value).or_else(|_| serde_json::from_value(without_verdict)).ok())
    }

    fn recall(&self) -> Option<Verdict> {
        let is_young = Timestamp::now().duration_since(self.kept.at) < REMEMBERED;
        self.kept.verdict.clone().filter(|_| self.kept.key == self.key && is_young)
    }

    fn keep(&self, verdict: Option<Verdict>) -> Result<(), Failure> {
        let Kept { run, left, .. } = &self.kept;
        let (run, left, key) = (run.clone(), left.clone(), self.key.clone());
        self.write(&Kept { run, left, key, at: Timestamp::now(), verdict })
    }

    fn write(&self, kept: &Kept) -> Result<(), Failure> {
        let bytes = serde_json::to_vec(kept).map_err(std::io::Error::from);
        bytes
            .and_then(|bytes| write_private(&self.path, &bytes))
            .map_err(|e| Failure::new(Exit::Failed, format!("{}: {e}", self.path.display())))
    }

    /// The run is over. The next one makes hosts of its own, and those that were kept are in nobody's way.
    fn forget(&self, kept: &[String]) -> Result<(), Failure> {
        let mut left = self.kept.left.clone();
        if !kept.is_empty() {
            left.push(self.kept.run.clone());
        }
        if left.is_empty() {
            std::fs::remove_file(&self.path).ok();
            return Ok(());
        }
        left.drain(..left.len().saturating_sub(LEFT));
        let (run, key) = (new_run(), self.key.clone());
        self.write(&Kept { run, left, key, at: Timestamp::now(), verdict: None })
    }
}

impl Report for Once {
    const SCHEMA: &'static str = "faascmd.fleet.once/1";

    fn human(&self, page: &mut Page) {
        page.facts(&[
            ("fleet", self.target.clone()),
            ("made", self.made.to_string()),
            ("released", self.released.len().to_string()),
            ("kept", self.kept.len().to_string()),
            ("outcome", self.verdict.outcome.name().replace('_', " ")),
        ]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_is_damaged_or_of_another_version_is_none_or_has_no_verdict() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nightly.json");
        let run_in = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Memory::read(&path).unwrap().map(|kept| (kept.run, kept.verdict.is_some()))
        };
        for damaged in ["", "[]", "\"x\"", "{", "{}", "null"] {
            assert_eq!(run_in(damaged), None, "{damaged}");
        }
        let other =
            r#"{"run": "r", "key": "k", "at": "2026-01-01T00:00:00Z", "verdict": {"outcome": "degraded"}}"#;
        assert_eq!(run_in(other), Some(("r".to_owned(), false)));
        assert!(Memory::read(folder.path()).is_err() && Memory::read(&path.join("x")).is_err());
    }
}

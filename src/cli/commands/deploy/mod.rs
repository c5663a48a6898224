//! `faascmd deploy FILE`: a compiled file becomes a loaded and tested chip.

mod device_tests;
mod told;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use self::device_tests::TestsArgs;
use super::fpga::{DriverArgs, DriverUse};
use super::image::{MakeArgs, build_failed};
use super::object::CutArgs;
use super::test::{AnyResult, Looks, ReportArgs, Reports};
use crate::base::duration::{duration, spent};
use crate::cli::args::EndpointArgs;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output::typed;
use crate::cli::output::{Page, Report};
use crate::ops::Error;
use crate::ops::deploy::{self, Deployment, Request};
use crate::ops::driver::Driver;
use crate::ops::prepare::{ImageRequest, Services};
use crate::ops::step::{StepName, StepState};
use crate::ops::wait::Deadline;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd deploy bit.tar.gz
  faascmd deploy bit.tar.gz --test smoke,prbs
  faascmd deploy bit.tar.gz --test dma --dma-range 0x0+1GiB --yes --html dma.html
  faascmd deploy dma_afu.gbs --shell V1.1 --fpga 1
  faascmd deploy bit.tar.gz --no-load --no-wait     orders the image and returns
  faascmd deploy bit.tar.gz --dry-run               says what would be done")]
pub(in crate::cli) struct DeployArgs {
    /// The package (.tar.gz) for f2 and f3, or the .gbs for f1
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Key of the object [default: the file's name]
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    #[command(flatten)]
    make: MakeArgs,
    #[command(flatten)]
    tests: TestsArgs,
    /// How long to wait for everything together, without the tests
    #[arg(long, value_name = "TIME", default_value = "4h", value_parser = duration)]
    timeout: Duration,
    /// Do everything anew, also what is done; and ask the service what it is known to refuse
    #[arg(long)]
    force: bool,
    /// Send the file without looking into it
    #[arg(long)]
    no_check: bool,
    /// End when the image is made
    #[arg(long)]
    no_load: bool,
    /// Return as soon as the service has taken the order
    #[arg(long)]
    no_wait: bool,
    /// Say what would be done, and change nothing
    #[arg(long, conflicts_with_all = ["junit", "html"])]
    dry_run: bool,
    #[command(flatten)]
    reports: ReportArgs,
    #[command(flatten)]
    cut: CutArgs,
    #[command(flatten)]
    driver: DriverArgs,
    #[command(flatten)]
    endpoint: EndpointArgs,
}

#[derive(Debug, Default, Serialize)]
struct Deployed {
    #[serde(flatten)]
    deployment: Deployment,
    /// The results of the device tests.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tests: Vec<AnyResult>,
    dry_run: bool,
    /// What the PRBS test saw on its way, for a page.
    #[serde(skip)]
    looks: Looks,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &DeployArgs, cx: &Context) -> Outcome {
    let mut reports = Reports::open(&args.reports)?;
    let mut deployed = Deployed { dry_run: args.dry_run, ..Deployed::default() };
    let begun = Timestamp::now();
    told::begin(&mut reports, (args, begun), cx);
    let done = deploy_and_test(args, cx, &mut deployed);
    told::end(&mut reports, (args, begun), (&deployed, done.as_ref().err()), cx);
    done.map_err(|failure| deployed.at(failure))?;
    cx.ui.print(&deployed)
}

fn deploy_and_test(args: &DeployArgs, cx: &Context, deployed: &mut Deployed) -> Result<(), Failure> {
    if !args.dry_run {
        args.tests.permit(cx)?;
    }
    let deadline = cx.deadline_told_to(args.timeout, cx.ui.steps(cx.ui.progress()))?;
    cx.block_on(deploy(args, cx, &deadline, &mut deployed.deployment))?;
    say_what_is_left(args, cx, &deployed.deployment);
    if args.dry_run {
        args.tests.plan(deployed);
        return Ok(());
    }
    args.tests.run(cx, &deadline, deployed)
}

async fn deploy(
    args: &DeployArgs,
    cx: &Context,
    deadline: &Deadline,
    done: &mut Deployment,
) -> Result<(), Failure> {
    let local = args.request(cx)?;
    let check = deploy::check(deadline.progress(), &local, &mut done.steps);
    let subject = deadline.unless_cancelled(check).await?;
    cx.require_settings(!args.no_load).await?;
    let request =
        Request { driver: args.driver_of_this_machine(cx).await?, ..args.located(cx, local).await? };
    let (faas, oss) = (cx.faas().await?, cx.oss_by(args.endpoint).await?);
    let services = Services { faas: &faas, oss: &oss, deadline };
    let work = Box::pin(deploy::deploy_checked(services, &request, subject, done));
    match deadline.unless_cancelled(work).await {
        Err(Error::BuildFailed(image)) => Err(build_failed(cx, Some(&oss), image).await),
        outcome => outcome.map_err(Into::into),
    }
}

impl Deployed {
    /// The command that goes on: with the image ordered, `--force` would order another.
    fn next(&self, exit: Exit) -> String {
        let too_short = (exit == Exit::Pending).then_some("timeout");
        let ordered = self.deployment.image.as_ref().map(|_| "force");
        typed::without(&too_short.into_iter().chain(ordered).collect::<Vec<_>>())
    }

    /// The failure with what had been done by then, and the command that goes on.
    fn at(&self, mut failure: Failure) -> Failure {
        let next = self.next(failure.exit);
        if matches!(failure.exit, Exit::Pending | Exit::Interrupted | Exit::Terminated) {
            failure.hints = vec![format!("it goes on where it stopped: {next}")];
        }
        let Deployment { steps, object, image, .. } = &self.deployment;
        let done = serde_json::json!({
            "image_uuid": image.as_ref().map(|image| &image.uuid),
            "object": object,
            "steps": steps,
            "tests": self.tests,
            "next": next,
        });
        failure.done = done.as_object().cloned().map(Box::new);
        failure
    }
}

impl DeployArgs {
    /// As far as the command line tells it.
    fn request(&self, cx: &Context) -> Result<Request, Failure> {
        Ok(Request {
            file: self.file.clone(),
            key: self.object_key()?,
            part_size: self.cut.part_bytes(),
            jobs: self.cut.parallel(),
            image: ImageRequest {
                spec: self.make.spec(),
                instance_id: None,
                check: !self.no_check,
                any_caller: self.force,
                anew: self.force,
                wait: !self.no_wait,
                order_life: cx.order_life()?,
            },
            load: !self.no_load,
            force: self.force,
            for_tests: self.tests.any(),
            driver: None,
            this_machine: None,
            dry_run: self.dry_run,
        })
    }

    /// With the instance, and whether it is this machine.
    async fn located(&self, cx: &Context, mut request: Request) -> Result<Request, Failure> {
        request.image.instance_id = self.instance_id(cx).await?;
        if let Some(id) = request.image.instance_id.as_deref().filter(|_| !self.no_load) {
            request.this_machine = cx.drivers_of(id).await?;
        }
        Ok(request)
    }

    /// The driver to take out and bring back, where a load is to come.
    async fn driver_of_this_machine(&self, cx: &Context) -> Result<Option<Driver>, Failure> {
        if self.no_load {
            return Ok(None);
        }
        let instance_id = cx.instance_id().await?;
        self.driver
            .driver(
                cx,
                DriverUse { instance_id: &instance_id, for_tests: self.tests.any(), dry_run: self.dry_run },
            )
            .await
    }

    /// The instance, if a chip of it is to be loaded or may tell its shell.
    async fn instance_id(&self, cx: &Context) -> Result<Option<String>, Failure> {
        if !self.no_load {
            return cx.instance_id().await.map(Some);
        }
        self.make.instance_id(cx).await
    }

    fn object_key(&self) -> Result<String, Failure> {
        if let Some(key) = &self.key {
            return Ok(key.clone());
        }
        let name = self.file.file_name().and_then(|name| name.to_str());
        name.map(str::to_owned).ok_or_else(|| {
            Failure::new(Exit::Usage, format!("{} gives no key for the object", self.file.display()))
                .hint("name one: --key KEY")
        })
    }
}

/// What the user does next, where the deployment ends before the chip is loaded.
fn say_what_is_left(args: &DeployArgs, cx: &Context, deployment: &Deployment) {
    let Some(image) = deployment.image.as_ref().filter(|_| !args.dry_run) else { return };
    if args.no_wait && deployment.fpga.is_none() && image.state.name() != "success" {
        cx.ui.note(&format!(
            "wait for it: {}",
            typed::with_settings(&format!("faascmd image wait {}", image.uuid))
        ));
    }
}

impl Report for Deployed {
    const SCHEMA: &'static str = "faascmd.deploy/1";

    /// The steps have been written as they were done; a plan is written whole.
    fn human(&self, page: &mut Page) {
        if !self.dry_run {
            return;
        }
        let Deployment { steps, object, image, fpga } = &self.deployment;
        let rows = steps.iter().map(|step| {
            let what = match step.state {
                StepState::Done => format!("done, {}", spent(Duration::from_secs_f64(step.seconds))),
                state => state.phrase().to_owned(),
            };
            let which = match step.name {
                StepName::Upload => {
                    object.as_ref().map(|it| format!("oss://{}/{}", it.bucket, it.key)).unwrap_or_default()
                }
                StepName::Create => image.as_ref().map(|image| image.uuid.clone()).unwrap_or_default(),
                StepName::Load => fpga.as_ref().map(|fpga| fpga.uuid.clone()).unwrap_or_default(),
                _ => String::new(),
            };
            vec![step.name.word().to_owned(), what, which]
        });
        page.table(&["step", "state", "what"], &rows.collect::<Vec<_>>());
    }
}

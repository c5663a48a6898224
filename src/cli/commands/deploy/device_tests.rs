//! The device tests at the end of a deployment.

use std::path::Path;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tokio::time::Instant;

use super::super::dma::range;
use super::super::left_running::free;
use super::super::test::{AnyResult, DmaTest, TestResult, default_range};
use super::Deployed;
use crate::base::duration::some_time;
use crate::base::private_file::state_folder;
use crate::base::progress::Event;
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::typed;
use crate::ddr::{self, Harness, PrbsOptions, Sample, SmokeOptions};
use crate::device::{Access, Device, DeviceError, Opener};
use crate::dma::Range;
use crate::ops::deploy::Chip;
use crate::ops::load;
use crate::ops::step::{Step, StepName};
use crate::ops::wait::{Awaited, Deadline, Look, Pace};

/// How long each test may take to be done after its start, or its stop.
const DONE_WITHIN: Duration = Duration::from_mins(1);

// Which tests follow, and how. (A doc comment would become that of each command.)
#[derive(Clone, Debug, Args)]
pub(super) struct TestsArgs {
    /// Test the loaded chip, which has to be this machine's --device
    #[arg(long = "test", value_enum, value_delimiter = ',', value_name = "LIST", conflicts_with_all = ["no_load", "no_wait"])]
    tests: Vec<TestName>,
    /// How long to run the PRBS test
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = some_time)]
    prbs_duration: Duration,
    /// The card's memory that the DMA test overwrites, START+BYTES, such as 0x0+1GiB
    #[arg(long, value_name = "RANGE", value_parser = range)]
    dma_range: Option<Range>,
}

/// A test of the reference design's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TestName {
    /// The smoke test
    Smoke,
    /// The PRBS test
    Prbs,
    /// The card's memory through DMA, on --dma-range
    Dma,
    /// Smoke and PRBS
    All,
}

impl TestName {
    fn step(self) -> StepName {
        match self {
            Self::Smoke => StepName::Smoke,
            Self::Prbs | Self::All => StepName::Prbs,
            Self::Dma => StepName::Dma,
        }
    }
}

impl TestsArgs {
    /// Whether any was asked for.
    pub(super) fn any(&self) -> bool {
        !self.tests.is_empty()
    }

    /// The steps that would follow.
    pub(super) fn plan(&self, deployed: &mut Deployed) {
        let planned = self.names().into_iter().map(|name| Step::planned(name.step(), false));
        deployed.deployment.steps.extend(planned);
    }

    fn names(&self) -> Vec<TestName> {
        let mut names = Vec::new();
        for name in &self.tests {
            let meant: &[TestName] =
                if *name == TestName::All { &[TestName::Smoke, TestName::Prbs] } else { &[*name] };
            names.extend(meant.iter().filter(|name| !names.contains(*name)).collect::<Vec<_>>());
        }
        names
    }

    /// Asks, before anything is done, whether the DMA test may overwrite the memory.
    pub(super) fn permit(&self, cx: &Context) -> Result<(), Failure> {
        if !self.names().contains(&TestName::Dma) {
            return Ok(());
        }
        DmaTest::default().permit(default_range(self.dma_range, cx)?, cx)
    }

    /// Runs them on the local device, up to the first that does not pass; they count if the chip carries the image still.
    pub(super) fn run(
        &self,
        cx: &Context,
        deadline: &Deadline,
        deployed: &mut Deployed,
    ) -> Result<(), Failure> {
        let tested = self.run_each(cx, deadline, deployed);
        let was_stopped =
            matches!(&tested, Err(failure) if matches!(failure.exit, Exit::Interrupted | Exit::Terminated));
        if let Some(Chip { uuid, instance_id: Some(host), image_uuid: Some(image), .. }) =
            deployed.deployment.fpga.as_ref().filter(|_| self.any() && !was_stopped)
        {
            cx.block_on(async {
                let faas = cx.faas().await?;
                let look = load::still_loaded(&faas, deadline, (host, uuid, image));
                Ok::<_, Failure>(deadline.unless_cancelled(look).await?)
            })?;
        }
        tested
    }

    fn run_each(&self, cx: &Context, deadline: &Deadline, deployed: &mut Deployed) -> Result<(), Failure> {
        let names = self.names();
        let device = self.registers(cx, deadline)?;
        for name in names {
            let began = Instant::now();
            let result = match &device {
                Some(device) if name != TestName::Dma => {
                    let mut looks = |sample: &Sample| deployed.looks.take(sample, &cx.ui);
                    self.of_registers(name, deadline, (device, &mut looks))?
                }
                _ => self.dma(cx, deadline)?,
            };
            let (exit, step) = (result.exit(), name.step().word());
            let detail = result.detail().to_owned();
            let passed = exit == Exit::Done;
            deployed.deployment.steps.push(Step::tested(name.step(), passed, began));
            deployed.tests.push(result);
            if !passed {
                let again = format!("to test it again: {}", typed::command());
                return Err(Failure::new(exit, format!("{step} {detail}")).hint(again));
            }
            deadline.progress().event(Event::StepDone { step, detail, skipped: false });
        }
        Ok(())
    }

    /// The device with the registers, where a test is of them, or they stand beside the memory that is tested.
    fn registers(&self, cx: &Context, deadline: &Deadline) -> Result<Option<Device>, Failure> {
        let names = self.names();
        let opener = if names.is_empty() {
            None
        } else if names.iter().all(|name| *name == TestName::Dma) {
            cx.registers_of(&cx.dma_nodes()?, true)
        } else {
            cx.permit_writing(false)?;
            Some(cx.opener(true))
        };
        let Some(opener) = opener else { return Ok(None) };
        let device = when_free(&opener, cx, deadline)?;
        free((&device, &opener.name), deadline.cancel(), cx)?;
        Ok(Some(device))
    }

    fn of_registers(
        &self,
        name: TestName,
        deadline: &Deadline,
        (device, looks): (&Device, &mut dyn FnMut(&Sample)),
    ) -> Result<AnyResult, Failure> {
        let state = state_folder();
        let harness = harness(deadline, (device, state.as_deref()));
        let report = match name {
            TestName::Smoke => {
                ddr::smoke(harness, &SmokeOptions { timeout: DONE_WITHIN, accept_stale: false })?
            }
            _ => ddr::prbs(harness, &self.prbs(), looks)?,
        };
        Ok(TestResult::new(&report, device).into())
    }

    fn dma(&self, cx: &Context, deadline: &Deadline) -> Result<AnyResult, Failure> {
        let range = default_range(self.dma_range, cx)?;
        let cancel = (deadline.cancel(), deadline.progress());
        Ok(DmaTest::default().run(range, cx, cancel)?.into())
    }

    fn prbs(&self) -> PrbsOptions {
        PrbsOptions {
            duration: self.prbs_duration,
            sample: Duration::from_secs(1),
            timeout: DONE_WITHIN,
            accept_stale: false,
            bit_rate: None,
        }
    }
}

fn harness<'a>(deadline: &'a Deadline, (device, state): (&'a Device, Option<&'a Path>)) -> Harness<'a> {
    Harness { registers: device, cancel: deadline.cancel(), progress: deadline.progress(), state }
}

/// The local device, when whoever uses it now is done.
fn when_free(opener: &Opener, cx: &Context, deadline: &Deadline) -> Result<Device, Failure> {
    let awaited = Awaited::Lock(format!("the device {}", opener.name));
    let opened = cx.block_on(async {
        let look = || async {
            Ok(match opener.open_locked(Access::Write) {
                Err(locked @ DeviceError::Locked { .. }) => Look::Pending(locked.to_string()),
                opened => Look::Done(opened),
            })
        };
        Ok(deadline.wait(awaited, Pace::LOOKING, look).await?)
    });
    Ok(opened??)
}

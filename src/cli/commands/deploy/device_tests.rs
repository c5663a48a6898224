//! The device tests at the end of a deployment.

use std::time::Duration;

use clap::{Args, ValueEnum};
use tokio::time::Instant;

use super::super::test::{TestResult, refuse_what_was_left_running};
use super::Deployed;
use crate::base::duration::some_time;
use crate::base::private_file::state_folder;
use crate::base::progress::Event;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::typed;
use crate::ddr::{self, Harness, PrbsOptions, SmokeOptions, Verdict};
use crate::device::{Access, Device, DeviceError};
use crate::ops::deploy::{Step, StepName};
use crate::ops::wait::{Awaited, Deadline, Look, Pace};

/// How long each test may take to be done after its start, or its stop.
const DONE_WITHIN: Duration = Duration::from_mins(1);

/// Which tests follow, and how.
#[derive(Clone, Debug, Args)]
pub(super) struct TestsArgs {
    /// Test the loaded chip, which has to be this machine's --device
    #[arg(long = "test", value_enum, value_delimiter = ',', value_name = "LIST", conflicts_with_all = ["no_load", "no_wait"])]
    tests: Vec<TestName>,
    /// How long to run the PRBS test
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = some_time)]
    prbs_duration: Duration,
}

/// A test of the reference design's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TestName {
    /// The smoke test
    Smoke,
    /// The PRBS test
    Prbs,
    /// Both
    All,
}

impl TestName {
    fn step(self) -> StepName {
        match self {
            Self::Smoke => StepName::Smoke,
            Self::Prbs | Self::All => StepName::Prbs,
        }
    }
}

impl TestsArgs {
    /// Whether any was asked for.
    pub(super) fn any(&self) -> bool {
        !self.tests.is_empty()
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

    /// Runs them on the local device, up to the first that does not pass.
    pub(super) fn run(
        &self,
        cx: &Context,
        deadline: &Deadline,
        deployed: &mut Deployed,
    ) -> Result<(), Failure> {
        if !self.any() {
            return Ok(());
        }
        cx.permit_writing(false)?;
        let device = when_free(cx, deadline)?;
        let state = state_folder();
        let harness = Harness {
            registers: &device,
            cancel: deadline.cancel(),
            progress: deadline.progress(),
            state: state.as_deref(),
        };
        refuse_what_was_left_running(harness, cx)?;
        for name in self.names() {
            let began = Instant::now();
            let report = match name {
                TestName::Smoke => {
                    ddr::smoke(harness, &SmokeOptions { timeout: DONE_WITHIN, accept_stale: false })?
                }
                TestName::Prbs | TestName::All => ddr::prbs(harness, &self.prbs(), &mut |_| {})?,
            };
            let passed = report.verdict == Verdict::Passed;
            deployed.deployment.steps.push(Step::tested(name.step(), passed, began));
            deployed.tests.push(TestResult::new(&report, &device));
            let (step, detail) = (report.test, report.to_string());
            if !passed {
                let again = format!("to test it again: {}", typed::command());
                return Err(Failure::new(report.verdict.into(), format!("{step} {detail}")).hint(again));
            }
            deadline.progress().event(Event::StepDone { step, detail, skipped: false });
        }
        Ok(())
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

/// The local device, when whoever uses it now is done.
fn when_free(cx: &Context, deadline: &Deadline) -> Result<Device, Failure> {
    let awaited = Awaited::Lock(format!("the device {}", cx.device_name()));
    let opened = cx.block_on(async {
        let look = || async {
            Ok(match cx.opener(true).open_locked(Access::Write) {
                Err(locked @ DeviceError::Locked { .. }) => Look::Pending(locked.to_string()),
                opened => Look::Done(opened),
            })
        };
        Ok(deadline.wait(awaited, Pace::LOOKING, look).await?)
    });
    Ok(opened??)
}

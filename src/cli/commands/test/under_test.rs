//! The device under test: open, locked, and free of what another test left running.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use super::any_result::AnyResult;
use super::looks::Looks;
use super::reports::{ReportArgs, Reports};
use super::result::TestResult;
use super::told::{Broken, Told};
use crate::base::cancel::Cancel;
use crate::base::private_file::state_folder;
use crate::cli::Exit;
use crate::cli::commands::left_running::free;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::Ui;
use crate::ddr::{Harness, Sample, TestReport};
use crate::device::{Access, Device, DeviceError};

// The flags that the tests share. (A doc comment would become that of each command.)
#[derive(Clone, Debug, Args)]
pub(super) struct TestArgs {
    /// Take a done bit that was 1 before the start, and never 0 after it, for done when --timeout is over
    #[arg(long)]
    pub(super) accept_stale: bool,
    #[command(flatten)]
    reports: ReportArgs,
    /// Go on although another process has the device's lock
    #[arg(long)]
    no_lock: bool,
    /// Test also a device that is no FPGA as far as can be told
    #[arg(long)]
    force: bool,
}

/// An open, locked device under test, with the flag of its signals set up before anything is started.
pub(super) struct UnderTest<'a> {
    cx: &'a Context,
    device: Device,
    cancel: Cancel,
    state: Option<PathBuf>,
    begun: Timestamp,
    reports: Reports,
    looks: Looks,
    results: Vec<AnyResult>,
}

/// Sees every sample of a test.
type Each<'e> = &'e mut dyn FnMut(&Sample);

impl<'a> UnderTest<'a> {
    /// Opens the outputs and the device; a device that can't be used is in the reports too.
    pub(super) fn open(args: &TestArgs, test: &'static str, cx: &'a Context) -> Result<Self, Failure> {
        let mut reports = Reports::open(&args.reports)?;
        let (begun, looks) = (Timestamp::now(), Looks::default());
        let opened = match locked(args, cx) {
            // The reports may be those of who has the lock.
            Err(refused) if refused.exit == Exit::Conflict => return Err(refused),
            locked => locked.and_then(|(device, cancel)| {
                free((&device, &cx.device_name()), &cancel, cx)?;
                Ok((device, cancel))
            }),
        };
        match opened {
            Ok((device, cancel)) => {
                Ok(Self { cx, device, cancel, state: state_folder(), begun, reports, looks, results: vec![] })
            }
            Err(failure) => {
                let broken = Some(Broken { test, why: &failure.message });
                let (subject, facts) = on(cx);
                let told = Told { broken, facts: &facts, ..Told::of("ddr", &subject, begun) };
                reports.write(&told, &cx.ui);
                Err(failure)
            }
        }
    }

    /// Where the looks at the error register go; a log that can't be written is in the reports of the test.
    pub(super) fn with(mut self, test: &'static str, looks: Result<Looks, Failure>) -> Result<Self, Failure> {
        let broken =
            |failure: &Failure| self.report(Some(Broken { test, why: &failure.message }), Reports::write);
        let looks = looks.inspect_err(broken)?;
        Ok(Self { looks, ..self })
    }

    /// Runs a test; what happens is in the reports, also when the device fails.
    pub(super) fn run(
        &mut self,
        test: &'static str,
        body: impl FnOnce(Harness<'_>, Each<'_>) -> Result<TestReport, DeviceError>,
    ) -> Result<TestResult, Failure> {
        self.report(Some(Broken::unless_ended(test)), Reports::begin);
        let progress = self.cx.ui.progress();
        let harness = Harness {
            registers: &self.device,
            cancel: &self.cancel,
            progress: &*progress,
            state: self.state.as_deref(),
        };
        let ended = body(harness, &mut |sample| self.looks.take(sample, &self.cx.ui));
        match ended {
            Ok(report) => {
                let result = TestResult::new(&report, &self.device);
                self.results.push(result.clone().into());
                self.report(None, Reports::write);
                Ok(result)
            }
            Err(error) => {
                let failure = Failure::from(error);
                self.report(Some(Broken { test, why: &failure.message }), Reports::write);
                Err(failure)
            }
        }
    }

    /// The results of the tests that were run.
    pub(super) fn results(self) -> Vec<AnyResult> {
        self.results
    }

    fn report(&mut self, broken: Option<Broken<'_>>, write: fn(&mut Reports, &Told<'_>, &Ui)) {
        let Self { results, looks, begun, .. } = self;
        let (subject, facts) = on(self.cx);
        let looks = looks.kept();
        let told = Told { results, looks, broken, facts: &facts, ..Told::of("ddr", &subject, *begun) };
        write(&mut self.reports, &told, &self.cx.ui);
    }
}

/// Where a test is run, as its reports tell it.
pub(super) fn on(cx: &Context) -> (String, [(&'static str, String); 1]) {
    let device = cx.device_name();
    (format!("on {device}"), [("device", device)])
}

/// The device, locked, and the flag of the signals.
fn locked(args: &TestArgs, cx: &Context) -> Result<(Device, Cancel), Failure> {
    let cancel = cx.cancel()?;
    cx.permit_writing(args.force)?;
    let device = cx.opener(!args.no_lock).open_locked(Access::Write).map_err(Failure::of_locking)?;
    Ok((device, cancel))
}

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
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::Ui;
use crate::ddr::{Harness, LeftRunning, Sample, TestReport};
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
            locked => locked.and_then(|locked| freed(locked, cx)),
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

    /// Where the looks at the error register go.
    pub(super) fn with(self, looks: Looks) -> Self {
        Self { looks, ..self }
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

/// The same, free of what another test left running.
fn freed((device, cancel): (Device, Cancel), cx: &Context) -> Result<(Device, Cancel), Failure> {
    let (progress, state) = (cx.ui.progress(), state_folder());
    let harness =
        Harness { registers: &device, cancel: &cancel, progress: &*progress, state: state.as_deref() };
    refuse_what_was_left_running(harness, cx)?;
    Ok((device, cancel))
}

/// A PRBS test that nobody stopped uses the memory that is to be tested: asks, and stops it.
pub(in crate::cli::commands) fn refuse_what_was_left_running(
    harness: Harness<'_>,
    cx: &Context,
) -> Result<(), Failure> {
    let Some(left) = LeftRunning::of(harness)? else { return Ok(()) };
    let said = left_running_text(&left, cx);
    // Without a terminal, not being able to ask is a no.
    if cx.ui.confirms(&format!("{said}. Stop it?")).unwrap_or(false) {
        left.stop(harness)?;
        cx.ui.note("the PRBS test that was left running is stopped");
        return Ok(());
    }
    Err(Failure::new(Exit::Conflict, said)
        .hint(format!("to stop it: {}", stop_command(cx)))
        .hint("--yes stops it first"))
}

/// `PRBS is still running on /dev/xdma0_user: process 77, …`
pub(in crate::cli::commands) fn left_running_text(left: &LeftRunning, cx: &Context) -> String {
    let LeftRunning { pid, since, .. } = left;
    let device = cx.device_name();
    format!(
        "PRBS is still running on {device}: process {pid}, which started it at {since:.0}, ended without stopping it"
    )
}

/// What stops it.
pub(in crate::cli::commands) fn stop_command(cx: &Context) -> String {
    let device = cx.device_name();
    let device = shlex::try_quote(&device).map_or_else(|_| device.clone(), Into::into);
    format!("faascmd reg write PRBS_STOP 1 --device {device}")
}

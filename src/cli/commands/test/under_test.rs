//! The device under test: open, locked, and free of what another test left running.

use std::cell::RefCell;
use std::path::PathBuf;

use clap::Args;

use super::junit::Junit;
use super::result::TestResult;
use crate::base::cancel::Cancel;
use crate::base::private_file::state_folder;
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::ddr::{Harness, LeftRunning, TestReport};
use crate::device::{Access, Device, DeviceError};

/// The flags that the tests share.
#[derive(Clone, Debug, Args)]
pub(super) struct TestArgs {
    /// Take a done bit that was 1 before the start, and never 0 after it, for done when --timeout is over
    #[arg(long)]
    pub(super) accept_stale: bool,
    /// Write the result as JUnit XML too
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
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
    junit: RefCell<Option<Junit>>,
    results: Vec<TestResult>,
}

impl<'a> UnderTest<'a> {
    /// Opens the outputs and the device; a device that can't be used is in the JUnit file too.
    pub(super) fn open(args: &TestArgs, test: &'static str, cx: &'a Context) -> Result<Self, Failure> {
        let mut junit = args.junit.as_deref().map(Junit::open).transpose()?;
        let cancel = cx.cancel()?;
        let device = cx.permit_writing(args.force).and_then(|()| {
            let device = cx.opener(!args.no_lock).open_locked(Access::Write).map_err(Failure::of_locking)?;
            let this =
                Self { cx, device, cancel, state: state_folder(), junit: None.into(), results: vec![] };
            let progress = cx.ui.progress();
            refuse_what_was_left_running(this.harness(&*progress), cx)?;
            Ok(this)
        });
        match device {
            Ok(this) => Ok(Self { junit: junit.into(), ..this }),
            Err(failure) => {
                tell_junit(cx, junit.as_mut(), |junit| junit.write(&[], Some((test, &failure.message))));
                Err(failure)
            }
        }
    }

    /// Runs a test; what happens is in the JUnit file, also when the device fails.
    pub(super) fn run(
        &mut self,
        test: &'static str,
        body: impl FnOnce(Harness<'_>) -> Result<TestReport, DeviceError>,
    ) -> Result<&TestResult, Failure> {
        let progress = self.cx.ui.progress();
        self.tell_junit(|junit| junit.begin(&self.results, test));
        match body(self.harness(&*progress)) {
            Ok(report) => self.results.push(TestResult::new(&report, &self.device)),
            Err(error) => {
                let failure = Failure::from(error);
                self.tell_junit(|junit| junit.write(&self.results, Some((test, &failure.message))));
                return Err(failure);
            }
        }
        self.tell_junit(|junit| junit.write(&self.results, None));
        Ok(self.results.last().expect("it was just put there"))
    }

    /// The results of the tests that were run.
    pub(super) fn results(self) -> Vec<TestResult> {
        self.results
    }

    fn harness<'h>(&'h self, progress: &'h dyn crate::base::progress::Progress) -> Harness<'h> {
        Harness { registers: &self.device, cancel: &self.cancel, progress, state: self.state.as_deref() }
    }

    fn tell_junit(&self, tell: impl FnOnce(&mut Junit) -> Result<(), String>) {
        tell_junit(self.cx, self.junit.borrow_mut().as_mut(), tell);
    }
}

/// A JUnit file that can't be written is told, and changes no verdict.
fn tell_junit(cx: &Context, junit: Option<&mut Junit>, tell: impl FnOnce(&mut Junit) -> Result<(), String>) {
    if let Some(Err(unwritten)) = junit.map(tell) {
        cx.ui.warn(&unwritten);
    }
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

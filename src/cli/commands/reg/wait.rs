//! `faascmd reg wait PLACE --equals VALUE`

use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;

use super::maps::Maps;
use super::target::{Target, TargetArgs, WidthArgs, masked};
use crate::base::duration::{duration, spent};
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::device::{Place, Reading, number};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd reg wait SMOKE_DONE --equals 1 --timeout 60s
  faascmd reg wait 0x40 --equals 0x80 --mask 0x80 --interval 10ms")]
pub(in crate::cli) struct WaitCommand {
    #[command(flatten)]
    wait: WaitArgs,
    #[command(flatten)]
    target: TargetArgs,
}

// What a line of a script says too. (A doc comment would become that of each command.)
#[derive(Clone, Debug, Args)]
pub(super) struct WaitArgs {
    /// Address, register or REGISTER.FIELD
    place: String,
    /// Value to wait for
    #[arg(long, value_name = "VALUE")]
    equals: String,
    /// Compare only the bits that are 1 in the mask
    #[arg(long, value_name = "MASK", value_parser = number)]
    mask: Option<u64>,
    /// How long to wait
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    timeout: Duration,
    /// Time between two reads
    #[arg(long, value_name = "TIME", default_value = "1ms", value_parser = duration)]
    interval: Duration,
    #[command(flatten)]
    width: WidthArgs,
}

/// The verb, understood.
#[derive(Debug)]
pub(super) struct Wait {
    pub(super) place: Place,
    equals: u64,
    mask: u64,
    timeout: Duration,
    interval: Duration,
}

/// What the register reads at last.
#[derive(Debug, Serialize)]
pub(super) struct WaitReport {
    #[serde(flatten)]
    reading: Reading,
    /// How long it took.
    seconds: f64,
}

/// Runs the command.
pub(super) fn run(args: &WaitCommand, cx: &Context) -> Outcome {
    let wait = args
        .wait
        .understood(&Maps::load_for(args.target.map.as_deref(), std::slice::from_ref(&args.wait.place))?)?;
    let target = Target::to_read(&args.target, cx)?.cancelled_by(cx.cancel()?);
    wait.check(&target)?;
    cx.ui.print(&wait.perform(&target)?)
}

impl WaitArgs {
    /// Finds the place and the value.
    pub(super) fn understood(&self, maps: &Maps) -> Result<Wait, Failure> {
        let place = maps.place_of(&self.place, self.width)?;
        let equals = place.parse_value(&self.equals)?;
        let mask = masked(&place, equals, self.mask)?;
        Ok(Wait { place, equals, mask, timeout: self.timeout, interval: self.interval })
    }
}

impl Wait {
    /// Refuses a place outside the device.
    pub(super) fn check(&self, target: &Target) -> Result<(), Failure> {
        Ok(target.check(&self.place)?)
    }

    /// Reads until it is equal, and once more after the deadline.
    pub(super) fn perform(&self, target: &Target) -> Result<WaitReport, Failure> {
        let start = Instant::now();
        loop {
            // Asked before the read: what is read after the deadline counts.
            let over = start.elapsed() >= self.timeout;
            let word = target.device.read_width(self.place.offset, self.place.width)?;
            if self.place.value(word) & self.mask == self.equals {
                let reading = Reading::of(&self.place, word);
                return Ok(WaitReport { reading, seconds: start.elapsed().as_secs_f64() });
            }
            target.judge(self.place.offset, word, self.place.width)?;
            target.go_on()?;
            if over {
                return Err(self.still(self.place.value(word)));
            }
            let left = self.timeout.saturating_sub(start.elapsed());
            pause(target, self.interval.min(left))?;
        }
    }

    fn still(&self, value: u64) -> Failure {
        let hex = |value| self.place.width.hex(value);
        let wanted = match self.mask {
            u64::MAX => hex(self.equals),
            mask => format!("{} under the mask {}", hex(self.equals), hex(mask)),
        };
        let (label, timeout) = (self.place.label(), spent(self.timeout));
        let message = format!("{label} still reads {} after {timeout}, not {wanted}", hex(value));
        Failure::new(Exit::Pending, message).hint("a longer --timeout waits longer")
    }
}

/// Sleeps, but not through a signal or the loss of the device.
pub(super) fn pause(target: &Target, time: Duration) -> Result<(), Failure> {
    const LONGEST_NAP: Duration = Duration::from_millis(20);
    let end = Instant::now() + time;
    loop {
        target.go_on()?;
        target.device.check_present()?;
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        std::thread::sleep(left.min(LONGEST_NAP));
    }
}

impl Report for WaitReport {
    const SCHEMA: &'static str = "faascmd.reg.wait/1";

    fn human(&self, page: &mut Page) {
        page.line(self.reading.width.hex(self.reading.value));
    }
}

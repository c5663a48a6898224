//! `faascmd reg read PLACE...`

use clap::Args;
use serde::Serialize;

use super::bench::{Bench, BenchArgs, Maps};
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::device::{Access, Place, Reading, hex};

/// Read registers or fields; prints just the values, a line each
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd reg read 0x24
  faascmd reg read SMOKE_DONE ERROR -o json
  test $(faascmd reg read ERROR) = 0x00000000")]
pub(in crate::cli) struct ReadCommand {
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    bench: BenchArgs,
}

/// Read registers or fields
#[derive(Clone, Debug, Args)]
pub(super) struct ReadArgs {
    /// Address, register or REGISTER.FIELD
    #[arg(required = true, value_name = "PLACE")]
    places: Vec<String>,
}

/// The verb, understood.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) places: Vec<Place>,
}

/// What the registers read.
#[derive(Debug, Serialize)]
pub(super) struct ReadReport {
    items: Vec<Reading>,
}

/// Runs the command.
pub(super) fn run(args: &ReadCommand, cx: &Context) -> Outcome {
    let read = args.read.understood(&Maps::load(args.bench.map.as_deref())?)?;
    let bench = Bench::new(cx.opener(false).open(Access::Read)?, &args.bench);
    read.check(&bench)?;
    cx.ui.print(&read.perform(&bench)?)
}

impl ReadArgs {
    /// Finds the places.
    pub(super) fn understood(&self, maps: &Maps) -> Result<Read, Failure> {
        Ok(Read { places: self.places.iter().map(|text| maps.place(text)).collect::<Result<_, _>>()? })
    }
}

impl Read {
    /// Refuses places outside the device.
    pub(super) fn check(&self, bench: &Bench) -> Result<(), Failure> {
        Ok(self.places.iter().try_for_each(|place| bench.check(place))?)
    }

    /// Reads, in the order that was asked for.
    pub(super) fn perform(&self, bench: &Bench) -> Result<ReadReport, Failure> {
        let read = |place: &Place| Ok(Reading::of(place, bench.read(place.offset)?));
        Ok(ReadReport { items: self.places.iter().map(read).collect::<Result<_, Failure>>()? })
    }
}

impl Report for ReadReport {
    const SCHEMA: &'static str = "faascmd.reg.read/1";

    fn human(&self, page: &mut Page) {
        for item in &self.items {
            page.line(hex(item.value));
        }
    }
}

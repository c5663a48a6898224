//! `faascmd reg read PLACE...`

use std::collections::BTreeMap;

use clap::Args;
use serde::Serialize;

use super::maps::{self, Maps};
use super::target::{Target, TargetArgs, WidthArgs};
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::device::{BitRange, Place, Reading, Width};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd reg read 0x24
  faascmd reg read SMOKE_DONE ERROR -o json
  faascmd reg read 'DMA_*' --map csr.json
  test $(faascmd reg read ERROR) = 0x00000000")]
pub(in crate::cli) struct ReadCommand {
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    target: TargetArgs,
}

// What a line of a script says too. (A doc comment would become that of each command.)
#[derive(Clone, Debug, Args)]
pub(super) struct ReadArgs {
    /// Address, register, REGISTER.FIELD or a pattern of names
    #[arg(required = true, value_name = "PLACE")]
    places: Vec<String>,
    #[command(flatten)]
    width: WidthArgs,
}

/// The verb, understood.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) places: Vec<Place>,
    /// Whether a pattern was among them.
    pub(super) named: bool,
    /// What fits a pattern and is not read.
    pub(super) left_out: Vec<String>,
}

/// What the registers read.
#[derive(Debug, Serialize)]
pub(super) struct ReadReport {
    items: Vec<Reading>,
    /// Registers that fit a pattern and were not read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<String>,
    #[serde(skip)]
    named: bool,
}

/// Runs the command.
pub(super) fn run(args: &ReadCommand, cx: &Context) -> Outcome {
    let read = args.read.understood(&Maps::load_for(args.target.map.as_deref(), &args.read.places)?)?;
    let target = Target::to_read(&args.target, cx)?;
    read.check(&target)?;
    let report = read.perform(&target)?;
    report.note().iter().for_each(|note| cx.ui.note(note));
    cx.ui.print(&report)
}

impl ReadArgs {
    /// Finds the places.
    pub(super) fn understood(&self, maps: &Maps) -> Result<Read, Failure> {
        let (mut places, mut left_out) = (Vec::new(), Vec::new());
        for text in &self.places {
            let (found, others) = maps.places_of(text, self.width)?;
            places.extend(found);
            left_out.extend(others);
        }
        Ok(Read { places, named: self.places.iter().any(|text| maps::is_pattern(text)), left_out })
    }
}

impl Read {
    /// Refuses places outside the device.
    pub(super) fn check(&self, target: &Target) -> Result<(), Failure> {
        Ok(self.places.iter().try_for_each(|place| target.check(place))?)
    }

    /// Reads, in the order that was asked for.
    pub(super) fn perform(&self, target: &Target) -> Result<ReadReport, Failure> {
        let words = each_once(&self.places, |place| target.read(place))?;
        let items = self.places.iter().zip(words).map(|(place, word)| Reading::of(place, word)).collect();
        Ok(ReadReport { items, left_out: self.left_out.clone(), named: self.named })
    }
}

/// Reads the register of each place, once for all of its fields: a read may clear them.
///
/// A place that is named again is read again.
pub(super) fn each_once<'a, E>(
    places: impl IntoIterator<Item = &'a Place>,
    mut read: impl FnMut(&Place) -> Result<u64, E>,
) -> Result<Vec<u64>, E> {
    let mut seen: BTreeMap<(u64, Width), (u64, Vec<BitRange>)> = BTreeMap::new();
    let mut word_of = |place: &Place| {
        let (access, bits) = ((place.offset, place.width), place.bits());
        if let Some((word, served)) = seen.get_mut(&access).filter(|(_, served)| !served.contains(&bits)) {
            served.push(bits);
            return Ok(*word);
        }
        let word = read(place)?;
        seen.insert(access, (word, vec![bits]));
        Ok(word)
    };
    places.into_iter().map(&mut word_of).collect()
}

impl ReadReport {
    /// What was left out.
    pub(super) fn note(&self) -> Option<String> {
        maps::left_out(&self.left_out, "who names one without a pattern reads it")
    }
}

impl Report for ReadReport {
    const SCHEMA: &'static str = "faascmd.reg.read/1";

    fn human(&self, page: &mut Page) {
        for item in &self.items {
            let value = item.width.hex(item.value);
            if self.named {
                let fields: Vec<String> =
                    item.fields.iter().map(|field| format!("{}={}", field.name, field.shown())).collect();
                page.cells(&[&item.label(), &value, &fields.join(" ")]);
            } else {
                page.line(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::RegisterMap;

    #[test]
    fn one_access_serves_all_fields_of_a_register_that_a_read_clears() {
        let map = "name = 'm'
            [[register]]\nname = 'EVENTS'\noffset = 0x10\naccess = 'rc'
            [[register.field]]\nname = 'A'\nbits = '3:0'\n[[register.field]]\nname = 'B'\nbits = '7:4'
            [[register]]\nname = 'OTHER'\noffset = 0x14\naccess = 'ro'";
        let map = RegisterMap::parse(map).unwrap();
        let asked = ["EVENTS.A", "OTHER", "EVENTS.B", "EVENTS", "EVENTS.A"];
        let places: Vec<Place> = asked.iter().map(|text| Place::parse(text, &map).unwrap()).collect();
        let (mut events, mut accesses) = (0x35, 0);
        let words = each_once(&places, |place| {
            accesses += 1;
            Ok::<_, ()>(if place.offset == 0x10 { std::mem::take(&mut events) } else { 7 })
        });
        let values: Vec<u64> = places.iter().zip(words.unwrap()).map(|(p, word)| p.value(word)).collect();
        assert_eq!((values.as_slice(), accesses), (&[5, 7, 3, 0x35, 0][..], 3), "the second A is a new look");
    }
}

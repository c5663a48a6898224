//! `faascmd reg watch PLACE...`

use std::time::{Duration, Instant};

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::maps::Maps;
use super::read::each_once;
use super::target::{Target, TargetArgs, WidthArgs};
use super::wait::pause;
use crate::base::duration::duration;
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::Page;
use crate::device::{Place, hex};

/// Show each change of registers or fields, with its time
///
/// The first values count as changes. With `-o json`, each is a line of JSON. Takes no lock: one can look at a register
/// during a test.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd reg watch ERROR --interval 1s
  faascmd reg watch 0x24 0x28 0x30 -o json --for 10m > changes.jsonl")]
pub(in crate::cli) struct WatchArgs {
    /// Address, register or REGISTER.FIELD
    #[arg(required = true, value_name = "PLACE")]
    places: Vec<String>,
    /// Time between two reads
    #[arg(long, value_name = "TIME", default_value = "100ms", value_parser = duration)]
    interval: Duration,
    /// End after this time; without it, at Ctrl-C
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    time: Option<Duration>,
    /// End after so many changes
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    #[command(flatten)]
    width: WidthArgs,
    #[command(flatten)]
    target: TargetArgs,
}

/// One change, as a line of JSON.
#[derive(Debug, Serialize)]
struct Change<'a> {
    schema: &'static str,
    time: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    offset: u64,
    address: String,
    previous: Option<u64>,
    value: u64,
    hex: String,
}

/// A place that is watched.
struct Watched {
    place: Place,
    label: String,
    last: Option<u64>,
}

/// Runs the command.
pub(super) fn run(args: &WatchArgs, cx: &Context) -> Outcome {
    let maps = Maps::load(args.target.map.as_deref())?;
    let watched = |text: &String| {
        let place = maps.place_of(text, args.width)?;
        Ok(Watched { label: place.label(), place, last: None })
    };
    let mut watched: Vec<Watched> = args.places.iter().map(watched).collect::<Result<_, Failure>>()?;
    let target = Target::to_read(&args.target, cx)?.cancelled_by(cx.cancel()?);
    watched.iter().try_for_each(|watched| target.check(&watched.place))?;
    let start = Instant::now();
    let mut shown = 0;
    loop {
        let words = each_once(watched.iter().map(|one| &one.place), |place| target.read(place))?;
        for (one, word) in watched.iter_mut().zip(words) {
            let Some(text) = one.change(word, cx) else { continue };
            shown += 1;
            if !cx.ui.write_while_read(text.as_bytes())? || args.count.is_some_and(|count| shown >= count) {
                return Ok(Exit::Done);
            }
        }
        let left = args.time.map(|time| time.saturating_sub(start.elapsed()));
        if left.is_some_and(|left| left.is_zero()) {
            return Ok(Exit::Done);
        }
        pause(&target, left.map_or(args.interval, |left| left.min(args.interval)))?;
    }
}

impl Watched {
    /// The line about a new value; `None` if it is the old one.
    fn change(&mut self, word: u64, cx: &Context) -> Option<String> {
        let value = self.place.value(word);
        let previous = self.last.replace(value);
        if previous == Some(value) {
            return None;
        }
        let time = Timestamp::now();
        if !cx.ui.is_json() {
            return Some(self.line(time, previous, value, cx.ui.page()));
        }
        let change = Change {
            schema: "faascmd.reg.watch/1",
            time,
            name: self.place.register().map(|_| self.label.as_str()),
            offset: self.place.offset,
            address: hex(self.place.offset),
            previous,
            value,
            hex: self.place.width.hex(value),
        };
        let json = serde_json::to_string(&change).expect("numbers and texts become JSON");
        Some(json + "\n")
    }

    fn line(&self, time: Timestamp, previous: Option<u64>, value: u64, mut page: Page) -> String {
        let time = format!("{time:.6}");
        let previous = previous.map_or_else(|| "-".to_owned(), |value| self.place.width.hex(value));
        page.cells(&[&time, &self.label, &previous, &self.place.width.hex(value)]);
        page.into_text()
    }
}

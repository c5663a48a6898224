//! `faascmd reg watch PLACE...`

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::maps::{self, Maps};
use super::read::each_once;
use super::target::{Target, TargetArgs, WidthArgs};
use super::wait::pause;
use super::watch_html::{History, Plotted};
use crate::base::duration::duration;
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, ReportFile};
use crate::device::{Place, Reading, hex};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd reg watch ERROR --interval 1s
  faascmd reg watch 'DMA_*' --map csr.json --html changes.html
  faascmd reg watch 0x24 0x28 0x30 -o json --for 10m > changes.jsonl")]
pub(in crate::cli) struct WatchArgs {
    /// Address, register, REGISTER.FIELD or a pattern of names
    #[arg(required = true, value_name = "PLACE")]
    places: Vec<String>,
    /// Time between two reads
    #[arg(long, value_name = "TIME", default_value = "100ms", value_parser = duration)]
    interval: Duration,
    /// End after this time; without it, at Ctrl-C
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    time: Option<Duration>,
    /// End after so many changes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Draw the changes over time into a file, at the end
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
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
    changes: u64,
    when: Option<Timestamp>,
}

/// Runs the command.
pub(super) fn run(args: &WatchArgs, cx: &Context) -> Outcome {
    let mut watched = args.watched(cx)?;
    let target = Target::to_read(&args.target, cx)?.cancelled_by(cx.cancel()?);
    watched.iter().try_for_each(|watched| target.check(&watched.place))?;
    let mut page = args.html.as_deref().map(|path| ReportFile::open("the page", path)).transpose()?;
    let mut history = History::begun();
    let outcome = look(args, (&mut watched, &mut history), (&target, cx));
    if let Some(page) = &mut page {
        let plot = |one: &Watched| Plotted {
            label: one.label.clone(),
            width: one.place.width,
            changes: one.changes,
        };
        let plots: Vec<Plotted> = watched.iter().map(plot).collect();
        page.write(&history.page(&plots, &target.device.path().display().to_string()))?;
    }
    outcome
}

impl WatchArgs {
    /// Finds the places, and says what a look would change.
    fn watched(&self, cx: &Context) -> Result<Vec<Watched>, Failure> {
        let maps = Maps::load_for(self.target.map.as_deref(), &self.places)?;
        let mut watched = Vec::new();
        for text in &self.places {
            let (places, left_out) = maps.places_of(text, self.width)?;
            watched.extend(places.into_iter().map(Watched::new));
            let note = maps::left_out(&left_out, "who names one without a pattern watches it");
            note.iter().for_each(|note| cx.ui.note(note));
        }
        if watched.is_empty() {
            return Err(Failure::new(Exit::Usage, "there is nothing to watch that can be read without harm"));
        }
        Ok(watched)
    }
}

/// Looks again and again, and shows what changed.
fn look(
    args: &WatchArgs,
    (watched, history): (&mut [Watched], &mut History),
    (target, cx): (&Target, &Context),
) -> Outcome {
    let (start, mut shown) = (Instant::now(), 0);
    let mut table = Table::on_terminal(watched.len(), cx);
    loop {
        let words = each_once(watched.iter().map(|one| &one.place), |place| target.read(place))?;
        let mut changed = Vec::new();
        for (i, word) in words.into_iter().enumerate() {
            let Some((previous, value)) = watched[i].change(word) else { continue };
            history.add(i, value);
            changed.push(i);
            // A table shows the first values without being asked; off a terminal they are lines like others.
            shown += u64::from(table.is_none() || previous.is_some());
            let enough = args.count.is_some_and(|count| shown >= count);
            let text = match (&mut table, cx.ui.is_json()) {
                (Some(table), _) if enough => table.drawn(watched, &changed, cx),
                (Some(_), _) => continue,
                (None, true) => watched[i].json(previous, value),
                (None, false) => watched[i].line(previous, value, cx.ui.page()),
            };
            if !cx.ui.write_while_read(text.as_bytes())? || enough {
                return Ok(Exit::Done);
            }
        }
        if let Some(table) = table.as_mut().filter(|table| !changed.is_empty() || table.had_changes)
            && !cx.ui.write_while_read(table.drawn(watched, &changed, cx).as_bytes())?
        {
            return Ok(Exit::Done);
        }
        let left = args.time.map(|time| time.saturating_sub(start.elapsed()));
        if left.is_some_and(|left| left.is_zero()) {
            return Ok(Exit::Done);
        }
        if !rest(target, cx, left.map_or(args.interval, |left| left.min(args.interval)))? {
            return Ok(Exit::Done);
        }
    }
}

/// Waits for the next look; false when nobody reads any more what there may be to show.
fn rest(target: &Target, cx: &Context, time: Duration) -> Result<bool, Failure> {
    const LOOK_EVERY: Duration = Duration::from_secs(1);
    let mut left = time;
    while cx.ui.is_read() {
        let now = left.min(LOOK_EVERY);
        pause(target, now)?;
        left -= now;
        if left.is_zero() {
            return Ok(true);
        }
    }
    Ok(false)
}

const STANDS_OUT: anstyle::Style = anstyle::Style::new().invert();
/// More rows than this are no table that one sees whole.
const ROWS_LIMIT: usize = 40;

/// The table that is drawn in its place.
struct Table {
    lines: usize,
    /// Whether something stood out when it was drawn last.
    had_changes: bool,
}

impl Table {
    fn on_terminal(rows: usize, cx: &Context) -> Option<Self> {
        let fits = std::io::stdout().is_terminal() && !cx.ui.is_json() && rows <= ROWS_LIMIT;
        fits.then_some(Self { lines: 0, had_changes: false })
    }

    /// The table over the one that stands there.
    fn drawn(&mut self, watched: &[Watched], changed: &[usize], cx: &Context) -> String {
        let mut page = cx.ui.page();
        let rows: Vec<Vec<String>> = watched.iter().map(Watched::row).collect();
        page.table(&["name", "value", "fields", "changes", "last"], &rows);
        let mut text = if self.lines > 0 { format!("\x1b[{}A", self.lines) } else { String::new() };
        self.lines = 0;
        for (i, line) in page.into_text().lines().enumerate() {
            let stands_out = i.checked_sub(1).is_some_and(|row| changed.contains(&row));
            let line = if stands_out { cx.ui.painted_answer(STANDS_OUT, line) } else { line.to_owned() };
            text.push_str(&format!("\x1b[2K{line}\n"));
            self.lines += 1;
        }
        self.had_changes = !changed.is_empty();
        text
    }
}

impl Watched {
    fn new(place: Place) -> Self {
        Self { label: place.label(), place, last: None, changes: 0, when: None }
    }

    /// The value before and the new one; none if it is the old one.
    fn change(&mut self, word: u64) -> Option<(Option<u64>, u64)> {
        let value = self.place.value(word);
        let previous = self.last.replace(value);
        if previous == Some(value) {
            return None;
        }
        // The first value is no change of the register.
        self.changes += u64::from(previous.is_some());
        self.when = Some(Timestamp::now());
        Some((previous, value))
    }

    fn json(&self, previous: Option<u64>, value: u64) -> String {
        let change = Change {
            schema: "faascmd.reg.watch/1",
            time: self.when.unwrap_or_else(Timestamp::now),
            name: self.place.register().map(|_| self.label.as_str()),
            offset: self.place.offset,
            address: hex(self.place.offset),
            previous,
            value,
            hex: self.place.width.hex(value),
        };
        serde_json::to_string(&change).expect("numbers and texts become JSON") + "\n"
    }

    fn line(&self, previous: Option<u64>, value: u64, mut page: Page) -> String {
        let time = format!("{:.6}", self.when.unwrap_or_else(Timestamp::now));
        let previous = previous.map_or_else(|| "-".to_owned(), |value| self.place.width.hex(value));
        page.cells(&[&time, &self.label, &previous, &self.place.width.hex(value)]);
        page.into_text()
    }

    /// A row of the table: name, value, fields, changes, when last.
    fn row(&self) -> Vec<String> {
        let value = self.last.unwrap_or_default();
        let unit = self.place.field().map_or_else(
            || self.place.register().and_then(|register| register.unit.clone()),
            |field| field.unit.clone(),
        );
        let unit = unit.map_or_else(String::new, |unit| format!(" {value} {unit}"));
        let when = self.when.filter(|_| self.changes > 0).map(|when| format!("{when:.3}"));
        let when = when.and_then(|when| when.split_once('T').map(|(_, time)| time.to_owned()));
        vec![
            self.label.clone(),
            format!("{}{unit}", self.place.width.hex(value)),
            self.fields(value),
            self.changes.to_string(),
            when.unwrap_or_else(|| "-".to_owned()),
        ]
    }

    /// What the value means: the name of a field's value, or each field of a register.
    fn fields(&self, value: u64) -> String {
        match self.place.field() {
            Some(field) => field.meaning(value).unwrap_or_default().to_owned(),
            None => {
                let reading = Reading::of(&self.place, value);
                let fields = reading.fields.iter().map(|field| format!("{}={}", field.name, field.shown()));
                fields.collect::<Vec<_>>().join(" ")
            }
        }
    }
}

//! The changes of registers over time, as a page.

use std::time::Instant;

use crate::cli::output::typed;
use crate::cli::picture::{Axis, Line, Part, Picture, Plot, Scale, Shape};
use crate::device::Width;
use crate::ops::fleet::Outcome;

/// More changes than this are drawn as no more than these.
const CHANGES_LIMIT: usize = 100_000;

/// A place that is drawn.
pub(super) struct Plotted {
    pub(super) label: String,
    pub(super) width: Width,
    pub(super) changes: u64,
}

/// What changed when: seconds from the start, which place, to what value.
pub(super) struct History {
    start: Instant,
    changes: Vec<(f64, usize, u64)>,
    /// How many there were beyond the limit.
    left_out: usize,
}

impl History {
    pub(super) fn begun() -> Self {
        Self { start: Instant::now(), changes: Vec::new(), left_out: 0 }
    }

    pub(super) fn add(&mut self, place: usize, value: u64) {
        if self.changes.len() < CHANGES_LIMIT {
            self.changes.push((self.start.elapsed().as_secs_f64(), place, value));
        } else {
            self.left_out += 1;
        }
    }

    /// The page: how much changed, a plot for each place, how it was made.
    pub(super) fn page(&self, watched: &[Plotted], device: &str) -> String {
        let end = self.start.elapsed().as_secs_f64();
        let changes: u64 = watched.iter().map(|one| one.changes).sum();
        let left_out = match self.left_out {
            0 => Vec::new(),
            more => vec![format!("{more} more changes were left out")],
        };
        Picture {
            title: format!("Registers of {device}"),
            verdict: Outcome::Running,
            said: format!("{changes} changes of {} in {end:.3} s", watched.len()),
            summary: left_out,
            parts: watched.iter().enumerate().map(|(i, one)| Part::Plot(self.plot(i, one, end))).collect(),
            how: vec![("command", typed::command()), ("device", device.to_owned())],
        }
        .html()
    }

    fn plot(&self, index: usize, one: &Plotted, end: f64) -> Plot {
        let of_this = self.changes.iter().filter(|(_, place, _)| *place == index);
        let values = || of_this.clone().map(|(.., value)| *value);
        let (low, high) = (values().min().unwrap_or(0), values().max().unwrap_or(0));
        let mut points: Vec<_> = of_this.clone().map(|(time, _, value)| (*time, *value as f64)).collect();
        // All plots end where the watch did.
        points.extend(points.last().map(|(_, value)| (end, *value)));
        let hex = |value| one.width.hex(value);
        Plot {
            title: one.label.clone(),
            about: format!("{} changes, {} to {}", one.changes, hex(low), hex(high)),
            x: Axis { label: "time from the start".to_owned(), scale: Scale::Time },
            y: Axis { label: "value".to_owned(), scale: Scale::Changes },
            lines: vec![Line { name: one.label.clone(), shape: Shape::Steps, points }],
        }
    }
}

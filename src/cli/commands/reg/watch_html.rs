//! The changes of registers over time, as one page that asks nothing of anywhere.

use std::fmt::Write as _;
use std::time::Duration;

use crate::device::Width;

/// More changes than this are drawn as no more than these.
const CHANGES_LIMIT: usize = 100_000;
const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 90.0;

const STYLE: &str = ":root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;\
padding:0 1rem}svg{width:100%;height:auto;border:1px solid #8886;border-radius:4px}polyline{fill:none;stroke:#2a7ae2;\
stroke-width:1.5}h2{font-size:1rem;margin:1.5rem 0 .3rem}.dim{opacity:.7}table{border-collapse:collapse}\
td,th{text-align:left;padding:.1rem 1rem .1rem 0}@media print{body{margin:0}}";

/// A place that is drawn.
pub(super) struct Plotted {
    pub(super) label: String,
    pub(super) width: Width,
    pub(super) changes: u64,
}

/// What changed when: seconds from the start, which place, to what value.
#[derive(Default)]
pub(super) struct History {
    changes: Vec<(f64, usize, u64)>,
    /// How many there were beyond the limit.
    left_out: usize,
}

impl History {
    pub(super) fn add(&mut self, time: Duration, place: usize, value: u64) {
        if self.changes.len() < CHANGES_LIMIT {
            self.changes.push((time.as_secs_f64(), place, value));
        } else {
            self.left_out += 1;
        }
    }

    /// The page: how much changed, a plot for each place, how it was made.
    pub(super) fn page(&self, watched: &[Plotted], device: &str) -> String {
        let end = self.changes.last().map_or(0.0, |(time, ..)| *time).max(0.001);
        let changes: u64 = watched.iter().map(|one| one.changes).sum();
        let mut page = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Registers of {0}</title>\
             <style>{STYLE}</style><h1>{changes} changes of {1} registers in {end:.3} s</h1>\n",
            escaped(device),
            watched.len()
        );
        for (i, one) in watched.iter().enumerate() {
            self.plot(&mut page, (i, one), end);
        }
        let left_out = match self.left_out {
            0 => String::new(),
            more => format!(" {more} more changes were left out."),
        };
        let version = env!("CARGO_PKG_VERSION");
        let about =
            format!("<p class=\"dim\">Device {}, faascmd {version}.{left_out}</p></html>\n", escaped(device));
        page + &about
    }

    fn plot(&self, page: &mut String, (index, one): (usize, &Plotted), end: f64) {
        let points: Vec<(f64, u64)> = self
            .changes
            .iter()
            .filter(|(_, place, _)| *place == index)
            .map(|(time, _, value)| (*time, *value))
            .collect();
        let values = || points.iter().map(|(_, value)| *value);
        let (low, high) = (values().min().unwrap_or(0), values().max().unwrap_or(0));
        let hex = |value| one.width.hex(value);
        let about = format!("{} changes, {} to {}", one.changes, hex(low), hex(high));
        let span = if high > low { (high - low) as f64 } else { 1.0 };
        let y = |value: u64| HEIGHT - 8.0 - (HEIGHT - 16.0) * (value - low) as f64 / span;
        let mut line = String::new();
        let mut last = None;
        for (time, value) in &points {
            let x = WIDTH * time / end;
            // A register keeps its value until it changes.
            if let Some(before) = last.replace(*value) {
                write!(line, "{x:.1},{:.1} ", y(before)).expect("a String takes every text");
            }
            write!(line, "{x:.1},{:.1} ", y(*value)).expect("a String takes every text");
        }
        if let Some(value) = last {
            write!(line, "{WIDTH},{:.1}", y(value)).expect("a String takes every text");
        }
        let label = escaped(&one.label);
        page.push_str(&format!(
            "<h2>{label} <span class=\"dim\">{about}</span></h2><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
             aria-label=\"{label} over {end:.3} s\"><polyline points=\"{line}\"/></svg>\n"
        ));
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

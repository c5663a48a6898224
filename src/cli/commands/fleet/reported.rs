//! A run as reports have it.

use jiff::Timestamp;
use serde::Serialize;

use super::outcomes::{Ran, RanHost};
use crate::cli::output::{Page, Report};
use crate::ops::fleet::{Outcome, Record};

/// The most of a log that stands in a case, in characters.
const TAIL: usize = 4000;

/// The whole of it.
#[derive(Debug, Serialize)]
pub(super) struct Reported {
    pub(super) verdict: Outcome,
    pub(super) started: Option<Timestamp>,
    pub(super) finished: Option<Timestamp>,
    #[serde(flatten)]
    pub(super) ran: Ran,
}

impl Reported {
    pub(super) fn of(record: &Record) -> Self {
        let ran = Ran::of(record, false);
        Self { verdict: ran.outcome(), started: record.started, finished: record.finished, ran }
    }

    /// `9.36 CNY/h, about 0.78 CNY for this run`.
    pub(super) fn cost_said(&self) -> String {
        let Some(cost) = &self.ran.cost else { return "cost: not told".to_owned() };
        let hours =
            self.started.zip(self.finished).map(|(from, to)| to.duration_since(from).as_secs_f64() / 3600.0);
        let of_run =
            hours.map(|hours| format!(", about {:.2} {} for this run", cost.hourly * hours, cost.currency));
        format!("cost: {}{}", cost.said(), of_run.unwrap_or_default())
    }
}

impl Report for Reported {
    const SCHEMA: &'static str = "faascmd.fleet.report/1";

    fn human(&self, page: &mut Page) {
        let over = if self.finished.is_some() { "" } else { ", not over" };
        let started = self.started.map(|at| at.to_string()).unwrap_or_default();
        page.line(format!(
            "run {} ({} on {}), begun {started}{over}",
            self.ran.run, self.ran.kind, self.ran.target
        ));
        let row = |host: &RanHost| {
            let chips: Vec<String> = host
                .fpgas
                .iter()
                .map(|chip| format!("{} {}: {}", chip.device, chip.test, chip.outcome.name()))
                .collect();
            let seconds = host.seconds.map(|seconds| format!("{seconds} s")).unwrap_or_default();
            vec![host.name.clone(), host.instance_id.clone(), host.ended(), seconds, chips.join(", ")]
        };
        let rows: Vec<_> = self.ran.hosts.iter().map(row).collect();
        page.table(&["host", "instance", "outcome", "time", "chips"], &rows);
        page.line(self.ran.counts.line());
        page.line(self.cost_said());
    }
}

/// The end of a log, without the characters that XML can't have.
pub(super) fn tail(text: &str) -> String {
    let skipped = text.chars().count().saturating_sub(TAIL);
    let may_stand =
        |c: &char| !c.is_control() && !['\u{fffe}', '\u{ffff}'].contains(c) || ['\n', '\t'].contains(c);
    text.chars().skip(skipped).filter(may_stand).collect()
}

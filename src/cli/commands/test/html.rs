//! Test results as a page: the verdict, errors and the bound of their rate over time, how it was run.

use std::time::Duration;

use super::result::{Outcome, TestResult};
use super::told::Told;
use crate::cli::output::typed;
use crate::cli::picture::{Axis, Cell, Line, Part, Picture, Plot, Scale, Shape, Table};
use crate::ddr::BitRate;
use crate::ops::fleet::Outcome as Tone;

/// The whole page.
pub(super) fn document(told: &Told<'_>) -> String {
    let tests: Vec<&str> =
        told.results.iter().map(|result| result.test).chain(told.broken.map(|broken| broken.test)).collect();
    let last = told.results.last();
    let (verdict, said) = match (told.broken, last) {
        (Some(_), _) => (Tone::Failed, "no result"),
        (None, Some(result)) => (tone(result.result), word(result.result)),
        (None, None) => (Tone::NotRun, "not run"),
    };
    let details = told.results.iter().map(|result| format!("{}: {}", result.test, result.detail));
    let broken = told.broken.map(|broken| format!("{}: {}", broken.test, broken.why));
    Picture {
        title: format!("{} on {}", tests.join(", "), told.device),
        verdict,
        said: said.to_owned(),
        summary: details.chain(broken).collect(),
        parts: plots(told).into_iter().map(Part::Plot).chain([Part::Table(table(told))]).collect(),
        how: vec![
            ("command", typed::command()),
            ("device", told.device.to_owned()),
            ("begun", format!("{:.0}", told.begun)),
            ("written", format!("{:.0}", jiff::Timestamp::now())),
        ],
    }
    .html()
}

fn plots(told: &Told<'_>) -> Vec<Plot> {
    let looks = told.looks.kept();
    if looks.is_empty() {
        return Vec::new();
    }
    let time = || Axis { label: "time from the start".to_owned(), scale: Scale::Time };
    let errors = Plot {
        title: "Errors over time".to_owned(),
        about: format!("what the error register 0x30 read, {} points", looks.len()),
        x: time(),
        y: Axis { label: "0x30".to_owned(), scale: Scale::Register },
        lines: vec![Line {
            name: "0x30".to_owned(),
            shape: Shape::Steps,
            points: looks.iter().map(|(seconds, value)| (*seconds, f64::from(*value))).collect(),
        }],
    };
    let Some(bound) = told.results.last().and_then(TestResult::bound) else { return vec![errors] };
    let rate = BitRate { bits_per_second: bound.bits_per_second, confidence: bound.confidence };
    let at = |(seconds, errors): &(f64, u32)| {
        (*seconds, rate.bound(Duration::from_secs_f64(*seconds), *errors).upper_bound)
    };
    let ber = Plot {
        title: "Bound of the bit error rate over time".to_owned(),
        about: bound.line(),
        x: time(),
        y: Axis { label: "bit error rate is below".to_owned(), scale: Scale::Log },
        lines: vec![Line {
            name: "bound".to_owned(),
            shape: Shape::Joined,
            points: looks.iter().map(at).collect(),
        }],
    };
    vec![errors, ber]
}

fn table(told: &Told<'_>) -> Table {
    let results = told.results.iter().map(|result| {
        vec![
            Cell::Text(result.test.to_owned()),
            Cell::Outcome(tone(result.result), word(result.result).to_owned()),
            Cell::Text(format!("{:.3} s", result.seconds)),
            Cell::Text(result.error_register_hex.clone()),
            Cell::Text(result.facts().join("; ")),
        ]
    });
    let broken = told.broken.map(|broken| {
        let none = || Cell::Text(String::new());
        let outcome = Cell::Outcome(Tone::Failed, "no result".to_owned());
        vec![Cell::Text(broken.test.to_owned()), outcome, none(), none(), Cell::Text(broken.why.to_owned())]
    });
    let head = vec!["test", "result", "time", "0x30", "what was seen"];
    Table { title: "Tests", head, rows: results.chain(broken).collect() }
}

pub(super) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::Inconclusive => "inconclusive",
        Outcome::NotDone => "not done in time",
        Outcome::Interrupted => "interrupted",
    }
}

/// The colour: what found no fault and did not pass is neither good nor bad.
pub(super) fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Passed => Tone::Passed,
        Outcome::Failed => Tone::Fault,
        Outcome::NotDone => Tone::Failed,
        Outcome::Inconclusive | Outcome::Interrupted => Tone::NotRun,
    }
}

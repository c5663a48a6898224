//! Test results as a page: the verdict, errors and the bound of their rate over time, how it was run.

use std::time::Duration;

use super::any_result::AnyResult;
use super::dma_html;
use super::dma_result::DmaResult;
use super::result::{Outcome, TestResult};
use super::told::Told;
use crate::cli::output::typed;
use crate::cli::picture::{Axis, Cell, Line, Part, Picture, Plot, Scale, Shape, Table};
use crate::ddr::BitRate;
use crate::ops::fleet::Outcome as Tone;
use crate::ops::step::{Step, StepState};

/// The whole page.
pub(super) fn document(told: &Told<'_>) -> String {
    let (verdict, said) = verdict(told);
    let details = told.results.iter().map(|result| format!("{}: {}", result.test(), result.detail()));
    let broken = told.broken.map(|broken| format!("{}: {}", broken.test, broken.why));
    let facts = told.facts.iter().cloned().chain(dma(told).flat_map(dma_html::facts));
    Picture {
        title: format!("{} {}", names(told).join(", "), told.subject),
        verdict,
        said: said.to_owned(),
        summary: details.chain(broken).collect(),
        parts: parts(told),
        how: [("command", typed::command())]
            .into_iter()
            .chain(facts)
            .chain([
                ("begun", format!("{:.0}", told.begun)),
                ("written", format!("{:.0}", jiff::Timestamp::now())),
            ])
            .collect(),
    }
    .html()
}

fn verdict(told: &Told<'_>) -> (Tone, &'static str) {
    match (told.broken, told.results.last()) {
        (Some(_), _) => (Tone::Failed, "no result"),
        (None, Some(result)) => (tone(result.outcome()), word(result.outcome())),
        (None, None) if !told.steps.is_empty() => (Tone::Passed, "done"),
        (None, None) => (Tone::NotRun, "not run"),
    }
}

/// What was done: `deploy, smoke, dma`.
fn names(told: &Told<'_>) -> Vec<&'static str> {
    let deploy = (told.suite == "deploy").then_some("deploy");
    let results = told.results.iter().map(AnyResult::test);
    let broken = told.broken.map(|broken| broken.test).filter(|test| deploy != Some(test));
    deploy.into_iter().chain(results).chain(broken).collect()
}

/// The plots first, and then the tables.
fn parts(told: &Told<'_>) -> Vec<Part> {
    let plots = plots(told).into_iter().chain(dma(told).filter_map(dma_plot)).map(Part::Plot);
    let mut tables = Vec::new();
    if !told.steps.is_empty() {
        tables.push(steps(told.steps));
    }
    if told.broken.is_some() || ddr(told).next().is_some() {
        tables.push(table(told));
    }
    tables.extend(dma(told).flat_map(dma_html::tables));
    plots.chain(tables.into_iter().map(Part::Table)).collect()
}

fn ddr<'a>(told: &Told<'a>) -> impl Iterator<Item = &'a TestResult> {
    told.results.iter().filter_map(|result| match result {
        AnyResult::Ddr(result) => Some(&**result),
        AnyResult::Dma(_) => None,
    })
}

fn dma<'a>(told: &Told<'a>) -> impl Iterator<Item = &'a DmaResult> {
    told.results.iter().filter_map(|result| match result {
        AnyResult::Ddr(_) => None,
        AnyResult::Dma(result) => Some(&**result),
    })
}

fn dma_plot(result: &DmaResult) -> Option<Plot> {
    dma_html::plot(&result.told_speeds())
}

fn steps(steps: &[Step]) -> Table {
    let rows = steps.iter().map(|step| {
        let tone = match step.state {
            StepState::Failed => Tone::Fault,
            StepState::Done | StepState::Skipped => Tone::Passed,
            StepState::Planned => Tone::NotRun,
        };
        let state = Cell::Outcome(tone, step.state.phrase().to_owned());
        vec![Cell::Text(step.name.word().to_owned()), state, Cell::Text(format!("{:.3} s", step.seconds))]
    });
    Table { title: "Steps", head: vec!["step", "state", "time"], rows: rows.collect() }
}

fn plots(told: &Told<'_>) -> Vec<Plot> {
    let looks = told.looks;
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
    let Some(bound) = ddr(told).last().and_then(TestResult::bound) else { return vec![errors] };
    let rate = BitRate { bits_per_second: bound.bits_per_second, confidence: bound.confidence };
    // The last look is after the stop, by when no more bits were tested.
    let ran = bound.bits / bound.bits_per_second;
    let at = |(seconds, errors): &(f64, u32)| {
        let bound = rate.bound(Duration::from_secs_f64(seconds.min(ran)), *errors)?;
        Some((*seconds, bound.upper_bound))
    };
    let ber = Plot {
        title: "Bound of the bit error rate over time".to_owned(),
        about: bound.line(),
        x: time(),
        y: Axis { label: "bit error rate is below".to_owned(), scale: Scale::Log },
        lines: vec![Line {
            name: "bound".to_owned(),
            shape: Shape::Joined,
            points: looks.iter().filter_map(at).collect(),
        }],
    };
    vec![errors, ber]
}

fn table(told: &Told<'_>) -> Table {
    let results = ddr(told).map(|result| {
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

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::Inconclusive => "inconclusive",
        Outcome::NotDone => "not done in time",
        Outcome::Interrupted => "interrupted",
    }
}

/// The colour: what found no fault and did not pass is neither good nor bad.
fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Passed => Tone::Passed,
        Outcome::Failed => Tone::Fault,
        Outcome::NotDone => Tone::Failed,
        Outcome::Inconclusive | Outcome::Interrupted => Tone::NotRun,
    }
}

//! Vivado's own record of a design's runs, which it writes into the checkpoint: the state, the tasks, the timing.
//!
//! Since 2021 it is a report in JSON (`*_rda.json`); the older binary form (`*.rda`) is read for one word only.

use serde::Serialize;
use serde_json::Value;

use super::finding::{TEXT_LIMIT, cut};
use super::kind::contains;

/// Longer records are not read; real ones have some 10 KB.
pub(super) const LIMIT: usize = 256 << 10;

/// How far a design had come when its checkpoint was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// A netlist only.
    Synthesised,
    /// Placed, and not routed to the end.
    Placed,
    Routed,
    /// No record tells.
    Unknown,
}

impl Stage {
    /// A word for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Synthesised => "synthesised",
            Self::Placed => "placed",
            Self::Routed => "routed",
            Self::Unknown => "unknown: it has no record of its runs",
        }
    }

    /// The stage that Vivado means by the state of a design: `Fully Placed`, `Physopt postRoute`, `Routed`.
    fn of_state(state: &str) -> Self {
        let state = state.to_ascii_lowercase();
        let has = |word: &str| state.contains(word);
        match () {
            () if has("partially routed") || has("unrouted") || has("not routed") => Self::Placed,
            () if has("route") => Self::Routed,
            () if has("unplaced") || has("not placed") => Self::Synthesised,
            () if has("place") => Self::Placed,
            () if has("synth") || has("optimi") || has("elaborated") => Self::Synthesised,
            () => Self::Unknown,
        }
    }

    pub(super) fn is_routed(self) -> Option<bool> {
        match self {
            Self::Unknown => None,
            stage => Some(stage == Self::Routed),
        }
    }
}

/// What the record says.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Record {
    /// The state in Vivado's own words, such as `Fully Placed`.
    pub design_state: Option<String>,
    /// The last command that changed the design, such as `route_design`.
    pub last_task: Option<String>,
    /// The command after which Vivado took the slacks that follow.
    pub timing_after: Option<String>,
    /// Worst and total negative slack of setup, worst and total of hold.
    pub wns_ns: Option<f64>,
    pub tns_ns: Option<f64>,
    pub whs_ns: Option<f64>,
    pub ths_ns: Option<f64>,
}

impl Record {
    /// The slacks, where one is negative: `WNS -0.212 ns, TNS -31.4 ns after route_design`.
    pub(super) fn failing_timing(&self) -> Option<String> {
        self.slacks().any(|(_, slack)| slack < 0.0).then(|| self.timing().unwrap_or_default())
    }

    /// Every slack, and the command after which it was taken.
    pub fn timing(&self) -> Option<String> {
        let slacks: Vec<String> = self.slacks().map(|(name, slack)| format!("{name} {slack} ns")).collect();
        let after = self.timing_after.as_deref()?;
        (!slacks.is_empty()).then(|| format!("{} after {after}", slacks.join(", ")))
    }

    fn slacks(&self) -> impl Iterator<Item = (&'static str, f64)> {
        let slacks = [("WNS", self.wns_ns), ("TNS", self.tns_ns), ("WHS", self.whs_ns), ("THS", self.ths_ns)];
        slacks.into_iter().filter_map(|(name, slack)| Some((name, slack?)))
    }
}

pub(super) fn is_record(name: &str) -> bool {
    name.ends_with("_rda.json") || name.ends_with(".rda")
}

/// Reads the record, from whichever form there is.
pub(super) fn read(json: Option<&[u8]>, rda: Option<&[u8]>) -> (Option<Stage>, Record) {
    let record = json.and_then(read_json).unwrap_or_default();
    if let Some(state) = &record.design_state {
        return (Some(Stage::of_state(state)), record);
    }
    if rda.is_some_and(|rda| contains(rda, b"route_design")) {
        let last_task = Some("route_design".to_owned());
        return (Some(Stage::Routed), Record { last_task, ..record });
    }
    (Some(Stage::Unknown), record)
}

fn read_json(bytes: &[u8]) -> Option<Record> {
    let report: Value = serde_json::from_slice(bytes).ok()?;
    let text = |value: &Value| value.as_str().map(|text| cut(text.to_owned(), TEXT_LIMIT));
    let tasks = report["Design QoR Summary"].as_array().map(Vec::as_slice).unwrap_or_default();
    let name = |task: &Value| text(&task["Task Name"]).unwrap_or_default();
    let design_state = text(&report["Report Information"]["Design State"]);
    let mut record = Record { design_state, last_task: tasks.last().map(name), ..Record::default() };
    let timed = tasks.iter().rev().find(|task| slacks_of(task).iter().any(Option::is_some));
    if let Some(task) = timed {
        record.timing_after = Some(name(task));
        [record.wns_ns, record.tns_ns, record.whs_ns, record.ths_ns] = slacks_of(task);
    }
    Some(record)
}

fn slacks_of(task: &Value) -> [Option<f64>; 4] {
    ["Wns(ns)", "Tns(ns)", "Whs(ns)", "Ths(ns)"].map(|name| {
        // Vivado writes the numbers as texts.
        let slack = &task[name];
        let slack = slack.as_f64().or_else(|| slack.as_str()?.trim().parse().ok());
        slack.filter(|slack: &f64| slack.is_finite())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_of_vivado_is_a_stage_and_an_unknown_word_is_none() {
        for (state, stage) in [
            ("Routed", Stage::Routed),
            ("Fully Routed", Stage::Routed),
            ("Physopt postRoute", Stage::Routed),
            ("Partially Routed", Stage::Placed),
            ("Fully Placed", Stage::Placed),
            ("Physopt postPlace", Stage::Placed),
            ("Optimized", Stage::Synthesised),
            ("Synthesized", Stage::Synthesised),
            ("Unplaced", Stage::Synthesised),
            ("Frobnicated", Stage::Unknown),
        ] {
            assert_eq!(Stage::of_state(state), stage, "{state}");
        }
    }

    #[test]
    fn the_older_form_says_routed_by_one_word_only() {
        let read = |rda: &[u8]| read(None, Some(rda)).0.unwrap();
        assert_eq!(read(b"Data_For_RDAFlowver5.0 place_design route_design wns"), Stage::Routed);
        assert_eq!(read(b"Data_For_RDAFlowver5.0 place_design wns"), Stage::Unknown);
        assert_eq!(super::read(None, None).0, Some(Stage::Unknown));
        assert_eq!(super::read(Some(b"{nonsense"), None).0, Some(Stage::Unknown));
    }

    #[test]
    fn slacks_are_read_as_texts_and_as_numbers() {
        let json = br#"{"Report Information": {"Design State": "Routed"}, "Design QoR Summary":
            [{"Task Name": "route_design", "Wns(ns)": "-0.212", "Tns(ns)": -31.4, "Whs(ns)": "", "Ths(ns)": null}]}"#;
        let record = read(Some(json), None).1;
        assert_eq!(
            (record.wns_ns, record.tns_ns, record.whs_ns, record.ths_ns),
            (Some(-0.212), Some(-31.4), None, None)
        );
    }
}

//! What the old tool's commands print.

use serde_json::Value;

use super::world::Ran;

/// stdout: an answer, then the time it took; or lines.
pub struct Answer {
    pub lines: Vec<String>,
}

/// Takes stdout apart.
pub fn answer(ran: &Ran) -> Answer {
    Answer { lines: ran.stdout.lines().map(str::to_owned).collect() }
}

impl Answer {
    /// The service's JSON, which must be followed by the time and nothing else.
    #[track_caller]
    pub fn json(&self) -> Value {
        let [answer, time] = &self.lines[..] else { panic!("{:#?}", self.lines) };
        let seconds = time.strip_suffix("(s) elapsed").unwrap_or_else(|| panic!("{time}"));
        let (whole, thousandths) = seconds.split_once('.').unwrap();
        assert!(whole.parse::<u32>().is_ok() && thousandths.len() == 3, "{time}");
        let value: Value = serde_json::from_str(answer).unwrap();
        assert!(value["RequestId"].is_null(), "{answer}");
        value
    }
}

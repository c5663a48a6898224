//! What is made to go wrong: the one table of faults, how `--fault` is read, and who decides when one strikes.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

/// A fault's name, the form of its value, and what it does. `docs/sandbox.md` shows this table.
pub const TABLE: [(&str, &str, &str); 17] = [
    (
        "throttle",
        "=P",
        "a share P of the requests is refused: too many (503 from OSS, Throttling.User from RPC)",
    ),
    ("server-error", "=P", "a share P of the requests gets 500 or 503 and is not carried out"),
    ("reset-after", "=BYTES", "each time that many bytes of bodies have passed, the connection is reset"),
    ("wrong-crc", "=P", "a share P of puts, parts and gets is answered with a wrong x-oss-hash-crc64ecma"),
    ("corrupt-body", "=P", "a share P of the bodies has one bit turned on the way; the checksum tells"),
    (
        "lost-answer",
        "=ACTION",
        "the next ACTION is carried out and its connection closed unanswered (repeatable)",
    ),
    (
        "expired-token",
        "[=SECONDS]",
        "temporary credentials end early: the first at once, or each after SECONDS",
    ),
    ("slow", "=BYTES_PER_S", "no body moves faster than that"),
    ("build-fails", "", "every image build fails and leaves its log"),
    ("load-fails", "", "every load of an image fails"),
    (
        "stays-operating",
        "",
        "a load of the intel chip is shown as operating for ever, as f1's documents have it",
    ),
    ("ddr-error", "", "the chip's memory test finds a wrong word"),
    ("never-done", "", "the chip's memory test never ends"),
    ("stale-done", "", "the chip says done before it began"),
    ("all-ones", "", "the device reads all ones also after a load"),
    ("dead-link", "", "the device goes away while it is used"),
    ("shrink", "", "the device's file becomes shorter than its BAR"),
];

/// Why a text after `--fault` is none.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotAFault {
    /// No fault has this name.
    #[error("`{0}` is no fault; there are: {list}", list = forms())]
    Unknown(String),
    /// The value is missing, superfluous or wrong.
    #[error("`{given}` should read {form}{range}")]
    Value {
        /// The text as given.
        given: String,
        /// `throttle=P`.
        form: String,
        /// What the value may be.
        range: &'static str,
    },
}

fn forms() -> String {
    TABLE.map(|(name, value, _)| format!("{name}{value}")).join(" ")
}

/// How temporary credentials end early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExpiredToken {
    /// The first is expired from the start; later ones are right.
    First,
    /// Each ends that long after it was made.
    After(Duration),
}

/// The faults of the simulated chip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fault of its own")]
pub struct ChipFaults {
    /// The memory test finds a wrong word.
    pub ddr_error: bool,
    /// The memory test never ends.
    pub never_done: bool,
    /// The chip says done before it began.
    pub stale_done: bool,
    /// The device reads all ones also after a load.
    pub all_ones: bool,
    /// The device goes away while it is used.
    pub dead_link: bool,
    /// The device's file becomes shorter than its BAR.
    pub shrink: bool,
}

/// What was asked for with `--fault`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FaultPlan {
    throttle: f64,
    server_error: f64,
    wrong_crc: f64,
    corrupt_body: f64,
    reset_after: Option<u64>,
    lost_answers: Vec<String>,
    expired_token: Option<ExpiredToken>,
    slow: Option<u64>,
    build_fails: bool,
    load_fails: bool,
    stays_operating: bool,
    chip: ChipFaults,
}

impl FaultPlan {
    /// Adds one fault, such as `throttle=0.2` or `build-fails`.
    ///
    /// # Errors
    /// When there is no such fault (the message lists them all), or its value is wrong.
    pub fn add(&mut self, text: &str) -> Result<(), NotAFault> {
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let row =
            TABLE.iter().find(|row| row.0 == name).ok_or_else(|| NotAFault::Unknown(name.to_owned()))?;
        let wrong =
            |range| NotAFault::Value { given: text.to_owned(), form: format!("{}{}", row.0, row.1), range };
        let share = || {
            let share: Option<f64> = value.and_then(|v| v.parse().ok());
            share.filter(|p| (0.0..=1.0).contains(p)).ok_or_else(|| wrong(", P from 0 to 1"))
        };
        let bytes = || {
            let size: Option<crate::base::size::ByteSize> = value.and_then(|v| v.parse().ok());
            size.map(|size| size.0)
                .filter(|n| *n > 0)
                .ok_or_else(|| wrong(", a size such as 1000000 or 8MiB"))
        };
        let flag = || if value.is_some() { Err(wrong(", without a value")) } else { Ok(true) };
        match name {
            "throttle" => self.throttle = share()?,
            "server-error" => self.server_error = share()?,
            "wrong-crc" => self.wrong_crc = share()?,
            "corrupt-body" => self.corrupt_body = share()?,
            "reset-after" => self.reset_after = Some(bytes()?),
            "slow" => self.slow = Some(bytes()?),
            "lost-answer" => {
                let action = value.filter(|v| !v.is_empty());
                self.lost_answers
                    .push(action.ok_or_else(|| wrong(", ACTION as in CreateFpgaImageTask"))?.to_owned());
            }
            "expired-token" => {
                let seconds = value.map(|v| v.parse().map_err(|_| wrong(", whole SECONDS"))).transpose()?;
                let after = |seconds| ExpiredToken::After(Duration::from_secs(seconds));
                self.expired_token = Some(seconds.map_or(ExpiredToken::First, after));
            }
            "build-fails" => self.build_fails = flag()?,
            "load-fails" => self.load_fails = flag()?,
            "stays-operating" => self.stays_operating = flag()?,
            "ddr-error" => self.chip.ddr_error = flag()?,
            "never-done" => self.chip.never_done = flag()?,
            "stale-done" => self.chip.stale_done = flag()?,
            "all-ones" => self.chip.all_ones = flag()?,
            "dead-link" => self.chip.dead_link = flag()?,
            "shrink" => self.chip.shrink = flag()?,
            other => return Err(NotAFault::Unknown(other.to_owned())),
        }
        Ok(())
    }

    /// The faults of the simulated chip.
    pub fn chip(&self) -> ChipFaults {
        self.chip
    }

    /// How temporary credentials end early, if they do.
    pub(crate) fn expired_token(&self) -> Option<ExpiredToken> {
        self.expired_token
    }
}

/// Decides when a fault strikes.
///
/// A random one is drawn from the seed, the request (what it does to which thing) and how often that request came
/// before, so parallel requests get the same fates in whatever order they arrive.
#[derive(Debug)]
pub(crate) struct Faults {
    plan: FaultPlan,
    seed: u64,
    draws: Mutex<HashMap<String, u64>>,
    lost: Mutex<Vec<String>>,
    passed: AtomicU64,
}

/// Why a request is refused before it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weather {
    /// Too many requests.
    Throttled,
    /// 500 `InternalError`.
    InternalError,
    /// 503 `ServiceUnavailable`.
    Unavailable,
}

impl Faults {
    /// Starts with nothing drawn; without a seed the fates differ from run to run.
    pub(crate) fn new(plan: FaultPlan, seed: Option<u64>) -> Self {
        let lost = Mutex::new(plan.lost_answers.clone());
        let seed = seed.unwrap_or_else(|| fastrand::u64(..));
        Self { plan, seed, draws: Mutex::default(), lost, passed: AtomicU64::new(0) }
    }

    /// Whether every build fails.
    pub(crate) fn build_fails(&self) -> bool {
        self.plan.build_fails
    }

    /// Whether every load fails.
    pub(crate) fn load_fails(&self) -> bool {
        self.plan.load_fails
    }

    /// Whether the status of an Intel chip never says that its load is over.
    pub(crate) fn stays_operating(&self) -> bool {
        self.plan.stays_operating
    }

    /// The bound on the speed of a body, in bytes per second.
    pub(crate) fn slow(&self) -> Option<u64> {
        self.plan.slow
    }

    /// What befalls this request before it is looked at. `request` names what it does to which thing.
    pub(crate) fn weather(&self, request: &str) -> Option<Weather> {
        if self.strikes("throttle", self.plan.throttle, request) {
            return Some(Weather::Throttled);
        }
        let strikes = self.strikes("server-error", self.plan.server_error, request);
        let internal = || self.draw("which-error", request) < 0.5;
        strikes.then(|| if internal() { Weather::InternalError } else { Weather::Unavailable })
    }

    /// Whether this answer's checksum is to be wrong.
    pub(crate) fn wrong_crc(&self, request: &str) -> bool {
        self.strikes("wrong-crc", self.plan.wrong_crc, request)
    }

    /// Whether this body is to have a bit turned.
    pub(crate) fn corrupts(&self, request: &str) -> bool {
        self.strikes("corrupt-body", self.plan.corrupt_body, request)
    }

    /// Whether the answer to this action is lost; each `lost-answer` that was given loses one.
    pub(crate) fn loses_answer(&self, action: &str) -> bool {
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        let found = lost.iter().position(|name| name == action);
        found.map(|place| lost.swap_remove(place)).is_some()
    }

    /// Counts bytes of a body that pass, either way; true when the connection is to be reset now.
    pub(crate) fn resets(&self, bytes: u64) -> bool {
        let Some(limit) = self.plan.reset_after else { return false };
        let count = |before: u64| Some(if before + bytes < limit { before + bytes } else { 0 });
        let before = self.passed.fetch_update(Ordering::SeqCst, Ordering::SeqCst, count);
        before.is_ok_and(|before| before + bytes >= limit)
    }

    fn strikes(&self, fault: &str, share: f64, request: &str) -> bool {
        share > 0.0 && self.draw(fault, request) < share
    }

    /// A number from 0 to 1 for the nth time that this fault looks at this request.
    fn draw(&self, fault: &str, request: &str) -> f64 {
        let mut name = format!("{fault} {request}");
        let mut draws = self.draws.lock().unwrap_or_else(PoisonError::into_inner);
        let nth = draws.entry(name.clone()).or_default();
        // Writing to a String does not fail.
        let _infallible = write!(name, " {} {nth}", self.seed);
        *nth += 1;
        let digest = Sha256::digest(name.as_bytes());
        let (high, _) = digest.split_at(4);
        let number = high.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        f64::from(number) / (f64::from(u32::MAX) + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(texts: &[&str], seed: u64) -> Faults {
        let mut plan = FaultPlan::default();
        for text in texts {
            plan.add(text).unwrap();
        }
        Faults::new(plan, Some(seed))
    }

    #[test]
    fn every_fault_of_the_table_is_understood_in_the_form_that_it_shows() {
        for (name, form, _) in TABLE {
            let value = form.trim_matches(['=', '[', ']']).replace("BYTES_PER_S", "8").replace("BYTES", "8");
            let value = value.replace("SECONDS", "8").replace('P', "0.5");
            let text = if value.is_empty() { name.to_owned() } else { format!("{name}={value}") };
            assert_eq!(FaultPlan::default().add(&text), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_wrong_one_is_told_with_what_there_is() {
        let message = |text: &str| FaultPlan::default().add(text).unwrap_err().to_string();
        let unknown = message("trottle=0.1");
        assert!(
            unknown.starts_with("`trottle` is no fault; there are: throttle=P server-error=P"),
            "{unknown}"
        );
        assert_eq!(message("throttle=2"), "`throttle=2` should read throttle=P, P from 0 to 1");
        assert_eq!(message("build-fails=1"), "`build-fails=1` should read build-fails, without a value");
        assert_eq!(
            message("lost-answer"),
            "`lost-answer` should read lost-answer=ACTION, ACTION as in CreateFpgaImageTask"
        );
    }

    #[test]
    fn a_seed_gives_each_request_its_fates_whatever_the_order() {
        let fates = |faults: &Faults, part: u32| -> Vec<_> {
            (0..20).map(|_| faults.weather(&format!("UploadPart big.tar.gz {part}"))).collect()
        };
        let (one, other) = (faults(&["server-error=0.5"], 7), faults(&["server-error=0.5"], 7));
        let forwards = [fates(&one, 1), fates(&one, 2)];
        let backwards = [fates(&other, 2), fates(&other, 1)];
        assert_eq!(forwards[0], backwards[1]);
        assert_eq!(forwards[1], backwards[0]);
        assert_ne!(forwards[0], fates(&faults(&["server-error=0.5"], 8), 1));
        let struck = forwards.iter().flatten().filter(|fate| fate.is_some()).count();
        assert!((8..32).contains(&struck), "{struck} of 40");
    }

    #[test]
    fn a_lost_answer_is_lost_as_often_as_it_was_given() {
        let faults = faults(&["lost-answer=PutObject", "lost-answer=PutObject"], 0);
        let lost: Vec<bool> = (0..3).map(|_| faults.loses_answer("PutObject")).collect();
        assert_eq!(lost, [true, true, false]);
        assert!(!faults.loses_answer("GetObject"));
    }

    #[test]
    fn a_reset_comes_each_time_the_bytes_have_passed() {
        let faults = faults(&["reset-after=100"], 0);
        let resets: Vec<bool> = [60, 30, 10, 99, 1].map(|bytes| faults.resets(bytes)).into();
        assert_eq!(resets, [false, false, true, false, true]);
    }
}

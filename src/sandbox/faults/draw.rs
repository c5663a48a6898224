//! Who decides when a fault strikes.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::plan::{ChipFaults, FaultPlan, InstanceFaults};

/// Decides when a fault strikes.
///
/// A random one is drawn from the seed, the request (what it does to which thing) and how often that request came
/// before, so parallel requests meet the same faults in whatever order they arrive.
#[derive(Debug)]
pub(crate) struct Faults {
    plan: FaultPlan,
    seed: u64,
    draws: Mutex<HashMap<String, u64>>,
    lost: Mutex<Vec<String>>,
    halved: Mutex<Vec<String>>,
    passed: AtomicU64,
}

/// Why a request is refused before it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transient {
    /// Too many requests.
    Throttled,
    /// 500 `InternalError`.
    InternalError,
    /// 503 `ServiceUnavailable`.
    Unavailable,
}

impl Faults {
    /// Starts with nothing drawn; without a seed the faults differ from run to run.
    pub(crate) fn new(plan: FaultPlan, seed: Option<u64>) -> Self {
        let (lost, halved) = (plan.lost_answers.clone(), plan.half_answers.clone());
        let seed = seed.unwrap_or_else(|| fastrand::u64(..));
        Self {
            plan,
            seed,
            draws: Mutex::default(),
            lost: Mutex::new(lost),
            halved: Mutex::new(halved),
            passed: AtomicU64::new(0),
        }
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

    /// The transient refusal that this request meets before it is looked at. `request` names what it does to which thing.
    pub(crate) fn transient(&self, request: &str) -> Option<Transient> {
        if self.strikes("throttle", self.plan.throttle, request) {
            return Some(Transient::Throttled);
        }
        let strikes = self.strikes("server-error", self.plan.server_error, request);
        let internal = || self.draw("which-error", request) < 0.5;
        strikes.then(|| if internal() { Transient::InternalError } else { Transient::Unavailable })
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
        strikes_once(&self.lost, action)
    }

    /// Whether half of the answer to this action is lost; each `half-answer` that was given halves one.
    pub(crate) fn halves_answer(&self, action: &str) -> bool {
        strikes_once(&self.halved, action)
    }

    /// Counts bytes of a body that pass, either way; true when the connection is to be reset now.
    pub(crate) fn resets(&self, bytes: u64) -> bool {
        let Some(limit) = self.plan.reset_after else { return false };
        let count = |before: u64| Some(if before + bytes < limit { before + bytes } else { 0 });
        let before = self.passed.fetch_update(Ordering::SeqCst, Ordering::SeqCst, count);
        before.is_ok_and(|before| before + bytes >= limit)
    }

    pub(super) fn chips(&self) -> ChipFaults {
        self.plan.chip()
    }

    pub(super) fn instances(&self) -> &InstanceFaults {
        &self.plan.instances
    }

    pub(super) fn strikes(&self, fault: &str, share: f64, request: &str) -> bool {
        share > 0.0 && self.draw(fault, request) < share
    }

    /// A number from 0 to 1 for the nth time that this fault looks at this request.
    pub(super) fn draw(&self, fault: &str, request: &str) -> f64 {
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

/// Takes one of the actions that are still to be struck.
fn strikes_once(left: &Mutex<Vec<String>>, action: &str) -> bool {
    let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
    let found = left.iter().position(|name| name == action);
    found.map(|place| left.swap_remove(place)).is_some()
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
    fn a_seed_gives_each_request_its_faults_whatever_the_order() {
        let drawn = |faults: &Faults, part: u32| -> Vec<_> {
            (0..20).map(|_| faults.transient(&format!("UploadPart big.tar.gz {part}"))).collect()
        };
        let (one, other) = (faults(&["server-error=0.5"], 7), faults(&["server-error=0.5"], 7));
        let forwards = [drawn(&one, 1), drawn(&one, 2)];
        let backwards = [drawn(&other, 2), drawn(&other, 1)];
        assert_eq!(forwards[0], backwards[1]);
        assert_eq!(forwards[1], backwards[0]);
        assert_ne!(forwards[0], drawn(&faults(&["server-error=0.5"], 8), 1));
        let struck = forwards.iter().flatten().filter(|fault| fault.is_some()).count();
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

//! What instances cost here, in CNY.

use std::time::Duration;

use jiff::Timestamp;

use super::catalogue::InstanceType;
use super::instance::{Charge, Status, StoppedMode};

/// The share of the price that a preemptible instance costs.
const SPOT_SHARE: f64 = 0.25;

/// What an hour of an instance costs.
pub(super) fn per_hour(kind: &InstanceType, charge: &Charge) -> f64 {
    let whole = f64::from(kind.millis_per_hour) / 1000.0;
    if charge.is_spot() { spot_price(kind) } else { whole }
}

/// What an hour of a preemptible one costs at present.
pub(super) fn spot_price(kind: &InstanceType) -> f64 {
    f64::from(kind.millis_per_hour) / 1000.0 * SPOT_SHARE
}

/// What an instance has cost so far. Time is real, whatever the speed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bill {
    per_hour: f64,
    /// The time that was paid for, up to the last change.
    paid: Duration,
    /// Since when time is paid for again.
    since: Option<Timestamp>,
}

impl Bill {
    /// One that begins now.
    pub(super) fn new(per_hour: f64, now: Timestamp) -> Self {
        Self { per_hour, paid: Duration::ZERO, since: Some(now) }
    }

    /// Goes on or pauses.
    pub(super) fn run(&mut self, runs: bool, now: Timestamp) {
        self.paid = self.time(now);
        self.since = runs.then_some(now);
    }

    /// How long it was paid for.
    pub(super) fn time(&self, now: Timestamp) -> Duration {
        let since = self.since.map_or(Duration::ZERO, |since| now.duration_since(since).unsigned_abs());
        self.paid + since
    }

    pub(super) fn cost(&self, now: Timestamp) -> f64 {
        self.time(now).as_secs_f64() / 3600.0 * self.per_hour
    }
}

/// Whether an instance costs in this state: only the economical stop ends that.
pub(super) fn is_charged(status: Status, mode: StoppedMode) -> bool {
    status != Status::Stopped || mode != StoppedMode::StopCharging
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bill_pauses_and_goes_on() {
        let at = |seconds: i64| Timestamp::from_second(seconds).unwrap();
        let mut bill = Bill::new(3.6, at(0));
        bill.run(false, at(1000));
        assert_eq!(bill.time(at(5000)).as_secs(), 1000);
        bill.run(true, at(5000));
        assert!((bill.cost(at(6000)) - 2.0).abs() < 1e-9);
    }
}

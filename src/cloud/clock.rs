//! The services' time, as far as their answers have taught it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// This machine's clock plus the offset that a service's answer taught; clones share the offset.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The service's time now.
    pub fn now(&self) -> Timestamp {
        let here = Timestamp::now();
        here.checked_add(self.offset()).unwrap_or(here)
    }

    /// Service time minus this machine's.
    pub fn offset(&self) -> SignedDuration {
        SignedDuration::from_millis(self.offset_ms.load(Ordering::Relaxed))
    }

    /// Takes the service's time from an answer that has just come; gives the new offset, or None when it is not
    /// believed: a signature of another day could be kept and used then.
    pub fn learn(&self, server_time: Timestamp) -> Option<SignedDuration> {
        let here = Timestamp::now();
        if !is_believed(server_time, here, built()) {
            return None;
        }
        let offset = server_time.duration_since(here);
        let millis = i64::try_from(offset.as_millis()).unwrap_or(0);
        self.offset_ms.store(millis, Ordering::Relaxed);
        Some(offset)
    }
}

/// When this program was built; a clock that is earlier is wrong for certain.
fn built() -> Timestamp {
    let seconds = env!("FAASCMD_BUILT").parse().unwrap_or(0);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A clock that was never set may be years off; one that can be right is not corrected by more than a day.
fn is_believed(server_time: Timestamp, here: Timestamp, built: Timestamp) -> bool {
    here < built || server_time.duration_since(here).abs() <= SignedDuration::from_hours(24)
}

/// Reads `Sat, 16 Dec 2023 16:20:57 GMT`, the form of HTTP's `Date`.
pub(super) fn http_date(text: &str) -> Option<Timestamp> {
    let parsed = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(parsed.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn learns_an_offset_and_shares_it() {
        let clock = Clock::default();
        let copy = clock.clone();
        let ahead = Timestamp::now() + SignedDuration::from_hours(1);
        clock.learn(ahead);
        assert!((copy.now().duration_since(ahead)).abs() < SignedDuration::from_secs(5));
    }

    #[test]
    fn a_clock_that_can_be_right_is_corrected_by_a_day_at_most() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let (built, never_set) = (time("2026-06-01T00:00:00Z"), time("2000-01-01T00:00:00Z"));
        let here = time("2026-07-01T00:00:00Z");
        assert!(is_believed(time("2026-07-01T20:00:00Z"), here, built));
        assert!(!is_believed(time("2036-01-01T00:00:00Z"), here, built));
        assert!(!is_believed(time("2026-06-29T00:00:00Z"), here, built));
        assert!(is_believed(here, never_set, built));
        let clock = Clock::default();
        assert!(clock.learn(Timestamp::now() + SignedDuration::from_hours(24 * 3650)).is_none());
        assert_eq!(clock.offset(), SignedDuration::ZERO);
    }

    #[test]
    fn reads_the_date_header() {
        let time = http_date("Sat, 16 Dec 2023 16:20:57 GMT").unwrap();
        assert_eq!(time.to_string(), "2023-12-16T16:20:57Z");
        assert!(http_date("yesterday").is_none());
    }
}

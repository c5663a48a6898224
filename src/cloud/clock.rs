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

    /// Takes the service's time from an answer that has just come; gives the new offset.
    pub fn learn(&self, server_time: Timestamp) -> SignedDuration {
        let offset = server_time.duration_since(Timestamp::now());
        let millis = i64::try_from(offset.as_millis()).unwrap_or(0);
        self.offset_ms.store(millis, Ordering::Relaxed);
        offset
    }
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
    fn reads_the_date_header() {
        let time = http_date("Sat, 16 Dec 2023 16:20:57 GMT").unwrap();
        assert_eq!(time.to_string(), "2023-12-16T16:20:57Z");
        assert!(http_date("yesterday").is_none());
    }
}

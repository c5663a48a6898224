//! When a call is repeated: a property of the request and of the error, bounded by count and by time.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::{Error, ErrorKind, Service};
use crate::codes::Class;

/// How long a call that is counted by the minute is tried at least.
const MINUTES: Duration = Duration::from_mins(5);

/// How often and how long a call is tried, and whether trying it twice does harm.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// Whether a second execution changes nothing: then a lost answer is no reason to stop.
    pub idempotent: bool,
    /// Tries in all.
    pub attempts: u32,
    /// No new try begins after this time.
    pub within: Duration,
    /// None begins after this time where the peer says nothing at all: such a try takes long by itself.
    pub within_silence: Duration,
    /// The longest pause between two tries, unless the service asks for a longer one.
    pub longest_pause: Duration,
}

/// A service that asks for a longer pause is asked again after this one.
const LONGEST_ASKED: Duration = Duration::from_secs(60);

impl Retry {
    /// Who asks something small of a peer that says nothing knows within two minutes.
    pub const SOON: Duration = Duration::from_secs(55);
    /// For calls that may be executed twice.
    pub const IDEMPOTENT: Self = Self {
        idempotent: true,
        attempts: 6,
        within: Duration::from_secs(60),
        within_silence: Self::SOON,
        longest_pause: Duration::from_secs(20),
    };
    /// For calls that must not be executed twice: repeated only when nothing can have happened.
    pub const ONCE: Self = Self { idempotent: false, ..Self::IDEMPOTENT };

    /// How long to wait before the next try; None when there is to be none.
    pub(super) fn pause(
        &self,
        error: &Error,
        tries: u32,
        spent: Duration,
        now: Timestamp,
    ) -> Option<Duration> {
        let harmless = self.idempotent || !error.may_have_happened();
        let by_the_minute = is_throttled_by_the_minute(error);
        let within = match by_the_minute {
            true => self.within.max(MINUTES),
            false if error.is_silence() => self.within_silence,
            false => self.within,
        };
        if !harmless || !error.is_transient() || tries >= self.attempts || spent >= within {
            return None;
        }
        let base = if error.class() == Some(Class::Throttled) { 500 } else { 200 };
        let asked =
            error.refusal().and_then(|refusal| refusal.retry_after).map(|asked| asked.min(LONGEST_ASKED));
        if by_the_minute {
            // Who waited for the same minute does not come at its first moment all together.
            let minute = until_next_minute(now) + Duration::from_millis(fastrand::u64(0..5_000));
            return Some(asked.map_or(minute, |asked| asked.max(minute)));
        }
        let ceiling = Duration::from_millis(base << tries.saturating_sub(1).min(8)).min(self.longest_pause);
        // Half fixed, half random: all who were refused together do not come back together.
        let jittered = ceiling.mul_f64(0.5 + 0.5 * fastrand::f64());
        Some(asked.map_or(jittered, |asked| asked.max(jittered)))
    }
}

/// ECS counts the calls of each action by the minute: what it refuses now, it takes in the next one.
fn is_throttled_by_the_minute(error: &Error) -> bool {
    error.service == Service::Ecs && error.class() == Some(Class::Throttled)
}

fn until_next_minute(now: Timestamp) -> Duration {
    let passed = u64::try_from(now.as_second().rem_euclid(60)).unwrap_or(0);
    Duration::from_secs(60 - passed)
}

/// Counts the tries of one call.
#[derive(Debug)]
pub(super) struct Tries {
    pub(super) count: u32,
    started: Instant,
    clock_learned: bool,
    token_renewed: bool,
}

impl Tries {
    pub(super) fn new() -> Self {
        Self { count: 0, started: Instant::now(), clock_learned: false, token_renewed: false }
    }

    pub(super) fn spent(&self) -> Duration {
        self.started.elapsed()
    }

    /// Whether the error's cause has just been put right, so that one more try at once makes sense; once each.
    pub(super) fn corrected(&mut self, error: &Error) -> bool {
        let ErrorKind::Service(e) = &error.kind else { return false };
        let once = |done: &mut bool| !std::mem::replace(done, true);
        e.is_about_the_clock() && e.server_time.is_some() && once(&mut self.clock_learned)
            || e.is_expired_token() && once(&mut self.token_renewed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::ServiceError;

    fn refused(http_status: u16, code: &str) -> Error {
        let refusal = ServiceError { http_status, code: code.to_owned(), ..ServiceError::default() };
        Error::new(Service::Faas, "CreateFpgaImageTask", Box::new(refusal))
    }

    #[test]
    fn a_business_error_is_final_whatever_its_status() {
        let error = refused(503, "FREQUENCY ERROR");
        assert!(Retry::IDEMPOTENT.pause(&error, 1, Duration::ZERO, Timestamp::now()).is_none());
    }

    #[test]
    fn what_may_have_happened_is_repeated_only_if_that_does_no_harm() {
        let error = refused(500, "InternalError");
        assert!(Retry::IDEMPOTENT.pause(&error, 1, Duration::ZERO, Timestamp::now()).is_some());
        assert!(Retry::ONCE.pause(&error, 1, Duration::ZERO, Timestamp::now()).is_none());
        assert!(
            Retry::ONCE
                .pause(&refused(400, "Throttling.User"), 1, Duration::ZERO, Timestamp::now())
                .is_some()
        );
    }

    #[test]
    fn ecs_is_asked_again_in_the_next_minute_and_others_soon() {
        let pause = |service, now: &str| {
            let code = "Throttling.User".to_owned();
            let refusal = ServiceError { http_status: 400, code, ..ServiceError::default() };
            let error = Error::new(service, "RunCommand", Box::new(refusal));
            Retry::IDEMPOTENT.pause(&error, 1, Duration::from_secs(70), now.parse().unwrap())
        };
        for (now, seconds) in [("2026-11-21T08:00:00Z", 60), ("2026-11-21T08:00:59.9Z", 1)] {
            let pause = pause(Service::Ecs, now).unwrap().as_secs();
            assert!((seconds..=seconds + 5).contains(&pause), "{now}: {pause}");
        }
        assert!(pause(Service::Faas, "2026-11-21T08:00:00Z").is_none());
    }

    #[test]
    fn tries_are_bounded_by_count_and_by_time() {
        let error = refused(503, "ServiceUnavailable");
        assert!(Retry::IDEMPOTENT.pause(&error, 6, Duration::ZERO, Timestamp::now()).is_none());
        assert!(Retry::IDEMPOTENT.pause(&error, 1, Duration::from_secs(60), Timestamp::now()).is_none());
        let longest =
            (1..6).filter_map(|n| Retry::IDEMPOTENT.pause(&error, n, Duration::ZERO, Timestamp::now())).max();
        assert!(longest.unwrap() <= Duration::from_secs(20));
    }
}

//! Stalled or slow? A request on which nothing moves for a while is given up; one that is slow is not.
//!
//! What leaves the program has not arrived: this system's buffers, those of the far side and of every proxy between hold
//! megabytes, and a proxy may take nothing for a minute. What this system still holds tells whether the far side takes any of
//! it; beyond that, what was handed over is given the time that it needs at the rate seen, and before any is known less than
//! two minutes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::base::progress::Progress;

/// No byte for so long, and a connection is given up, but for the time that what was handed over needs.
pub(super) const STALL: Duration = Duration::from_secs(20);
/// Longer for an answer that takes work: `DescribeLoadTaskStatus` has been seen to take 9.5 s, and an upload of 10 000
/// parts is put together before it is answered.
pub(super) const STALL_OF_CALLS: Duration = Duration::from_secs(30);

/// Buffers on the way hold so many bytes of a body before they have moved anywhere: two ends of two connections.
const BUFFERED: u64 = 16 << 20;
/// The slowest link for which those bytes are waited for before any have been seen to arrive, in bytes per second.
const SLOWEST: u64 = 4 << 10;
/// The longest time that is given to them.
const LONGEST: Duration = Duration::from_mins(15);
/// The longest on a link of unknown rate: with the stall itself, less than two minutes.
const LONGEST_OF_UNKNOWN: Duration = Duration::from_secs(90);
/// After so long it is said that nothing comes; not again for a minute.
const TOLD: Duration = Duration::from_secs(5);
const TOLD_AGAIN: Duration = Duration::from_mins(1);
/// How often it is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How fast bodies have arrived lately, and who hears that nothing comes; all requests of a transport share it.
#[derive(Default)]
pub(super) struct Pace {
    /// Bytes per second; 0 while nothing has arrived.
    rate: AtomicU64,
    told: Mutex<Option<Instant>>,
    progress: OnceLock<Arc<dyn Progress>>,
}

impl std::fmt::Debug for Pace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pace({} bytes/s)", self.rate.load(Ordering::Relaxed))
    }
}

impl Pace {
    /// Who hears that nothing comes.
    pub(super) fn tell(&self, progress: Arc<dyn Progress>) {
        // The first one stays: there is one user.
        self.progress.set(progress).ok();
    }

    /// A body arrived, to the last byte of its answer's head.
    fn arrived(&self, bytes: u64, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
        self.rate.store((bytes.saturating_mul(1000) / millis).max(1), Ordering::Relaxed);
    }

    /// How long bytes that were handed over may be under way: a link that is shared, or has become eight times slower, is
    /// no stalled one.
    fn under_way(&self, bytes: u64) -> Duration {
        let (rate, longest) = match self.rate.load(Ordering::Relaxed) {
            0 => (SLOWEST, LONGEST_OF_UNKNOWN),
            rate => ((rate / 8).max(1), LONGEST),
        };
        Duration::from_millis(bytes.min(BUFFERED) * 1000 / rate).min(longest)
    }

    /// Says, but not for every request, that nothing comes and until when it is waited for.
    fn say(&self, what: &str, silence: Duration, left: Duration) {
        let Some(progress) = self.progress.get() else { return };
        let (mut told, now) = (self.told.lock().unwrap_or_else(PoisonError::into_inner), Instant::now());
        if told.is_some_and(|before| now.duration_since(before) < TOLD_AGAIN) {
            return;
        }
        *told = Some(now);
        let until = Timestamp::now().saturating_add(left).unwrap_or(Timestamp::MAX);
        let silence = silence.as_secs();
        progress.note(format!("{what}: nothing has come for {silence} s; waiting until {until:.0} at most"));
    }
}

/// The signs of life of one request: its body being taken.
#[derive(Debug)]
pub(super) struct Pulse {
    started: Instant,
    /// Milliseconds from the start to the last sign.
    last: AtomicU64,
    /// Bytes of the body that were taken.
    taken: AtomicU64,
}

impl Pulse {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { started: Instant::now(), last: AtomicU64::new(0), taken: AtomicU64::new(0) })
    }

    /// That many bytes were handed over.
    pub(super) fn took(&self, bytes: u64) {
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(elapsed, Ordering::Relaxed);
        self.taken.fetch_add(bytes, Ordering::Relaxed);
    }

    fn silence(&self) -> Duration {
        self.started.elapsed().saturating_sub(Duration::from_millis(self.last.load(Ordering::Relaxed)))
    }

    /// The same slices, each a sign of life when it is taken.
    pub(super) fn felt<S>(self: &Arc<Self>, slices: S) -> impl Stream<Item = std::io::Result<Bytes>> + use<S>
    where
        S: Stream<Item = std::io::Result<Bytes>>,
    {
        let pulse = Arc::clone(self);
        slices.inspect(move |slice| pulse.took(slice.as_ref().map_or(0, |bytes| bytes.len() as u64)))
    }

    /// Notes that the answer came.
    pub(super) fn answered(&self, pace: &Pace) {
        match self.taken.load(Ordering::Relaxed) {
            0 => {}
            bytes => pace.arrived(bytes, self.started.elapsed()),
        }
    }

    /// Ends, with the time since the last sign of life, when that is too long. `moves` says whether the far side took
    /// something since it was last asked, and `what` is what the user is told of.
    pub(super) async fn stops(
        &self,
        limit: Duration,
        pace: &Pace,
        mut moves: impl FnMut() -> bool,
        what: impl Fn() -> String,
    ) -> Duration {
        loop {
            if self.silence() >= LOOK && moves() {
                self.took(0);
            }
            let silence = self.silence();
            let limit = limit + pace.under_way(self.taken.load(Ordering::Relaxed));
            if silence >= limit {
                return silence;
            }
            if silence >= TOLD {
                pace.say(&what(), silence, limit - silence);
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn taking(pulse: &Pulse, every: Duration, times: u32, bytes: u64) {
        for _ in 0..times {
            tokio::time::sleep(every).await;
            pulse.took(bytes);
        }
    }

    async fn given_up_after(pace: &Pace, every: u64, times: u32, bytes: u64) -> u64 {
        let (pulse, started) = (Pulse::new(), Instant::now());
        let work = async {
            taking(&pulse, Duration::from_secs(every), times, bytes).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = work => unreachable!("it never ends"),
            _ = pulse.stops(STALL, pace, || false, String::new) => started.elapsed().as_secs(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_for_twenty_seconds_is_a_stall() {
        assert_eq!(given_up_after(&Pace::default(), 1, 0, 0).await, 20);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_connection_is_waited_for_as_long_as_anything_moves() {
        let ends = given_up_after(&Pace::default(), 15, 4000, 1 << 10).await;
        assert!(ends > 15 * 4000, "{ends}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_handed_over_has_the_time_that_it_needs_at_the_rate_seen() {
        let pace = Pace::default();
        pace.arrived(8 << 20, Duration::from_millis(100));
        assert_eq!(given_up_after(&pace, 1, 1, 8 << 20).await, 1 + 20 + 1);
        pace.arrived(1 << 20, Duration::from_mins(1));
        assert!((480..900).contains(&given_up_after(&pace, 1, 1, 1 << 20).await));
        pace.arrived(1 << 17, Duration::from_mins(1));
        assert_eq!(given_up_after(&pace, 1, 1, 1 << 19).await, 1 + 20 + 15 * 60);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_a_part_and_says_nothing_is_given_up_in_two_minutes() {
        let pace = Pace::default();
        assert!(given_up_after(&pace, 1, 1, 5000).await <= 23);
        assert_eq!(given_up_after(&pace, 1, 1, 1 << 19).await, 1 + 110);
        assert_eq!(given_up_after(&pace, 1, 1, 8 << 20).await, 1 + 110);
    }

    /// Parts of 512 KiB, four at once, at 128 kbit/s: all of them left the program at once, and a proxy takes some twice a
    /// minute.
    #[tokio::test(start_paused = true)]
    async fn what_the_far_side_still_takes_in_bursts_is_no_silence() {
        let (pace, pulse, started) = (Pace::default(), Pulse::new(), Instant::now());
        pulse.took(1 << 19);
        let (needs, mut heard) = (3600, 0);
        let moves = || {
            let now = started.elapsed().as_secs();
            std::mem::replace(&mut heard, now / 30) < now / 30 && now <= needs
        };
        pulse.stops(STALL, &pace, moves, String::new).await;
        assert_eq!(started.elapsed().as_secs(), needs + 110);
    }

    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);

    impl Progress for Heard {
        fn event(&self, event: crate::base::progress::Event) {
            self.0.lock().unwrap().push(format!("{event:?}"));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_told_once_a_minute_with_what_and_until_when() {
        let (pace, heard) = (Pace::default(), Arc::new(Heard::default()));
        pace.tell(heard.clone());
        for _request in 0..2 {
            Pulse::new().stops(STALL_OF_CALLS, &pace, || false, || "PUT http://h/k".into()).await;
        }
        let said = heard.0.lock().unwrap().clone();
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains("PUT http://h/k: nothing has come for 5 s; waiting until 20"), "{said:?}");
    }
}

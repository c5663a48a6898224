//! Stalled or slow? A request that shows no sign of life for a while is given up; one that is slow is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::time::Instant;

/// No byte for so long, and a connection is given up.
pub(super) const STALL: Duration = Duration::from_secs(20);
/// Longer for an answer that takes work: `DescribeLoadTaskStatus` has been seen to take 9.5 s, and an upload of 10 000
/// parts is put together before it is answered.
pub(super) const STALL_OF_CALLS: Duration = Duration::from_secs(30);

/// The system takes up to so many bytes of a body before they move: its send buffer grows to that (`tcp_wmem`).
const BUFFERED: u64 = 4 << 20;
/// The slowest link for which those bytes are waited for before any have been seen to move, in bytes per second.
const SLOWEST: u64 = 16 << 10;
/// How often it is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How fast bodies have gone out lately; all requests of a transport share it.
#[derive(Debug, Default)]
pub(super) struct Pace(AtomicU64);

impl Pace {
    /// A body arrived, to the last byte of its answer's head.
    fn arrived(&self, bytes: u64, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
        self.0.store(bytes.saturating_mul(1000) / millis, Ordering::Relaxed);
    }

    /// How long bytes that were handed to the system may be under way: a link that is shared, or has become eight times
    /// slower, is no stalled one.
    fn under_way(&self, bytes: u64) -> Duration {
        let rate = (self.0.load(Ordering::Relaxed) / 8).max(SLOWEST);
        Duration::from_millis(bytes.min(BUFFERED) * 1000 / rate)
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

    fn took(&self, bytes: u64) {
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

    /// Ends, with the time since the last sign of life, when that is too long.
    pub(super) async fn stops(&self, limit: Duration, pace: &Pace) -> Duration {
        loop {
            let silence = self.silence();
            if silence >= limit + pace.under_way(self.taken.load(Ordering::Relaxed)) {
                return silence;
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
            _ = pulse.stops(STALL, pace) => started.elapsed().as_secs(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_for_twenty_seconds_is_a_stall() {
        assert_eq!(given_up_after(&Pace::default(), 1, 0, 0).await, 20);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_connection_is_waited_for_as_long_as_anything_moves() {
        let ends = given_up_after(&Pace::default(), 15, 40, 1 << 10).await;
        assert!((620..=623).contains(&ends), "{ends}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_system_buffers_has_time_to_leave_until_the_link_is_known_to_be_fast() {
        let pace = Pace::default();
        assert_eq!(given_up_after(&pace, 1, 1, 8 << 20).await, 1 + 20 + 256);
        pace.arrived(8 << 20, Duration::from_millis(100));
        assert_eq!(given_up_after(&pace, 1, 1, 8 << 20).await, 1 + 20 + 1);
        pace.arrived(1 << 20, Duration::from_secs(60));
        assert_eq!(given_up_after(&pace, 1, 1, 8 << 20).await, 1 + 20 + 256);
    }
}

//! How many parts are in flight: on a link that keeps every core busy, more of them only compete for the caches.

use std::time::Duration;

use tokio::time::Instant;

/// A connection that is faster than this is held up by this machine and not by the link, in bytes per second.
const FAST: u64 = 400 << 20;

/// Begins with one part a core, and widens for good to what was asked for as soon as no part arrives for longer than one
/// takes on a fast link.
#[derive(Debug)]
pub(in crate::ops) struct Concurrency {
    now: usize,
    full: usize,
    fast: Duration,
    arrived: Instant,
}

impl Concurrency {
    pub(in crate::ops) fn new(full: usize, part_size: u64) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let fast = Duration::from_millis(part_size * 1000 / FAST);
        Self { now: full.min(cores), full, fast, arrived: Instant::now() }
    }

    /// Parts that may be in flight.
    pub(in crate::ops) fn now(&self) -> usize {
        self.now
    }

    /// The line breaks before a part is through: half as many share it from now on.
    pub(in crate::ops) fn narrow(&mut self) {
        self.full = (self.full / 2).max(1);
        self.now = self.now.min(self.full);
    }

    /// A part has arrived.
    pub(in crate::ops) fn part_arrived(&mut self) {
        self.arrived = Instant::now();
    }

    /// Ends when it is time to widen, and widens; never where it is wide already.
    pub(in crate::ops) async fn widens(&mut self) {
        if self.now == self.full {
            return std::future::pending().await;
        }
        tokio::time::sleep_until(self.arrived + self.fast).await;
        self.now = self.full;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PART: u64 = 8 << 20;

    async fn after_parts_each(millis: u64) -> bool {
        let mut concurrency = Concurrency { now: 1, ..Concurrency::new(4, PART) };
        for _ in 0..10 {
            tokio::select! {
                () = concurrency.widens() => break,
                () = tokio::time::sleep(Duration::from_millis(millis)) => concurrency.part_arrived(),
            }
        }
        concurrency.now() == 4
    }

    #[tokio::test(start_paused = true)]
    async fn it_widens_when_the_link_is_what_holds_up() {
        assert!(!after_parts_each(5).await);
        assert!(after_parts_each(30).await);
        assert!(Concurrency::new(1, PART).now() == 1);
    }
}

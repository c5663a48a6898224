//! What a command prints, and how much of it the agent passes on.
//!
//! Standard output and error are one stream. While the command runs, at most 2048 bytes of it go out every three
//! seconds, from the front, until more than 6000 have; at the end the last bytes follow, up to 24,576 in all, and what
//! lies between is dropped without a mark.

use std::time::{Duration, Instant};

/// How often a piece goes out.
const EVERY: Duration = Duration::from_secs(3);
/// The most of one piece, in bytes.
const PIECE: usize = 2048;
/// When more than this many bytes went out, nothing follows until the end.
const FRONT: usize = 6000;
/// The most of all, in bytes.
const QUOTA: usize = 24_576;

/// The output of one command.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    /// What went out.
    sent: Vec<u8>,
    /// What did not, yet.
    rest: Vec<u8>,
    /// What had to go for the rest to stay small; it is lost anyway.
    dropped: usize,
    next: Instant,
}

impl Output {
    /// Nothing, from a command that begins now.
    pub(crate) fn new(now: Instant) -> Self {
        Self { sent: Vec::new(), rest: Vec::new(), dropped: 0, next: now + EVERY }
    }

    /// The command printed something.
    pub(crate) fn take(&mut self, bytes: &[u8], now: Instant) {
        self.pass(now);
        self.rest.extend_from_slice(bytes);
        self.shrink();
    }

    /// Time passes: a piece may go out.
    pub(crate) fn pass(&mut self, now: Instant) {
        while self.next <= now {
            self.next += EVERY;
            if self.sent.len() <= FRONT {
                let piece = self.rest.len().min(PIECE);
                self.sent.extend(self.rest.drain(..piece));
            }
        }
    }

    /// Keeps the memory bounded: of what will not go out as a piece, only the end can still be wanted.
    fn shrink(&mut self) {
        let front = (FRONT + PIECE).saturating_sub(self.sent.len());
        let most = front + QUOTA;
        if self.sent.len() > FRONT && self.rest.len() > 2 * QUOTA {
            let gone = self.rest.len() - QUOTA;
            self.rest.drain(..gone);
            self.dropped += gone;
        } else if self.rest.len() > 2 * most {
            let gone = self.rest.len() - most;
            self.rest.drain(front..front + gone);
            self.dropped += gone;
        }
    }

    /// The command is over: the end goes out.
    pub(crate) fn end(&mut self) {
        let room = QUOTA - self.sent.len().min(QUOTA);
        let cut = self.rest.len().saturating_sub(room);
        self.dropped += cut;
        self.sent.extend(self.rest.drain(..).skip(cut));
    }

    /// What went out so far.
    pub(crate) fn sent(&self) -> &[u8] {
        &self.sent
    }

    /// How many bytes are lost, which is known at the end.
    pub(crate) fn dropped(&self) -> usize {
        self.dropped
    }

    /// Loses its middle.
    pub(crate) fn lose_middle(&mut self) {
        let quarter = self.sent.len() / 4;
        let end = self.sent.len() - quarter;
        self.dropped += end - quarter;
        self.sent.drain(quarter..end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of a number of bytes, printed evenly over so many seconds.
    fn after(bytes: usize, seconds: usize) -> Output {
        let begin = Instant::now();
        let mut output = Output::new(begin);
        let ticks = (seconds * 10).max(1);
        for tick in 0..ticks {
            let until = |tick: usize| bytes * tick / ticks;
            let text: Vec<u8> =
                (until(tick)..until(tick + 1)).map(|n| u8::try_from(n % 251).unwrap()).collect();
            output.take(&text, begin + Duration::from_millis(100) * u32::try_from(tick).unwrap());
        }
        output.end();
        output
    }

    #[test]
    fn of_a_short_burst_only_the_end_is_kept() {
        let output = after(100_000, 1);
        assert_eq!((output.sent().len(), output.dropped()), (24_576, 100_000 - 24_576));
        let expected: Vec<u8> = (100_000 - 24_576..100_000).map(|n| u8::try_from(n % 251).unwrap()).collect();
        assert_eq!(output.sent(), expected);
    }

    #[test]
    fn of_a_long_run_the_beginning_and_the_end_are_kept() {
        let output = after(100_000, 60);
        assert_eq!((output.sent().len(), output.dropped()), (24_576, 75_424));
        let bytes =
            |from: usize, to: usize| (from..to).map(|n| u8::try_from(n % 251).unwrap()).collect::<Vec<_>>();
        assert_eq!(output.sent()[..6144], bytes(0, 6144));
        assert_eq!(output.sent()[6144..], bytes(100_000 - 18_432, 100_000));
    }

    #[test]
    fn little_output_is_whole_and_what_is_too_much_does_not_fill_the_memory() {
        let output = after(24_576, 1);
        assert_eq!((output.sent().len(), output.dropped()), (24_576, 0));
        let mut endless = Output::new(Instant::now());
        for _ in 0..1000 {
            endless.take(&[b'x'; 10_000], Instant::now());
        }
        assert!(endless.rest.capacity() < 1 << 20, "{}", endless.rest.capacity());
        endless.end();
        assert_eq!(endless.sent().len() + endless.dropped(), 10_000_000);
    }
}

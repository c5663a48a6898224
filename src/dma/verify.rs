//! Patterns over a range of the card's memory: written whole, read back, compared.

use std::time::{Duration, Instant};

use super::diagnosis::{Diagnosis, Fault};
use super::pattern::{Data, Mismatch, Pattern};
use super::{Buffer, Channel, DmaError, Range};
use crate::base::cancel::Cancel;
use crate::base::progress::{Event, Progress};

/// How to look for faults.
#[derive(Clone, Copy)]
pub struct VerifyPlan<'a> {
    /// The pieces go over them in turn.
    pub h2c: &'a [Channel],
    pub c2h: &'a [Channel],
    pub range: Range,
    pub patterns: &'a [Pattern],
    pub seed: u64,
    /// Bytes of a transfer.
    pub size: usize,
    /// The patterns are gone through once, and then until this is over.
    pub duration: Duration,
    pub cancel: &'a Cancel,
    pub progress: &'a dyn Progress,
}

/// What one pattern came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pass {
    pub pattern: Pattern,
    pub rounds: u32,
    /// Read back and compared.
    pub bytes: u64,
    pub seconds: f64,
    pub wrong_words: u64,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    pub passes: Vec<Pass>,
    pub faults: Vec<Fault>,
    /// Faults that are not listed.
    pub left_out: u64,
}

/// So many wrong words are judged together.
const BATCH: usize = 1 << 16;

/// Writes and reads back each pattern.
///
/// # Errors
/// When a transfer fails: then nothing is known of the memory.
pub fn verify(plan: VerifyPlan<'_>) -> Result<Verified, DmaError> {
    let passes: Vec<Pass> = plan.patterns.iter().map(|pattern| Pass::new(*pattern)).collect();
    let buffers = (Buffer::new(plan.size), Buffer::new(plan.size));
    let mut work = Work {
        plan,
        written: buffers.0,
        read: buffers.1,
        diagnosis: Diagnosis::default(),
        passes,
        began: Instant::now(),
    };
    let mut round = 0;
    loop {
        work.round(round)?;
        round += 1;
        if work.signal().is_some() || work.began.elapsed() >= plan.duration || plan.patterns.is_empty() {
            break;
        }
    }
    plan.progress.event(Event::WaitEnded);
    work.diagnosis.finish(plan.range);
    let Diagnosis { faults, left_out } = work.diagnosis;
    Ok(Verified { passes: work.passes, faults, left_out })
}

impl Pass {
    fn new(pattern: Pattern) -> Self {
        Self { pattern, rounds: 0, bytes: 0, seconds: 0.0, wrong_words: 0 }
    }
}

struct Work<'a> {
    plan: VerifyPlan<'a>,
    written: Buffer,
    read: Buffer,
    diagnosis: Diagnosis,
    passes: Vec<Pass>,
    began: Instant,
}

impl Work<'_> {
    /// All patterns once.
    ///
    /// The first is written inverted before: what is not written must be seen not to be, also where an earlier test left
    /// the same.
    fn round(&mut self, round: u32) -> Result<(), DmaError> {
        for (n, pattern) in self.plan.patterns.iter().enumerate() {
            let began = Instant::now();
            let seed = self.plan.seed.wrapping_add(round.into());
            let data = Data { pattern: *pattern, seed, inverted: false };
            self.tell(round, (n, *pattern));
            let done = self.pattern(n, data);
            if round == 0 {
                self.plan.progress.event(Event::TransferEnded);
            }
            self.passes[n].seconds += began.elapsed().as_secs_f64();
            done?;
            if self.signal().is_some() {
                return Ok(());
            }
            self.passes[n].rounds += 1;
        }
        Ok(())
    }

    /// The first round pattern by pattern; what comes after it is one thing that goes on.
    fn tell(&self, round: u32, (n, pattern): (usize, Pattern)) {
        if round == 0 {
            let total = self.plan.range.length * if n == 0 { 3 } else { 2 };
            let label = format!("dma test, {pattern}");
            return self.plan.progress.event(Event::TransferStarted { label, total, resumed: 0 });
        }
        let wrong: u64 = self.passes.iter().map(|pass| pass.wrong_words).sum();
        let state = if wrong == 0 { "no wrong word".to_owned() } else { format!("{wrong} wrong words") };
        let (elapsed, total) = (self.began.elapsed(), self.plan.duration);
        self.plan.progress.event(Event::Running { thing: "dma test".to_owned(), state, elapsed, total });
    }

    fn moved(&self, piece: Range) {
        if self.passes.iter().any(|pass| pass.rounds == 0) {
            self.plan.progress.event(Event::Transferred(piece.length));
        }
    }

    fn pattern(&mut self, n: usize, data: Data) -> Result<(), DmaError> {
        if n == 0 {
            self.write(Data { inverted: true, ..data })?;
        }
        self.write(data)?;
        self.compare(n, data)
    }

    fn write(&mut self, data: Data) -> Result<(), DmaError> {
        for (n, piece) in self.plan.range.pieces(self.plan.size as u64).enumerate() {
            if self.signal().is_some() {
                return Ok(());
            }
            let bytes = self.written.at(piece.start, length(piece));
            data.fill(piece.start, bytes);
            self.plan.h2c[n % self.plan.h2c.len()].write(bytes, piece.start)?;
            self.moved(piece);
        }
        Ok(())
    }

    fn compare(&mut self, pattern: usize, data: Data) -> Result<(), DmaError> {
        let mut batch: Vec<Mismatch> = Vec::new();
        let mut span = Range { start: self.plan.range.start, length: 0 };
        for (n, piece) in self.plan.range.pieces(self.plan.size as u64).enumerate() {
            if self.signal().is_some() {
                break;
            }
            let bytes = self.read.at(piece.start, length(piece));
            self.plan.c2h[n % self.plan.c2h.len()].read(bytes, piece.start)?;
            let (range, diagnosis) = (self.plan.range, &mut self.diagnosis);
            let wrong = &mut self.passes[pattern].wrong_words;
            data.compare(piece.start, bytes, |mismatch| {
                batch.push(mismatch);
                *wrong += 1;
                if batch.len() == BATCH {
                    span.length = mismatch.address + 8 - span.start;
                    diagnosis.take(data, (range, span), &batch);
                    span = Range { start: span.end(), length: 0 };
                    batch.clear();
                }
            });
            span.length = piece.end() - span.start;
            self.passes[pattern].bytes += piece.length;
            self.moved(piece);
        }
        self.diagnosis.take(data, (self.plan.range, span), &batch);
        Ok(())
    }

    fn signal(&self) -> Option<i32> {
        self.plan.cancel.signal()
    }
}

fn length(piece: Range) -> usize {
    usize::try_from(piece.length).expect("no longer than a buffer")
}

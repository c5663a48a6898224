//! How fast the link is: each direction and both at once, by size and number of channels.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::{Buffer, Channel, DmaError, Range};
use crate::base::cancel::Cancel;

/// Which way data go during a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    H2c,
    C2h,
    Both,
}

impl Way {
    pub const ALL: [Self; 3] = [Self::H2c, Self::C2h, Self::Both];

    pub fn word(self) -> &'static str {
        match self {
            Self::H2c => "h2c",
            Self::C2h => "c2h",
            Self::Both => "both",
        }
    }
}

/// One measurement.
#[derive(Clone, Copy)]
pub struct SpeedPlan<'a> {
    /// As many as are to work at once; each has a part of the range for itself.
    pub h2c: &'a [Channel],
    pub c2h: &'a [Channel],
    pub way: Way,
    pub range: Range,
    pub size: usize,
    pub time: Duration,
    pub cancel: &'a Cancel,
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Measure {
    pub direction: Way,
    pub size: usize,
    pub channels: usize,
    pub transfers: u64,
    pub bytes: u64,
    pub seconds: f64,
    pub bytes_per_second: f64,
    /// Microseconds of a transfer: half take no longer, and 99 of a hundred.
    pub p50_us: f64,
    pub p99_us: f64,
}

/// Moves data for a time, or until a signal; each channel makes at least one transfer.
///
/// # Errors
/// When a transfer fails.
pub fn measure(plan: SpeedPlan<'_>) -> Result<Measure, DmaError> {
    let writers = if plan.way == Way::C2h { &[] } else { plan.h2c };
    let readers = if plan.way == Way::H2c { &[] } else { plan.c2h };
    let (channels, engines) = (writers.len().max(readers.len()), writers.len() + readers.len());
    let start = Barrier::new(engines + 1);
    let lanes = thread::scope(|scope| {
        let lane = |(n, channel)| Lane { plan, channel, part: part(plan, n, channels), start: &start };
        let writing: Vec<_> = writers.iter().enumerate().map(lane).collect();
        let reading: Vec<_> = readers.iter().enumerate().map(lane).collect();
        let writing = writing.into_iter().map(|lane| scope.spawn(move || lane.run(Channel::write_of)));
        let reading = reading.into_iter().map(|lane| scope.spawn(move || lane.run(Channel::read_of)));
        let threads: Vec<_> = writing.chain(reading).collect();
        start.wait();
        let joined =
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|e| std::panic::resume_unwind(e)));
        joined.collect::<Result<Vec<Times>, DmaError>>()
    });
    Ok(summary(plan, channels, &lanes?))
}

/// The part of the range that a channel has for itself: whole transfers, or all of it where it is too short to share.
fn part(plan: SpeedPlan<'_>, n: usize, channels: usize) -> Range {
    let size = plan.size as u64;
    let whole = plan.range.length / channels as u64 / size * size;
    if whole == 0 {
        return plan.range;
    }
    Range { start: plan.range.start + whole * n as u64, length: whole }
}

impl Channel {
    fn write_of(&self, buffer: &mut [u8], address: u64) -> Result<(), DmaError> {
        self.write(buffer, address)
    }

    fn read_of(&self, buffer: &mut [u8], address: u64) -> Result<(), DmaError> {
        self.read(buffer, address)
    }
}

/// One channel at work.
struct Lane<'a> {
    plan: SpeedPlan<'a>,
    channel: &'a Channel,
    part: Range,
    start: &'a Barrier,
}

type Transfer = fn(&Channel, &mut [u8], u64) -> Result<(), DmaError>;

impl Lane<'_> {
    fn run(self, transfer: Transfer) -> Result<Times, DmaError> {
        let mut buffer = Buffer::new(self.plan.size);
        // Pages that are touched now are not made during a transfer.
        buffer.at(self.part.start, self.plan.size).fill(0x5a);
        let mut at = self.part.start;
        self.start.wait();
        let began = Instant::now();
        let mut times = Times::since(began);
        loop {
            let before = Instant::now();
            transfer(self.channel, buffer.at(at, self.plan.size), at)?;
            times.add(before.elapsed());
            at += self.plan.size as u64;
            if at + self.plan.size as u64 > self.part.end() {
                at = self.part.start;
            }
            if began.elapsed() >= self.plan.time || self.plan.cancel.signal().is_some() {
                times.ended = Instant::now();
                return Ok(times);
            }
        }
    }
}

/// Times of transfers, in steps of an eighth of themselves: a day of them takes no more room than a second.
#[derive(Debug)]
struct Times {
    counts: Vec<u64>,
    began: Instant,
    ended: Instant,
}

impl Times {
    fn since(began: Instant) -> Self {
        Self { counts: vec![0; 64 * 8], began, ended: began }
    }

    fn add(&mut self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).max(8);
        let octave = nanoseconds.ilog2();
        let step = usize::try_from(nanoseconds >> (octave - 3) & 7).expect("three bits");
        self.counts[octave as usize * 8 + step] += 1;
    }

    /// The time within which this share of the transfers was over, in microseconds: the middle of its step.
    fn within(counts: &[u64], share: f64) -> f64 {
        let all: u64 = counts.iter().sum();
        let mut left = share * all as f64;
        let reached = counts.iter().position(|count| {
            left -= *count as f64;
            left <= 0.0
        });
        let at = reached.unwrap_or(0);
        let (octave, step) = (at / 8, at % 8);
        2_f64.powi(i32::try_from(octave).unwrap_or(0)) * (8.5 + step as f64) / 8.0 / 1000.0
    }
}

/// From the first transfer of any lane to the last: who started them may be scheduled only when they are over.
fn summary(plan: SpeedPlan<'_>, channels: usize, lanes: &[Times]) -> Measure {
    let began = lanes.iter().map(|lane| lane.began).min();
    let ended = lanes.iter().map(|lane| lane.ended).max();
    let time = began.zip(ended).map_or(Duration::ZERO, |(began, ended)| ended - began);
    // A clock may stand still for a transfer.
    let seconds = time.as_secs_f64().max(1e-9);
    let mut counts = vec![0; 64 * 8];
    for lane in lanes {
        counts.iter_mut().zip(&lane.counts).for_each(|(sum, count)| *sum += count);
    }
    let transfers: u64 = counts.iter().sum();
    let bytes = transfers * plan.size as u64;
    Measure {
        direction: plan.way,
        size: plan.size,
        channels,
        transfers,
        bytes,
        seconds,
        bytes_per_second: bytes as f64 / seconds,
        p50_us: Times::within(&counts, 0.5),
        p99_us: Times::within(&counts, 0.99),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_to_an_eighth() {
        let mut times = Times::since(Instant::now());
        (0..98).for_each(|_| times.add(Duration::from_micros(10)));
        (0..2).for_each(|_| times.add(Duration::from_millis(3)));
        let (half, most) = (Times::within(&times.counts, 0.5), Times::within(&times.counts, 0.99));
        assert!((half / 10.0 - 1.0).abs() < 0.125, "{half}");
        assert!((most / 3000.0 - 1.0).abs() < 0.125, "{most}");
    }
}

//! The outcome of the DMA test as people, scripts and the shell see it.

use std::time::Duration;

use serde::Serialize;

use super::dma_speed::{COLUMNS, Speed, best};
use super::result::{Case, Outcome};
use crate::base::duration::spent;
use crate::base::size::ByteSize;
use crate::cli::Exit;
use crate::cli::output::{Page, Report};
use crate::device::{Link, hex};
use crate::dma::{Cause, Fault, Kind, LinkLimit, Measure, Pass, Range, Verified, Way};

/// So many faults are shown to people.
const SHOWN: usize = 10;

/// What the test came to.
pub(super) struct Tested {
    pub(super) device: String,
    pub(super) range: Range,
    pub(super) seed: u64,
    pub(super) elapsed: Duration,
    pub(super) link: Option<Link>,
    pub(super) limit: Option<LinkLimit>,
    pub(super) verified: Verified,
    pub(super) speeds: Vec<Measure>,
    pub(super) interrupted: Option<i32>,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::cli::commands) struct DmaResult {
    test: &'static str,
    pub(super) result: Outcome,
    /// What happened, in words.
    pub(in crate::cli::commands) detail: String,
    pub(super) device: String,
    pub(super) range: RangeResult,
    /// As a string: it may have 64 bits.
    pub(super) seed: String,
    pub(super) seconds: f64,
    pub(super) link: Option<Link>,
    pub(super) limit: Option<LinkLimit>,
    pub(super) patterns: Vec<PassResult>,
    pub(super) faults: Vec<FaultResult>,
    /// Faults that are not listed.
    pub(super) faults_left_out: u64,
    pub(super) speeds: Vec<SpeedResult>,
    #[serde(skip)]
    pub(in crate::cli::commands) exit: Exit,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct RangeResult {
    start: u64,
    start_hex: String,
    pub(super) bytes: u64,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct PassResult {
    pub(super) pattern: &'static str,
    result: Outcome,
    detail: String,
    rounds: u32,
    pub(super) bytes: u64,
    pub(super) seconds: f64,
    pub(super) wrong_words: u64,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct FaultResult {
    /// `stuck`, `flipped`, `alias`, `dropped` or `shifted`.
    pub(super) kind: &'static str,
    pub(super) detail: String,
    /// Where it was seen first.
    address: u64,
    pub(super) address_hex: String,
    /// Words of 64 bits, in hexadecimal.
    pub(super) expected: String,
    pub(super) found: String,
    /// Of the data (stuck, flipped) or of the address (alias).
    bit: Option<u32>,
    /// Bits of the data of which it is one: 512 cross the card's bus at once.
    bus_bits: Option<u32>,
    /// Of a stuck bit.
    level: Option<u8>,
    /// How long (dropped) or how far (shifted).
    bytes: Option<i64>,
    pub(super) words: u64,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct SpeedResult {
    #[serde(flatten)]
    pub(super) measure: Measure,
    /// Of what the link can move; both directions at once can move twice as much.
    pub(super) share_of_limit: Option<f64>,
}

impl DmaResult {
    pub(super) fn new(tested: &Tested) -> Self {
        let Tested { verified, range, limit, .. } = tested;
        let failed = !verified.faults.is_empty();
        let (result, exit) = match tested.interrupted {
            Some(signal) => (Outcome::Interrupted, Exit::by_signal(signal)),
            None if failed => (Outcome::Failed, Exit::Fault),
            None => (Outcome::Passed, Exit::Done),
        };
        let speeds = tested.speeds.iter().map(|measure| SpeedResult::new(measure, *limit)).collect();
        let mut this = Self {
            test: "dma",
            result,
            detail: String::new(),
            device: tested.device.clone(),
            range: RangeResult { start: range.start, start_hex: hex(range.start), bytes: range.length },
            seed: tested.seed.to_string(),
            seconds: tested.elapsed.as_secs_f64(),
            link: tested.link.clone(),
            limit: *limit,
            patterns: verified.passes.iter().map(PassResult::new).collect(),
            faults: verified.faults.iter().map(FaultResult::new).collect(),
            faults_left_out: verified.left_out,
            speeds,
            exit,
        };
        this.detail = this.in_words();
        this
    }

    /// `passed: 64 MiB at 0x00000000; h2c 12.31 GB/s, 85% of the link; c2h …`
    fn in_words(&self) -> String {
        let where_ = format!("{} at {}", ByteSize(self.range.bytes), self.range.start_hex);
        let time = spent(Duration::from_secs_f64(self.seconds));
        let count = self.faults.len() as u64 + self.faults_left_out;
        let faults = match self.faults.first() {
            None => String::new(),
            Some(first) => {
                let more = if count > 1 { format!(" ({count} faults)") } else { String::new() };
                format!(": {}{more}", first.detail)
            }
        };
        let mut words = match self.result {
            Outcome::Passed => format!("passed in {time}: {where_}"),
            Outcome::Failed => format!("failed{faults}, in {where_}"),
            _ => {
                let compared: u64 = self.patterns.iter().map(|pass| pass.bytes).sum();
                format!(
                    "interrupted after {time}, {} compared, of the range {where_}{faults}",
                    ByteSize(compared)
                )
            }
        };
        let speeds = self.told_speeds();
        for way in [Way::H2c, Way::C2h] {
            if let Some(best) = best(&speeds, way) {
                words.push_str(&format!("; {} {}", way.word(), best.in_words()));
            }
        }
        words
    }

    /// The speeds as tables tell them.
    pub(super) fn told_speeds(&self) -> Vec<Speed> {
        self.speeds.iter().map(SpeedResult::told).collect()
    }

    /// The parts of the test, for CI servers.
    pub(super) fn cases(&self) -> Vec<Case<'_>> {
        let patterns = self.patterns.iter().map(|pass| Case {
            name: pass.pattern,
            result: pass.result,
            detail: &pass.detail,
            seconds: pass.seconds,
        });
        let seconds = self.speeds.iter().map(|speed| speed.measure.seconds).fold(0.0, |sum, it| sum + it);
        let interrupted = self.result == Outcome::Interrupted;
        let result = if interrupted { Outcome::Interrupted } else { Outcome::Passed };
        let speed = Case { name: "speed", result, detail: &self.detail, seconds };
        let ended = Case { name: self.test, seconds: 0.0, ..speed };
        let measured = !self.speeds.is_empty();
        let last = if measured { Some(speed) } else { interrupted.then_some(ended) };
        patterns.chain(last).collect()
    }
}

impl PassResult {
    fn new(pass: &Pass) -> Self {
        let (result, detail) = match (pass.wrong_words, pass.rounds) {
            (0, 0) => (Outcome::NotDone, "it was not gone through".to_owned()),
            (0, _) => (Outcome::Passed, "passed".to_owned()),
            (wrong, _) => (Outcome::Failed, format!("{wrong} words are not what was written")),
        };
        Self {
            pattern: pass.pattern.word(),
            result,
            detail,
            rounds: pass.rounds,
            bytes: pass.bytes,
            seconds: pass.seconds,
            wrong_words: pass.wrong_words,
        }
    }
}

impl FaultResult {
    fn new(fault: &Fault) -> Self {
        let first = fault.first;
        let blank = Self {
            kind: "",
            detail: String::new(),
            address: first.address,
            address_hex: hex(first.address),
            expected: format!("{:#018x}", first.expected),
            found: format!("{:#018x}", first.found),
            bit: None,
            bus_bits: None,
            level: None,
            bytes: None,
            words: fault.words,
        };
        let at = &blank.address_hex;
        let (kind, what) = match fault.kind {
            Kind::Common(Cause::Stuck { bit, bus_bits, level }) => {
                let what = format!("bit {bit} of {bus_bits} of the data is always {level}");
                (
                    Self {
                        kind: "stuck",
                        bit: Some(bit),
                        bus_bits: Some(bus_bits),
                        level: Some(level),
                        ..blank.clone()
                    },
                    what,
                )
            }
            Kind::Common(Cause::Alias { bit }) => {
                let what = format!("bit {bit} of the address is not looked at");
                (Self { kind: "alias", bit: Some(bit), ..blank.clone() }, what)
            }
            Kind::Common(Cause::Shifted { bytes }) => {
                let what = format!("data are shifted by {bytes} bytes");
                (Self { kind: "shifted", bytes: Some(bytes), ..blank.clone() }, what)
            }
            Kind::Dropped(row) => {
                let bytes = i64::try_from(row.bytes).ok();
                let what = format!("a burst of {} bytes is not there", row.bytes);
                (Self { kind: "dropped", bytes, ..blank.clone() }, what)
            }
            Kind::Flipped(bits) => {
                let what = match bits.bits {
                    1 => format!("bit {} of the word is flipped", bits.bit),
                    count => format!("{count} bits of the word are flipped, the lowest is bit {}", bits.bit),
                };
                (Self { kind: "flipped", bit: Some(bits.bit), bus_bits: Some(64), ..blank.clone() }, what)
            }
        };
        Self { detail: format!("{what}, first at {at}"), ..kind }
    }
}

impl SpeedResult {
    fn new(measure: &Measure, limit: Option<LinkLimit>) -> Self {
        let ways = if measure.direction == Way::Both { 2.0 } else { 1.0 };
        let share_of_limit = limit.map(|limit| measure.bytes_per_second / (limit.bytes_per_second * ways));
        Self { measure: measure.clone(), share_of_limit }
    }

    fn told(&self) -> Speed {
        let Measure { direction, size, channels, bytes_per_second, p50_us, p99_us, .. } = self.measure;
        let share_of_limit = self.share_of_limit;
        Speed {
            way: direction,
            size: size as u64,
            channels,
            bytes_per_second,
            share_of_limit,
            p50_us,
            p99_us,
        }
    }
}

impl Report for DmaResult {
    const SCHEMA: &'static str = "faascmd.test.dma/1";

    fn human(&self, page: &mut Page) {
        let mark = if self.result == Outcome::Passed { "✓" } else { "✗" };
        page.line(format!("{mark} {:<6} {}", self.test, self.detail));
        let shown = self.faults.iter().take(SHOWN).map(|fault| {
            let words = fault.words.to_string();
            let row = [fault.kind, &fault.address_hex, &fault.expected, &fault.found, &words, &fault.detail];
            row.map(str::to_owned).to_vec()
        });
        if !self.faults.is_empty() {
            let columns = ["fault", "address", "expected", "found", "words", "what"];
            page.table(&columns, &shown.collect::<Vec<_>>());
        }
        let more = self.faults.len().saturating_sub(SHOWN) as u64 + self.faults_left_out;
        if more > 0 {
            page.line(format!("and {more} more"));
        }
        if !self.speeds.is_empty() {
            page.table(&COLUMNS, &self.told_speeds().iter().map(Speed::row).collect::<Vec<_>>());
        }
    }
}

//! `faascmd test dma`

use std::time::{Duration, Instant};

use clap::Args;
use jiff::Timestamp;

use super::dma_result::{DmaResult, Tested};
use super::reports::{ReportArgs, Reports};
use super::told::{Broken, Told};
use super::under_test::on;
use crate::base::cancel::Cancel;
use crate::base::duration::some_time;
use crate::base::progress::Progress;
use crate::base::size::ByteSize;
use crate::cli::Exit;
use crate::cli::commands::dma::{amount, lock_of, range};
use crate::cli::commands::left_running::{free, registers_of};
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::device::{Direction, DmaNodes, Lock, MOST_CHANNELS, number};
use crate::dma::{
    Channel, LinkLimit, Measure, Pattern, Range, SpeedPlan, Verified, VerifyPlan, Way, measure, verify,
};

/// Bytes of a transfer while patterns are compared, at most.
const VERIFY_SIZE: u64 = 4 << 20;
/// How long the speed is measured in all, unless something else is wanted.
const SPEED_TIME: Duration = Duration::from_secs(5);
/// What is tested of a simulated memory.
const SIMULATED: Range = Range { start: 0, length: 64 << 20 };

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd test dma --range 0x0+1GiB --yes
  faascmd test dma --range 0+64M --pattern address,prbs31 --verify-only --duration 1h
  faascmd test dma --range 0+256M --speed-only --size 4K..64M --channels 1..4 --html dma.html")]
pub(in crate::cli) struct DmaArgs {
    /// The memory to test, START+BYTES; in the sandbox 0+64MiB unless given
    #[arg(long, value_name = "RANGE", value_parser = range)]
    range: Option<Range>,
    /// address, prbs31, walking, zero, one
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "address,prbs31,walking,zero,one"
    )]
    pattern: Vec<Pattern>,
    /// Bytes of a transfer, LEAST..MOST in steps of four, or one size
    #[arg(long, value_name = "SIZES", default_value = "4KiB..64MiB", value_parser = sizes)]
    size: Sizes,
    /// How many channels at once, LEAST..MOST or one number [default: 1, and all that there are]
    #[arg(long, value_name = "N", value_parser = channels)]
    channels: Option<Counts>,
    /// How long: patterns are repeated until then, and speeds measured over that time [default: patterns once, speeds 5s]
    #[arg(long, value_name = "TIME", value_parser = some_time)]
    duration: Option<Duration>,
    /// Only the patterns
    #[arg(long, conflicts_with = "speed_only")]
    verify_only: bool,
    /// Only the speeds
    #[arg(long)]
    speed_only: bool,
    /// Of prbs31; the same seed writes the same data [default: another each time]
    #[arg(long, value_name = "N", value_parser = number)]
    seed: Option<u64>,
    #[command(flatten)]
    reports: ReportArgs,
    /// Go on although another process has the memory's lock
    #[arg(long)]
    no_lock: bool,
    /// Test also a device that is no FPGA as far as can be told
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sizes {
    least: u64,
    most: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Counts {
    least: u8,
    most: u8,
}

/// Runs the command.
pub(super) fn run(args: &DmaArgs, cx: &Context) -> Outcome {
    let mut reports = Reports::open(&args.reports)?;
    let (subject, facts) = on(cx);
    let told = Told { facts: &facts, ..Told::of("dma", &subject, Timestamp::now()) };
    let opened = args.test().and_then(|test| {
        let range = default_range(args.range, cx)?;
        test.permit(range, cx)?;
        let engines = test.engines(range, cx)?;
        let registers = registers_of(&engines.nodes, test.lock, cx)?;
        Ok((test, range, engines, registers))
    });
    let tested = match opened {
        // Where the memory is locked, the reports may be those of who has the lock.
        Err(refused) if refused.exit == Exit::Conflict => return Err(refused),
        opened => opened.and_then(|(test, range, engines, registers)| {
            let cancel = cx.cancel()?;
            if let Some(registers) = &registers {
                free((registers, &engines.nodes.registers()), &cancel, cx)?;
            }
            reports.begin(&Told { broken: Some(Broken::unless_ended("dma")), ..told }, &cx.ui);
            test.run_on(&engines, range, (&cancel, &*cx.ui.progress()))
        }),
    };
    let result = tested.inspect_err(|failure| {
        let broken = Some(Broken { test: "dma", why: &failure.message });
        reports.write(&Told { broken, ..told }, &cx.ui);
    })?;
    reports.write(&Told { results: &[result.clone().into()], ..told }, &cx.ui);
    let exit = result.exit;
    cx.ui.print_with(&result, exit)
}

/// The range, which only a simulated memory has by itself.
pub(in crate::cli::commands) fn default_range(range: Option<Range>, cx: &Context) -> Result<Range, Failure> {
    let simulated = || cx.dma_nodes().is_ok_and(|nodes| nodes.is_simulated());
    range.or_else(|| simulated().then_some(SIMULATED)).ok_or_else(|| {
        Failure::new(Exit::Usage, "which memory may be overwritten is not said")
            .hint("name it as START+BYTES, such as 0x0+1GiB; `deploy` and `fleet` call the flag --dma-range, `test dma` --range")
    })
}

/// The test, as it is wanted.
#[derive(Clone, Debug)]
pub(in crate::cli::commands) struct DmaTest {
    patterns: Vec<Pattern>,
    sizes: Sizes,
    channels: Option<Counts>,
    duration: Option<Duration>,
    verifies: bool,
    measures: bool,
    seed: u64,
    lock: bool,
    force: bool,
}

impl DmaArgs {
    fn test(&self) -> Result<DmaTest, Failure> {
        let mut patterns: Vec<Pattern> = Vec::new();
        for pattern in &self.pattern {
            if !patterns.contains(pattern) {
                patterns.push(*pattern);
            }
        }
        Ok(DmaTest {
            patterns,
            sizes: self.size,
            channels: self.channels,
            duration: self.duration,
            verifies: !self.speed_only,
            measures: !self.verify_only,
            seed: self.seed.unwrap_or_else(|| fastrand::u64(..)),
            lock: !self.no_lock,
            force: self.force,
        })
    }
}

impl Default for DmaTest {
    /// All patterns once, and speeds for as long as they are measured by default.
    fn default() -> Self {
        Self {
            patterns: Pattern::ALL.to_vec(),
            sizes: Sizes { least: 4 << 10, most: 64 << 20 },
            channels: None,
            duration: None,
            verifies: true,
            measures: true,
            seed: fastrand::u64(..),
            lock: true,
            force: false,
        }
    }
}

/// The channels of a test, open, locked, and agreed to.
struct Engines {
    nodes: DmaNodes,
    h2c: Vec<Channel>,
    c2h: Vec<Channel>,
    counts: Vec<usize>,
    _lock: Option<Lock>,
}

impl DmaTest {
    /// Tests a range; a signal ends it after a transfer.
    pub(in crate::cli::commands) fn run(
        &self,
        range: Range,
        cx: &Context,
        way: (&Cancel, &dyn Progress),
    ) -> Result<DmaResult, Failure> {
        self.run_on(&self.engines(range, cx)?, range, way)
    }

    fn run_on(
        &self,
        engines: &Engines,
        range: Range,
        (cancel, progress): (&Cancel, &dyn Progress),
    ) -> Result<DmaResult, Failure> {
        let began = Instant::now();
        let verified = if self.verifies {
            self.verify(engines, range, (cancel, progress))?
        } else {
            Verified::default()
        };
        // A memory that is wrong has no speed that would be worth knowing.
        let measures = self.measures && verified.faults.is_empty();
        let speeds = if measures { self.measure(engines, range, (cancel, progress))? } else { Vec::new() };
        Ok(DmaResult::new(&Tested {
            device: engines.nodes.stem().to_owned(),
            range,
            seed: self.seed,
            elapsed: began.elapsed(),
            link: engines.nodes.link(),
            limit: LinkLimit::of(&engines.nodes),
            verified,
            speeds,
            interrupted: cancel.signal(),
        }))
    }

    /// Asks whether the range may be overwritten, which every caller does before anything else.
    pub(in crate::cli::commands) fn permit(&self, range: Range, cx: &Context) -> Result<(), Failure> {
        let (bytes, start, device) = (ByteSize(range.length), range.start, cx.device_name());
        let question =
            format!("The DMA test overwrites {bytes} at {start:#x} of the memory of {device}. Go on?");
        if cx.ui.confirms(&question)? {
            return Ok(());
        }
        Err(Failure::new(Exit::Failed, "nothing was tested, and nothing overwritten"))
    }

    fn engines(&self, range: Range, cx: &Context) -> Result<Engines, Failure> {
        let nodes = cx.dma_nodes()?;
        let (to, from) = (nodes.channels(Direction::H2c), nodes.channels(Direction::C2h));
        let available = to.len().min(from.len());
        let most = self.channels.map_or(available, |counts| usize::from(counts.most)).max(1);
        if most > available {
            let message = format!("{} has {available} channels each way, not {most}", nodes.stem());
            return Err(Failure::new(Exit::NoDevice, message).hint("`faascmd dma info` lists them"));
        }
        if !self.force {
            let first = to.first().copied().unwrap_or(0);
            nodes.locate(Direction::H2c, first)?.check_fpga().map_err(Failure::of_foreign)?;
        }
        let open = |direction, channels: &[u8]| -> Result<Vec<Channel>, Failure> {
            channels.iter().take(most).map(|channel| cx.dma_channel(&nodes, direction, *channel)).collect()
        };
        let (h2c, c2h) = (open(Direction::H2c, &to)?, open(Direction::C2h, &from)?);
        for channel in h2c.iter().chain(&c2h) {
            channel.check(range.start, range.length)?;
        }
        let lock = if self.lock { Some(lock_of(cx, &nodes)?) } else { None };
        let counts = match self.channels {
            Some(counts) => (usize::from(counts.least)..=most).collect(),
            None if most > 1 => vec![1, most],
            None => vec![1],
        };
        Ok(Engines { nodes, h2c, c2h, counts, _lock: lock })
    }

    fn verify(
        &self,
        engines: &Engines,
        range: Range,
        (cancel, progress): (&Cancel, &dyn Progress),
    ) -> Result<Verified, Failure> {
        let size = VERIFY_SIZE.min(self.sizes.most).min(range.length).next_multiple_of(8);
        Ok(verify(VerifyPlan {
            h2c: &engines.h2c,
            c2h: &engines.c2h,
            range,
            patterns: &self.patterns,
            seed: self.seed,
            size: usize::try_from(size).unwrap_or(usize::MAX),
            duration: self.duration.unwrap_or_default(),
            cancel,
            progress,
        })?)
    }

    fn measure(
        &self,
        engines: &Engines,
        range: Range,
        (cancel, progress): (&Cancel, &dyn Progress),
    ) -> Result<Vec<Measure>, Failure> {
        let sizes = self.sizes.within(range);
        if sizes.last() != Some(&self.sizes.most) {
            let length = ByteSize(range.length);
            progress.note(format!("transfers longer than the range of {length} are not measured"));
        }
        let points = sizes.len() * engines.counts.len() * Way::ALL.len();
        let time = self.duration.unwrap_or(SPEED_TIME) / u32::try_from(points.max(1)).unwrap_or(u32::MAX);
        let mut speeds = Vec::new();
        for count in &engines.counts {
            let (h2c, c2h) = (&engines.h2c[..*count], &engines.c2h[..*count]);
            for way in Way::ALL {
                for size in &sizes {
                    if cancel.signal().is_some() {
                        return Ok(speeds);
                    }
                    let size = usize::try_from(*size).unwrap_or(usize::MAX);
                    speeds.push(measure(SpeedPlan { h2c, c2h, way, range, size, time, cancel })?);
                }
            }
        }
        Ok(speeds)
    }
}

impl Sizes {
    /// In steps of four, and the last one; those that the range has room for.
    fn within(self, range: Range) -> Vec<u64> {
        let steps = std::iter::successors(Some(self.least), |size| size.checked_mul(4));
        let mut sizes: Vec<u64> = steps.take_while(|size| *size < self.most).chain([self.most]).collect();
        sizes.retain(|size| *size <= range.length);
        if sizes.is_empty() { vec![range.length] } else { sizes }
    }
}

fn sizes(text: &str) -> Result<Sizes, String> {
    let (least, most) = text.split_once("..").unwrap_or((text, text));
    let sizes = Sizes { least: amount(least)?, most: amount(most)? };
    let whole = sizes.least.is_multiple_of(8) && sizes.most.is_multiple_of(8);
    if sizes.least == 0 || sizes.least > sizes.most || !whole || sizes.most > 1 << 30 {
        return Err("write LEAST..MOST, such as 4K..64M: multiples of 8, up to 1GiB".to_owned());
    }
    Ok(sizes)
}

fn channels(text: &str) -> Result<Counts, String> {
    let wrong = || format!("write LEAST..MOST or a number, from 1 to {MOST_CHANNELS}");
    let (least, most) = text.split_once("..").unwrap_or((text, text));
    let count = |text: &str| text.parse::<u8>().ok().filter(|count| (1..=MOST_CHANNELS).contains(count));
    let (least, most) = (count(least).ok_or_else(wrong)?, count(most).ok_or_else(wrong)?);
    if least > most { Err(wrong()) } else { Ok(Counts { least, most }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_go_in_steps_of_four_as_far_as_the_range_has_room() {
        let range = Range { start: 0, length: 1 << 20 };
        let within = |text: &str| sizes(text).unwrap().within(range);
        assert_eq!(within("4K..64K"), [4 << 10, 16 << 10, 64 << 10]);
        assert_eq!(within("4K..20K"), [4 << 10, 16 << 10, 20 << 10]);
        assert_eq!(within("256K..64M"), [256 << 10, 1 << 20]);
        assert_eq!(within("4M"), [1 << 20]);
        for wrong in ["0", "8K..4K", "4", "2G", "x", "4K..", ".."] {
            assert!(sizes(wrong).is_err(), "{wrong}");
        }
        assert_eq!(channels("1..4"), Ok(Counts { least: 1, most: 4 }));
        for wrong in ["0", "5", "2..1", "", "1..5"] {
            assert!(channels(wrong).is_err(), "{wrong}");
        }
    }
}

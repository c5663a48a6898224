//! `faascmd reg dump RANGE|MAP|PATTERN`

use std::path::Path;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::maps::{self, Maps, quoted};
use super::target::{Target, TargetArgs, WidthArgs};
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::device::{FieldReading, Harm, Reading, Register, RegisterAccess, RegisterMap, Width, hex, number};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd reg dump ddr_prbs
  faascmd reg dump 0x0..0x40            from 0x0 to before 0x40
  faascmd reg dump 0x100+0x20           0x20 bytes from 0x100
  faascmd reg dump 'DMA_*' --map csr.json
  faascmd reg dump 0x0..0x40 --width 8  byte by byte, of a device that takes such accesses
  faascmd reg dump my.toml -o json > before.json")]
pub(in crate::cli) struct DumpCommand {
    #[command(flatten)]
    dump: DumpArgs,
    #[command(flatten)]
    target: TargetArgs,
}

// What a line of a script says too. (A doc comment would become that of each command.)
#[derive(Clone, Debug, Args)]
pub(super) struct DumpArgs {
    /// START..END (END is not read), START+BYTES, a map's file, `ddr_prbs`, a register, or a pattern of names
    #[arg(value_name = "RANGE|MAP|PATTERN")]
    what: String,
    /// Read also registers that reading clears, or that have no readable value
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    width: WidthArgs,
}

/// Where, how wide, and the register that a map names there.
type Access = (u64, Width, Option<Box<Register>>);

/// As a document, a reading takes 1.4 KB of memory. A BAR of 1 MiB is dumped whole.
const LONGEST_RANGE: usize = 1 << 18;
const TOO_LONG: &str = "dump it in parts; memory is read by `faascmd dma read`";

/// The verb, understood: accesses and what a map says of them.
#[derive(Debug)]
pub(super) struct Dump {
    map: Option<String>,
    registers: Vec<Access>,
    left_out: Vec<String>,
}

/// What the registers read.
#[derive(Debug, Serialize)]
pub(super) struct DumpReport {
    device: String,
    time: Timestamp,
    map: Option<String>,
    items: Vec<Reading>,
    /// Registers of the map that were not read.
    left_out: Vec<String>,
}

/// Runs the command.
pub(super) fn run(args: &DumpCommand, cx: &Context) -> Outcome {
    let maps = Maps::load(args.target.map.as_deref())?;
    args.dump.refuse_another_map(args.target.map.as_deref(), &maps)?;
    let dump = args.dump.understood(&maps)?;
    let target = Target::to_read(&args.target, cx)?;
    dump.check(&target)?;
    let report = dump.perform(&target)?;
    report.note().iter().for_each(|note| cx.ui.note(note));
    cx.ui.print(&report)
}

impl DumpArgs {
    /// A map that is dumped names its registers itself.
    fn refuse_another_map(&self, map: Option<&str>, maps: &Maps) -> Result<(), Failure> {
        let Self { what, .. } = self;
        let Some(map) = map.filter(|map| *map != what && *map != maps::NONE && !self.is_range()) else {
            return Ok(());
        };
        match maps.fitting(what) {
            Err(_) if RegisterMap::built_in(what).is_some() || Path::new(what).exists() => {
                let message = format!("{what} is a map itself, and --map {map} says nothing of it");
                Err(Failure::new(Exit::Usage, message).hint(format!("faascmd reg dump {}", quoted(map))))
            }
            fitting => fitting.map(|_| ()),
        }
    }

    fn is_range(&self) -> bool {
        self.what.starts_with(|c: char| c.is_ascii_digit())
    }

    /// Finds the range, the registers of a map in force, or the map.
    pub(super) fn understood(&self, maps: &Maps) -> Result<Dump, Failure> {
        if self.is_range() {
            return self.range(maps);
        }
        let (name, registers) = match maps.fitting(&self.what) {
            Ok((map, registers)) => (map.name.clone(), registers.into_iter().cloned().collect()),
            Err(none) if maps::is_pattern(&self.what) => return Err(none),
            Err(_) => {
                let map = maps::map(&self.what)?;
                (map.name, map.registers)
            }
        };
        if self.width.width.is_some() {
            return Err(Failure::new(
                Exit::Usage,
                "--width is for a range: a map says how wide its registers are",
            ));
        }
        let readable = |register: &Register| self.force || register.reads_without_harm();
        let (read, left_out): (Vec<_>, Vec<_>) = registers.into_iter().partition(readable);
        Ok(Dump {
            map: Some(name),
            registers: read.into_iter().map(|it| (it.offset, it.width, Some(Box::new(it)))).collect(),
            left_out: left_out.into_iter().map(|register| register.name).collect(),
        })
    }

    fn range(&self, maps: &Maps) -> Result<Dump, Failure> {
        let asked = self.width.width;
        let (start, end) = range(&self.what, asked.unwrap_or_default())?;
        let map = maps.given();
        let cleared = |register: &&Register| {
            register.bits_of(RegisterAccess::Rc) != 0 && register.offset < end && register.last() >= start
        };
        let harmed = map.and_then(|map| map.registers.iter().find(cleared)).filter(|_| !self.force);
        if let Some(register) = harmed {
            return Err(Harm::InRange(register.name.clone()).into());
        }
        let stretch = Stretch { map, asked, end };
        let next = |(offset, width, _): &Access| stretch.at(offset + u64::from(width.bytes()));
        let accesses = std::iter::successors(stretch.at(start), next);
        let registers: Vec<Access> = accesses.take(LONGEST_RANGE + 1).collect();
        if registers.len() > LONGEST_RANGE {
            let message = format!("`{}` is longer than {LONGEST_RANGE} accesses", self.what);
            return Err(Failure::new(Exit::Usage, message).hint(TOO_LONG));
        }
        Ok(Dump { map: map.map(|map| map.name.clone()), registers, left_out: Vec::new() })
    }
}

/// A range from the next access on.
struct Stretch<'a> {
    map: Option<&'a RegisterMap>,
    asked: Option<Width>,
    end: u64,
}

impl Stretch<'_> {
    /// The access at an offset, by the map's width where that register lies in the range whole.
    fn at(&self, offset: u64) -> Option<Access> {
        let left = self.end.checked_sub(offset).filter(|left| *left > 0)?;
        // Of another width, what is read there is not that register's value.
        let fits = |it: &&Register| {
            self.asked.is_none_or(|width| width == it.width) && u64::from(it.width.bytes()) <= left
        };
        let register = self.map.and_then(|map| map.at(offset)).filter(fits);
        let width = register.map(|register| register.width).or(self.asked);
        Some((offset, width.unwrap_or_else(|| self.between(offset)), register.cloned().map(Box::new)))
    }

    /// The widest access between registers, up to the next one.
    fn between(&self, offset: u64) -> Width {
        let registers = self.map.map_or(&[][..], |map| &map.registers);
        let next = registers.get(registers.partition_point(|register| register.offset <= offset));
        let room = next.map_or(self.end, |next| next.offset.min(self.end)) - offset;
        let fits = |width: &Width| {
            let bytes = u64::from(width.bytes());
            offset.is_multiple_of(bytes) && bytes <= room
        };
        [Width::default(), Width::W16].into_iter().find(fits).unwrap_or(Width::W8)
    }
}

/// `START..END` or `START+BYTES`, in whole accesses.
fn range(text: &str, width: Width) -> Result<(u64, u64), Failure> {
    let wrong = |why: &str| {
        Failure::new(Exit::Usage, format!("`{text}` {why}"))
            .hint("write START..END (END is not read) or START+BYTES, such as 0x0..0x40 or 0x100+32")
    };
    let (start, end) = if let Some((start, end)) = text.split_once("..") {
        (number(start)?, number(end)?)
    } else if let Some((start, length)) = text.split_once('+') {
        let start = number(start)?;
        (start, start.checked_add(number(length)?).ok_or_else(|| wrong("has no end"))?)
    } else {
        return Err(wrong("is not a range"));
    };
    if start >= end {
        return Err(wrong("is empty"));
    }
    let bytes = width.bytes();
    if !start.is_multiple_of(bytes.into()) || !end.is_multiple_of(bytes.into()) {
        return Err(wrong(&format!("does not begin and end at a multiple of {bytes}")));
    }
    Ok((start, end))
}

impl Dump {
    /// Refuses what leaves the device, before anything is read.
    pub(super) fn check(&self, target: &Target) -> Result<(), Failure> {
        let check = |(offset, width, _): &_| target.check_access(*offset, *width);
        Ok(self.registers.iter().try_for_each(check)?)
    }

    /// Reads each register once.
    pub(super) fn perform(&self, target: &Target) -> Result<DumpReport, Failure> {
        let mut items = Vec::with_capacity(self.registers.len());
        for (offset, width, register) in &self.registers {
            let word = target.device.read_width(*offset, *width)?;
            items.push(Reading::new(*offset, word, (register.as_deref(), *width)));
        }
        // Some registers may well read all ones; when every one does, nobody answers.
        if let Some(first) =
            items.first().filter(|_| items.iter().all(|item| item.value == item.width.all_ones()))
        {
            target.judge(first.offset, first.value, first.width)?;
        }
        Ok(DumpReport {
            device: target.device.path().display().to_string(),
            time: Timestamp::now(),
            map: self.map.clone(),
            items,
            left_out: self.left_out.clone(),
        })
    }
}

impl DumpReport {
    /// What was left out.
    pub(super) fn note(&self) -> Option<String> {
        maps::left_out(&self.left_out, "--force reads them")
    }
}

impl Report for DumpReport {
    const SCHEMA: &'static str = "faascmd.reg.dump/1";

    fn human(&self, page: &mut Page) {
        if self.items.iter().any(|item| item.name.is_some()) {
            let row = |item: &Reading| {
                let value = item.width.hex(item.value);
                vec![item.label(), hex(item.offset), value, fields(&item.fields)]
            };
            let rows: Vec<_> = self.items.iter().map(row).collect();
            return page.table(&["register", "address", "value", "fields"], &rows);
        }
        let Some(width) = self.items.first().map(|item| item.width) else { return };
        let digits = usize::from(width.bits()) / 4;
        for line in self.items.chunks(16 / usize::from(width.bytes())) {
            let words: Vec<String> = line.iter().map(|item| format!("{:0digits$x}", item.value)).collect();
            page.line(format!("{:08x}: {}", line[0].offset, words.join(" ")));
        }
    }
}

fn fields(fields: &[FieldReading]) -> String {
    let shown: Vec<String> = fields.iter().map(|field| format!("{}={}", field.name, field.shown())).collect();
    shown.join(" ")
}

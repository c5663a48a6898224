//! `faascmd reg restore SNAPSHOT`

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::diff::Document;
use super::maps;
use super::target::{Target, TargetArgs, Wanted};
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::device::RegisterAccess::{Rw, W1c, Wo};
use crate::device::{Access, Reading, Register, RegisterMap, Width, hex};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd reg dump my.toml -o json > good.json
  faascmd reg restore good.json --map my.toml --dry-run
  faascmd reg restore good.json --map my.toml")]
pub(in crate::cli) struct RestoreArgs {
    /// Dump, as `reg dump -o json` wrote it
    #[arg(value_name = "SNAPSHOT.json")]
    snapshot: PathBuf,
    /// Show what would be written; write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    target: TargetArgs,
    /// Go on although another process has the device's lock
    #[arg(long)]
    no_lock: bool,
    /// Write also to a device that is no FPGA
    #[arg(long)]
    force: bool,
}

/// A register that is to have a value again.
#[derive(Debug)]
struct Restored {
    register: Register,
    value: u64,
}

/// A reading that is not written back.
#[derive(Debug)]
struct LeftOut {
    label: String,
    /// Why, where the access that the map says of it is not the reason.
    why: Option<String>,
}

#[derive(Debug, Serialize)]
struct RestoreReport {
    device: String,
    /// The registers that differed.
    items: Vec<Item>,
    /// Registers of the snapshot that are not rw, or not in the map.
    left_out: Vec<String>,
    /// False for a dry run.
    written: bool,
}

#[derive(Debug, Serialize)]
struct Item {
    name: String,
    offset: u64,
    address: String,
    old: u64,
    value: u64,
    hex: String,
    #[serde(skip)]
    width: Width,
}

/// Runs the command.
pub(super) fn run(args: &RestoreArgs, cx: &Context) -> Outcome {
    let (registers, left_out) = args.registers()?;
    let access = if args.dry_run { Access::Read } else { Access::Write };
    let wanted = Wanted { access, lock: !args.no_lock && !args.dry_run, force: args.force };
    let target = Target::locked(&args.target, wanted, cx)?;
    for Restored { register, .. } in &registers {
        target.check_access(register.offset, register.width)?;
    }
    let mut items = Vec::new();
    for restored in &registers {
        items.extend(restored.difference(&target)?);
    }
    if !args.dry_run {
        write_and_verify(&items, &registers, &target)?;
    }
    if !left_out.is_empty() {
        let said: Vec<String> = left_out.iter().map(LeftOut::said).collect();
        cx.ui.note(&format!(
            "left out, as the map does not call them rw, or a look does harm: {}",
            said.join(", ")
        ));
    }
    let left_out = left_out.into_iter().map(|reading| reading.label).collect();
    let device = target.device.path().display().to_string();
    cx.ui.print(&RestoreReport { device, items, left_out, written: !args.dry_run })
}

impl RestoreArgs {
    /// What the snapshot and the map say together: what to restore, and the rest.
    fn registers(&self) -> Result<(Vec<Restored>, Vec<LeftOut>), Failure> {
        let document = Document::read(&self.snapshot)?;
        let map = self.map(&document)?;
        let (mut registers, mut left_out) = (Vec::new(), Vec::new());
        for reading in document.items {
            let there = map.all_at(reading.offset);
            let mut meant = there.iter().filter(|register| is_meant(register, &reading)).peekable();
            let whole = meant.peek().is_some();
            if let Some(register) = there.iter().find(|it| !whole && is_field_of(it, &reading)) {
                return Err(no_field(&reading, register).at(self.snapshot.display()));
            }
            match meant.find(|register| can_be_restored(register, reading.width)) {
                Some(register) => {
                    registers.push(Restored { register: register.clone(), value: reading.value });
                }
                None => left_out.push(LeftOut::of(&reading, there)),
            }
        }
        Ok((registers, left_out))
    }

    fn map(&self, document: &Document) -> Result<RegisterMap, Failure> {
        if let Some(name) = &self.target.map {
            return maps::map(name);
        }
        let built_in = document.map.as_deref().and_then(RegisterMap::built_in);
        built_in.ok_or_else(|| {
            let message = "without a register map nobody knows which registers may be written";
            Failure::new(Exit::Usage, message).hint("add --map FILE, the map of the dump")
        })
    }
}

impl LeftOut {
    fn of(reading: &Reading, there: &[Register]) -> Self {
        let names: Vec<&str> = there.iter().map(|register| register.name.as_str()).collect();
        let why = match there.iter().find(|register| is_meant(register, reading)) {
            Some(Register { clears, .. }) => {
                clears.as_ref().map(|other| format!("reading it clears {other}"))
            }
            None => (!names.is_empty()).then(|| format!("the map has {} there", names.join(", "))),
        };
        Self { label: reading.label(), why }
    }

    fn said(&self) -> String {
        self.why.as_ref().map_or_else(|| self.label.clone(), |why| format!("{} ({why})", self.label))
    }
}

/// Whether the register has the reading's name: another one may stand at the offset now.
fn is_meant(register: &Register, reading: &Reading) -> bool {
    reading.name.as_ref().is_none_or(|name| register.name.eq_ignore_ascii_case(name))
}

/// Whether it is `REGISTER.FIELD`, as `reg read` of a field gives it.
fn is_field_of(register: &Register, reading: &Reading) -> bool {
    let rest = reading.name.as_deref().and_then(|name| name.strip_prefix(register.name.as_str()));
    rest.is_some_and(|rest| rest.starts_with('.'))
}

fn no_field(field: &Reading, register: &Register) -> Failure {
    let message = format!("{} is a field, and registers are restored whole", field.label());
    let hint = format!("`faascmd reg read {} -o json` and `reg dump -o json` read whole ones", register.name);
    Failure::new(Exit::Usage, message).hint(hint)
}

/// Whether reading it does no harm, and some of its bits can be written and read back.
fn can_be_restored(register: &Register, width: Width) -> bool {
    let bits = |access| register.bits_of(access);
    bits(Rw) != 0 && bits(Wo) == 0 && register.reads_without_harm() && register.width == width
}

impl Restored {
    /// What is to be written, where the device has another value.
    fn difference(&self, target: &Target) -> Result<Option<Item>, Failure> {
        let Self { register, value } = self;
        let old = target.device.read_width(register.offset, register.width)?;
        target.judge(register.offset, old, register.width)?;
        let rw = register.bits_of(Rw);
        if (old ^ value) & rw == 0 {
            return Ok(None);
        }
        // A 0 leaves alone what a 1 clears.
        let value = (value & rw | old & !rw) & !register.bits_of(W1c);
        Ok(Some(Item {
            name: register.name.clone(),
            offset: register.offset,
            address: hex(register.offset),
            old,
            value,
            hex: register.width.hex(value),
            width: register.width,
        }))
    }
}

/// Writes all, and then reads all: a register may depend on one that comes later.
fn write_and_verify(items: &[Item], registers: &[Restored], target: &Target) -> Result<(), Failure> {
    for item in items {
        target.device.write_width(item.offset, item.width, item.value)?;
    }
    let mut wrong = Vec::new();
    for Restored { register, value } in registers {
        let read = target.device.read_width(register.offset, register.width)?;
        if (read ^ value) & register.bits_of(Rw) != 0 {
            let hex = |value| register.width.hex(value);
            wrong.push(format!("{} reads {}, not {}", register.name, hex(read), hex(*value)));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failure::new(Exit::Fault, wrong.join("; "))) }
}

impl Report for RestoreReport {
    const SCHEMA: &'static str = "faascmd.reg.restore/1";

    fn human(&self, page: &mut Page) {
        for item in &self.items {
            page.cells(&[&item.name, &item.width.hex(item.old), &item.hex]);
        }
    }
}

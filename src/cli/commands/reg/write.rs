//! `faascmd reg write PLACE VALUE`

use clap::Args;
use serde::Serialize;

use super::maps::Maps;
use super::target::{Target, TargetArgs, Wanted, WidthArgs, masked};
use crate::base::private_file::state_folder;
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::ddr::forget_if_stopped;
use crate::device::{Access, Place, Register, Width, WriteKind, hex, number};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd reg write 0x14 1
  faascmd reg write 0x40 0xff00 --mask 0xff00 --verify
  faascmd reg write CTRL.MODE run --map my.toml --dry-run
  faascmd reg write CTRL.START=1 CTRL.MODE=burst vadd.length=0x1000 --map my.toml")]
pub(in crate::cli) struct WriteCommand {
    #[command(flatten)]
    write: WriteArgs,
    #[command(flatten)]
    target: TargetArgs,
    /// Go on although another process has the device's lock
    #[arg(long)]
    no_lock: bool,
}

// What a line of a script says too. (A doc comment would become that of each command.)
#[derive(Clone, Debug, Args)]
pub(super) struct WriteArgs {
    /// A place (address, register or REGISTER.FIELD) and its value (a number, or the name of one of a field's values); or
    /// any number of both, as PLACE=VALUE
    #[arg(required = true, value_name = "PLACE VALUE|PLACE=VALUE")]
    words: Vec<String>,
    /// Change only the bits that are 1 in the mask
    #[arg(long, value_name = "MASK", value_parser = number)]
    mask: Option<u64>,
    /// Read back and compare; exit 11 if it differs
    #[arg(long)]
    verify: bool,
    /// Show old and new value; write nothing
    #[arg(long)]
    dry_run: bool,
    /// Write also what the map says would do harm, and to a device that is no FPGA
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    width: WidthArgs,
}

/// The verb, understood.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) place: Place,
    label: String,
    value: u64,
    mask: u64,
    kind: WriteKind,
    dry_run: bool,
}

/// What was written.
#[derive(Debug, Serialize)]
pub(super) struct WriteReport {
    name: Option<String>,
    offset: u64,
    address: String,
    /// The register's value before, where it was read.
    old: Option<u64>,
    /// The register's value as written.
    value: u64,
    hex: String,
    #[serde(skip)]
    width: Width,
    /// False for a dry run.
    written: bool,
    /// Whether it was read back and found the same.
    verified: bool,
}

/// Runs the command.
pub(super) fn run(args: &WriteCommand, cx: &Context) -> Outcome {
    let writes = args.write.understood(&Maps::load(args.target.map.as_deref())?)?;
    let target = if args.write.dry_run {
        Target::to_read(&args.target, cx)?
    } else {
        let wanted = Wanted { access: Access::Write, lock: !args.no_lock, force: args.write.force };
        Target::locked(&args.target, wanted, cx)?
    };
    writes.iter().try_for_each(|write| write.check(&target))?;
    let mut reports = Vec::new();
    for write in &writes {
        let report = write.perform(&target)?;
        if report.written {
            cx.ui.note(&format!("wrote {} to {}", report.hex, write.label));
        }
        reports.push(report);
    }
    match <[WriteReport; 1]>::try_from(reports) {
        Ok([report]) => cx.ui.print(&report),
        Err(items) => cx.ui.print(&WritesReport { items }),
    }
}

impl WriteArgs {
    /// Finds the places and the values, and refuses what would do harm.
    pub(super) fn understood(&self, maps: &Maps) -> Result<Vec<Write>, Failure> {
        let pairs = self.pairs()?;
        if pairs.len() > 1 && self.mask.is_some() {
            return Err(Failure::new(Exit::Usage, "a mask is for one place"));
        }
        let mut writes: Vec<Write> = Vec::new();
        for (place, value) in pairs {
            let write = self.one(place, value, maps)?;
            match writes.iter_mut().find(|other| other.is_beside(&write)) {
                Some(other) => other.join(&write)?,
                None => writes.push(write),
            }
        }
        Ok(writes)
    }

    /// Places and values, in either way of writing them.
    fn pairs(&self) -> Result<Vec<(&str, &str)>, Failure> {
        let pairs: Option<Vec<(&str, &str)>> = self.words.iter().map(|word| word.split_once('=')).collect();
        match (&self.words[..], pairs) {
            (_, Some(pairs)) => Ok(pairs),
            ([place, value], None) if !place.contains('=') => Ok(vec![(place, value)]),
            _ => {
                let message = format!("`{}` is not PLACE VALUE, nor PLACE=VALUE...", self.words.join(" "));
                Err(Failure::new(Exit::Usage, message)
                    .hint("faascmd reg write 0x40 1, or for several: faascmd reg write 0x40=1 0x44=0xff"))
            }
        }
    }

    fn one(&self, place: &str, value: &str, maps: &Maps) -> Result<Write, Failure> {
        let place = maps.place_to_write(place)?;
        let place = of_value(place, value, maps)?.with_width(self.width.width)?;
        let value = place.parse_value(value)?;
        let partial = self.mask.is_some() || place.field().is_some();
        let kind = WriteKind { partial, verified: self.verify };
        let mask = masked(&place, value, self.mask)?;
        if !self.force {
            place.check_write(kind)?;
        }
        Ok(Write { label: place.label(), place, value, mask, kind, dry_run: self.dry_run })
    }
}

/// A register's field, where the value is the name of one of its values and of no other field's.
fn of_value(place: Place, value: &str, maps: &Maps) -> Result<Place, Failure> {
    let fields = place.register().map_or(&[][..], |register| &register.fields);
    let named = |name: &String| name.eq_ignore_ascii_case(value);
    let mut having = fields.iter().filter(|field| field.values.keys().any(named));
    match (place.field(), having.next(), having.next()) {
        (None, Some(field), None) => maps.place_to_write(&format!("{}.{}", place.label(), field.name)),
        _ => Ok(place),
    }
}

impl Write {
    /// A whole register, without flags.
    pub(super) fn plain(place: Place, value: &str) -> Result<Self, Failure> {
        let kind = WriteKind { partial: place.field().is_some(), verified: false };
        place.check_write(kind)?;
        let value = place.parse_value(value)?;
        Ok(Self { label: place.label(), place, value, mask: u64::MAX, kind, dry_run: false })
    }

    /// Whether both change fields of one register.
    fn is_beside(&self, other: &Self) -> bool {
        let same = self.place.offset == other.place.offset && self.place.width == other.place.width;
        same && self.kind.partial && other.kind.partial
    }

    /// Makes one write of two to fields of one register.
    fn join(&mut self, other: &Self) -> Result<(), Failure> {
        let (bits, others) = (self.bits_of_register(), other.bits_of_register());
        if bits & others != 0 {
            let message = format!("{} is given twice, or lies over {}", other.label, self.label);
            return Err(Failure::new(Exit::Usage, message));
        }
        self.value = self.value_of_register() | other.value_of_register();
        self.mask = bits | others;
        self.label = format!("{}, {}", self.label, other.label);
        self.place = self.place.whole();
        Ok(())
    }

    fn bits_of_register(&self) -> u64 {
        self.place.mask(self.mask)
    }

    fn value_of_register(&self) -> u64 {
        self.place.bits().placed(self.value & self.place.bits().largest()).unwrap_or_default()
    }

    /// Refuses a place outside the device.
    pub(super) fn check(&self, target: &Target) -> Result<(), Failure> {
        Ok(target.check(&self.place)?)
    }

    /// Whether the device must be open for writing.
    pub(super) fn writes(&self) -> bool {
        !self.dry_run
    }

    /// Reads if it must, writes, and reads back if it should.
    pub(super) fn perform(&self, target: &Target) -> Result<WriteReport, Failure> {
        let offset = self.place.offset;
        let old = if self.kind.partial || self.dry_run && self.reads_without_harm() {
            Some(target.read(&self.place)?)
        } else {
            None
        };
        let value = self.place.updated(old.unwrap_or_default(), self.value, self.mask);
        if !self.dry_run {
            target.device.write_width(offset, self.place.width, value)?;
            forget_if_stopped(state_folder().as_deref(), &target.device, offset, value);
        }
        let verified = self.kind.verified && !self.dry_run;
        if verified {
            self.verify(target, value)?;
        }
        let name = self.place.register().map(|_| self.label.clone());
        let (address, hex, written) = (hex(offset), self.place.width.hex(value), !self.dry_run);
        Ok(WriteReport { name, offset, address, old, value, hex, width: self.place.width, written, verified })
    }

    fn reads_without_harm(&self) -> bool {
        self.place.register().is_none_or(Register::reads_without_harm)
    }

    fn verify(&self, target: &Target, written: u64) -> Result<(), Failure> {
        let read = target.device.read_width(self.place.offset, self.place.width)?;
        if (read ^ written) & self.place.read_back(self.mask) == 0 {
            return Ok(());
        }
        target.judge(self.place.offset, read, self.place.width)?;
        let hex = |value| self.place.width.hex(value);
        let message =
            format!("{} reads {} after {} was written", self.place.label(), hex(read), hex(written));
        Err(Failure::new(Exit::Fault, message))
    }
}

/// Several.
#[derive(Debug, Serialize)]
struct WritesReport {
    items: Vec<WriteReport>,
}

impl Report for WritesReport {
    const SCHEMA: &'static str = "faascmd.reg.write.list/1";

    fn human(&self, page: &mut Page) {
        self.items.iter().for_each(|report| report.human(page));
    }
}

impl Report for WriteReport {
    const SCHEMA: &'static str = "faascmd.reg.write/1";

    /// Only a dry run has an answer: what would change.
    fn human(&self, page: &mut Page) {
        if !self.written {
            let label = self.name.as_ref().unwrap_or(&self.address);
            let old = self.old.map_or_else(|| "(not read)".to_owned(), |old| self.width.hex(old));
            page.line(format!("{label}: {old} → {}", self.hex));
        }
    }
}

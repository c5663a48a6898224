//! `faascmd reg write PLACE VALUE`

use clap::Args;
use serde::Serialize;

use super::maps::Maps;
use super::target::{Target, TargetArgs, Wanted, WidthArgs};
use crate::base::private_file::state_folder;
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::ddr::forget_if_stopped;
use crate::device::{Access, Place, Register, Width, WriteKind, hex, number};

/// Write a register or a field
///
/// A field or a mask changes only its own bits: the register is read, changed and written back. Everything else is one
/// write without a read.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd reg write 0x14 1
  faascmd reg write 0x40 0xff00 --mask 0xff00 --verify
  faascmd reg write CTRL.MODE run --map my.toml --dry-run")]
pub(in crate::cli) struct WriteCommand {
    #[command(flatten)]
    write: WriteArgs,
    #[command(flatten)]
    target: TargetArgs,
    /// Go on although another process has the device's lock
    #[arg(long)]
    no_lock: bool,
}

/// Write a register or a field
#[derive(Clone, Debug, Args)]
pub(super) struct WriteArgs {
    /// Address, register or REGISTER.FIELD
    place: String,
    /// Number, or the name of one of the field's values
    value: String,
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
    let write = args.write.understood(&Maps::load(args.target.map.as_deref())?)?;
    let target = if write.dry_run {
        Target::to_read(&args.target, cx)?
    } else {
        let wanted = Wanted { access: Access::Write, lock: !args.no_lock, force: args.write.force };
        Target::locked(&args.target, wanted, cx)?
    };
    write.check(&target)?;
    let report = write.perform(&target)?;
    if report.written {
        cx.ui.note(&format!("wrote {} to {}", report.hex, write.place.label()));
    }
    cx.ui.print(&report)
}

impl WriteArgs {
    /// Finds the place and the value, and refuses what would do harm.
    pub(super) fn understood(&self, maps: &Maps) -> Result<Write, Failure> {
        let place = maps.place_of(&self.place, self.width)?;
        let value = place.parse_value(&self.value)?;
        let partial = self.mask.is_some() || place.field().is_some();
        let kind = WriteKind { partial, verified: self.verify };
        if let Some(mask) = self.mask.filter(|mask| *mask > place.bits().largest()) {
            let message = format!(
                "the mask {mask:#x} does not fit {}, of {} bits",
                place.label(),
                place.bits().width()
            );
            return Err(Failure::new(Exit::Usage, message));
        }
        if !self.force {
            place.check_write(kind)?;
        }
        Ok(Write { place, value, mask: self.mask.unwrap_or(u64::MAX), kind, dry_run: self.dry_run })
    }
}

impl Write {
    /// A whole register, without flags.
    pub(super) fn plain(place: Place, value: &str) -> Result<Self, Failure> {
        let kind = WriteKind { partial: place.field().is_some(), verified: false };
        place.check_write(kind)?;
        let value = place.parse_value(value)?;
        Ok(Self { place, value, mask: u64::MAX, kind, dry_run: false })
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
        let name = self.place.register().map(|_| self.place.label());
        let (address, hex, written) = (hex(offset), self.place.width.hex(value), !self.dry_run);
        Ok(WriteReport { name, offset, address, old, value, hex, width: self.place.width, written, verified })
    }

    fn reads_without_harm(&self) -> bool {
        self.place.register().is_none_or(Register::reads_without_harm)
    }

    fn verify(&self, target: &Target, written: u64) -> Result<(), Failure> {
        let read = target.device.read_width(self.place.offset, self.place.width)?;
        if (read ^ written) & self.place.mask(self.mask) == 0 {
            return Ok(());
        }
        target.judge(self.place.offset, read, self.place.width)?;
        let hex = |value| self.place.width.hex(value);
        let message =
            format!("{} reads {} after {} was written", self.place.label(), hex(read), hex(written));
        Err(Failure::new(Exit::Fault, message))
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

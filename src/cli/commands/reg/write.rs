//! `faascmd reg write PLACE VALUE`

use clap::Args;
use serde::Serialize;

use super::bench::{Bench, BenchArgs, Maps};
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::output::{Page, Report};
use crate::device::{Access, Place, WriteKind, hex, word};

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
    bench: BenchArgs,
    /// Go on although another process has the device's lock
    #[arg(long)]
    no_lock: bool,
}

/// Write a register or a field
#[derive(Clone, Debug, Args)]
pub(super) struct WriteArgs {
    /// Address, register or REGISTER.FIELD
    place: String,
    /// Number of up to 32 bits, or the name of one of the field's values
    value: String,
    /// Change only the bits that are 1 in the mask
    #[arg(long, value_name = "MASK", value_parser = word)]
    mask: Option<u32>,
    /// Read back and compare; exit 11 if it differs
    #[arg(long)]
    verify: bool,
    /// Show old and new value; write nothing
    #[arg(long)]
    dry_run: bool,
    /// Write also what the map says would do harm
    #[arg(long)]
    force: bool,
}

/// The verb, understood.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) place: Place,
    value: u32,
    mask: u32,
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
    old: Option<u32>,
    /// The register's value as written.
    value: u32,
    hex: String,
    /// False for a dry run.
    written: bool,
    /// Whether it was read back and found the same.
    verified: bool,
}

/// Runs the command.
pub(super) fn run(args: &WriteCommand, cx: &Context) -> Outcome {
    let write = args.write.understood(&Maps::load(args.bench.map.as_deref())?)?;
    let opener = cx.opener(!args.no_lock);
    let device =
        if write.dry_run { opener.open(Access::Read)? } else { opener.open_locked(Access::Write)? };
    let bench = Bench::new(device, &args.bench);
    write.check(&bench)?;
    let report = write.perform(&bench)?;
    if report.written {
        cx.ui.note(&format!("wrote {} to {}", report.hex, write.place.label()));
    }
    cx.ui.print(&report)
}

impl WriteArgs {
    /// Finds the place and the value, and refuses what would do harm.
    pub(super) fn understood(&self, maps: &Maps) -> Result<Write, Failure> {
        let place = maps.place(&self.place)?;
        let value = place.parse_value(&self.value)?;
        let partial = self.mask.is_some() || place.field().is_some();
        let kind = WriteKind { partial, verified: self.verify };
        if !self.force {
            place.check_write(kind)?;
        }
        Ok(Write { place, value, mask: self.mask.unwrap_or(u32::MAX), kind, dry_run: self.dry_run })
    }
}

impl Write {
    /// A whole register, without flags.
    pub(super) fn plain(place: Place, value: &str) -> Result<Self, Failure> {
        let kind = WriteKind { partial: place.field().is_some(), verified: false };
        place.check_write(kind)?;
        let value = place.parse_value(value)?;
        Ok(Self { place, value, mask: u32::MAX, kind, dry_run: false })
    }

    /// Refuses a place outside the device.
    pub(super) fn check(&self, bench: &Bench) -> Result<(), Failure> {
        Ok(bench.check(&self.place)?)
    }

    /// Whether the device must be open for writing.
    pub(super) fn writes(&self) -> bool {
        !self.dry_run
    }

    /// Reads if it must, writes, and reads back if it should.
    pub(super) fn perform(&self, bench: &Bench) -> Result<WriteReport, Failure> {
        let offset = self.place.offset;
        let old = if self.kind.partial || self.dry_run && self.reads_without_harm() {
            Some(bench.read(offset)?)
        } else {
            None
        };
        let value = self.place.updated(old.unwrap_or_default(), self.value, self.mask);
        if !self.dry_run {
            bench.device.write32(offset, value)?;
        }
        let verified = self.kind.verified && !self.dry_run;
        if verified {
            self.verify(bench, value)?;
        }
        let name = self.place.register().map(|_| self.place.label());
        let (address, hex, written) = (hex(offset), hex(value), !self.dry_run);
        Ok(WriteReport { name, offset, address, old, value, hex, written, verified })
    }

    fn reads_without_harm(&self) -> bool {
        self.place.register().is_none_or(|register| register.access.reads_without_harm())
    }

    fn verify(&self, bench: &Bench, written: u32) -> Result<(), Failure> {
        let read = bench.device.read32(self.place.offset)?;
        if (read ^ written) & self.place.mask(self.mask) == 0 {
            return Ok(());
        }
        bench.judge(self.place.offset, read)?;
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
            let old = self.old.map_or_else(|| "(not read)".to_owned(), hex);
            page.line(format!("{label}: {old} → {}", self.hex));
        }
    }
}

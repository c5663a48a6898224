//! The open device that a verb works on, and how its reads are judged.

use clap::Args;

use crate::base::cancel::Cancel;
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::device::{Access, Device, DeviceError, Place, Width};

// The flags that the verbs share. (A doc comment would become that of each command.)
#[derive(Clone, Debug, Default, Args)]
pub(super) struct TargetArgs {
    /// Register map: TOML, xclbin, csr.json, csr.csv, SVD, .hwh, .xsa, or `ddr_prbs`; without it, names are of the image that
    /// was deployed last or of `ddr_prbs`, and addresses are just that; `none`: only of `ddr_prbs`
    #[arg(long, value_name = "MAP")]
    pub(super) map: Option<String>,
    /// Take 0xffffffff for a value, not for the sign of a dead link
    #[arg(long)]
    pub(super) all_ones_ok: bool,
}

// The flag of the verbs that access a place. (A doc comment would become that of each command.)
#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct WidthArgs {
    /// Bits of the access: 8, 16, 32 or 64 [default: what the map says, or else 32]
    #[arg(long = "width", value_name = "BITS")]
    pub(super) width: Option<Width>,
}

/// The mask as it was given, or all bits; neither it nor the value may say more than the place and the mask take.
pub(super) fn masked(place: &Place, value: u64, mask: Option<u64>) -> Result<u64, Failure> {
    let Some(mask) = mask else { return Ok(u64::MAX) };
    let (label, bits) = (place.label(), place.bits());
    if mask > bits.largest() {
        let message = format!("the mask {mask:#x} does not fit {label}, of {} bits", bits.width());
        return Err(Failure::new(Exit::Usage, message));
    }
    if value & !mask != 0 {
        return Err(Failure::new(Exit::Usage, format!("{value:#x} has bits outside the mask {mask:#x}")));
    }
    Ok(mask)
}

/// How a device is to be opened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) access: Access,
    pub(super) lock: bool,
    /// Also a device that is no FPGA.
    pub(super) force: bool,
}

#[derive(Debug)]
pub(super) struct Target {
    pub(super) device: Device,
    pub(super) all_ones_ok: bool,
    /// Set by a signal; only for verbs that last.
    pub(super) cancel: Cancel,
}

impl Target {
    /// For verbs that only look: takes no lock, so that one can look during a test.
    pub(super) fn to_read(args: &TargetArgs, cx: &Context) -> Result<Self, Failure> {
        Ok(Self::new(cx.opener(false).open(Access::Read)?, args))
    }

    /// Locked, unless the user wants to go on without.
    pub(super) fn locked(args: &TargetArgs, wanted: Wanted, cx: &Context) -> Result<Self, Failure> {
        let Wanted { access, lock, force } = wanted;
        if access == Access::Write {
            cx.permit_writing(force)?;
        }
        let device = cx.opener(lock).open_locked(access).map_err(Failure::of_locking)?;
        Ok(Self::new(device, args))
    }

    /// A signal just ends the program, as for verbs that are over at once.
    fn new(device: Device, args: &TargetArgs) -> Self {
        Self { device, all_ones_ok: args.all_ones_ok, cancel: Cancel::new() }
    }

    /// For verbs that last: a signal ends them tidily.
    pub(super) fn cancelled_by(self, cancel: Cancel) -> Self {
        Self { cancel, ..self }
    }

    /// Reads a place's register and judges all ones.
    pub(super) fn read(&self, place: &Place) -> Result<u64, Failure> {
        let word = self.device.read_width(place.offset, place.width)?;
        self.judge(place.offset, word, place.width)?;
        Ok(word)
    }

    /// All ones may mean that nobody answers.
    pub(super) fn judge(&self, offset: u64, word: u64, width: Width) -> Result<(), Failure> {
        if self.all_ones_ok {
            return Ok(());
        }
        self.device.check_alive(offset, word, width).map_err(|error| {
            let suspicious = matches!(error, DeviceError::AllOnes { .. });
            let failure = Failure::from(error);
            let hint = "if 0xffffffff is a value of this register: --all-ones-ok";
            if suspicious { failure.hint(hint) } else { failure }
        })
    }

    /// Refuses a place outside the device, or of a width that it does not take, before anything is accessed.
    pub(super) fn check(&self, place: &Place) -> Result<(), DeviceError> {
        self.check_access(place.offset, place.width)
    }

    pub(super) fn check_access(&self, offset: u64, width: Width) -> Result<(), DeviceError> {
        self.device.check_width(width)?;
        self.device.check(offset, width.bytes())
    }

    /// Fails if a signal came.
    pub(super) fn go_on(&self) -> Result<(), Failure> {
        self.cancel.signal().map_or(Ok(()), |signal| Err(Failure::interrupted(signal)))
    }
}

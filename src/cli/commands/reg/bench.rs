//! What the verbs share: the register map, the device and how its reads are judged.

use std::cell::OnceCell;

use clap::Args;

use crate::base::cancel::Cancel;
use crate::cli::Exit;
use crate::cli::error::Failure;
use crate::device::{Device, DeviceError, Place, RegisterMap, is_address, number};

/// The flags that the verbs share.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct BenchArgs {
    /// Register map, a TOML file or `ddr_prbs`; without it, names are of `ddr_prbs` and addresses are just that
    #[arg(long, value_name = "MAP")]
    pub(super) map: Option<String>,
    /// Take 0xffffffff for a value, not for the sign of a dead link
    #[arg(long)]
    pub(super) all_ones_ok: bool,
}

/// The map that was asked for, or the built-in one.
///
/// Only a map that was asked for says something about bare addresses: another design may be loaded.
#[derive(Debug)]
pub(super) struct Maps {
    given: Option<RegisterMap>,
    built_in: OnceCell<RegisterMap>,
}

impl Maps {
    /// Reads the map if one was named.
    pub(super) fn load(name: Option<&str>) -> Result<Self, Failure> {
        Ok(Self { given: name.map(map).transpose()?, built_in: OnceCell::new() })
    }

    /// The place that a text names.
    pub(super) fn place(&self, text: &str) -> Result<Place, Failure> {
        match &self.given {
            Some(map) => Ok(Place::parse(text, map)?),
            None if is_address(text) => Ok(Place::address(number(text)?)),
            None => Ok(Place::parse(text, self.built_in.get_or_init(RegisterMap::ddr_prbs))?),
        }
    }

    /// The map that says something about bare addresses.
    pub(super) fn given(&self) -> Option<&RegisterMap> {
        self.given.as_ref()
    }
}

/// A map by its built-in name, or from a file.
pub(super) fn map(name: &str) -> Result<RegisterMap, Failure> {
    if let Some(map) = RegisterMap::built_in(name) {
        return Ok(map);
    }
    let text = std::fs::read_to_string(name).map_err(|e| {
        let exit = if e.kind() == std::io::ErrorKind::NotFound { Exit::NotFound } else { Exit::Config };
        Failure::new(exit, format!("the register map {name} can't be read: {e}"))
            .hint("a map is a TOML file, or the built-in ddr_prbs; docs/registers.md has the format")
    })?;
    RegisterMap::parse(&text).map_err(|e| Failure::new(Exit::Config, e.to_string()).at(name))
}

/// An open device with the judgement of what is read there.
#[derive(Debug)]
pub(super) struct Bench {
    pub(super) device: Device,
    pub(super) all_ones_ok: bool,
    /// Set by a signal; only for verbs that last.
    pub(super) cancel: Cancel,
}

impl Bench {
    /// For verbs that are over at once: a signal just ends the program.
    pub(super) fn new(device: Device, args: &BenchArgs) -> Self {
        Self { device, all_ones_ok: args.all_ones_ok, cancel: Cancel::new() }
    }

    /// Reads a register and judges all ones.
    pub(super) fn read(&self, offset: u64) -> Result<u32, DeviceError> {
        let word = self.device.read32(offset)?;
        self.judge(offset, word)?;
        Ok(word)
    }

    /// All ones may mean that nobody answers.
    pub(super) fn judge(&self, offset: u64, word: u32) -> Result<(), DeviceError> {
        if self.all_ones_ok { Ok(()) } else { self.device.check_alive(offset, word) }
    }

    /// Refuses a place outside the device before anything is accessed.
    pub(super) fn check(&self, place: &Place) -> Result<(), DeviceError> {
        self.device.check(place.offset, 4)
    }

    /// Fails if a signal came.
    pub(super) fn go_on(&self) -> Result<(), Failure> {
        self.cancel.signal().map_or(Ok(()), |signal| Err(Failure::interrupted(signal)))
    }
}

//! Where the registers of the tests are, and how they are reached.

use std::path::Path;

use crate::device::{Device, DeviceError, RegisterMap};

/// The registers of a chip under test.
///
/// A trait, because a read may change what is read: a chip that clears its errors by reading can be played by code, and
/// not by a file.
pub trait Registers {
    /// Where they are, for people.
    fn path(&self) -> &Path;

    /// By what a device is known again, by whatever name it is opened.
    fn identity(&self) -> String {
        self.path().display().to_string()
    }

    /// Reads one, and makes sure that somebody answered.
    fn read(&self, offset: u64) -> Result<u32, DeviceError>;

    fn write(&self, offset: u64, value: u32) -> Result<(), DeviceError>;

    /// Fails when the device was taken away, though its old mapping may go on answering.
    fn check_present(&self) -> Result<(), DeviceError>;
}

impl Registers for Device {
    fn path(&self) -> &Path {
        Self::path(self)
    }

    fn identity(&self) -> String {
        self.node().located().identity()
    }

    fn read(&self, offset: u64) -> Result<u32, DeviceError> {
        self.read_live32(offset)
    }

    fn write(&self, offset: u64, value: u32) -> Result<(), DeviceError> {
        self.write32(offset, value)
    }

    fn check_present(&self) -> Result<(), DeviceError> {
        Self::check_present(self)
    }
}

/// Offsets of the reference design.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offsets {
    pub(super) smoke_start: u64,
    pub(super) smoke_done: u64,
    pub(super) prbs_start: u64,
    pub(super) prbs_stop: u64,
    pub(super) prbs_done: u64,
    pub(super) error: u64,
}

impl Offsets {
    pub(super) fn of_reference_design() -> Self {
        let map = RegisterMap::ddr_prbs();
        let offset = |name| map.register(name).expect("the built-in map has the test's registers").offset;
        Self {
            smoke_start: offset("SMOKE_START"),
            smoke_done: offset("SMOKE_DONE"),
            prbs_start: offset("PRBS_START"),
            prbs_stop: offset("PRBS_STOP"),
            prbs_done: offset("PRBS_DONE"),
            error: offset("ERROR"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_those_of_the_guide() {
        let guide = Offsets {
            smoke_start: 0x14,
            smoke_done: 0x24,
            prbs_start: 0x1c,
            prbs_stop: 0x20,
            prbs_done: 0x28,
            error: 0x30,
        };
        assert_eq!(Offsets::of_reference_design(), guide);
    }
}

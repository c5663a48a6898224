//! Registers behind a PCI BAR: find the device, map it, read and write one register at a time.
//!
//! [`Opener`] opens what the user named, [`Device`] makes checked accesses of one aligned 32-bit word each. The facts
//! about the xdma driver that this room relies on are told where they are used.

mod error;
mod locate;
mod lock;
mod mapping;
mod open;
mod pci;

pub use error::{DeviceError, WhyMissing};
pub use locate::{Kind, Located, locate};
pub use mapping::{LastWords, Word};
pub use open::{ALL_ONES, Access, Device, Node, Opener};
pub use pci::{BoundDriver, PciDevice, Roots, driver_in_use, full_address};

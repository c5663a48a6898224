//! Registers behind a PCI BAR: find the device, map it, read and write one register at a time.
//!
//! [`Opener`] opens what the user named, [`Device`] makes checked accesses of one aligned 32-bit word each, a
//! [`RegisterMap`] gives offsets names. The facts about the xdma driver that this room relies on are told where they
//! are used.

mod bits;
mod error;
mod info;
mod locate;
mod lock;
mod map;
mod mapping;
mod node;
mod number;
mod open;
mod pci;
mod place;
mod presence;
mod snapshot;

pub use error::{DeviceError, WhyMissing};
pub use info::{Info, Link};
pub use locate::locate;
pub use map::{Register, RegisterAccess, RegisterMap};
pub use mapping::{LastWords, Word};
pub use node::{Access, Node, page_size};
pub use number::{NotANumber, number, word};
pub use open::{Device, Opener};
pub use pci::{Roots, driver_in_use};
pub use place::{Harm, NotAPlace, Place, WriteKind, is_address};
pub use snapshot::{Difference, FieldReading, Reading, differences, hex};

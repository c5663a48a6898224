//! Registers behind a PCI BAR: find the device, map it, read and write one register at a time.
//!
//! [`Opener`] opens what the user named, [`Device`] makes checked accesses of one aligned 32-bit word each, a
//! [`RegisterMap`] gives offsets names. The facts about the xdma driver that this room relies on are told where they
//! are used.

mod bits;
mod dma_nodes;
mod error;
mod import;
mod info;
mod locate;
mod lock;
mod map;
mod map_text;
mod mapping;
mod node;
mod number;
mod open;
mod pci;
mod place;
mod plain_file;
mod presence;
mod snapshot;
mod width;

pub use bits::BitRange;
pub use dma_nodes::{Direction, DmaNodes, MOST_CHANNELS};
pub use error::{DeviceError, WhyMissing};
pub use info::{Info, Link};
pub use locate::{Kind, Located, locate, locate_path};
pub use lock::Lock;
pub use map::{Field, MapError, Register, RegisterAccess, RegisterMap};
pub use mapping::LastWords;
pub use node::{Access, Node, page_size};
pub use number::{NotANumber, number};
pub use open::{Device, Opener};
pub use pci::{Roots, driver_in_use, is_driver_loaded};
pub use place::{Harm, NotAPlace, Place, WriteKind, is_address};
pub use plain_file::{MeantBy, mark_as_device};
pub use snapshot::{Difference, FieldReading, Reading, differences, hex};
pub use width::Width;

//! Why a device can't be used, said so that the reader knows which node, which permission, which driver.

use std::io;
use std::path::PathBuf;

use super::width::Width;

/// A device that can't be used, or an access that was refused before it was made.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// There is no such node.
    #[error("{} does not exist: {why}", node.display())]
    Missing {
        node: PathBuf,
        /// What the machine says about it.
        why: WhyMissing,
    },
    /// There is no such PCI device.
    #[error("no PCI device has the address {address}")]
    NoSuchPciDevice { address: String },
    /// A PCI device without a register node of the xdma driver.
    #[error("PCI device {address} has no xdma register node: {why}")]
    NoNode {
        address: String,
        /// What the machine says about it.
        why: WhyMissing,
    },
    /// A card without nodes for DMA, or without that channel.
    #[error("{what} has no DMA here: {why}")]
    NoDma {
        /// The nodes' name up to their kind, a node, or a PCI device.
        what: String,
        why: WhyMissing,
    },
    /// The permissions are in the way.
    #[error("{} may not be opened for {wanted}: {permission}", node.display())]
    Denied {
        node: PathBuf,
        /// `reading` or `writing`.
        wanted: &'static str,
        /// The node's mode and owner, and who we are.
        permission: String,
    },
    /// The node can't be opened for another reason.
    #[error("{} can't be opened: {source}", node.display())]
    Open { node: PathBuf, source: io::Error },
    /// It is there, but holds no registers.
    #[error("{} is {kind}, not a device with registers", node.display())]
    NotRegisters {
        node: PathBuf,
        /// `a directory`, `empty`, …
        kind: &'static str,
    },
    /// An ordinary file, and nothing says that it is meant for a device.
    #[error("{} is an ordinary file, not a device", node.display())]
    PlainFile { node: PathBuf },
    /// A PCI device that is no FPGA as far as can be told.
    #[error("PCI device {address} is no FPGA that is known here: {ids}")]
    Foreign {
        address: String,
        /// Its ids and driver.
        ids: String,
    },
    /// The kernel refuses to map it.
    #[error("{} can't be mapped: {why}", node.display())]
    Unmappable {
        node: PathBuf,
        /// The likely reason, with what the system said.
        why: String,
        /// What to do, where that is known.
        cure: Option<String>,
        source: io::Error,
    },
    /// A BAR shorter than a page that shares its page with others.
    #[error(
        "{} can't be mapped: its BAR begins within a page, at {start:#x}, and the kernel maps whole pages",
        node.display()
    )]
    ShortBar {
        node: PathBuf,
        /// Where the machine has it.
        start: u64,
    },
    /// Memory accesses to the PCI device are switched off.
    #[error("PCI device {address} is not enabled: it answers no memory access")]
    NotEnabled {
        address: String,
        /// Its directory in sysfs.
        directory: PathBuf,
    },
    /// The access would leave the device.
    #[error(
        "{} bits at offset {offset:#x} are outside of {}, which has {length:#x} bytes",
        width * 8,
        node.display()
    )]
    OutOfRange {
        node: PathBuf,
        /// Where the access would have begun.
        offset: u64,
        /// Bytes of the access.
        width: u8,
        /// Bytes of the device.
        length: u64,
    },
    /// The device, or this machine, does not make one access of it.
    #[error("{} can't be accessed {width} bits at a time: {why}", node.display())]
    WrongWidth { node: PathBuf, width: Width, why: &'static str },
    /// The access is not aligned to its width.
    #[error("offset {offset:#x} is not a multiple of {width}: a {}-bit access must be aligned", width * 8)]
    Misaligned {
        /// Where the access would have begun.
        offset: u64,
        /// Bytes of the access.
        width: u8,
    },
    /// The device reads all ones and so does its PCI configuration space.
    #[error(
        "the link to PCI device {address} is dead: offset {offset:#x} and the configuration space read all ones"
    )]
    LinkDead {
        address: String,
        /// What was read.
        offset: u64,
    },
    /// The device reads all ones and has no configuration space to compare with.
    #[error("suspicious: all ones: offset {offset:#x} of {} reads 0xffffffff, as a dead link or an empty chip does", node.display())]
    AllOnes {
        node: PathBuf,
        /// What was read.
        offset: u64,
    },
    /// The pages behind the mapping are gone.
    #[error("{} vanished or shrank while it was in use", node.display())]
    Vanished { node: PathBuf },
    /// Somebody else has the lock.
    #[error("{} is locked by {}", node.display(), holder(*pid))]
    Locked {
        node: PathBuf,
        /// The holder, where the kernel tells it.
        pid: Option<u32>,
    },
    /// The lock can't be taken for another reason.
    #[error("{} can't be locked: {source}", node.display())]
    Lock { node: PathBuf, source: io::Error },
}

/// What the machine says about a node that is not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhyMissing {
    /// The driver made other nodes for that card.
    #[error("{other} is there, so the IP was built without the AXI-Lite master")]
    WithoutAxiLiteMaster { other: String },
    /// The driver made other nodes for that card.
    #[error("{other} is there, so the IP was built without this channel, or an image is missing")]
    WithoutDma { other: String },
    /// Another vendor's card.
    #[error("PCI device {address} is an Intel card, whose memory OPAE moves and not xdma")]
    Opae { address: String, line: &'static str },
    /// No xdma driver.
    #[error("the xdma driver is not loaded")]
    NoDriver,
    /// The driver has no device.
    #[error("the xdma driver is loaded, but bound to no device")]
    NoDevice,
    /// Another driver has the device.
    #[error("it is bound to the driver {driver}")]
    OtherDriver { driver: String },
    /// Nothing is known.
    #[error("no such file")]
    Unknown,
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

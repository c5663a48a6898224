//! The local device, as the global flags name it.

use std::sync::Arc;

use super::Context;
use crate::cli::Exit;
use crate::cli::error::Failure;
use crate::device::{
    Access, DeviceError, Direction, DmaNodes, Kind, LastWords, Located, MeantBy, Opener, Roots,
};
use crate::dma::{Channel, DmaError};

/// What `--device` means when it is not given: the node that the xdma driver makes for the first card.
const DEFAULT: &str = "/dev/xdma0_user";

impl Context {
    /// The device that the user named, or the default.
    pub(in crate::cli) fn device_name(&self) -> String {
        self.global.device.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| DEFAULT.to_owned())
    }

    /// How to open the device that the user named; nothing is opened yet.
    pub(in crate::cli) fn opener(&self, lock: bool) -> Opener {
        let ui = self.ui.clone();
        let last_words = move |error: DeviceError| {
            let failure = Failure::from(error);
            LastWords { text: ui.failure_text(&failure), exit: failure.exit.code() }
        };
        Opener { name: self.device_name(), roots: roots(), lock, last_words: Arc::new(last_words) }
    }
}

impl Context {
    /// Makes sure that a device is meant to be written: an ordinary file that nobody called a device is asked about, a
    /// PCI device that is no FPGA is refused without `force`.
    pub(in crate::cli) fn permit_writing(&self, force: bool) -> Result<(), Failure> {
        self.permit_writing_to(&self.opener(false).locate()?, force)
    }

    /// The same for another node of the device.
    pub(in crate::cli) fn permit_writing_to(&self, located: &Located, force: bool) -> Result<(), Failure> {
        if !force {
            located.check_fpga().map_err(Failure::of_foreign)?;
        }
        let path = located.path.display();
        // What is empty is told when it is opened.
        let empty = std::fs::metadata(&located.path).is_ok_and(|file| file.len() == 0);
        let question =
            format!("{path} is an ordinary file, and will be written to. Is it meant for a device?");
        if located.kind == Kind::File(MeantBy::Nobody) && !empty && !self.ui.confirms(&question)? {
            return Err(Failure::new(Exit::NoDevice, format!("{path} is an ordinary file, not a device")));
        }
        Ok(())
    }

    /// The nodes of the device's memory.
    pub(in crate::cli) fn dma_nodes(&self) -> Result<DmaNodes, Failure> {
        Ok(DmaNodes::beside(&self.device_name(), &roots())?)
    }

    /// How to open the registers that stand beside a memory, where they can be opened.
    pub(in crate::cli) fn registers_of(&self, nodes: &DmaNodes, lock: bool) -> Option<Opener> {
        let opener = Opener { name: nodes.registers(), ..self.opener(lock) };
        opener.open(Access::Write).is_ok().then_some(opener)
    }

    /// A channel of the device's memory; a stream is refused, as it has no addresses.
    pub(in crate::cli) fn dma_channel(
        &self,
        nodes: &DmaNodes,
        direction: Direction,
        channel: u8,
    ) -> Result<Channel, Failure> {
        let opened = Channel::open(nodes, direction, channel)?;
        if self.is_stream(nodes, direction, channel) == Some(true) {
            return Err(DmaError::Stream { node: opened.path().to_owned() }.into());
        }
        Ok(opened)
    }

    /// Whether a channel is a stream, as its engine's identifier says in the control BAR (PG195); None where nothing tells.
    pub(in crate::cli) fn is_stream(
        &self,
        nodes: &DmaNodes,
        direction: Direction,
        channel: u8,
    ) -> Option<bool> {
        if nodes.locate(direction, channel).ok()?.is_file() {
            return Some(false);
        }
        let block = if direction == Direction::H2c { 0 } else { 0x1000 };
        let control = Opener { name: nodes.sibling("control"), ..self.opener(false) };
        let identifier = control.open(Access::Read).ok()?.read32(block + 0x100 * u64::from(channel)).ok()?;
        (identifier >> 20 == 0x1fc).then_some(identifier >> 15 & 1 == 1)
    }
}

/// The kernel's trees; the tests set the variables to trees of their own.
pub(in crate::cli) fn roots() -> Roots {
    let of = |variable, default| std::env::var_os(variable).map_or(default, Into::into);
    let default = Roots::default();
    Roots { sysfs: of("FAASCMD_SYSFS_ROOT", default.sysfs), dev: of("FAASCMD_DEV_ROOT", default.dev) }
}

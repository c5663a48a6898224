//! The nodes through which the xdma driver moves the card's memory; they stand beside the one with the registers.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::libc::O_NOCTTY;
use serde::Serialize;

use super::error::{DeviceError, WhyMissing};
use super::info::Link;
use super::locate::{Located, locate, refused, without_node};
use super::pci::{self, PciDevice, Roots, full_address};
use super::plain_file::is_marked;

/// Which way the data go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the host to the card.
    H2c,
    /// From the card to the host.
    C2h,
}

impl Direction {
    /// As the driver names it.
    pub fn word(self) -> &'static str {
        match self {
            Self::H2c => "h2c",
            Self::C2h => "c2h",
        }
    }
}

/// The most channels that the IP has each way (PG195).
pub const MOST_CHANNELS: u8 = 4;

/// What an Intel card's DMA buffers are tested by, of the samples that come with OPAE.
const OPAE_LINE: &str = "fpga_dma_test use_ase=0";

/// The DMA nodes of one card.
#[derive(Clone, Debug)]
pub struct DmaNodes {
    /// The name of the device's nodes up to their kind, such as `/dev/xdma0`; with `file:` before it where it was named so.
    stem: String,
    roots: Roots,
}

impl DmaNodes {
    /// Those beside the device that the user named: a node, a PCI address or a file.
    ///
    /// # Errors
    /// When there are none, with why.
    pub fn beside(device: &str, roots: &Roots) -> Result<Self, DeviceError> {
        let stem = match full_address(device.split_once('/').map_or(device, |(address, _)| address)) {
            Some(address) => of_pci(&address, roots)?,
            None => stem_of(device),
        };
        let nodes = Self { stem, roots: roots.clone() };
        let none = [Direction::H2c, Direction::C2h].iter().all(|it| nodes.channels(*it).is_empty());
        if none { Err(nodes.missing()) } else { Ok(nodes) }
    }

    /// `/dev/xdma0`
    pub fn stem(&self) -> &str {
        self.stem.strip_prefix("file:").unwrap_or(&self.stem)
    }

    /// The node of a channel.
    pub fn path(&self, direction: Direction, channel: u8) -> PathBuf {
        format!("{}_{}_{channel}", self.stem(), direction.word()).into()
    }

    /// The name by which a sibling of the nodes is opened, such as `control`.
    pub fn sibling(&self, kind: &str) -> String {
        format!("{}_{kind}", self.stem)
    }

    /// The name of the node with the registers.
    pub fn registers(&self) -> String {
        self.sibling("user")
    }

    /// The channels that there are one way.
    pub fn channels(&self, direction: Direction) -> Vec<u8> {
        (0..MOST_CHANNELS).filter(|channel| self.path(direction, *channel).exists()).collect()
    }

    /// Finds a channel's node.
    ///
    /// # Errors
    /// When it is not there, or is no device.
    pub fn locate(&self, direction: Direction, channel: u8) -> Result<Located, DeviceError> {
        let node = self.path(direction, channel);
        if !node.exists() {
            return Err(DeviceError::NoDma { what: node.display().to_string(), why: self.why() });
        }
        locate(&self.sibling(&format!("{}_{channel}", direction.word())), &self.roots)
    }

    /// Opens a channel's node; an ordinary file both ways, so that it can behave as a memory with faults does.
    ///
    /// # Errors
    /// When it is not there, or may not be opened.
    pub fn open(&self, direction: Direction, channel: u8) -> Result<(Located, File), DeviceError> {
        let located = self.locate(direction, channel)?;
        let (reads, wanted) =
            if direction == Direction::H2c { (located.is_file(), "writing") } else { (true, "reading") };
        let mut options = OpenOptions::new();
        options.read(reads).write(direction == Direction::H2c).custom_flags(O_NOCTTY);
        let file = options.open(&located.path).map_err(|e| refused(&located.path, wanted, e))?;
        Ok((located, file))
    }

    /// Whether the memory is a file of the sandbox.
    pub fn is_simulated(&self) -> bool {
        let nodes = |way| self.channels(way).into_iter().map(move |channel| self.path(way, channel));
        [Direction::H2c, Direction::C2h].into_iter().flat_map(nodes).any(|node| is_marked(&node))
    }

    /// The PCIe link: of the card, or as files beside the nodes tell it, named and written as in sysfs.
    pub fn link(&self) -> Option<Link> {
        match self.pci() {
            Some(pci) => Link::of(&pci),
            None => Link::beside(Path::new(self.stem()).parent()?),
        }
    }

    /// The card.
    pub fn pci(&self) -> Option<PciDevice> {
        let ways = [Direction::H2c, Direction::C2h].into_iter();
        let mut all = ways.flat_map(|way| self.channels(way).into_iter().map(move |channel| (way, channel)));
        all.find_map(|(way, channel)| self.locate(way, channel).ok()?.pci)
    }

    fn missing(&self) -> DeviceError {
        DeviceError::NoDma { what: self.stem().to_owned(), why: self.why() }
    }

    fn why(&self) -> WhyMissing {
        let sibling =
            |kind: &str| Some(PathBuf::from(format!("{}_{kind}", self.stem()))).filter(|p| p.exists());
        let kinds = ["control", "user", "h2c_0", "c2h_0", "xvc", "bypass"];
        if let Some(other) = kinds.into_iter().find_map(sibling) {
            return WhyMissing::WithoutDma { other: other.display().to_string() };
        }
        match pci::intel_card(&self.roots) {
            Some(address) if !pci::is_driver_loaded(&self.roots, "xdma") => opae(address),
            _ => without_node(&self.roots),
        }
    }
}

fn opae(address: String) -> WhyMissing {
    WhyMissing::Opae { address, line: OPAE_LINE }
}

/// `/dev/xdma0` of `/dev/xdma0_user`, of any other of its nodes, and of itself.
fn stem_of(device: &str) -> String {
    let known = |kind: &str| {
        let channel = ["h2c_", "c2h_"]
            .iter()
            .any(|way| kind.strip_prefix(way).is_some_and(|number| number.parse::<u8>().is_ok()));
        channel || ["user", "control", "xvc", "bypass"].contains(&kind)
    };
    let cut = device.match_indices('_').find(|(at, _)| known(&device[at + 1..]));
    cut.map_or(device, |(at, _)| &device[..at]).to_owned()
}

fn of_pci(address: &str, roots: &Roots) -> Result<String, DeviceError> {
    let missing = || DeviceError::NoSuchPciDevice { address: address.to_owned() };
    let pci = PciDevice::at(roots, address).ok_or_else(missing)?;
    if let Some(node) = pci.xdma_nodes().first() {
        return Ok(stem_of(&roots.dev.join(node).display().to_string()));
    }
    let why = match pci.driver() {
        _ if pci.is_intel_card() => opae(pci.address()),
        Some(driver) if driver != "xdma" => WhyMissing::OtherDriver { driver },
        _ => without_node(roots),
    };
    Err(DeviceError::NoDma { what: format!("PCI device {address}"), why })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_card_is_known_by_any_of_its_nodes() {
        for (device, stem) in [
            ("/dev/xdma0_user", "/dev/xdma0"),
            ("/dev/xdma12_c2h_3", "/dev/xdma12"),
            ("/dev/xdma0", "/dev/xdma0"),
            ("file:/a_b/xdma0_h2c_0", "file:/a_b/xdma0"),
            ("/tmp/bar_user_file", "/tmp/bar_user_file"),
        ] {
            assert_eq!(stem_of(device), stem);
        }
    }

    #[test]
    fn what_is_missing_is_explained() {
        let folder = tempfile::tempdir().unwrap();
        let roots = Roots { sysfs: folder.path().join("sys"), dev: folder.path().join("dev") };
        let card = roots.sysfs.join("bus/pci/devices/0000:05:00.0");
        fs::create_dir_all(&card).unwrap();
        fs::create_dir_all(&roots.dev).unwrap();
        let device = roots.dev.join("xdma0_user").display().to_string();
        let why = |device: &str| match DmaNodes::beside(device, &roots) {
            Err(DeviceError::NoDma { why, .. }) => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(why(&device), WhyMissing::NoDriver);
        for (name, text) in [("vendor", "0x8086\n"), ("class", "0x120000\n")] {
            fs::write(card.join(name), text).unwrap();
        }
        assert!(matches!(why(&device), WhyMissing::Opae { .. }));
        assert!(matches!(why("05:00.0"), WhyMissing::Opae { .. }));
        fs::write(roots.dev.join("xdma0_user"), []).unwrap();
        assert!(matches!(why(&device), WhyMissing::WithoutDma { .. }));
        fs::write(roots.dev.join("xdma0_c2h_1"), []).unwrap();
        let nodes = DmaNodes::beside(&device, &roots).unwrap();
        assert_eq!((nodes.channels(Direction::H2c), nodes.channels(Direction::C2h)), (vec![], vec![1]));
        assert!(matches!(nodes.locate(Direction::H2c, 0), Err(DeviceError::NoDma { .. })));
    }
}

//! What is known about a device: length, driver, PCI ids, link, and what the xdma driver says of itself.

use std::path::Path;

use serde::Serialize;

use super::error::DeviceError;
use super::locate::Kind;
use super::lock;
use super::mapping;
use super::node::Node;
use super::pci::PciDevice;

/// The facts about a device.
#[derive(Clone, Debug, Serialize)]
pub struct Info {
    pub device: String,
    /// `node`, `resource` or `file`.
    pub kind: &'static str,
    /// Bytes that can be mapped.
    pub length: u64,
    /// The process that holds the lock.
    pub locked_by: Option<u32>,
    /// The PCI device behind it.
    pub pci: Option<PciInfo>,
    /// What the xdma driver says of itself.
    pub xdma: Option<XdmaInfo>,
}

/// The facts about a PCI device.
#[derive(Clone, Debug, Serialize)]
pub struct PciInfo {
    /// Its address with the domain.
    pub address: String,
    /// The driver that is bound to it.
    pub driver: Option<String>,
    /// Ids, in hexadecimal.
    pub vendor: Option<String>,
    pub device: Option<String>,
    pub subsystem_vendor: Option<String>,
    pub subsystem_device: Option<String>,
    pub link: Option<Link>,
}

/// A PCIe link as it is and as it could be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// In the kernel's words, such as `8.0 GT/s PCIe`.
    pub speed: String,
    /// The fastest of the device.
    pub max_speed: String,
    /// Lanes in use.
    pub width: u32,
    /// Lanes of the device.
    pub max_width: u32,
    /// Slower or narrower than the device could.
    pub degraded: bool,
}

/// The answer to the driver's `XDMA_IOCINFO`.
#[derive(Clone, Debug, Serialize)]
pub struct XdmaInfo {
    /// Such as `2020.2.2`.
    pub driver_version: String,
    /// The engine's version register.
    pub dma_engine_version: String,
    /// The id of the design, where it has one.
    pub feature_id: String,
    /// Vendor and device id, as the driver saw them.
    pub id: String,
    /// The PCI address, as the driver saw it.
    pub address: String,
}

impl Info {
    /// Collects the facts; maps nothing and touches no register.
    ///
    /// # Errors
    /// When the device has no length that can be found.
    pub fn of(node: &Node) -> Result<Self, DeviceError> {
        let located = node.located();
        let kind = match located.kind {
            Kind::Node => "node",
            Kind::Resource => "resource",
            Kind::File(_) => "file",
        };
        Ok(Self {
            device: located.path.display().to_string(),
            kind,
            length: node.length()?,
            locked_by: lock::holder(node.file()),
            pci: located.pci.as_ref().map(PciInfo::of),
            xdma: XdmaInfo::of(node),
        })
    }
}

impl PciInfo {
    fn of(device: &PciDevice) -> Self {
        let id = |name| device.id(name).map(|id| format!("{id:#06x}"));
        Self {
            address: device.address(),
            driver: device.driver(),
            vendor: id("vendor"),
            device: id("device"),
            subsystem_vendor: id("subsystem_vendor"),
            subsystem_device: id("subsystem_device"),
            link: Link::of(device),
        }
    }
}

impl Link {
    /// The link of a PCI device.
    pub(super) fn of(device: &PciDevice) -> Option<Self> {
        Self::read(|name| device.attribute(name))
    }

    /// The link as files of a folder say it: the sandbox writes such. What it could be is what it is, if nothing is said.
    pub(super) fn beside(folder: &Path) -> Option<Self> {
        let text = |name: &str| {
            let text = std::fs::read_to_string(folder.join(name)).ok()?;
            Some(text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        Self::read(|name| text(name).or_else(|| text(&name.replace("max", "current"))))
    }

    /// Gigatransfers per second and lane, now.
    pub fn gigatransfers(&self) -> Option<f64> {
        gigatransfers(&self.speed)
    }

    fn read(attribute: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let speed = attribute("current_link_speed")?;
        let max_speed = attribute("max_link_speed")?;
        let width = attribute("current_link_width")?.trim_start_matches('x').parse().ok()?;
        let max_width = attribute("max_link_width")?.trim_start_matches('x').parse().ok()?;
        // An emulated or integrated device has no link: the kernel says `Unknown` and a width of 0 or 255.
        let real = gigatransfers(&max_speed).is_some() && (1..=32).contains(&max_width);
        let degraded = width < max_width || gigatransfers(&speed) < gigatransfers(&max_speed);
        real.then_some(Self { speed, max_speed, width, max_width, degraded })
    }
}

/// The number in `8.0 GT/s PCIe`.
fn gigatransfers(speed: &str) -> Option<f64> {
    speed.split(' ').next()?.parse().ok()
}

impl XdmaInfo {
    /// Asks the driver, if the node is one of xdma's.
    fn of(node: &Node) -> Option<Self> {
        let located = node.located();
        let name = located.path.file_name().unwrap_or_default().to_string_lossy();
        let driver = located.pci.as_ref().and_then(PciDevice::driver);
        if located.kind != Kind::Node
            || !name.starts_with("xdma")
            || driver.is_none_or(|driver| driver != "xdma")
        {
            return None;
        }
        let info = mapping::iocinfo(node.file()).ok()?;
        // The driver's major·1000 + minor·100 + patch (xdma's version.h).
        let version = info.driver_version;
        Some(Self {
            driver_version: format!("{}.{}.{}", version / 1000, version / 100 % 10, version % 100),
            dma_engine_version: format!("{:#010x}", info.dma_engine_version),
            feature_id: format!("{:#018x}", info.feature_id),
            id: format!("{:04x}:{:04x}", info.vendor, info.device),
            address: format!("{:04x}:{:02x}:{:02x}.{}", info.domain, info.bus, info.slot, info.function),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::device::{Access, Roots, locate};

    #[test]
    fn a_link_is_compared_with_what_it_could_be() {
        let folder = tempfile::tempdir().unwrap();
        let roots = Roots { sysfs: folder.path().into(), ..Roots::default() };
        let device = roots.sysfs.join("bus/pci/devices/0000:05:00.0");
        fs::create_dir_all(&device).unwrap();
        let facts = [
            ("vendor", "0x10ee\n"),
            ("device", "0x9038\n"),
            ("current_link_speed", "5.0 GT/s PCIe\n"),
            ("max_link_speed", "8.0 GT/s PCIe\n"),
            ("current_link_width", "16\n"),
            ("max_link_width", "16\n"),
            ("resource0", "four"),
        ];
        for (name, text) in facts {
            fs::write(device.join(name), text).unwrap();
        }
        let info =
            || Info::of(&Node::open(locate("05:00.0/0", &roots).unwrap(), Access::Read).unwrap()).unwrap();
        let link = info().pci.unwrap().link.unwrap();
        assert!(link.degraded);
        fs::write(device.join("current_link_speed"), "8.0 GT/s PCIe\n").unwrap();
        let info = info();
        let pci = info.pci.unwrap();
        assert!(!pci.link.unwrap().degraded);
        assert_eq!((info.kind, info.length, pci.vendor.as_deref()), ("resource", 4, Some("0x10ee")));
    }
}

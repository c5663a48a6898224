//! A PCI device as sysfs shows it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where the kernel's trees are; tests build their own.
#[derive(Clone, Debug)]
pub struct Roots {
    /// `/sys`
    pub sysfs: PathBuf,
    /// `/dev`
    pub dev: PathBuf,
}

impl Default for Roots {
    fn default() -> Self {
        Self { sysfs: "/sys".into(), dev: "/dev".into() }
    }
}

/// A directory under `/sys/bus/pci/devices`.
#[derive(Clone, Debug)]
pub struct PciDevice {
    directory: PathBuf,
}

/// Bit 1 of the command register: the device answers memory accesses (PCI Local Bus Specification, 6.2.2).
const MEMORY_SPACE: u16 = 1 << 1;

/// The flag of a BAR that is memory (Linux, ioport.h).
const IORESOURCE_MEM: u64 = 0x200;

/// Vendors of PCI devices (pci.ids). Intel sells FPGAs and all that is in a computer.
const XILINX: u16 = 0x10ee;
const ALTERA: u16 = 0x1172;
const INTEL: u16 = 0x8086;

/// The class of processing accelerators.
const ACCELERATOR: &str = "0x1200";

impl PciDevice {
    /// The device with this address, domain included.
    pub fn at(roots: &Roots, address: &str) -> Option<Self> {
        Self::of_directory(&roots.sysfs.join("bus/pci/devices").join(address))
    }

    /// The device behind a character node.
    pub(super) fn of_node(roots: &Roots, major: u64, minor: u64) -> Option<Self> {
        Self::of_directory(&roots.sysfs.join(format!("dev/char/{major}:{minor}/device")))
    }

    /// The device whose `resourceN` this is.
    pub(super) fn of_resource(path: &Path) -> Option<Self> {
        bar_number(path)?;
        Self::of_directory(path.parent()?)
    }

    /// Where the BAR behind a `resourceN` is in the machine's memory; `None` for I/O ports.
    ///
    /// Line N of `resource` has its start, its end and its flags.
    pub(super) fn start_of(&self, path: &Path) -> Option<u64> {
        let lines = self.attribute("resource")?;
        let numbers = lines.lines().nth(bar_number(path)?)?.split(' ');
        let number = |text: &str| u64::from_str_radix(text.strip_prefix("0x")?, 16).ok();
        let [start, _, flags] = numbers.map(number).collect::<Option<Vec<u64>>>()?[..] else { return None };
        (flags & IORESOURCE_MEM != 0).then_some(start)
    }

    fn of_directory(directory: &Path) -> Option<Self> {
        let directory = directory.canonicalize().ok()?;
        directory.join("vendor").is_file().then_some(Self { directory })
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Its address with the domain, such as `0000:05:00.0`.
    pub fn address(&self) -> String {
        self.directory.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The driver that is bound to it.
    pub fn driver(&self) -> Option<String> {
        let target = fs::read_link(self.directory.join("driver")).ok()?;
        Some(target.file_name()?.to_string_lossy().into_owned())
    }

    /// An attribute's text, such as `current_link_speed`.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let text = fs::read_to_string(self.directory.join(name)).ok()?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// A hexadecimal attribute, such as `vendor`.
    pub fn id(&self, name: &str) -> Option<u16> {
        u16::from_str_radix(self.attribute(name)?.strip_prefix("0x")?, 16).ok()
    }

    /// Whether this is an FPGA: by its driver, by its vendor, or, of a vendor of many things, by its class.
    pub(super) fn is_fpga(&self) -> bool {
        let driver = self.driver().is_some_and(|driver| ["xdma", "xocl"].contains(&driver.as_str()));
        let class = || self.attribute("class").is_some_and(|class| class.starts_with(ACCELERATOR));
        driver
            || match self.id("vendor") {
                Some(XILINX | ALTERA) => true,
                Some(INTEL) => class(),
                _ => false,
            }
    }

    /// Whether it is one of Intel's accelerator cards, which OPAE's drivers drive and not xdma.
    pub(super) fn is_intel_card(&self) -> bool {
        self.id("vendor") == Some(INTEL) && self.is_fpga()
    }

    /// The most bytes that one packet of a transfer may have, as the bus was set up; None where only root may look.
    ///
    /// Device Control, bits 7 to 5, in the PCI Express capability (PCIe Base Specification, 7.5.3.4).
    pub fn max_payload(&self) -> Option<u32> {
        const CAPABILITIES: u64 = 0x34;
        const PCI_EXPRESS: u16 = 0x10;
        let mut at = self.config_word(CAPABILITIES).ok()? & 0xfc;
        for _ in 0..48 {
            let [id, next] = self.config_word(at.into()).ok()?.to_le_bytes();
            if u16::from(id) == PCI_EXPRESS {
                let control = self.config_word(u64::from(at) + 8).ok()?;
                return Some(128 << (control >> 5 & 7));
            }
            at = u16::from(next & 0xfc);
            if at == 0 {
                return None;
            }
        }
        None
    }

    /// `8086:100e, class 0x020000, driver e1000`
    pub(super) fn ids(&self) -> String {
        let id = |name| self.id(name).map_or_else(|| "?".to_owned(), |id| format!("{id:04x}"));
        let class = self.attribute("class").unwrap_or_else(|| "?".to_owned());
        let driver = self.driver().unwrap_or_else(|| "none".to_owned());
        format!("{}:{}, class {class}, driver {driver}", id("vendor"), id("device"))
    }

    /// Whether the device is off the bus: its configuration space reads all ones, or is gone with it.
    pub fn is_gone(&self) -> bool {
        self.config_word(0).map_or(true, |vendor| vendor == 0xffff)
    }

    /// Whether it answers memory accesses; where that can't be known, it is taken to.
    pub(super) fn answers_memory(&self) -> bool {
        self.config_word(4).map_or(true, |command| command & MEMORY_SPACE != 0)
    }

    fn config_word(&self, offset: u64) -> io::Result<u16> {
        use std::os::unix::fs::FileExt;
        let mut word = [0; 2];
        fs::File::open(self.directory.join("config"))?.read_exact_at(&mut word, offset)?;
        Ok(u16::from_le_bytes(word))
    }

    /// The nodes that the xdma driver made for it, such as `xdma0_user`.
    pub(super) fn xdma_nodes(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory.join("xdma")).into_iter().flatten().flatten();
        let mut nodes: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        nodes.sort();
        nodes
    }
}

/// `2` of `resource2` and `resource2_wc`.
fn bar_number(path: &Path) -> Option<usize> {
    let name = path.file_name()?.to_str()?;
    name.strip_prefix("resource")?.trim_end_matches("_wc").parse().ok()
}

/// A driver that holds FPGAs on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundDriver {
    /// `xdma` or `xocl`.
    pub name: &'static str,
    /// The addresses of the devices that are bound to it.
    pub devices: Vec<String>,
}

/// The FPGA driver that is bound to a device of this machine: it must let go before an image is loaded.
pub fn driver_in_use(roots: &Roots) -> Option<BoundDriver> {
    ["xdma", "xocl"].into_iter().find_map(|name| {
        let devices = bound_to(roots, name);
        (!devices.is_empty()).then_some(BoundDriver { name, devices })
    })
}

fn bound_to(roots: &Roots, driver: &str) -> Vec<String> {
    let entries =
        fs::read_dir(roots.sysfs.join("bus/pci/drivers").join(driver)).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut devices: Vec<String> = names.filter(|name| full_address(name).as_deref() == Some(name)).collect();
    devices.sort();
    devices
}

/// An Intel accelerator card of this machine, by its address.
pub(super) fn intel_card(roots: &Roots) -> Option<String> {
    let entries = fs::read_dir(roots.sysfs.join("bus/pci/devices")).into_iter().flatten().flatten();
    let mut cards = entries.filter_map(|entry| PciDevice::of_directory(&entry.path()));
    cards.find(PciDevice::is_intel_card).map(|card| card.address())
}

/// Whether the driver is loaded.
pub fn is_driver_loaded(roots: &Roots, driver: &str) -> bool {
    roots.sysfs.join("bus/pci/drivers").join(driver).is_dir()
}

/// `05:00.0` and `0000:05:00.0` as `0000:05:00.0`; `None` if it is no PCI address.
pub fn full_address(text: &str) -> Option<String> {
    let (rest, function) = text.rsplit_once('.')?;
    let mut parts = rest.rsplit(':');
    let (slot, bus, domain) = (parts.next()?, parts.next()?, parts.next().unwrap_or("0000"));
    let hex = |text: &str, digits: std::ops::RangeInclusive<usize>| {
        digits.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
    };
    let whole = parts.next().is_none()
        && hex(domain, 4..=8)
        && hex(bus, 2..=2)
        && hex(slot, 2..=2)
        && matches!(function.as_bytes(), [b'0'..=b'7']);
    whole.then(|| format!("{domain}:{bus}:{slot}.{function}").to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_leave_out_its_domain() {
        assert_eq!(full_address("05:00.0").as_deref(), Some("0000:05:00.0"));
        assert_eq!(full_address("0001:0A:1f.7").as_deref(), Some("0001:0a:1f.7"));
        for wrong in ["", "05:00", "5:00.0", "05:00.8", "05:00.0/2", "x5:00.0", "0:0:0:05:00.0", "./05:00.0"]
        {
            assert_eq!(full_address(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_driver_that_is_bound_is_found() {
        let sysfs = tempfile::tempdir().unwrap();
        let roots = Roots { sysfs: sysfs.path().into(), ..Roots::default() };
        assert_eq!(driver_in_use(&roots), None);
        let drivers = sysfs.path().join("bus/pci/drivers");
        fs::create_dir_all(drivers.join("xdma/module")).unwrap();
        assert_eq!(driver_in_use(&roots), None, "loaded, but bound to nothing");
        fs::create_dir_all(drivers.join("xocl/0000:05:00.0")).unwrap();
        let bound = BoundDriver { name: "xocl", devices: vec!["0000:05:00.0".into()] };
        assert_eq!(driver_in_use(&roots), Some(bound));
    }
}

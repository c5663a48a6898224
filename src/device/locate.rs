//! From what the user names (a node, a sysfs resource, a PCI address, a file) to the path that is opened.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::error::{DeviceError, WhyMissing};
use super::pci::{self, PciDevice, Roots, full_address};
use super::plain_file::MeantBy;

/// What kind of thing holds the registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A character device; its length must be measured.
    Node,
    /// A BAR in sysfs; its length is the file's.
    Resource,
    /// An ordinary file.
    File(MeantBy),
}

/// A device that is there; nothing is opened yet.
#[derive(Clone, Debug)]
pub struct Located {
    /// What will be opened.
    pub path: PathBuf,
    pub kind: Kind,
    /// The PCI device behind it.
    pub pci: Option<PciDevice>,
}

impl Located {
    /// Whether the device is known to take accesses of 32 bits alone.
    ///
    /// Xilinx's PG195: behind xdma's user and control BAR is AXI-Lite, which has neither wider nor byte accesses that a
    /// design must honour. QEMU's edu device answers anything else with garbage.
    pub fn takes_only_32_bits(&self) -> bool {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let axi_lite = name.starts_with("xdma") && (name.ends_with("_user") || name.ends_with("_control"));
        let edu = |pci: &PciDevice| pci.id("vendor") == Some(0x1234) && pci.id("device") == Some(0x11e8);
        self.kind == Kind::Node && axi_lite || self.pci.as_ref().is_some_and(edu)
    }

    /// Fails for a PCI device that is no FPGA, as far as that can be told: to write to a network card is no test.
    ///
    /// # Errors
    /// With the device's ids.
    pub fn check_fpga(&self) -> Result<(), DeviceError> {
        match &self.pci {
            Some(pci) if !pci.is_fpga() => {
                Err(DeviceError::Foreign { address: pci.address(), ids: pci.ids() })
            }
            _ => Ok(()),
        }
    }

    /// Whether it is an ordinary file.
    pub fn is_file(&self) -> bool {
        matches!(self.kind, Kind::File(_))
    }

    /// By what the device is known again, by whatever name it is opened: its PCI address, else its path.
    pub fn identity(&self) -> String {
        let path = || fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        self.pci.as_ref().map_or_else(|| path().display().to_string(), PciDevice::address)
    }
}

/// Finds a device by its name.
///
/// `05:00.0` is that PCI device's xdma register node, `05:00.0/2` its `resource2`, `file:PATH` an ordinary file that is
/// meant for a device; everything else is a path.
pub fn locate(name: &str, roots: &Roots) -> Result<Located, DeviceError> {
    if let Some(path) = name.strip_prefix("file:") {
        return locate_path(Path::new(path), roots);
    }
    let located = locate_path(Path::new(name), roots)?;
    let found_in_sysfs = located.path != Path::new(name);
    if found_in_sysfs || !matches!(located.kind, Kind::File(_)) {
        return Ok(located);
    }
    let metadata = fs::metadata(&located.path).map_err(|e| refused(&located.path, "reading", e))?;
    Ok(Located { kind: Kind::File(MeantBy::looks(&located.path, &metadata)?), ..located })
}

/// The same without a doubt about ordinary files: whoever named one meant it.
pub fn locate_path(name: &Path, roots: &Roots) -> Result<Located, DeviceError> {
    let text = name.to_str().unwrap_or_default();
    let (device, bar) = text.split_once('/').map_or((text, None), |(device, bar)| (device, Some(bar)));
    let path = match (full_address(device), bar) {
        (Some(address), None) => node_of(&pci_device(roots, address)?, roots)?,
        (Some(address), Some(bar)) if bar.parse::<u8>().is_ok() => {
            pci_device(roots, address)?.directory().join(format!("resource{bar}"))
        }
        _ => name.to_owned(),
    };
    describe(path, roots)
}

fn pci_device(roots: &Roots, address: String) -> Result<PciDevice, DeviceError> {
    PciDevice::at(roots, &address).ok_or(DeviceError::NoSuchPciDevice { address })
}

/// The register node that the xdma driver made for a PCI device.
fn node_of(device: &PciDevice, roots: &Roots) -> Result<PathBuf, DeviceError> {
    let nodes = device.xdma_nodes();
    if let Some(user) = nodes.iter().find(|node| node.ends_with("_user")) {
        return Ok(roots.dev.join(user));
    }
    let why = match (nodes.first(), device.driver()) {
        (Some(other), _) => WhyMissing::WithoutAxiLiteMaster { other: other.clone() },
        (None, Some(driver)) if driver != "xdma" => WhyMissing::OtherDriver { driver },
        _ => without_node(roots),
    };
    Err(DeviceError::NoNode { address: device.address(), why })
}

pub(super) fn without_node(roots: &Roots) -> WhyMissing {
    if pci::is_driver_loaded(roots, "xdma") { WhyMissing::NoDevice } else { WhyMissing::NoDriver }
}

fn describe(path: PathBuf, roots: &Roots) -> Result<Located, DeviceError> {
    let metadata = match fs::metadata(&path) {
        Ok(metadata) => metadata,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            let why = why_missing(&path, roots);
            return Err(DeviceError::Missing { node: path, why });
        }
        Err(e) => return Err(refused(&path, "reading", e)),
    };
    let kind = metadata.file_type();
    let wrong = |kind| Err(DeviceError::NotRegisters { node: path.clone(), kind });
    if kind.is_char_device() {
        let id = metadata.rdev();
        let pci = PciDevice::of_node(roots, nix::sys::stat::major(id), nix::sys::stat::minor(id));
        Ok(Located { path, kind: Kind::Node, pci })
    } else if kind.is_file() {
        let pci = PciDevice::of_resource(&path);
        let kind = if pci.is_some() { Kind::Resource } else { Kind::File(MeantBy::Name) };
        Ok(Located { path, kind, pci })
    } else if kind.is_dir() {
        wrong("a directory")
    } else if kind.is_block_device() {
        wrong("a block device")
    } else {
        wrong("a pipe or a socket")
    }
}

/// Why an xdma register node is not there; its siblings tell.
fn why_missing(path: &Path, roots: &Roots) -> WhyMissing {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let Some(card) = name.strip_suffix("_user").filter(|card| card.starts_with("xdma")) else {
        return WhyMissing::Unknown;
    };
    let sibling = |kind: &str| Some(path.with_file_name(format!("{card}_{kind}"))).filter(|p| p.exists());
    match ["control", "xvc", "bypass", "h2c_0", "c2h_0", "events_0"].into_iter().find_map(sibling) {
        Some(other) => WhyMissing::WithoutAxiLiteMaster { other: other.display().to_string() },
        None => without_node(roots),
    }
}

/// What an error on opening means.
pub(super) fn refused(path: &Path, wanted: &'static str, error: io::Error) -> DeviceError {
    let node = path.to_owned();
    match error.kind() {
        io::ErrorKind::PermissionDenied => DeviceError::Denied { permission: permission(path), node, wanted },
        _ => DeviceError::Open { node, source: error },
    }
}

/// `mode 0600, owner 0:0; you are 1000:1000`
fn permission(path: &Path) -> String {
    let (user, group) = (nix::unistd::geteuid(), nix::unistd::getegid());
    let Ok(metadata) = fs::metadata(path) else {
        return format!("a folder on its way is closed to user {user}");
    };
    format!(
        "mode {:04o}, owner {}:{}; you are {user}:{group}",
        metadata.mode() & 0o7777,
        metadata.uid(),
        metadata.gid()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> (tempfile::TempDir, Roots) {
        let folder = tempfile::tempdir().unwrap();
        let roots = Roots { sysfs: folder.path().join("sys"), dev: folder.path().join("dev") };
        let device = roots.sysfs.join("bus/pci/devices/0000:05:00.0");
        fs::create_dir_all(device.join("xdma/xdma0_control")).unwrap();
        fs::create_dir_all(&roots.dev).unwrap();
        fs::write(device.join("vendor"), "0x10ee\n").unwrap();
        fs::write(device.join("resource2"), [0; 64]).unwrap();
        (folder, roots)
    }

    #[test]
    fn a_pci_address_leads_to_its_register_node_or_its_resource() {
        let (_folder, roots) = machine();
        let device = roots.sysfs.join("bus/pci/devices/0000:05:00.0");
        let resource = locate("05:00.0/2", &roots).unwrap();
        assert_eq!(resource.kind, Kind::Resource);
        assert_eq!(resource.pci.unwrap().address(), "0000:05:00.0");
        let error = locate("0000:05:00.0", &roots).unwrap_err().to_string();
        assert!(
            error.ends_with("xdma0_control is there, so the IP was built without the AXI-Lite master"),
            "{error}"
        );

        fs::create_dir(device.join("xdma/xdma0_user")).unwrap();
        fs::write(roots.dev.join("xdma0_user"), [0; 64]).unwrap();
        assert_eq!(locate("05:00.0", &roots).unwrap().path, roots.dev.join("xdma0_user"));
        let error = locate("06:00.0/0", &roots).unwrap_err().to_string();
        assert_eq!(error, "no PCI device has the address 0000:06:00.0");
    }

    #[test]
    fn a_missing_node_is_explained_by_what_is_there() {
        let (_folder, roots) = machine();
        let node = roots.dev.join("xdma0_user");
        let why = || match locate(node.to_str().unwrap(), &roots) {
            Err(DeviceError::Missing { why, .. }) => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(why(), WhyMissing::NoDriver);
        fs::create_dir_all(roots.sysfs.join("bus/pci/drivers/xdma")).unwrap();
        assert_eq!(why(), WhyMissing::NoDevice);
        let control = roots.dev.join("xdma0_control");
        fs::write(&control, []).unwrap();
        assert_eq!(why(), WhyMissing::WithoutAxiLiteMaster { other: control.display().to_string() });
    }
}

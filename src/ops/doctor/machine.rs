//! This machine: where state is kept; the card's node, BAR, link and driver. No register is touched.

use std::io::{self, Write as _};
use std::path::Path;

use super::{Check, Subject};
use crate::base::private_file::{state_folder, without_path};
use crate::device::{Access, DeviceError, Info, Node, driver_in_use, locate};

/// Where orders, locks and checkpoints are written down; without that nothing is sent.
pub(super) fn state() -> Check {
    let Some(folder) = state_folder() else {
        let detail = "there is no HOME: nothing is written down, so that a killed run is begun anew";
        return Check::warn(detail).next("set HOME, or XDG_STATE_HOME");
    };
    let there = folder.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    match write_unseen(there) {
        Ok(()) => Check::ok(folder.display().to_string()),
        Err(error) => {
            let (folder, there) = (folder.display(), there.display());
            let error = without_path(error);
            Check::fail(format!("{folder} can't be written: {error}"))
                .next(format!("df -h {there}; ls -ld {there}; or set XDG_STATE_HOME to another folder"))
        }
    }
}

/// Writes what a lock or an order takes into a file that has no name and ends here.
fn write_unseen(folder: &Path) -> io::Result<()> {
    tempfile::tempfile_in(folder)?.write_all(&[0; 4096])
}

/// The local device.
pub(super) fn device(subject: &Subject) -> Check {
    let node = locate(&subject.device, &subject.roots)
        .and_then(|located| Node::open(located, Access::Read))
        .and_then(|node| node.check_enabled().map(|()| node));
    match node.and_then(|node| Ok((Info::of(&node)?, node))) {
        Ok((_, node)) if node.is_off_the_bus() => off_the_bus(&node),
        Ok((info, _)) => of_info(&info),
        Err(error @ DeviceError::Missing { .. }) if !subject.device_is_named => {
            Check::skipped(error.to_string())
        }
        Err(error) => {
            let cure = (subject.device_cure)(&error);
            let cure =
                cure.unwrap_or_else(|| "name a node, a sysfs resource or a PCI address: --device".into());
            Check::fail(error.to_string()).next(cure)
        }
    }
}

fn off_the_bus(node: &Node) -> Check {
    let detail = format!(
        "{}: its configuration space reads all ones: the link is dead",
        node.located().path.display()
    );
    Check::fail(detail)
        .next("load the image again: faascmd fpga load IMAGE_UUID --force; `lspci -vv` shows the link")
}

fn of_info(info: &Info) -> Check {
    let mut detail = format!("{} ({}), {:#x} bytes", info.device, info.kind, info.length);
    let mut degraded = false;
    if let Some(pci) = &info.pci {
        detail += &format!(", PCI {}", pci.address);
        if let Some(link) = &pci.link {
            detail += &format!(", link {} x{}", link.speed, link.width);
            degraded = link.degraded;
        }
    }
    let facts = serde_json::to_value(info).unwrap_or_default();
    let check = if let Some(pid) = info.locked_by {
        Check::warn(format!("{detail}, locked by process {pid}: who writes to it waits"))
            .next(format!("wait until it is done; ps -fp {pid} tells what it is"))
    } else if degraded {
        Check::warn(format!("{detail}: slower or narrower than it could be"))
            .next("load the image again; if the link stays so, open a ticket for the instance")
    } else {
        Check::ok(detail)
    };
    check.fact("info", facts)
}

/// The driver that holds the card.
pub(super) fn driver(subject: &Subject) -> Check {
    match driver_in_use(&subject.roots) {
        Some(driver) => Check::ok(format!("{} is bound to {}", driver.name, driver.devices.join(", ")))
            .fact("driver", driver.name)
            .fact("devices", driver.devices),
        None => Check::skipped("neither xdma nor xocl is bound to a device of this machine"),
    }
}

//! The card in this machine: node, BAR, link and driver. No register is touched.

use super::{Check, Subject};
use crate::device::{Access, DeviceError, Info, Node, driver_in_use, locate};

/// The local device.
pub(super) fn device(subject: &Subject) -> Check {
    let info = locate(&subject.device, &subject.roots)
        .and_then(|located| Node::open(located, Access::Read))
        .and_then(|node| Info::of(&node));
    match info {
        Ok(info) => of_info(&info),
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
    if let Some(pid) = info.locked_by {
        detail += &format!(", locked by process {pid}");
    }
    let facts = serde_json::to_value(info).unwrap_or_default();
    let check = if degraded {
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

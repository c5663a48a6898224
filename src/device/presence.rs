//! Whether an open device is still the one that its name leads to.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::error::DeviceError;
use super::locate::Kind;
use super::open::Device;

impl Device {
    /// Fails when the device was taken away meanwhile, though its old mapping may go on answering.
    ///
    /// Linux leaves a resource mapped after `echo 1 > remove`, and xdma its node after `rmmod` (seen with 6.1); once the
    /// bus is scanned again, those addresses may be another device's.
    ///
    /// # Errors
    /// When its node or resource is gone, or is another one by now.
    pub fn check_present(&self) -> Result<(), DeviceError> {
        let located = self.node().located();
        if matches!(located.kind, Kind::File(_)) || leads_to(&located.path, self.node().file()) {
            return Ok(());
        }
        Err(DeviceError::Vanished { node: located.path.clone() })
    }
}

fn leads_to(path: &Path, open: &File) -> bool {
    match (fs::metadata(path), open.metadata()) {
        (Ok(now), Ok(then)) => (now.dev(), now.ino()) == (then.dev(), then.ino()),
        (Err(e), _) => e.kind() != io::ErrorKind::NotFound,
        (_, Err(_)) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::{Access, LastWords, Node, Roots, locate};

    #[test]
    fn a_resource_that_was_removed_or_made_again_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let roots = Roots { sysfs: folder.path().into(), ..Roots::default() };
        let directory = roots.sysfs.join("bus/pci/devices/0000:05:00.0");
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("vendor"), "0x10ee\n").unwrap();
        let resource = directory.join("resource2");
        fs::write(&resource, [0; 64]).unwrap();
        let node = Node::open(locate("05:00.0/2", &roots).unwrap(), Access::Read).unwrap();
        let device = node.map(LastWords::default()).unwrap();
        device.check_present().unwrap();
        fs::remove_file(&resource).unwrap();
        let error = device.check_present().unwrap_err().to_string();
        assert!(error.ends_with("resource2 vanished or shrank while it was in use"), "{error}");
        fs::write(&resource, [0; 64]).unwrap();
        device.check_present().unwrap_err();
    }
}

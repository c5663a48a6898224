//! A plain file as a device: the registers of the reference design at rest.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::world::{Ran, World, ran};

/// A register BAR in a file of the world's folder.
pub struct Bar {
    pub path: PathBuf,
}

impl Bar {
    /// 64 KiB of zeros but for some values.
    pub fn new(world: &World) -> Self {
        let bar = Self { path: world.file("fpga.bin", vec![0; 64 * 1024]) };
        for (offset, value) in [(0x24, 1), (0x40, 0x1234_5678), (0x44, 0x89ab_cdef), (0x48, u32::MAX)] {
            bar.set(offset, value);
        }
        bar
    }

    /// What the register holds, looked at from outside.
    pub fn get(&self, offset: u64) -> u32 {
        let mut word = [0; 4];
        OpenOptions::new().read(true).open(&self.path).unwrap().read_exact_at(&mut word, offset).unwrap();
        u32::from_le_bytes(word)
    }

    /// Puts a value into the register, as the hardware would.
    pub fn set(&self, offset: u64, value: u32) {
        let file = OpenOptions::new().write(true).open(&self.path).unwrap();
        file.write_all_at(&value.to_le_bytes(), offset).unwrap();
    }

    /// Cuts the file off.
    pub fn shrink(&self) {
        OpenOptions::new().write(true).open(&self.path).unwrap().set_len(0).unwrap();
    }

    /// Runs `faascmd ARGS` on it.
    pub fn faascmd(&self, world: &World, args: &[&str]) -> Ran {
        ran(world.command("faascmd").env("FAASCMD_DEVICE", self.device()).args(args))
    }

    /// What `--device` takes: that a plain file is meant for a device.
    pub fn device(&self) -> String {
        format!("file:{}", self.name())
    }

    /// Its path as an argument.
    pub fn name(&self) -> &str {
        self.path.to_str().unwrap()
    }
}

/// A PCI device in a sysfs of the test's own making, with a resource2 of 4 KiB and its memory switched on.
pub fn pci_device(sysfs: &Path, address: &str) -> PathBuf {
    let device = sysfs.join("bus/pci/devices").join(address);
    std::fs::create_dir_all(&device).unwrap();
    let mut config = [0; 64];
    config[..6].copy_from_slice(&[0xee, 0x10, 0x38, 0x90, 0x06, 0x00]);
    for (name, bytes) in [
        ("vendor", b"0x10ee\n".as_slice()),
        ("device", b"0x9038\n"),
        ("subsystem_vendor", b"0x10ee\n"),
        ("subsystem_device", b"0x0007\n"),
        ("current_link_speed", b"8.0 GT/s PCIe\n"),
        ("max_link_speed", b"8.0 GT/s PCIe\n"),
        ("current_link_width", b"8\n"),
        ("max_link_width", b"16\n"),
        ("config", &config),
        ("resource2", &[0; 4096]),
    ] {
        std::fs::write(device.join(name), bytes).unwrap();
    }
    device
}

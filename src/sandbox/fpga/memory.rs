//! The simulated chip's memory: one sparse file, the DMA nodes that lead to it, and what sysfs would say of the link.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::Path;

use super::told;
use crate::device::{MOST_CHANNELS, mark_as_device};

/// What an f3 has: four banks of 16 GiB.
const LENGTH: u64 = 64 << 30;

/// The link of an f3 instance's card, in the words of sysfs.
const LINK: [(&str, &str); 4] = [
    ("current_link_speed", "8.0 GT/s PCIe"),
    ("current_link_width", "16"),
    ("max_link_speed", "8.0 GT/s PCIe"),
    ("max_link_width", "16"),
];

/// Makes the memory, the nodes `STEM_h2c_0` to `STEM_c2h_3`, and beside each node the faults that it is to play.
pub(in crate::sandbox) fn make(memory: &Path, stem: &Path, faults: Option<&str>) -> io::Result<()> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(memory)?;
    file.set_len(LENGTH.min(longest_file()))?;
    // Where the file system keeps no attributes, the test needs a range.
    told(mark_as_device(memory));
    link(memory, stem)?;
    if let Some(faults) = faults {
        nodes(stem).try_for_each(|node| write(Path::new(&format!("{node}.faults")), faults))?;
    }
    let folder = stem.parent().unwrap_or(stem);
    LINK.iter().try_for_each(|(name, text)| write(&folder.join(name), &format!("{text}\n")))
}

/// The driver's nodes, led to the memory.
pub(in crate::sandbox) fn link(memory: &Path, stem: &Path) -> io::Result<()> {
    nodes(stem).try_for_each(|node| {
        fs::remove_file(&node).ok();
        symlink(memory, node)
    })
}

fn nodes(stem: &Path) -> impl Iterator<Item = String> {
    let stem = stem.display().to_string();
    let channels =
        ["h2c", "c2h"].into_iter().flat_map(|d| (0..MOST_CHANNELS).map(move |n| format!("{d}_{n}")));
    channels.map(move |channel| format!("{stem}_{channel}"))
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    io::Write::write_all(&mut file, text.as_bytes())
}

/// What `ulimit -f` allows: a longer one would end the program.
fn longest_file() -> u64 {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max file size"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(u64::MAX)
}

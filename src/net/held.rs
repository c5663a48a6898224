//! What this system still holds of what was sent: it shrinks as the far side takes it.

use std::collections::BTreeMap;
use std::fs;

/// The bytes that wait in this process's connections, as last seen.
#[derive(Debug, Default)]
pub(super) struct Held(BTreeMap<u64, u64>);

impl Held {
    /// Whether the far side of some connection took something since this was last asked. Where the system does not tell, it
    /// did not.
    pub(super) fn shrinks(&mut self) -> bool {
        let now = held();
        let before = std::mem::replace(&mut self.0, now);
        self.0.iter().any(|(socket, bytes)| before.get(socket).is_some_and(|before| bytes < before))
    }
}

/// The sockets of this process, by their inodes, with the bytes that were handed over and not confirmed.
fn held() -> BTreeMap<u64, u64> {
    let own: Vec<u64> =
        fs::read_dir("/proc/self/fd").into_iter().flatten().flatten().filter_map(|fd| socket(&fd)).collect();
    let tables = ["tcp", "tcp6"]
        .map(|table| fs::read_to_string(format!("/proc/self/net/{table}")).unwrap_or_default());
    let rows = tables.iter().flat_map(|table| table.lines().skip(1)).filter_map(row);
    rows.filter(|(inode, _)| own.contains(inode)).collect()
}

/// `socket:[4711]`
fn socket(fd: &fs::DirEntry) -> Option<u64> {
    let link = fs::read_link(fd.path()).ok()?;
    link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

/// The inode and the send queue of a line such as `0: 0100007F:97E9 0100007F:0050 01 0000A000:00000000 00:00000000 00000000 0 0 4711 1`.
fn row(line: &str) -> Option<(u64, u64)> {
    let mut words = line.split_whitespace();
    let (sent, _received) = words.nth(4)?.split_once(':')?;
    Some((words.nth(4)?.parse().ok()?, u64::from_str_radix(sent, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[test]
    fn reads_the_systems_table() {
        let line = "   3: 0100007F:97E9 0100007F:0050 01 0000A000:00000000 00:00000000 00000000     0        0 4711 1 d4 100 0 0 10 0";
        assert_eq!(row(line), Some((4711, 0xa000)));
        assert_eq!(row("  sl  local_address rem_address"), None);
    }

    #[test]
    fn what_the_far_side_takes_is_seen_to_leave() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut far, _) = listener.accept().unwrap();
        near.set_nonblocking(true).unwrap();
        let mut sent = 0;
        while let Ok(length) = near.write(&[0; 1 << 16]) {
            sent += length;
        }
        let fd = std::os::fd::AsRawFd::as_raw_fd(&near);
        let inode = fs::metadata(format!("/proc/self/fd/{fd}")).unwrap().ino();
        // Only this connection: other tests have theirs.
        let held = || Held(held().into_iter().filter(|(socket, _)| *socket == inode).collect());
        let before = held();
        assert!(before.0[&inode] > 0, "{before:?}");
        far.read_exact(&mut vec![0; sent - 1000]).unwrap();
        let after = held();
        assert!(after.0[&inode] < before.0[&inode], "{before:?} {after:?}");
    }
}

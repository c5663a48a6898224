//! Who may ask at all: programs of this user, under a name that is meant, and no page in a browser.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use nix::unistd::geteuid;
use socket2::{Domain, Protocol, Socket, Type};

use super::http::{Request, Response};
use super::route::CNAME_LABEL;

/// Why a request is not answered; None when it is. What a browser asks before a page's request is answered by the
/// service: it does nothing, and says no.
pub(super) fn refusal(request: &Request, of_another_user: bool) -> Option<Response> {
    let why = if of_another_user {
        "This sandbox belongs to another user of this machine."
    } else if !is_meant(&request.host) {
        "This sandbox does not answer under this name: use 127.0.0.1, *.localhost or *.aliyuncs.com."
    } else if request.header("origin").is_some() && request.method != "OPTIONS" {
        "This sandbox does not answer pages in a browser."
    } else {
        return None;
    };
    // Nobody reads what else they send.
    Some(Response::text(403, why).with_code("Sandbox.NotForYou").with_header("connection", "close"))
}

/// A name that leads here on purpose: a page of another site that had its own name resolved to 127.0.0.1 comes under
/// that name.
fn is_meant(host: &str) -> bool {
    let address = host.parse::<Ipv4Addr>();
    let of_ours = address.is_ok_and(|ip| ip.is_loopback() || ip == Ipv4Addr::new(100, 100, 100, 200));
    let ends = [".localhost", ".127.0.0.1", ".127.0.0.1.nip.io", ".aliyuncs.com"];
    of_ours
        || matches!(host, "" | "localhost" | "[::1]")
        || ends.iter().any(|end| host.ends_with(end))
        || host.split('.').next() == Some(CNAME_LABEL)
}

/// Whether the other end of a connection is held by another user; root may do everything anyway.
///
/// The kernel says so. An end that it does not know is closed by now, and gets no answer.
pub(super) fn is_of_another_user(peer: SocketAddr, here: SocketAddr) -> bool {
    let (SocketAddr::V4(peer), SocketAddr::V4(here)) = (peer, here) else { return true };
    let tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];
    let read = || tables.iter().filter_map(|table| std::fs::read_to_string(table).ok());
    let owner = asked(peer, here).or_else(|| read().find_map(|table| owner(&table, peer, here)));
    owner.is_some_and(|uid| uid != 0 && uid != geteuid().as_raw())
}

/// Asks the kernel for this one socket (sock_diag(7)): its tables name all of the machine, and reading them took an eighth
/// of a download. None where it has no such answer.
fn asked(local: SocketAddrV4, remote: SocketAddrV4) -> Option<u32> {
    const NETLINK: (i32, i32) = (16, 4); // AF_NETLINK, NETLINK_SOCK_DIAG
    const BY_FAMILY: u16 = 20; // SOCK_DIAG_BY_FAMILY
    const HEAD: usize = 16; // struct nlmsghdr
    const ID: usize = 4; // of struct inet_diag_msg: where its struct inet_diag_sockid stands
    const UID: usize = HEAD + 64;

    let mut ends = [local.port().to_be_bytes(), remote.port().to_be_bytes()].concat();
    for address in [local, remote] {
        ends.extend(address.ip().octets());
        ends.extend([0; 12]);
    }
    let mut request = Vec::with_capacity(72);
    request.extend(72_u32.to_ne_bytes());
    request.extend([BY_FAMILY, 1].map(u16::to_ne_bytes).concat()); // 1: NLM_F_REQUEST
    request.extend([0; 8]);
    request.extend([2, 6, 0, 0, 0xff, 0xff, 0xff, 0xff]); // AF_INET, IPPROTO_TCP, in any state
    request.extend(&ends);
    request.extend([0; 4]);
    request.extend([0xff; 8]); // INET_DIAG_NOCOOKIE

    let (domain, protocol) = NETLINK;
    let mut kernel = Socket::new(Domain::from(domain), Type::DGRAM, Some(Protocol::from(protocol))).ok()?;
    kernel.set_nonblocking(true).ok()?;
    kernel.write_all(&request).ok()?;
    let mut answer = [0; 512];
    let length = kernel.read(&mut answer).ok()?;
    let answer = answer.get(..length)?;
    let is_it = answer.get(4..6)? == BY_FAMILY.to_ne_bytes() && answer.get(HEAD + ID..)?.starts_with(&ends);
    let uid = answer.get(UID..UID + 4)?.try_into().ok()?;
    is_it.then(|| u32::from_ne_bytes(uid))
}

/// The user who holds the socket from `local` to `remote`.
fn owner(table: &str, local: SocketAddrV4, remote: SocketAddrV4) -> Option<u32> {
    // An address of version 4 within one of version 6 ends with the same digits.
    let spelled = |address: SocketAddrV4| {
        format!("{:08X}:{:04X}", u32::from_ne_bytes(address.ip().octets()), address.port())
    };
    let (local, remote) = (spelled(local), spelled(remote));
    table.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let ours = words.next()?.ends_with(&local) && words.next()?.ends_with(&remote);
        if ours { words.nth(4)?.parse().ok() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_other_sites_and_pages_are_not_answered() {
        let ask = |host: &str, origin: Option<&str>| {
            let headers = origin.map(|origin| ("origin".to_owned(), origin.to_owned())).into_iter().collect();
            refusal(&Request { host: host.into(), headers, ..Request::default() }, false).is_none()
        };
        for host in [
            "127.0.0.1",
            "localhost",
            "b.localhost",
            "b.127.0.0.1",
            "faas.cn-hangzhou.aliyuncs.com",
            "100.100.100.200",
        ] {
            assert!(ask(host, None), "{host}");
        }
        for host in ["evil.test", "evil", "127.0.0.1.evil.test", "aliyuncs.com.evil.test", "10.0.0.1"] {
            assert!(!ask(host, None), "{host}");
        }
        assert!(!ask("127.0.0.1", Some("http://evil.test")) && !ask("127.0.0.1", Some("null")));
    }

    #[test]
    fn the_kernel_tells_whose_an_end_is() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1\n\
            1: 0100007F:C001 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 2 1\n\
            2: 0000000000000000FFFF00000100007F:C002 0000000000000000FFFF00000100007F:1F90 01 0:0 00:0 0  1001 0 3 1\n";
        let at = |port| SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
        if cfg!(target_endian = "little") {
            assert_eq!(owner(table, at(0xc001), at(0x1f90)), Some(1000));
            assert_eq!(owner(table, at(0xc002), at(0x1f90)), Some(1001));
            assert_eq!(owner(table, at(0xc003), at(0x1f90)), None);
        }
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (local, remote) = (client.local_addr().unwrap(), client.peer_addr().unwrap());
        assert!(!is_of_another_user(local, remote));
        let (SocketAddr::V4(local), SocketAddr::V4(remote)) = (local, remote) else { unreachable!() };
        // A kernel may have no sock_diag; the tables tell then.
        let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap_or_default();
        assert!(asked(local, remote).is_none_or(|uid| Some(uid) == owner(&table, local, remote)));
        let nobody = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 1);
        assert_eq!(asked(nobody, remote), None);
    }
}

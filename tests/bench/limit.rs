//! What this machine can do at best: a file read in slices, their checksum, raw socket writes. `scripts/bench` compares.
//!
//! `limit FILE HOST:PORT CONNECTIONS` sends the file as the bodies of PUT requests, each connection its share, to a server
//! such as `osssink` that throws them away. No signature, no retry, no second look: an upload can't be faster.
#![expect(clippy::unwrap_used, reason = "a measuring tool may panic")]
#![expect(clippy::print_stdout, reason = "its answer")]

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::FileExt;

use crc_fast::{CrcAlgorithm, Digest};

const SLICE: u64 = 256 << 10;

fn send(file: &File, address: &str, range: std::ops::Range<u64>) -> u64 {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "PUT /bench/limit HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n",
        range.end - range.start
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut buffer = vec![0; usize::try_from(SLICE).unwrap()];
    let mut digest = Digest::new(CrcAlgorithm::Crc64Xz);
    let mut at = range.start;
    while at < range.end {
        let length = usize::try_from(SLICE.min(range.end - at)).unwrap();
        file.read_exact_at(&mut buffer[..length], at).unwrap();
        digest.update(&buffer[..length]);
        stream.write_all(&buffer[..length]).unwrap();
        at += length as u64;
    }
    assert!(stream.read(&mut buffer).unwrap() > 0);
    digest.finalize()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, address, connections] = arguments.as_slice() else {
        panic!("limit FILE HOST:PORT CONNECTIONS")
    };
    let file = File::open(path).unwrap();
    let (size, connections): (u64, u64) = (file.metadata().unwrap().len(), connections.parse().unwrap());
    let share = size.div_ceil(connections);
    std::thread::scope(|scope| {
        let start = |n: u64| (n * share).min(size);
        let threads: Vec<_> = (0..connections)
            .map(|n| {
                let file = &file;
                scope.spawn(move || send(file, address, start(n)..start(n + 1)))
            })
            .collect();
        for thread in threads {
            println!("{:016x}", thread.join().unwrap());
        }
    });
}

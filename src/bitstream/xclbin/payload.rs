//! The sections of fixed records: memories, compute units, clocks (XRT `xclbin.h`).

use std::collections::HashSet;

use super::facts::{CLOCKS_LISTED, Clock, MemoryBank, Unit, XclbinFacts};
use super::metadata;
use crate::bitstream::bytes::{text, u16_at, u32_at, u64_at};

/// More records than this are nonsense.
const RECORDS_LIMIT: usize = 4096;

/// What takes the facts of a section; none when there are none in it.
pub(super) fn reader(kind: &str) -> Option<fn(&[u8], &mut XclbinFacts)> {
    Some(match kind {
        "MEM_TOPOLOGY" => memories,
        "IP_LAYOUT" => compute_units,
        "CLOCK_FREQ_TOPOLOGY" => topology,
        "EMBEDDED_METADATA" => metadata::read_xml,
        "CONNECTIVITY" => connections,
        "SYSTEM_METADATA" => metadata::read_system,
        "BUILD_METADATA" => metadata::read_build,
        _ => return None,
    })
}

/// The records behind a count, as many as there are.
fn records(bytes: &[u8], count: u64, start: usize, size: usize) -> impl Iterator<Item = &[u8]> {
    let count = usize::try_from(count).unwrap_or(usize::MAX).min(RECORDS_LIMIT);
    bytes.get(start..).unwrap_or_default().chunks_exact(size).take(count)
}

const MEMORY_TYPES: [&str; 10] = [
    "MEM_DDR3",
    "MEM_DDR4",
    "MEM_DRAM",
    "MEM_STREAMING",
    "MEM_PREALLOCATED_GLOB",
    "MEM_ARE",
    "MEM_HBM",
    "MEM_BRAM",
    "MEM_URAM",
    "MEM_STREAMING_CONNECTION",
];

fn memories(bytes: &[u8], facts: &mut XclbinFacts) {
    let bank = |record: &[u8]| MemoryBank {
        name: text(&record[24..40]),
        memory_type: MEMORY_TYPES.get(usize::from(record[0])).copied().unwrap_or("MEM_UNKNOWN").to_owned(),
        used: record[1] != 0,
        size: u64_at(record, 8).saturating_mul(1024),
        base_address: format!("{:#x}", u64_at(record, 16)),
    };
    facts.memories = records(bytes, u64::from(u32_at(bytes, 0)), 8, 40).map(bank).collect();
}

/// What is in the chip; which kernel each is of may stand in a section that comes later.
fn compute_units(bytes: &[u8], facts: &mut XclbinFacts) {
    const IP_KERNEL: u32 = 1;
    let unit = |record: &[u8]| Unit {
        name: text(&record[16..80]),
        is_kernel: u32_at(record, 0) == IP_KERNEL,
        base: u64_at(record, 8),
    };
    facts.links.units = records(bytes, u64::from(u32_at(bytes, 0)), 8, 80).map(unit).collect();
}

/// Numbers of an argument, a compute unit and a memory; none is below zero in a file that makes sense.
fn connections(bytes: &[u8], facts: &mut XclbinFacts) {
    let link = |record: &[u8]| [0, 4, 8].map(|at| usize::try_from(u32_at(record, at)).unwrap_or(usize::MAX));
    facts.links.connections = records(bytes, u64::from(u32_at(bytes, 0)), 4, 12).map(link).collect();
}

/// What the chip's clock generator is set to, which is more certain than what the metadata says.
fn topology(bytes: &[u8], facts: &mut XclbinFacts) {
    let told = std::mem::replace(&mut facts.clocks, clocks(bytes));
    for clock in &mut facts.clocks {
        let told = told.iter().find(|told| told.name == clock.name);
        clock.requested_mhz = told.and_then(|told| told.requested_mhz);
    }
    facts.clocks.extend(told.into_iter().filter(|told| told.requested_mhz.is_some()));
    let mut names = HashSet::new();
    facts.clocks.retain(|clock| names.insert(clock.name.clone()));
}

fn clocks(bytes: &[u8]) -> Vec<Clock> {
    const TYPES: [&str; 4] = ["UNUSED", "DATA", "KERNEL", "SYSTEM"];
    let clock = |record: &[u8]| Clock {
        name: text(&record[8..136]),
        clock_type: TYPES.get(usize::from(record[2])).copied().unwrap_or("UNKNOWN").to_owned(),
        mhz: f64::from(u16_at(record, 0)),
        requested_mhz: None,
    };
    records(bytes, u64::from(u16_at(bytes, 0)), 2, 136).take(CLOCKS_LISTED).map(clock).collect()
}

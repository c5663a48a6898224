//! The sections of fixed records: memories, compute units, clocks (XRT `xclbin.h`).

use std::collections::HashSet;

use super::facts::{Clock, CuInstance, Kernel, MemoryBank, XclbinFacts};
use super::layout::{Kind, text};
use super::metadata;
use crate::bitstream::bytes::{u16_at, u32_at, u64_at};

/// More records than this are nonsense, in one section and in all of a kind.
const RECORDS_LIMIT: usize = 4096;

/// Takes the facts of a section.
pub(super) fn read(kind: Kind, bytes: &[u8], facts: &mut XclbinFacts) {
    match kind {
        Kind::MemTopology => facts.memories = memories(bytes),
        Kind::IpLayout => compute_units(bytes, facts),
        Kind::ClockFreqTopology => topology(bytes, facts),
        Kind::EmbeddedMetadata => metadata::read_xml(bytes, facts),
        Kind::Connectivity => connections(bytes, facts),
        Kind::SystemMetadata => metadata::read_system(bytes, facts),
        Kind::BuildMetadata => metadata::read_build(bytes, facts),
        _ => {}
    }
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

fn memories(bytes: &[u8]) -> Vec<MemoryBank> {
    let bank = |record: &[u8]| MemoryBank {
        name: text(&record[24..40]),
        memory_type: MEMORY_TYPES.get(usize::from(record[0])).copied().unwrap_or("MEM_UNKNOWN").to_owned(),
        used: record[1] != 0,
        size: u64_at(record, 8).saturating_mul(1024),
        base_address: format!("{:#x}", u64_at(record, 16)),
    };
    records(bytes, u64::from(u32_at(bytes, 0)), 8, 40).map(bank).collect()
}

/// Kernels by the names `kernel:instance`; the metadata tells more of them, and may come before or after.
fn compute_units(bytes: &[u8], facts: &mut XclbinFacts) {
    const IP_KERNEL: u32 = 1;
    for record in records(bytes, u64::from(u32_at(bytes, 0)), 8, 80) {
        let name = text(&record[16..80]);
        // Without a kernel before it, the name is that of the unit, and of its kernel when no other has it.
        let (kernel, unit) = match name.split_once(':') {
            Some((kernel, unit)) => (kernel.to_owned(), unit),
            None => (kernel_of(facts, &name).unwrap_or(&name).to_owned(), name.as_str()),
        };
        if facts.links.units.len() < RECORDS_LIMIT {
            facts.links.units.push((kernel.clone(), unit.to_owned()));
        }
        if u32_at(record, 0) != IP_KERNEL || name.is_empty() {
            continue;
        }
        let base = u64_at(record, 8);
        let room = facts.has_room();
        if let Some(unit) = kernel_named(facts, &kernel).and_then(|kernel| kernel.unit_named(unit, room)) {
            // All ones: it has no registers.
            unit.base_address = (base != u64::MAX).then(|| format!("{base:#x}"));
        }
    }
}

/// The kernel that has a compute unit of the name.
fn kernel_of<'a>(facts: &'a XclbinFacts, unit: &str) -> Option<&'a str> {
    let has = |kernel: &&Kernel| kernel.instances.iter().any(|known| known.name == unit);
    facts.kernels.iter().find(has).map(|kernel| kernel.name.as_str())
}

/// Numbers of an argument, a compute unit and a memory; none is below zero in a file that makes sense.
fn connections(bytes: &[u8], facts: &mut XclbinFacts) {
    let room = RECORDS_LIMIT.saturating_sub(facts.links.connections.len());
    for record in records(bytes, u64::from(u32_at(bytes, 0)), 4, 12).take(room) {
        let number = |at: usize| usize::try_from(u32_at(record, at)).unwrap_or(usize::MAX);
        facts.links.connections.push([number(0), number(4), number(8)]);
    }
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
    records(bytes, u64::from(u16_at(bytes, 0)), 2, 136).map(clock).collect()
}

/// The kernel of a name, a new one when there was none; nothing beyond what a chip has room for.
pub(super) fn kernel_named<'a>(facts: &'a mut XclbinFacts, name: &str) -> Option<&'a mut Kernel> {
    let known = facts.kernels.iter().position(|kernel| kernel.name == name);
    if known.is_none() && facts.has_room() {
        facts.kernels.push(Kernel { name: name.to_owned(), ..Kernel::default() });
    }
    facts.kernels.iter_mut().find(|kernel| kernel.name == name)
}

impl Kernel {
    /// The compute unit of a name, a new one when there was none and there is room.
    pub(super) fn unit_named(&mut self, name: &str, room: bool) -> Option<&mut CuInstance> {
        let known = self.instances.iter().position(|unit| unit.name == name);
        if known.is_none() && room {
            self.instances.push(CuInstance { name: name.to_owned(), ..CuInstance::default() });
        }
        self.instances.iter_mut().find(|unit| unit.name == name)
    }
}

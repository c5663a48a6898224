//! The fixed fields: header and section headers, and the names of the numbers in them.

use super::facts::{Section, XclbinFacts};
use crate::bitstream::bytes::{text, u16_at, u32_at, u64_at};

/// Bytes before the section headers.
pub(super) const HEADER_BYTES: u64 = 456;
/// Bytes of a section header.
pub(super) const SECTION_BYTES: u64 = 40;

/// Where the fields stand, each with the version of `xclbin.h` that named it.
mod at {
    pub(super) const SIGNATURE_LENGTH: usize = 8;
    pub(super) const LENGTH: usize = 304;
    pub(super) const TIMESTAMP: usize = 312;
    pub(super) const ROM_TIMESTAMP: usize = 320;
    pub(super) const VERSION_PATCH: usize = 328;
    pub(super) const VERSION_MAJOR: usize = 330;
    pub(super) const VERSION_MINOR: usize = 331;
    pub(super) const MODE: usize = 332;
    pub(super) const INTERFACE_UUID: usize = 336;
    pub(super) const VBNV: usize = 352;
    pub(super) const UUID: usize = 416;
    pub(super) const SECTIONS: usize = 448;
}

/// The header's bytes, all there.
pub(super) struct Header<'a> {
    bytes: &'a [u8],
    /// How many section headers follow.
    pub(super) sections: u32,
}

impl<'a> Header<'a> {
    /// From the file's first bytes; none when they are too few.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        (bytes.len() as u64 >= HEADER_BYTES).then(|| Self { bytes, sections: u32_at(bytes, at::SECTIONS) })
    }

    /// Puts what the header says into the facts.
    pub(super) fn facts(&self, facts: &mut XclbinFacts) {
        let bytes = self.bytes;
        facts.length = u64_at(bytes, at::LENGTH);
        facts.created = timestamp(u64_at(bytes, at::TIMESTAMP));
        facts.feature_rom_timestamp = u64_at(bytes, at::ROM_TIMESTAMP);
        facts.version = version(bytes);
        // Up to 2018, one 32-bit mode; since then two 16-bit fields, of which the first is the mode.
        facts.mode = MODES.get(usize::from(u16_at(bytes, at::MODE))).unwrap_or(&UNKNOWN_MODE);
        facts.interface_uuid = uuid(&bytes[at::INTERFACE_UUID..]);
        facts.uuid = uuid(&bytes[at::UUID..]);
        facts.platform.header_vbnv = Some(text(&bytes[at::VBNV..at::UUID])).filter(|name| !name.is_empty());
        let signature = u32_at(bytes, at::SIGNATURE_LENGTH);
        // Up to 2018 the field was the beginning of an unused cipher key: zeros, or ones.
        facts.signature_bytes = Some(signature).filter(|n| !matches!(*n, 0 | u32::MAX)).map(u64::from);
        facts.signed = facts.signature_bytes.is_some();
    }
}

/// `2.1.0`; 2018 and before had one 32-bit number there.
fn version(bytes: &[u8]) -> String {
    let patch = u16_at(bytes, at::VERSION_PATCH);
    format!("{}.{}.{patch}", bytes[at::VERSION_MAJOR], bytes[at::VERSION_MINOR])
}

/// A section header; none when the bytes are too few.
pub(super) fn section(bytes: &[u8]) -> Option<Section> {
    if (bytes.len() as u64) < SECTION_BYTES {
        return None;
    }
    let number = u32_at(bytes, 0);
    let kind = kind_name(number);
    let name = text(&bytes[4..20]);
    Some(Section { kind, kind_number: number, name, offset: u64_at(bytes, 24), size: u64_at(bytes, 32) })
}

/// The name of a section's kind; none of one that nobody knows yet.
pub(super) fn known_kind(number: u32) -> Option<&'static str> {
    SECTIONS.get(usize::try_from(number).ok()?).copied()
}

/// The name of a section's kind, also of one that nobody knows yet.
pub(super) fn kind_name(number: u32) -> String {
    known_kind(number).map_or_else(|| format!("UNKNOWN_{number}"), str::to_owned)
}

/// What a section holds, by the number of its kind (XRT `xclbin.h`, `axlf_section_kind`).
const SECTIONS: [&str; 36] = [
    BITSTREAM,
    "CLEARING_BITSTREAM",
    "EMBEDDED_METADATA",
    "FIRMWARE",
    "DEBUG_DATA",
    "SCHED_FIRMWARE",
    "MEM_TOPOLOGY",
    "CONNECTIVITY",
    "IP_LAYOUT",
    "DEBUG_IP_LAYOUT",
    "DESIGN_CHECK_POINT",
    "CLOCK_FREQ_TOPOLOGY",
    "MCS",
    "BMC",
    "BUILD_METADATA",
    "KEYVALUE_METADATA",
    "USER_METADATA",
    "DNA_CERTIFICATE",
    "PDI",
    "BITSTREAM_PARTIAL_PDI",
    "PARTITION_METADATA",
    "EMULATION_DATA",
    "SYSTEM_METADATA",
    "SOFT_KERNEL",
    "ASK_FLASH",
    "AIE_METADATA",
    "ASK_GROUP_TOPOLOGY",
    "ASK_GROUP_CONNECTIVITY",
    "SMARTNIC",
    "AIE_RESOURCES",
    "OVERLAY",
    "VENDER_METADATA",
    "AIE_PARTITION",
    "IP_METADATA",
    "AIE_RESOURCES_BIN",
    "AIE_TRACE_METADATA",
];

/// The section that `xclbinsplit` takes out.
pub(super) const BITSTREAM: &str = "BITSTREAM";

/// How a container is to be loaded (XRT `xclbin.h`, `XCLBIN_MODE`).
const MODES: [&str; 7] =
    ["flat", "pr", "tandem_stage2", "tandem_stage2_with_pr", "hw_emu", "sw_emu", "hw_emu_pr"];
pub(super) const UNKNOWN_MODE: &str = "unknown";

/// An id in its usual form; none when it is all zeros.
fn uuid(bytes: &[u8]) -> Option<String> {
    let bytes = bytes.first_chunk::<16>()?;
    (*bytes != [0; 16]).then(|| uuid::Uuid::from_bytes(*bytes).to_string())
}

/// Seconds since 1970, as RFC 3339; none when they are no time.
fn timestamp(seconds: u64) -> Option<jiff::Timestamp> {
    let seconds = i64::try_from(seconds).ok().filter(|seconds| *seconds > 0)?;
    jiff::Timestamp::from_second(seconds).ok()
}

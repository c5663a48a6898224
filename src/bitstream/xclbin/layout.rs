//! The fixed fields: header and section headers, and the names of the numbers in them.

use super::facts::{Mode, Section, XclbinFacts};
use crate::bitstream::bytes::{u16_at, u32_at, u64_at};

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
        facts.mode = Mode::of(u32_at(bytes, at::MODE) & 0xffff);
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

/// The name of a section's kind, also of one that nobody knows yet.
pub(super) fn kind_name(number: u32) -> String {
    Kind::of(number).map_or_else(|| format!("UNKNOWN_{number}"), |kind| kind.name().to_owned())
}

/// Declares the section kinds with their number and their name in `xclbin.h`.
macro_rules! kinds {
    ($($kind:ident $number:literal $name:literal;)*) => {
        /// What a section holds (XRT `xclbin.h`, `axlf_section_kind`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Kind { $($kind,)* }

        impl Kind {
            pub(super) fn of(number: u32) -> Option<Self> {
                match number { $($number => Some(Self::$kind),)* _ => None }
            }

            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }
        }
    };
}

kinds! {
    Bitstream 0 "BITSTREAM";
    ClearingBitstream 1 "CLEARING_BITSTREAM";
    EmbeddedMetadata 2 "EMBEDDED_METADATA";
    Firmware 3 "FIRMWARE";
    DebugData 4 "DEBUG_DATA";
    SchedFirmware 5 "SCHED_FIRMWARE";
    MemTopology 6 "MEM_TOPOLOGY";
    Connectivity 7 "CONNECTIVITY";
    IpLayout 8 "IP_LAYOUT";
    DebugIpLayout 9 "DEBUG_IP_LAYOUT";
    DesignCheckPoint 10 "DESIGN_CHECK_POINT";
    ClockFreqTopology 11 "CLOCK_FREQ_TOPOLOGY";
    Mcs 12 "MCS";
    Bmc 13 "BMC";
    BuildMetadata 14 "BUILD_METADATA";
    KeyValueMetadata 15 "KEYVALUE_METADATA";
    UserMetadata 16 "USER_METADATA";
    DnaCertificate 17 "DNA_CERTIFICATE";
    Pdi 18 "PDI";
    PartialPdi 19 "BITSTREAM_PARTIAL_PDI";
    PartitionMetadata 20 "PARTITION_METADATA";
    EmulationData 21 "EMULATION_DATA";
    SystemMetadata 22 "SYSTEM_METADATA";
    SoftKernel 23 "SOFT_KERNEL";
    AskFlash 24 "ASK_FLASH";
    AieMetadata 25 "AIE_METADATA";
    AskGroupTopology 26 "ASK_GROUP_TOPOLOGY";
    AskGroupConnectivity 27 "ASK_GROUP_CONNECTIVITY";
    SmartNic 28 "SMARTNIC";
    AieResources 29 "AIE_RESOURCES";
    Overlay 30 "OVERLAY";
    VenderMetadata 31 "VENDER_METADATA";
    AiePartition 32 "AIE_PARTITION";
    IpMetadata 33 "IP_METADATA";
    AieResourcesBin 34 "AIE_RESOURCES_BIN";
    AieTraceMetadata 35 "AIE_TRACE_METADATA";
}

impl Kind {
    /// Whether facts are read from it.
    pub(super) fn is_metadata(self) -> bool {
        matches!(
            self,
            Self::EmbeddedMetadata
                | Self::MemTopology
                | Self::IpLayout
                | Self::ClockFreqTopology
                | Self::Connectivity
                | Self::SystemMetadata
                | Self::BuildMetadata
        )
    }
}

/// The text before the first NUL.
pub(super) fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

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

//! What a file is, from its first bytes and not from its name.

use serde::{Serialize, Serializer};
use tar::Header;

use super::tarball;

/// The maker of a chip, as the service's `FpgaType` spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// f1: Arria 10.
    Intel,
    /// f2 and f3: Kintex UltraScale, Virtex UltraScale+.
    Xilinx,
}

impl Family {
    /// `intel` or `xilinx`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Intel => "intel",
            Self::Xilinx => "xilinx",
        }
    }

    /// The family that the service names so, in any case.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Intel, Self::Xilinx].into_iter().find(|family| family.name().eq_ignore_ascii_case(name))
    }
}

/// Declares the kinds with their name in JSON, what people call them and the maker whose tools write them.
macro_rules! kinds {
    ($($kind:ident $name:literal $title:literal $family:expr;)*) => {
        /// The kinds of file that are told apart; docs/check.md says what each is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Kind { $(#[doc = $title] $kind,)* }

        impl Kind {
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// One word, for JSON and scripts: `gbs`, `xclbin`, `package`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            /// What people call it: `Intel green bitstream`.
            pub fn title(self) -> &'static str {
                match self { $(Self::$kind => $title,)* }
            }

            /// The maker whose tools write such files; none when both do, or neither.
            pub fn family(self) -> Option<Family> {
                match self { $(Self::$kind => $family,)* }
            }
        }
    };
}

kinds! {
    Gbs "gbs" "Intel green bitstream" Some(Family::Intel);
    GbsLegacy "gbs_legacy" "Intel green bitstream in the old form" Some(Family::Intel);
    GbsSigned "gbs_signed" "Intel bitstream signed by PACSign" Some(Family::Intel);
    Xclbin "xclbin" "Xilinx xclbin container" Some(Family::Xilinx);
    XclbinOld "xclbin_old" "Xilinx xclbin container of the first form" Some(Family::Xilinx);
    Bit "bit" "Xilinx bitstream" Some(Family::Xilinx);
    Bin "bin" "Xilinx configuration data without a header" Some(Family::Xilinx);
    Pdi "pdi" "Xilinx Versal device image" Some(Family::Xilinx);
    Dcp "dcp" "Vivado design checkpoint" Some(Family::Xilinx);
    Package "package" "xilinx package" Some(Family::Xilinx);
    Tar "tar" "tar archive" Some(Family::Xilinx);
    Xsa "xsa" "Vivado hardware handoff" Some(Family::Xilinx);
    Xo "xo" "Xilinx kernel object" Some(Family::Xilinx);
    Aocx "aocx" "Intel OpenCL program" Some(Family::Intel);
    Rbf "rbf" "Intel raw bitstream" Some(Family::Intel);
    Sof "sof" "Intel SRAM object file" Some(Family::Intel);
    Pof "pof" "Intel programmer object file" Some(Family::Intel);
    Jic "jic" "Intel JTAG indirect configuration file" Some(Family::Intel);
    Qar "qar" "Quartus project archive" Some(Family::Intel);
    Elf "elf" "ELF program or library" None;
    Hex "hex" "flash image in hexadecimal records" None;
    Zip "zip" "zip archive" None;
    Gzip "gzip" "gzip-compressed file" None;
    Compressed "compressed" "file compressed otherwise than with gzip" None;
    Text "text" "text" None;
    Empty "empty" "empty file" None;
    Unknown "unknown" "unrecognised file" None;
}

impl Kind {
    /// Whether the service can make an image of such a file, as far as the kind decides it.
    pub fn is_loadable(self) -> bool {
        matches!(
            self,
            Self::Gbs
                | Self::GbsLegacy
                | Self::GbsSigned
                | Self::Xclbin
                | Self::Bit
                | Self::Dcp
                | Self::Package
                | Self::Tar
        )
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// "XeonFPGA", 0xb7, "GBSv001" (OPAE libbitstream, `bitstream.h`).
pub(super) const GBS_GUID: &[u8; 16] = b"XeonFPGA\xb7GBSv001";
/// 0x1d1f8680, little-endian: the whole header of the old form (OPAE libbitstream).
pub(super) const GBS_LEGACY: &[u8] = &[0x80, 0x86, 0x1f, 0x1d];
/// 0xb6eafd19, little-endian: the first block of PACSign (OPAE `pacsign`: `DESCRIPTOR_BLOCK_MAGIC_NUM`).
const PACSIGN: &[u8] = &[0x19, 0xfd, 0xea, 0xb6];
/// The first field of a .bit: length 9, then the pattern (XRT `xrt_xclbin_parse_header`).
pub(super) const BIT_MAGIC: &[u8] = &[0x00, 0x09, 0x0f, 0xf0, 0x0f, 0xf0, 0x0f, 0xf0, 0x0f, 0xf0];
/// The sync word of Xilinx' configuration packets (UG470, UG570).
pub(super) const SYNC_WORD: &[u8] = &[0xaa, 0x99, 0x55, 0x66];

/// What the first bytes of a file say; give [`super::HEAD`] bytes where there are so many.
///
/// A zip or a gzip stream is only named as such (`zip`, `package`): what is in it shows when it is read.
pub fn identify(head: &[u8]) -> Kind {
    const MAGICS: &[(&[u8], Kind)] = &[
        (GBS_GUID, Kind::Gbs),
        (GBS_LEGACY, Kind::GbsLegacy),
        (PACSIGN, Kind::GbsSigned),
        (b"xclbin2\0", Kind::Xclbin),
        (b"xclbin0\0", Kind::XclbinOld),
        (b"xclbin1\0", Kind::XclbinOld),
        (BIT_MAGIC, Kind::Bit),
        (b"PK\x03\x04", Kind::Zip),
        (b"PK\x05\x06", Kind::Zip),
        (b"PK\x07\x08", Kind::Zip),
        (&[0x1f, 0x8b], Kind::Package),
        (b"SOF\0", Kind::Sof),
        (b"POF\0", Kind::Pof),
        (b"JIC\0", Kind::Jic),
        (b"BZh", Kind::Compressed),
        (b"\xfd7zXZ\0", Kind::Compressed),
        (&[0x28, 0xb5, 0x2f, 0xfd], Kind::Compressed),
        (b"7z\xbc\xaf\x27\x1c", Kind::Compressed),
        (b"Rar!", Kind::Compressed),
    ];
    if head.is_empty() {
        return Kind::Empty;
    }
    if let Some((_, kind)) = MAGICS.iter().find(|(magic, _)| head.starts_with(magic)) {
        return *kind;
    }
    if head.starts_with(b"\x7fELF") {
        return if contains(head, b".acl.") { Kind::Aocx } else { Kind::Elf };
    }
    if is_tar(head) {
        return Kind::Tar;
    }
    if is_qar(head) {
        return Kind::Qar;
    }
    identify_configuration(head).or_else(|| identify_text(head)).unwrap_or(Kind::Unknown)
}

/// A ustar or GNU tar, or an older one whose header's checksum is right.
fn is_tar(head: &[u8]) -> bool {
    let Some(block) = head.first_chunk::<512>() else { return false };
    block[257..].starts_with(b"ustar")
        || block[0] != 0 && tarball::trusted_size(Header::from_byte_slice(block)).is_some()
}

/// Quartus' archive: 71 02, a count, then for each member the length, a flag, the name's length and the name.
///
/// Nobody documents it; this is how public unpackers read it.
fn is_qar(head: &[u8]) -> bool {
    let Some([0x71, 0x02, a, b, .., low, high]) = head.first_chunk::<12>() else { return false };
    let name = head.get(12..12 + usize::from(u16::from_le_bytes([*low, *high]))).unwrap_or_default();
    (*a, *b) != (0, 0) && !name.is_empty() && name.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ')
}

/// Configuration data without a header, which begins with padding.
fn identify_configuration(head: &[u8]) -> Option<Kind> {
    let start = &head[..head.len().min(4096)];
    // The bus-width word of a Versal image stands where 7-series parts have 000000bb (AM011, UG570).
    if contains(&start[..start.len().min(64)], &[0, 0, 0, 0xdd, 0x11, 0x22, 0x33, 0x44]) {
        return Some(Kind::Pdi);
    }
    if ORDERS.into_iter().any(|order| is_bin(start, order)) {
        return Some(Kind::Bin);
    }
    // U-Boot's loader for Arria 10 knows a raw bitstream by 0xa65c, or 0xa65d when encrypted, at byte 0 or 4.
    let marked = |at: usize| matches!(start.get(at..at + 2), Some([0x5c | 0x5d, 0xa6]));
    let ones = start.iter().take_while(|byte| **byte == 0xff).count();
    ((32..start.len()).contains(&ones) || marked(0) || marked(4)).then_some(Kind::Rbf)
}

/// The bus-width words that stand before the sync word.
const BUS_WIDTH: &[u8] = &[0, 0, 0, 0xbb, 0x11, 0x22, 0, 0x44];
/// How flash tools order the bytes of a word: as they are, turned round, turned round in halves, halves exchanged.
const ORDERS: [[usize; 4]; 4] = [[0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 3, 2], [2, 3, 0, 1]];

/// Whether configuration data begins here, in an order of bytes, of which each may be turned round too.
fn is_bin(start: &[u8], order: [usize; 4]) -> bool {
    let padding = start.iter().take_while(|byte| matches!(byte, 0xff | 0)).count();
    let ordered = |words: &[u8], turn: fn(u8) -> u8| -> Vec<u8> {
        words.chunks(4).flat_map(|word| order.map(|at| turn(word[at]))).collect()
    };
    [u8::reverse_bits as fn(u8) -> u8, |byte| byte].into_iter().any(|turn| {
        let (bus_width, sync) = (ordered(BUS_WIDTH, turn), ordered(SYNC_WORD, turn));
        let first = padding >= 4 && start[padding..].starts_with(&sync);
        first || start.starts_with(&sync) || contains(&start[..start.len().min(256)], &bus_width)
    })
}

fn identify_text(head: &[u8]) -> Option<Kind> {
    let sample = &head[..head.len().min(4096)];
    let readable = |byte: &u8| !byte.is_ascii_control() || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c);
    let text = match std::str::from_utf8(sample) {
        Ok(text) => text,
        // A character cut off by the end of the sample is no fault of the text.
        Err(e) if e.error_len().is_none() && e.valid_up_to() > 0 => {
            std::str::from_utf8(&sample[..e.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    if sample.len() < 8 || !sample.iter().all(readable) {
        return None;
    }
    let record = |line: &str| line.len() >= 11 && line[1..].bytes().all(|b| b.is_ascii_hexdigit());
    let first = text.lines().next().unwrap_or_default().trim_end();
    let hex = first.starts_with(':') && record(first);
    Some(if hex { Kind::Hex } else { Kind::Text })
}

/// Whether a run of bytes occurs.
pub(super) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_told_by_its_first_bytes() {
        for (head, kind) in [
            (&b""[..], Kind::Empty),
            (b"XeonFPGA\xb7GBSv001....", Kind::Gbs),
            (b"\x80\x86\x1f\x1d................", Kind::GbsLegacy),
            (b"xclbin2\0", Kind::Xclbin),
            (b"xclbin0\0", Kind::XclbinOld),
            (BIT_MAGIC, Kind::Bit),
            (b"PK\x03\x04", Kind::Zip),
            (b"\x1f\x8b\x08", Kind::Package),
            (b"\x7fELF\x02\x01 .acl.board ", Kind::Aocx),
            (b"\x7fELF\x02\x01", Kind::Elf),
            (b"SOF\0..", Kind::Sof),
            (b"\xff\xff\xff\xff\xaa\x99\x55\x66", Kind::Bin),
            (b"\xff\xff\xff\xff\0\0\0\xbb\x11\x22\0\x44\xff\xff\xff\xff\xaa\x99\x55\x66", Kind::Bin),
            (&[&[0xff; 32][..], &[0x66, 0x55, 0x99, 0xaa]].concat(), Kind::Bin),
            (&[&[0xff; 32][..], &[0xbb, 0, 0, 0, 0x44, 0, 0x22, 0x11]].concat(), Kind::Bin),
            (&[&[0xff; 32][..], &[0x55, 0x99, 0xaa, 0x66]].concat(), Kind::Bin),
            (&[&[0xff; 32][..], &[0x99, 0xaa, 0x66, 0x55]].concat(), Kind::Bin),
            (&[&[0xff; 32][..], &[0x55, 0x66, 0xaa, 0x99]].concat(), Kind::Bin),
            (&[&[0xff; 32][..], &[0xdd, 0, 0, 0, 0x22, 0, 0x44, 0x88]].concat(), Kind::Bin),
            (&[[0xff; 32], [0x6a; 32]].concat(), Kind::Rbf),
            (&[0xff; 64], Kind::Unknown),
            (b":020000040000FA\n:10000000FFFF\n", Kind::Hex),
            (b"<?xml version=\"1.0\"?>", Kind::Text),
            (b"q\x02\x05\0\x99\0\0\0\0\x7f\x07\0top.qpfx\x9c", Kind::Qar),
            (b"q\x02\x05\0\x99\0\0\0\0\x7f\x07\0\0\0\0\0\0\0\0x\x9c", Kind::Unknown),
            (b"Xeo", Kind::Unknown),
            (b"\x01\x02\x03\x04\x05\x06\x07\x08\x09", Kind::Unknown),
        ] {
            assert_eq!(identify(head), kind, "{head:?}");
        }
    }

    #[test]
    fn a_tar_is_known_by_its_mark_or_by_its_checksum() {
        let mut header = Header::new_old();
        header.set_path("to_aliyun/a.dcp").unwrap();
        header.set_size(0);
        header.set_cksum();
        assert_eq!(identify(header.as_bytes()), Kind::Tar);
        let mut header = Header::new_ustar();
        header.set_path("a").unwrap();
        assert_eq!(identify(header.as_bytes()), Kind::Tar);
        assert_eq!(identify(&[0; 512]), Kind::Unknown);
    }

    #[test]
    fn names_are_single_words_and_differ() {
        let mut names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_')));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Kind::ALL.len());
    }
}

//! What is fuzzed, as functions of bytes: run by libFuzzer (`fuzz_targets/`) and, on a stable toolchain, by
//! `tests/it/fuzz.rs`.

use std::io::Cursor;

use faascmd::testing::bitstream::{self, Examination, Kind, Severity, Target, sample};

/// A target's name and what it does with the bytes.
pub type Fuzzed = (&'static str, fn(&[u8]));

/// Every target; each has a file in `fuzz_targets/`.
pub const TARGETS: &[Fuzzed] = &[
    ("examine", examine),
    ("ends", ends),
    ("gbs_metadata", gbs_metadata),
    ("dcp_xml", dcp_xml),
    ("zip_in_tar", zip_in_tar),
    ("tar", tar),
    ("xclbin_metadata", xclbin_metadata),
    ("mended_zip", mended_zip),
    ("mended_tar", mended_tar),
];

/// The bytes as a file.
pub fn examine(bytes: &[u8]) {
    let exam = whole(bytes);
    let from_memory = bitstream::examine_head(bytes, &[], bytes.len() as u64, &Target::default());
    // A program's sections are read by seeking, which the ends of an object do not allow.
    if !matches!(exam.kind, Kind::Elf | Kind::Aocx) {
        assert_eq!(exam, from_memory, "read from a file and read from memory");
    }
}

/// The first byte says how the rest is cut into a head, a middle that is not at hand, and a tail.
pub fn ends(bytes: &[u8]) {
    let Some((cut, bytes)) = bytes.split_first() else { return };
    let head = bytes.len() * usize::from(cut >> 4) / 16;
    let tail = (bytes.len() - head) * usize::from(cut & 15) / 16;
    let size = bytes.len() as u64;
    let (head, tail) = (&bytes[..head], &bytes[bytes.len() - tail..]);
    sound(&bitstream::examine_head(head, tail, size, &Target::default()), size);
}

/// The bytes as the metadata of a green bitstream.
pub fn gbs_metadata(bytes: &[u8]) {
    whole(&sample::gbs_of(bytes, b"payload."));
}

/// The bytes as the dcp.xml of a checkpoint.
pub fn dcp_xml(bytes: &[u8]) {
    whole(&sample::checkpoint_of(&String::from_utf8_lossy(bytes)));
}

/// The bytes as a member of a package, so that changed ones are not hidden behind gzip's checksum.
pub fn zip_in_tar(bytes: &[u8]) {
    whole(&sample::tar_gz(&[("to_aliyun/a.dcp", bytes)]));
}

/// The bytes as the tar of a package.
pub fn tar(bytes: &[u8]) {
    whole(&sample::gzip(bytes));
}

/// The first byte says which section of an xclbin the rest is.
pub fn xclbin_metadata(bytes: &[u8]) {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    whole(&sample::xclbin("xilinx_aliyun-f3_dynamic_5_0", &[(u32::from(kind % 40), bytes)]));
}

/// The bytes as a zip of stored members, in which every CRC is mended, so that changes reach what lies behind it.
pub fn mended_zip(bytes: &[u8]) {
    let mut zip = bytes.to_vec();
    let at = |signature: &[u8], zip: &[u8]| {
        let found = zip.windows(4).enumerate().filter(|(_, four)| *four == signature);
        found.map(|(at, _)| at).take(64).collect::<Vec<_>>()
    };
    let number = |bytes: &[u8], at: usize, width: usize| {
        let field = bytes.get(at..at + width).unwrap_or_default().iter().rev();
        field.fold(0, |sum, byte| sum << 8 | usize::from(*byte))
    };
    for local in at(b"PK\x03\x04", &zip) {
        let start = local + 30 + number(&zip, local + 26, 2) + number(&zip, local + 28, 2);
        let Some(content) = zip.get(start..start.saturating_add(number(&zip, local + 18, 4))) else {
            continue;
        };
        let mut crc = flate2::Crc::new();
        crc.update(content);
        zip[local + 14..local + 18].copy_from_slice(&crc.sum().to_le_bytes());
        for entry in at(b"PK\x01\x02", &zip) {
            if entry + 46 <= zip.len() && number(&zip, entry + 42, 4) == local {
                zip[entry + 16..entry + 20].copy_from_slice(&crc.sum().to_le_bytes());
            }
        }
    }
    whole(&zip);
    whole(&sample::tar_gz(&[("to_aliyun/a.dcp", &zip)]));
}

/// The bytes as the tar of a package, in which every header's checksum is mended.
pub fn mended_tar(bytes: &[u8]) {
    let mut tar = bytes.to_vec();
    for block in tar.chunks_exact_mut(512).filter(|block| block[257..].starts_with(b"ustar")) {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    whole(&sample::gzip(&tar));
}

fn whole(bytes: &[u8]) -> Examination {
    let size = bytes.len() as u64;
    let exam = bitstream::examine(Cursor::new(bytes), size, &Target::default());
    let exam = exam.expect("reading from memory does not fail");
    sound(&exam, size);
    exam
}

/// What is true of any examination.
fn sound(exam: &Examination, size: u64) {
    assert_eq!(exam.size, size);
    assert!(!exam.summary().is_empty());
    let severities: Vec<Severity> = exam.findings.iter().map(|finding| finding.severity).collect();
    assert!(severities.is_sorted_by(|a, b| a >= b), "errors come first");
    let json = serde_json::to_value(exam).expect("facts are serialisable");
    assert_eq!(json["kind"], exam.kind.name());
}

/// Files to begin with, by target.
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    let part = "xcvu9p-flgb2104-2-i";
    let (gbs, dcp) = (sample::gbs(64), sample::checkpoint(part));
    let xml = sample::dcp_xml(part, false, &["EDIF", "XDEF", "PHYSDB_ROUTE"]);
    let tar = sample::tar(&[("to_aliyun/a.dcp", &dcp), ("to_aliyun/manifest.txt", b"dcp_hash=0\n")]);
    let project = br#"<project><platform vendor="xilinx" boardid="b" name="n"><version major="5" minor="0"/><device
        fpgaDevice="virtexuplus:xcvu9p:flgb2104:-2:i"><core target="bitstream"><clock port="DATA_CLK"
        frequency="250.0MHz"/><kernel name="vadd"><arg name="a" offset="0x10"/><instance name="vadd_1"/></kernel></core>
        </device></platform></project>"#;
    let clocks = [&[1, 0, 44, 1, 1, 0, 0, 0, 0, 0][..], &[b'D'; 128]].concat();
    let memories = [&[1, 0, 0, 0, 0, 0, 0, 0][..], &[1; 40]].concat();
    let units = [&[1, 0, 0, 0, 0, 0, 0, 0][..], &[1, 0, 0, 0], &[0; 12], b"vadd:vadd_1\0", &[0; 52]].concat();
    let sections = [(0_u8, &dcp[..]), (2, project), (6, &memories), (8, &units), (11, &clocks)];
    let files = vec![
        gbs.clone(),
        dcp.clone(),
        tar.clone(),
        sample::gzip(&tar),
        sample::bit(part, 64),
        sample::xclbin(
            "xilinx_aliyun-f3_dynamic_5_0",
            &sections.map(|(kind, bytes)| (u32::from(kind), bytes)),
        ),
        b"\x7fELF\x02\x01\x01".to_vec(),
    ];
    match target {
        "examine" => files,
        "ends" => files.iter().map(|file| [&[0x84][..], file].concat()).collect(),
        "gbs_metadata" => vec![gbs[20..gbs.len() - 64].to_vec()],
        "dcp_xml" => vec![xml.into_bytes()],
        "zip_in_tar" => vec![dcp, files[4].clone()],
        "tar" | "mended_tar" => vec![tar],
        "mended_zip" => vec![dcp],
        _ => sections.iter().map(|(kind, bytes)| [&[*kind][..], bytes].concat()).collect(),
    }
}

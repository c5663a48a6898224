//! Makers of small valid files, for the sandbox's demonstration and for tests.

use std::io::Write;

use super::kind::GBS_GUID;

/// The interface id of [`gbs`]: that of Acceleration Stack 1.1.
const INTERFACE: &str = "9926ab6d-6c92-5a68-aabc-a7d84c545738";
const BUG: &str = "writing to memory can't fail";

/// A green bitstream of an AFU `sample_afu` with so many bytes of payload; the same bytes every time.
pub fn gbs(payload_bytes: usize) -> Vec<u8> {
    let metadata = serde_json::json!({
        "version": 1,
        "platform-name": "DCP",
        "afu-image": {
            "magic-no": 488_605_312,
            "interface-uuid": INTERFACE,
            "power": 0,
            "clock-frequency-high": 200,
            "clock-frequency-low": 100,
            "accelerator-clusters": [{
                "name": "sample_afu",
                "total-contexts": 1,
                "accelerator-type-uuid": "331db30c-9885-41ea-9081-f88b8f655caa",
            }],
        },
    });
    gbs_of(metadata.to_string().as_bytes(), &noise(payload_bytes))
}

/// A green bitstream of given metadata and payload.
pub fn gbs_of(metadata: &[u8], payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(metadata.len()).expect("metadata of less than 4 GiB");
    [GBS_GUID.as_slice(), &length.to_le_bytes(), metadata, payload].concat()
}

/// A routed checkpoint for a part, such as `xcvu9p-flgb2104-2-i`.
pub fn checkpoint(part: &str) -> Vec<u8> {
    let xml = format!(
        "<?xml version=\"1.0\"?>\n<Checkpoint Version=\"9\" Minor=\"0\">\n\
         \t<BUILD_NUMBER Name=\"2258646\"/>\n\
         \t<FULL_BUILD Name=\"SW Build 2258646 on Thu Jun 14 20:02:38 MDT 2018\"/>\n\
         \t<PRODUCT Name=\"Vivado v2018.2 (64-bit)\"/>\n\t<Part Name=\"{part}\"/>\n\t<Top Name=\"cl_top\"/>\n\
         \t<DisableAutoIOBuffers Name=\"0\"/>\n\t<OutOfContext Name=\"0\"/>\n\
         \t<File Type=\"EDIF\" Name=\"cl_top.edf\" ModTime=\"1528934400\"/>\n\
         \t<File Type=\"XDEF\" Name=\"cl_top.xdef\" ModTime=\"1528934400\"/>\n</Checkpoint>\n"
    );
    zip(&[("cl_top.edf", b"(edif cl_top)\n"), ("cl_top.xdef", &noise(4096)), ("dcp.xml", xml.as_bytes())])
}

/// A package as `sdaccel_package.sh` makes it: `to_aliyun/…_SH_CL_routed.dcp` in a tar.gz.
pub fn package(part: &str) -> Vec<u8> {
    tar_gz(&[("to_aliyun/18_06_14-200238_SH_CL_routed.dcp", &checkpoint(part))])
}

/// A zip of these members, not compressed.
pub fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in members {
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let size = u32::try_from(content.len()).expect("a sample of less than 4 GiB");
        let offset = u32::try_from(bytes.len()).expect("a sample of less than 4 GiB");
        let name_length = u16::try_from(name.len()).expect("a short name");
        // Version 2.0, no flags, stored, 2018-06-14 20:02:38, CRC, sizes, lengths of name and extra field.
        let mut fields = vec![20, 0, 0, 0, 0, 0, 0x53, 0xa0, 0xce, 0x4c];
        fields.extend([crc.sum(), size, size].map(u32::to_le_bytes).concat());
        fields.extend([name_length, 0].map(u16::to_le_bytes).concat());
        bytes.extend([b"PK\x03\x04", fields.as_slice(), name.as_bytes(), content].concat());
        // The directory adds the writer's version, a comment's length, disk, attributes and the offset.
        directory.extend([b"PK\x01\x02\x14\x03", fields.as_slice(), &[0; 10]].concat());
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let number = |n: usize| u32::try_from(n).expect("a sample of less than 4 GiB").to_le_bytes();
    let entries = u16::try_from(members.len()).expect("a few members").to_le_bytes();
    let (directory_size, directory_offset) = (number(directory.len()), number(bytes.len()));
    bytes.extend(directory);
    bytes
        .extend([b"PK\x05\x06\0\0\0\0", &entries[..], &entries, &directory_size, &directory_offset].concat());
    bytes.extend([0, 0]);
    bytes
}

/// A gzip-compressed tar of these members, with a folder's entry before each that stands in one.
pub fn tar_gz(members: &[(&str, &[u8])]) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let mut builder = tar::Builder::new(gzip);
    for (name, content) in members {
        if let Some((folder, _)) = name.rsplit_once('/') {
            append(&mut builder, &format!("{folder}/"), tar::EntryType::Directory, &[]);
        }
        append(&mut builder, name, tar::EntryType::Regular, content);
    }
    builder.into_inner().expect(BUG).finish().expect(BUG)
}

fn append<W: Write>(builder: &mut tar::Builder<W>, name: &str, kind: tar::EntryType, content: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(content.len() as u64);
    header.set_mode(if kind.is_dir() { 0o755 } else { 0o644 });
    header.set_mtime(1_528_934_400);
    builder.append_data(&mut header, name, content).expect(BUG);
}

/// Bytes that do not compress, the same every time.
pub fn noise(bytes: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(8);
    std::iter::repeat_with(|| random.u8(..)).take(bytes).collect()
}

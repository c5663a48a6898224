//! Makers of small valid files, for the sandbox's demonstration and for tests.

use std::io::Write;

use super::kind::{BIT_MAGIC, GBS_GUID, SYNC_WORD};

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

/// A routed checkpoint of a whole design for a part, such as `xcvu9p-flgb2104-2-i`, in the form of Vivado 2022.2.
pub fn checkpoint(part: &str) -> Vec<u8> {
    checkpoint_in_state(part, "Routed", "0.112")
}

/// The same of a design in another state, such as `Fully Placed`, with a worst negative slack in ns.
pub fn checkpoint_in_state(part: &str, state: &str, wns: &str) -> Vec<u8> {
    let xml = dcp_xml(part, false, &["EDIF", "PHYSDB_PLACE", "PHYSDB_ROUTE", "JSON_RDA"]);
    checkpoint_with(&xml, &record(state, wns))
}

/// Vivado's record of the runs of a design, as it stands in a checkpoint since 2021.
fn record(state: &str, wns: &str) -> String {
    let task = |name: &str, wns: &str| serde_json::json!({"Task Name": name, "Wns(ns)": wns, "Tns(ns)": "0.000", "Whs(ns)": "0.010", "Ths(ns)": ""});
    let record = serde_json::json!({
        "Report Information": {"Design": "cl_top", "Design State": state},
        "Design QoR Summary": [task("place_design", ""), task("route_design", wns)],
    });
    record.to_string()
}

/// The text of a dcp.xml, with these types of files, each of which [`checkpoint_of`] puts into the zip.
pub fn dcp_xml(part: &str, out_of_context: bool, types: &[&str]) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\"?>\n<Checkpoint Version=\"19\" Minor=\"0\">\n\
         \t<BUILD_NUMBER Name=\"3671981\"/>\n\
         \t<FULL_BUILD Name=\"SW Build 3671981 on Fri Oct 14 04:59:54 MDT 2022\"/>\n\
         \t<PRODUCT Name=\"Vivado v2022.2 (64-bit)\"/>\n\t<Part Name=\"{part}\"/>\n\
         \t<Top Name=\"cl_top\"/>\n\t<OutOfContext Name=\"{}\"/>\n",
        u8::from(out_of_context)
    );
    for kind in types {
        let name = match *kind {
            "JSON_RDA" => "cl_top_rda.json".to_owned(),
            kind => format!("cl_top.{}", kind.to_ascii_lowercase()),
        };
        xml.push_str(&format!("\t<File Type=\"{kind}\" Name=\"{name}\" ModTime=\"1665745194\"/>\n"));
    }
    xml + "</Checkpoint>\n"
}

/// A zip with a dcp.xml, and with the files that a [`dcp_xml`] can name.
pub fn checkpoint_of(xml: &str) -> Vec<u8> {
    checkpoint_with(xml, &record("Routed", "0.112"))
}

fn checkpoint_with(xml: &str, record: &str) -> Vec<u8> {
    let routes = noise(4096);
    let files: [(&str, &[u8]); 7] = [
        ("cl_top.edif", b"(edif cl_top)\n"),
        ("cl_top.xdef", &routes[..1024]),
        ("cl_top.physdb_place", &routes[..512]),
        ("cl_top.physdb_route", &routes),
        ("cl_top.rda", b"Data_For_RDAFlowver5.0 place_design route_design\n"),
        ("cl_top_rda.json", record.as_bytes()),
        ("dcp.xml", xml.as_bytes()),
    ];
    zip(&files)
}

/// A package as `sdaccel_package.sh` makes it: `to_aliyun/…_SH_CL_routed.dcp` in a tar.gz.
pub fn package(part: &str) -> Vec<u8> {
    tar_gz(&[("to_aliyun/18_06_14-200238_SH_CL_routed.dcp", &checkpoint(part))])
}

/// A bitstream for a part, with so many bytes of configuration data.
pub fn bit(part: &str, data_bytes: usize) -> Vec<u8> {
    let mut bytes = [BIT_MAGIC, &[0, 0, 1]].concat();
    let texts = ["cl_top;UserID=0XFFFFFFFF;Version=2022.2", part, "2022/10/14", "12:27:47"];
    for (letter, text) in (b'a'..).zip(texts) {
        let length = u16::try_from(text.len() + 1).expect("a short text");
        bytes.extend([&[letter][..], &length.to_be_bytes(), text.as_bytes(), &[0]].concat());
    }
    let data = [vec![0xff; 32], SYNC_WORD.to_vec(), noise(data_bytes)].concat();
    let length = u32::try_from(data.len()).expect("a sample of less than 4 GiB");
    bytes.extend([&b"e"[..], &length.to_be_bytes(), &data].concat());
    bytes
}

/// A container of these sections, by number and content, laid out as `xclbinutil` does it.
pub fn xclbin(vbnv: &str, sections: &[(u32, &[u8])]) -> Vec<u8> {
    let headers = 456 + 40 * sections.len();
    let (mut table, mut content) = (Vec::new(), Vec::new());
    for (kind, bytes) in sections {
        content.resize(content.len().next_multiple_of(8), 0);
        let offset = (headers + content.len()) as u64;
        table.extend([&kind.to_le_bytes()[..], &[0; 20], &offset.to_le_bytes()].concat());
        table.extend((bytes.len() as u64).to_le_bytes());
        content.extend_from_slice(bytes);
    }
    let mut header = [&b"xclbin2\0"[..], &[0xff; 296], &[0; 152]].concat();
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(304, &((headers + content.len()) as u64).to_le_bytes());
    // 2018-06-14T20:02:38Z, version 2.1.0, partial reconfiguration.
    put(312, &1_529_006_558_u64.to_le_bytes());
    put(330, &[2, 1, 1]);
    put(352, &vbnv.as_bytes()[..vbnv.len().min(63)]);
    put(416, &[0xab; 16]);
    put(448, &u32::try_from(sections.len()).expect("a few sections").to_le_bytes());
    [header, table, content].concat()
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

/// A gzip-compressed [`tar()`] of these members.
pub fn tar_gz(members: &[(&str, &[u8])]) -> Vec<u8> {
    gzip(&tar(members))
}

/// Compressed with gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect(BUG);
    encoder.finish().expect(BUG)
}

/// A tar of these members, with a folder's entry before each that stands in one.
pub fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in members {
        if let Some((folder, _)) = name.rsplit_once('/') {
            append(&mut builder, &format!("{folder}/"), tar::EntryType::Directory, &[]);
        }
        append(&mut builder, name, tar::EntryType::Regular, content);
    }
    builder.into_inner().expect(BUG)
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

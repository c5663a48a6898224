//! `check` on files that were made to fill the memory: at most 64 MiB, and an answer of a bounded size.

use std::fmt::Write as _;
use std::io::{Cursor, Write};
use std::process::Command;

use faascmd::testing::bitstream::sample;
use zip::write::SimpleFileOptions;

use crate::common::cloud::Cloud;
use crate::common::world::World;

/// What a process may ask for, in KiB: the kernel refuses more, and the process dies.
const LIMIT_KIB: u32 = 64 * 1024;
/// An answer that is longer than this is none.
const ANSWER_LIMIT: usize = 8 << 20;

/// Runs `check` on the file with bounded memory, and gives the answer.
fn check_in_64_mib(world: &World, file: &str) -> serde_json::Value {
    let script = format!("ulimit -d {LIMIT_KIB} && exec \"$0\" check -o json \"$1\"");
    let program = env!("CARGO_BIN_EXE_faascmd");
    let ran =
        Command::new("sh").args(["-c", &script, program, file]).current_dir(world.path()).output().unwrap();
    let stderr = String::from_utf8_lossy(&ran.stderr);
    assert!(matches!(ran.status.code(), Some(0 | 11)), "{file}: {} {stderr}", ran.status);
    assert!(ran.stdout.len() < ANSWER_LIMIT, "{file}: an answer of {} bytes", ran.stdout.len());
    serde_json::from_slice(&ran.stdout).unwrap()
}

/// A zip with so many members of a name, of a content that compresses well.
fn zip_of_copies(name: &str, copies: usize, content: &[u8]) -> Vec<u8> {
    let packed = |content: &[u8]| {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    };
    let mut crc = flate2::Crc::new();
    crc.update(content);
    let data = packed(content);
    let number = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
    let fields = [
        &[20, 0, 0, 0, 8, 0, 0, 0, 0, 0][..],
        &crc.sum().to_le_bytes(),
        &number(data.len()),
        &number(content.len()),
        &u16::try_from(name.len()).unwrap().to_le_bytes(),
        &[0, 0],
    ]
    .concat();
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for _ in 0..copies {
        let offset = number(bytes.len());
        bytes.extend([b"PK\x03\x04", &fields[..], name.as_bytes(), &data].concat());
        directory.extend([b"PK\x01\x02\x14\x03", &fields[..], &[0; 10], &offset, name.as_bytes()].concat());
    }
    let (size, start) = (number(directory.len()), number(bytes.len()));
    let entries = u16::try_from(copies).unwrap().to_le_bytes();
    bytes.extend(directory);
    bytes.extend([b"PK\x05\x06\0\0\0\0", &entries[..], &entries, &size, &start, &[0, 0]].concat());
    bytes
}

#[test]
fn a_package_of_two_thousand_checkpoints_is_told_in_bounds() {
    let world = World::new();
    let xml = sample::dcp_xml("xcvu9p-flgb2104-2-i", false, &["EDIF", "JSON_RDA"]);
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    let noise = sample::noise(12_000);
    let files: [(&str, &[u8]); 4] = [
        ("dcp.xml", xml.as_bytes()),
        ("cl_top.edif", b"(edif)"),
        ("cl_top_rda.json", b"{}"),
        ("cl_top.rdb", &noise),
    ];
    for (name, content) in files {
        writer.start_file(name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    for i in 0..40 {
        writer.start_file(format!("{}/{i}", "long".repeat(100)), options).unwrap();
    }
    let dcp = writer.finish().unwrap().into_inner();
    let names: Vec<String> = (0..2000).map(|i| format!("{i}.dcp")).collect();
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &dcp[..])).collect();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all(&sample::tar(&members)).unwrap();
    let package = encoder.finish().unwrap();
    assert!(package.len() > 26_000_000, "{}", package.len());
    world.file("many.tar.gz", package);
    let item = check_in_64_mib(&world, "many.tar.gz")["items"][0].take();
    assert_eq!(item["facts"]["members_total"], 2000);
    let findings = item["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["code"] == "left-out"), "{findings:?}");
}

#[test]
fn five_hundred_copies_of_a_description_are_not_kept() {
    let world = World::new();
    let mut xml = String::from("<Checkpoint><Part Name=\"xcvu9p\"/>");
    for digit in sample::noise(40_000) {
        write!(xml, "<File Type=\"X\" Name=\"{}\"/>", digit % 3).unwrap();
    }
    xml.truncate(1 << 20);
    let copies = zip_of_copies("dcp.xml", 500, xml.as_bytes());
    assert!((5_000_000..9_000_000).contains(&copies.len()), "{}", copies.len());
    world.file("copies.dcp", copies);
    let item = check_in_64_mib(&world, "copies.dcp")["items"][0].take();
    assert_eq!((&item["kind"], &item["ok"]), (&"dcp".into(), &false.into()));
}

#[test]
fn a_directory_that_names_one_member_thousands_of_times_unpacks_it_once() {
    // An object whose ends hold thousands of entries, each for the same mebibyte of blanks.
    let bytes = zip_of_copies("dcp.xml", 1, &vec![b' '; 1 << 20]);
    let end = bytes.len() - 22;
    let start = usize::try_from(u32::from_le_bytes(bytes[end + 16..end + 20].try_into().unwrap())).unwrap();
    // Of the longer directory, the end that is asked for has only a part: the kind is not known then.
    for (entries, code, said) in [(2000_u16, 11, "can't be deployed"), (4600, 2, "which type of FPGA")] {
        let directory = bytes[start..end].repeat(usize::from(entries));
        let mut tail = bytes[end..].to_vec();
        for at in [8, 10] {
            tail[at..at + 2].copy_from_slice(&entries.to_le_bytes());
        }
        tail[12..16].copy_from_slice(&u32::try_from(directory.len()).unwrap().to_le_bytes());
        let object = [&bytes[..start], &directory, &tail].concat();
        let cloud = Cloud::new();
        cloud.world.file("bomb.dcp", &object);
        let script = format!(
            "faascmd object put bomb.dcp && ulimit -d {LIMIT_KIB} && faascmd check bomb.dcp || :; \
             faascmd image create bomb.dcp"
        );
        let ran = cloud.shell(&script).exits(code);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
        assert!(ran.stdout.contains("zip-directory"), "{ran:?}");
    }
}

#[test]
fn a_zip_of_a_hundred_and_fifty_thousand_members_is_counted() {
    let world = World::new();
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for i in 0..150_000 {
        writer.start_file(format!("{i}.edf"), SimpleFileOptions::default()).unwrap();
    }
    world.file("members.zip", writer.finish().unwrap().into_inner());
    let item = check_in_64_mib(&world, "members.zip")["items"][0].take();
    assert_eq!((&item["kind"], &item["facts"]["members_total"]), (&"zip".into(), &150_000.into()));
}

/// Four thousand records of so many bytes behind their count.
fn records(bytes: usize) -> Vec<u8> {
    let mut section = vec![b'n'; 8 + 4096 * bytes];
    section[..8].copy_from_slice(&4096_u64.to_le_bytes());
    section
}

#[test]
fn sections_and_metadata_that_swell_are_bounded() {
    let world = World::new();
    let mut xml = String::from("<project><platform><device><core>");
    for kernel in 0..20 {
        write!(xml, "<kernel name=\"k{kernel}\">").unwrap();
        for _ in 0..1000 {
            xml.push_str("<arg name=\"a\" type=\"t\" port=\"p\" offset=\"0x10\" size=\"0x8\"/>");
        }
        xml.push_str("</kernel>");
    }
    let json = format!("{{\"build_metadata\": {{\"x\": [{}0]}}}}", "0,".repeat(1 << 19));
    let clocks = "{},".repeat(1 << 20);
    let system = format!("{{\"system_diagram_metadata\": {{\"xsa\": {{\"clocks\": [{clocks}{{}}]}}}}}}");
    // Records of the largest count, again and again: of IP_LAYOUT with long names, and of CONNECTIVITY.
    let (units, links) = (records(80), records(12));
    let mut sections: Vec<(u32, &[u8])> =
        (0..3).flat_map(|_| [(2, xml.as_bytes()), (14, json.as_bytes()), (22, system.as_bytes())]).collect();
    sections.extend((0..150).flat_map(|_| [(8, &units[..]), (7, &links)]));
    world.file("swollen.xclbin", sample::xclbin("xilinx_aliyun-f3_dynamic_5_0", &sections));
    check_in_64_mib(&world, "swollen.xclbin");
    let metadata = format!("{{\"version\": 1, \"x\": [{}0]}}", "0,".repeat(100_000));
    world.file("swollen.gbs", sample::gbs_of(metadata.as_bytes(), &sample::noise(64)));
    check_in_64_mib(&world, "swollen.gbs");
}

#[test]
fn names_of_characters_that_json_writes_as_six_stay_in_bounds() {
    let world = World::new();
    let text = "\u{1}".repeat(250);
    let argument =
        format!("<arg name=\"{text}\" type=\"{text}\" port=\"{text}\" offset=\"{text}\" size=\"{text}\"/>");
    let xml = format!("<p><kernel name=\"k\">{}</kernel></p>", argument.repeat(3000));
    let container = sample::xclbin("xilinx_aliyun-f3_dynamic_5_0", &[(2, xml.as_bytes())]);
    let names = ["1.xclbin", "2.xclbin", "3.xclbin", "4.xclbin", "5.xclbin"];
    let package = sample::tar_gz(&names.map(|name| (name, &container[..])));
    world.file("names.tar.gz", package);
    let item = check_in_64_mib(&world, "names.tar.gz")["items"][0].take();
    assert_eq!(item["facts"]["members_total"], 5);
}

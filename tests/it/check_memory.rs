//! `check` on files that were made to fill the memory: at most 64 MiB, and an answer of a bounded size.

use std::fmt::Write as _;
use std::io::{Cursor, Write};
use std::process::Command;

use faascmd::testing::bitstream::{self, Target, sample};
use zip::write::SimpleFileOptions;

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
fn a_package_of_hundreds_of_checkpoints_is_told_in_bounds() {
    let world = World::new();
    let xml = sample::dcp_xml("xcvu9p-flgb2104-2-i", false, &["EDIF", "JSON_RDA"]);
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    for (name, content) in [("dcp.xml", xml.as_str()), ("cl_top.edif", "(edif)"), ("cl_top_rda.json", "{}")] {
        writer.start_file(name, options).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    for i in 0..300 {
        writer.start_file(format!("{}/{i}", "long".repeat(100)), options).unwrap();
    }
    let dcp = writer.finish().unwrap().into_inner();
    let names: Vec<String> = (0..600).map(|i| format!("{i}.dcp")).collect();
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &dcp[..])).collect();
    world.file("many.tar.gz", sample::tar_gz(&members));
    let item = check_in_64_mib(&world, "many.tar.gz")["items"][0].take();
    assert_eq!(item["facts"]["members_total"], 600);
    let findings = item["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["code"] == "left-out"), "{findings:?}");
}

#[test]
fn five_hundred_copies_of_a_description_are_not_kept() {
    let world = World::new();
    let mut xml = String::from("<Checkpoint><Part Name=\"xcvu9p\"/>");
    for _ in 0..16_000 {
        write!(xml, "<File Type=\"X\" Name=\"a name that compresses well and is long\"/>").unwrap();
    }
    xml.truncate(1 << 20);
    world.file("copies.dcp", zip_of_copies("dcp.xml", 500, xml.as_bytes()));
    let item = check_in_64_mib(&world, "copies.dcp")["items"][0].take();
    assert_eq!((&item["kind"], &item["ok"]), (&"dcp".into(), &false.into()));
}

#[test]
fn a_directory_that_names_one_member_a_thousand_times_unpacks_it_once() {
    // Head and tail of an object: a thousand entries, each for the same mebibyte of blanks.
    let bytes = zip_of_copies("dcp.xml", 1, &vec![b' '; 1 << 20]);
    let end = bytes.len() - 22;
    let start = usize::try_from(u32::from_le_bytes(bytes[end + 16..end + 20].try_into().unwrap())).unwrap();
    let entry = &bytes[start..end];
    let directory = entry.repeat(1000);
    let mut tail = bytes[end..].to_vec();
    for at in [8, 10] {
        tail[at..at + 2].copy_from_slice(&1000_u16.to_le_bytes());
    }
    tail[12..16].copy_from_slice(&u32::try_from(directory.len()).unwrap().to_le_bytes());
    let object = [&bytes[..start], &directory, &tail].concat();
    // Far more would be kept of it than the limit of one zip.
    let (head, tail) =
        (&object[..65536.min(object.len() / 2)], &object[object.len().saturating_sub(60_000)..]);
    let exam = bitstream::examine_head(head, tail, object.len() as u64, &Target::default());
    assert!(exam.has_errors() || exam.head_only, "{exam:?}");
    let world = World::new();
    world.file("bomb.dcp", &object);
    assert_eq!(check_in_64_mib(&world, "bomb.dcp")["items"][0]["ok"], false);
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
    let sections: Vec<(u32, &[u8])> =
        (0..3).flat_map(|_| [(2, xml.as_bytes()), (14, json.as_bytes())]).collect();
    world.file("swollen.xclbin", sample::xclbin("xilinx_aliyun-f3_dynamic_5_0", &sections));
    check_in_64_mib(&world, "swollen.xclbin");
    let metadata = format!("{{\"version\": 1, \"x\": [{}0]}}", "0,".repeat(100_000));
    world.file("swollen.gbs", sample::gbs_of(metadata.as_bytes(), &sample::noise(64)));
    check_in_64_mib(&world, "swollen.gbs");
}

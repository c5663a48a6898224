use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;
use crate::bitstream::inflate;
use crate::bitstream::source::{Buffered, Ends, Seeking, Source};

fn walk(bytes: &[u8]) -> Zip {
    let size = bytes.len() as u64;
    let mut input = Buffered::new(Seeking::new(Cursor::new(bytes), size));
    let keep = |name: &str| if name == "dcp.xml" { 100 } else { 0 };
    read(&mut Source::new(&mut input, size), keep, &mut inflate::budget(size)).unwrap()
}

fn codes(zip: &Zip) -> Vec<Code> {
    zip.findings.iter().map(|finding| finding.code).collect()
}

const CONTENT: &[u8] = b"some content some content some content";

/// Written by the zip crate: stored, deflated, zip64, and in a stream that can't seek, which needs descriptors.
fn zips() -> Vec<(&'static str, Vec<u8>)> {
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let deflated = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let seeking = |options: SimpleFileOptions| {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        fill(&mut writer, options);
        writer.finish().unwrap().into_inner()
    };
    let streaming = |options: SimpleFileOptions| {
        let mut writer = ZipWriter::new_stream(Vec::new());
        fill(&mut writer, options);
        writer.finish().unwrap().into_inner()
    };
    vec![
        ("stored", seeking(stored)),
        ("deflated", seeking(deflated)),
        ("zip64", seeking(deflated.large_file(true))),
        ("streamed deflated", streaming(deflated)),
        ("streamed stored", streaming(stored)),
        ("streamed zip64", streaming(deflated.large_file(true))),
    ]
}

fn fill<W: Write + std::io::Seek>(writer: &mut ZipWriter<W>, options: SimpleFileOptions) {
    writer.add_directory("folder", options).unwrap();
    for name in ["a.edf", "folder/empty", "dcp.xml"] {
        writer.start_file(name, options).unwrap();
        if name != "folder/empty" {
            writer.write_all(CONTENT).unwrap();
        }
    }
    writer.set_comment("made by a test").unwrap();
}

#[test]
fn each_way_of_writing_a_zip_is_read_in_full() {
    for (name, bytes) in zips() {
        let zip = walk(&bytes);
        assert_eq!(codes(&zip), [], "{name}: {:?}", zip.findings);
        assert_eq!(zip.members_total, 4, "{name}");
        assert_eq!(zip.content("dcp.xml"), Some(CONTENT), "{name}");
        let sizes: Vec<u64> = zip.members.iter().map(|member| member.size).collect();
        assert_eq!(sizes, [0, 38, 0, 38], "{name}");
    }
}

#[test]
fn a_zip_cut_anywhere_says_so() {
    for (name, bytes) in zips() {
        for end in 0..bytes.len() {
            assert_eq!(codes(&walk(&bytes[..end])), [Code::ZipCutOff], "{name} cut at {end}");
        }
    }
}

#[test]
fn the_two_ends_tell_what_the_whole_does() {
    for (name, bytes) in zips() {
        let size = bytes.len() as u64;
        for tail in [bytes.len(), bytes.len() - 30, bytes.len() - 60] {
            let ends = Ends::new(&bytes[..30], &bytes[bytes.len() - tail..], size);
            let zip = read_ends(ends, |name| if name == "dcp.xml" { 100 } else { 0 }).unwrap();
            assert_eq!(codes(&zip), [], "{name}: {:?}", zip.findings);
            assert_eq!(zip.members_total, 4, "{name} {tail}");
        }
        let end_only = Ends::new(&bytes[..30], &bytes[bytes.len() - 40..], size);
        assert_eq!(codes(&read_ends(end_only, |_| 0).unwrap()), [], "{name}");
        let cut = Ends::new(&bytes[..30], &bytes[100..bytes.len() - 1], size - 1);
        assert_eq!(codes(&read_ends(cut, |_| 0).unwrap()), [Code::ZipCutOff], "{name}");
    }
}

#[test]
fn a_flipped_byte_is_found_by_the_crc_and_a_changed_directory_by_the_members() {
    let (_, bytes) = &zips()[0];
    let content = bytes.windows(4).position(|four| four == b"some").unwrap();
    let mut flipped = bytes.clone();
    flipped[content] ^= 1;
    assert_eq!(codes(&walk(&flipped)), [Code::ZipCrc]);
    let entry = bytes.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    for (at, what) in [(entry + 16, "crc"), (entry + 42, "offset")] {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert_eq!(codes(&walk(&changed)), [Code::ZipDirectory], "{what}");
    }
    let mut mixed_up = bytes.clone();
    mixed_up[entry + 1] = b'Q';
    assert_eq!(codes(&walk(&mixed_up)), [Code::ZipStructure]);
}

#[test]
fn bytes_behind_the_end_are_a_warning() {
    for (name, mut bytes) in zips() {
        bytes.extend_from_slice(b"more");
        let ends = Ends::new(&bytes[..30], &bytes[40..], bytes.len() as u64);
        let of_ends = read_ends(ends, |_| 0).unwrap();
        assert_eq!(codes(&of_ends), [Code::TrailingBytes], "{name}");
        assert_eq!(of_ends.findings, walk(&bytes).findings, "{name}");
        assert_eq!(of_ends.members_total, 4, "{name}");
    }
}

#[test]
fn a_member_that_the_directory_names_again_and_again_is_kept_once() {
    let (_, bytes) = &zips()[1];
    let end = bytes.len() - 22 - "made by a test".len();
    let start = bytes.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    let mut tail = bytes[end..].to_vec();
    let entries = 1000_u16.to_le_bytes();
    tail[8..10].copy_from_slice(&entries);
    tail[10..12].copy_from_slice(&entries);
    let directory = bytes[start..end].repeat(250);
    tail[12..16].copy_from_slice(&u32::try_from(directory.len()).unwrap().to_le_bytes());
    let object = [&bytes[..start], &directory, &tail].concat();
    let ends = Ends::new(&object[..30], &object, object.len() as u64);
    let zip = read_ends(ends, |_| 100).unwrap();
    let mut names: Vec<&str> = zip.kept.iter().map(|(name, _)| name.as_str()).collect();
    names.dedup();
    assert_eq!((zip.members_total, zip.kept.len()), (1000, names.len()));
    assert!(zip.kept.len() <= 4, "{names:?}");
    assert!(codes(&zip).iter().all(|code| *code == Code::ZipDirectory) && !zip.findings.is_empty());
}

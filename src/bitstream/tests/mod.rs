//! Whole files of each kind: what is read of them, and what is found wrong.

mod checkpoint;
mod gbs_and_bit;
mod package;
mod xclbin;

use std::io::{Cursor, Seek, Write};

use super::*;

const VU9P: &str = "xcvu9p-flgb2104-2-i";

fn check(bytes: &[u8]) -> Examination {
    check_for(bytes, &Target::default())
}

fn check_for(bytes: &[u8], target: &Target) -> Examination {
    examine(Cursor::new(bytes), bytes.len() as u64, target).unwrap()
}

/// Codes, errors in capitals; without the notes.
fn codes(exam: &Examination) -> Vec<String> {
    let code = |finding: &Finding| match finding.severity {
        Severity::Error => Some(finding.code.name().to_uppercase()),
        Severity::Warning => Some(finding.code.name().to_owned()),
        Severity::Note => None,
    };
    exam.findings.iter().filter_map(code).collect()
}

fn notes(exam: &Examination) -> Vec<&'static str> {
    let notes = exam.findings.iter().filter(|finding| finding.severity == Severity::Note);
    notes.map(|finding| finding.code.name()).collect()
}

fn codes_of(bytes: &[u8]) -> Vec<String> {
    codes(&check(bytes))
}

fn samples() -> Vec<(Kind, Vec<u8>)> {
    let f3 = "xilinx_aliyun-f3_dynamic_5_0";
    vec![
        (Kind::Gbs, sample::gbs(400)),
        (Kind::Package, sample::package(VU9P)),
        (Kind::Dcp, sample::checkpoint(VU9P)),
        (Kind::Bit, sample::bit(VU9P, 300)),
        (Kind::Xclbin, sample::xclbin(f3, &[(0, &sample::checkpoint(VU9P)), (2, b"<project/>")])),
        (Kind::Tar, sample::tar(&[("to_aliyun/a.dcp", &sample::checkpoint(VU9P))])),
    ]
}

#[test]
fn samples_are_without_fault_and_cut_ones_are_not() {
    for (kind, bytes) in samples() {
        let exam = check(&bytes);
        assert_eq!((exam.kind, codes(&exam)), (kind, vec![]), "{:?}", exam.findings);
        let family = kind.family().unwrap();
        assert!(!check_for(&bytes, &Target::of_family(family)).has_errors(), "{kind:?}");
        for end in 0..bytes.len() {
            // Nothing tells where a payload of the .gbs should end, and a tar may do without its last zeros.
            let unseen = match kind {
                Kind::Gbs => end > bytes.len() - 400,
                Kind::Tar => end > bytes.len() - 1024 - 512,
                _ => false,
            };
            assert!(check(&bytes[..end]).has_errors() || unseen, "{kind:?} cut at {end}");
        }
    }
}

#[test]
fn a_summary_says_the_kind_and_what_it_is_for() {
    let summaries: Vec<String> = samples().iter().map(|(_, bytes)| check(bytes).summary()).collect();
    let before_size = |text: &String| text.rsplit_once(", ").unwrap().0.to_owned();
    assert_eq!(
        summaries.iter().map(before_size).collect::<Vec<_>>(),
        [
            "Intel green bitstream, sample_afu",
            "xilinx package, xcvu9p checkpoint",
            "Vivado design checkpoint, xcvu9p",
            "Xilinx bitstream, xcvu9p",
            "Xilinx xclbin container, xilinx_aliyun-f3_dynamic_5_0, with a checkpoint",
            "tar archive, xcvu9p checkpoint",
        ]
    );
}

#[test]
fn a_target_turns_what_does_not_fit_it_into_errors() {
    let (intel, xilinx) = (Target::of_family(Family::Intel), Target::of_family(Family::Xilinx));
    let hollow = sample::xclbin("xilinx_aliyun-f3_dynamic_5_0", &[(0, b"agfi-046565baf5ce48c86")]);
    assert_eq!(codes(&check_for(&sample::gbs(8), &xilinx)), ["WRONG-KIND"]);
    assert_eq!(codes(&check_for(&sample::package(VU9P), &intel)), ["WRONG-KIND"]);
    assert_eq!(codes(&check(&hollow)), ["no-bitstream"]);
    assert_eq!(codes(&check_for(&hollow, &xilinx)), ["NO-BITSTREAM", "not-packaged"]);
    let other_part = sample::package("xc7z020clg400-1");
    assert_eq!(codes(&check(&other_part)), ["part-unknown"]);
    assert_eq!(codes(&check_for(&other_part, &xilinx)), ["PART-OTHER-FAMILY"]);
    for part in ["xcku035-fbva676-2-e", "xcvu3p-ffvc1517-2-i"] {
        assert_eq!(codes(&check_for(&sample::package(part), &xilinx)), ["PART-OTHER-DEVICE"], "{part}");
        assert_eq!(codes(&check_for(&sample::package(part), &Target::default())), ["part-unknown"], "{part}");
    }
    for part in ["xck26-sfvc784-2LV-c", "xcv80-lsva4737-2MHP-e-S"] {
        assert_eq!(codes(&check_for(&sample::package(part), &xilinx)), ["PART-OTHER-FAMILY"], "{part}");
    }
    let shell = |shell: &str| Target { family: Some(Family::Xilinx), shell: Some(shell.into()) };
    assert_eq!(codes(&check_for(&sample::package(VU9P), &shell("f30001"))), [""; 0]);
    assert_eq!(codes(&check_for(&sample::package(VU9P), &shell("20171121"))), ["PART-OTHER-FAMILY"]);
    assert_eq!(codes(&check_for(&sample::package(VU9P), &shell("V1.0"))), [""; 0]);
    assert_eq!(codes(&check_for(&sample::package(VU9P), &shell("of a later year"))), [""; 0]);
    let v1_1 = Target { family: Some(Family::Intel), shell: Some("V1.1".into()) };
    assert_eq!(codes(&check_for(&sample::gbs(8), &v1_1)), [""; 0]);
}

#[test]
fn known_kinds_are_named_with_what_to_send_instead() {
    for (bytes, kind, word) in [
        (&b"\x7fELF\x02\x01\x01.......acl.board....."[..], Kind::Aocx, ".gbs"),
        (b"\x7fELF\x02\x01\x01", Kind::Elf, "xclbin"),
        (b"SOF\0....", Kind::Sof, "packag"),
        (b"BZh9....", Kind::Compressed, ".tar.gz"),
        (b"xclbin0\0....", Kind::XclbinOld, "second form"),
    ] {
        let exam = check(bytes);
        assert_eq!(exam.kind, kind);
        assert!(!exam.has_errors(), "{exam:?}");
        let advice = &exam.findings.last().unwrap().advice;
        assert!(advice.contains(word), "{kind:?}: {advice}");
        assert!(check_for(bytes, &Target::of_family(Family::Xilinx)).has_errors());
    }
    // A table of names that is said to stand where no file reaches.
    let mut elf = [b"\x7fELF\x02\x01".as_slice(), &[0; 186]].concat();
    (elf[40], elf[58], elf[60]) = (64, 64, 2);
    elf[64 + 24..64 + 40].fill(0x7f);
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&elf).unwrap();
    file.rewind().unwrap();
    assert_eq!(examine(file, elf.len() as u64, &Target::default()).unwrap().kind, Kind::Elf);
    for name in ["to/bit.tar.gz", "BIT.TGZ", "a.bit", "a.tar"] {
        let zipped = check(&sample::zip(&[("readme", b"text"), (name, b"content")]));
        assert_eq!(
            (codes(&zipped), zipped.findings[0].advice.contains(name)),
            (vec!["NOT-LOADABLE".into()], true)
        );
    }
    let pointer = check(b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n");
    assert_eq!(codes(&pointer), ["UNRECOGNISED"]);
    assert!(pointer.findings[0].advice.contains("git lfs pull"));
}

#[test]
fn the_head_and_the_tail_of_an_object_tell_what_they_can() {
    let noise = sample::noise(300_000);
    let xml = sample::dcp_xml("xcku115-flvb2104-2-e", false, &["PHYSDB_ROUTE", "JSON_RDA"]);
    let record = br#"{"Report Information": {"Design State": "Routed"}}"#;
    let dcp = sample::zip(&[
        ("cl_top.physdb_route", &noise),
        ("cl_top_rda.json", record),
        ("dcp.xml", xml.as_bytes()),
    ]);
    let look = |bytes: &[u8], size: usize| {
        let tail = if wants_tail(bytes) { &bytes[bytes.len() - 4096..] } else { &[] };
        examine_head(&bytes[..HEAD.min(bytes.len())], tail, size as u64, &Target::default())
    };
    let exam = look(&dcp, dcp.len());
    assert_eq!((exam.kind, exam.head_only, codes(&exam)), (Kind::Dcp, true, vec![]));
    assert!(
        exam.summary().ends_with("head only") && exam.summary().contains("xcku115"),
        "{}",
        exam.summary()
    );
    assert_eq!(codes(&look(&dcp[..dcp.len() - 1], dcp.len() - 1)), ["ZIP-CUT-OFF"]);

    let package = sample::tar_gz(&[("to_aliyun/a.dcp", &dcp)]);
    assert_eq!(codes(&look(&package, package.len())), [""; 0]);
    // What was not seen is not missing: here dcp.xml, behind members that are whole.
    let files: [(&str, &[u8]); 3] = [("a.edf", b"(edif"), ("b", &noise), ("dcp.xml", xml.as_bytes())];
    let members = [("to_aliyun/a.dcp", &sample::zip(&files)[..])];
    for (package, found) in
        [(sample::tar_gz(&members), &[""; 0][..]), (sample::tar(&members), &["not-packaged"])]
    {
        let exam =
            examine_head(&package[..HEAD], &[], package.len() as u64, &Target::of_family(Family::Xilinx));
        assert_eq!(codes(&exam), found);
    }
    let bit = sample::bit(VU9P, 300_000);
    assert_eq!(codes(&look(&bit, bit.len())), [""; 0]);
    assert_eq!(codes(&look(&bit, bit.len() - 1)), ["BIT-LENGTH"]);
    let gbs = sample::gbs(600);
    let small = look(&gbs, gbs.len());
    assert_eq!((small.head_only, codes(&small)), (false, vec![]));
    let clock = [&[1, 0, 100, 0, 1, 0, 0, 0, 0, 0][..], &[b'D'; 128]].concat();
    let xclbin = sample::xclbin("xilinx_aliyun-f3_dynamic_5_0", &[(10, &dcp), (11, &clock)]);
    let exam = look(&xclbin, xclbin.len());
    let Facts::Xclbin(facts) = &exam.facts else { panic!() };
    assert_eq!((codes(&exam), facts.clocks[0].mhz), (vec![], 100.0));
}

#[test]
fn of_very_many_findings_the_first_are_told_and_that_there_are_more() {
    let names: Vec<String> = (0..250).map(|i| format!("../{i}")).collect();
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"text"[..])).collect();
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder.append(&header, content).unwrap();
    }
    let exam = check(&builder.into_inner().unwrap());
    assert_eq!((exam.errors().count(), notes(&exam)), (FINDINGS_LIMIT, vec!["left-out"]));
}

//! Whole files of each kind: what is read of them, and what is found wrong.

use std::io::Cursor;

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
    exam.notes().map(|finding| finding.code.name()).collect()
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
fn each_field_of_a_green_bitstream_is_held_to_its_rule() {
    let good = String::from_utf8_lossy(&sample::gbs(0)[20..]).into_owned();
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        codes_of(&sample::gbs_of(good.replacen(from, to, 1).as_bytes(), b"....payload."))
    };
    assert_eq!(with("{", "{"), [""; 0]);
    assert_eq!(with("\"version\":1", "\"version\":640"), [""; 0]);
    assert_eq!(with("\"version\":1", "\"version\":2"), ["GBS-VERSION"]);
    assert_eq!(with("\"version\":1,", ""), ["GBS-VERSION"]);
    assert_eq!(with("\"total-contexts\":1,", ""), ["GBS-METADATA-JSON"]);
    assert_eq!(with("\"name\":\"sample_afu\",", ""), ["GBS-METADATA-JSON"]);
    assert_eq!(
        with("9926ab6d-6c92-5a68-aabc-a7d84c545738", "9926ab6d6c925a68aabca7d84c545738"),
        ["GBS-UUID"]
    );
    assert_eq!(with("488605312", "1"), ["GBS-MAGIC-NUMBER"]);
    assert_eq!(with("9926ab6d", "9926ab6"), ["GBS-UUID"]);
    assert_eq!(with("9926ab6d", "00000000"), ["gbs-interface-unknown"]);
    assert_eq!(with("331db30c-", "331dbxxx-"), ["GBS-UUID"]);
    assert_eq!(with("accelerator-clusters", "accelerators"), ["GBS-METADATA-JSON"]);
    assert_eq!(with("{", "["), ["GBS-METADATA-JSON"]);
    assert_eq!(codes_of(&sample::gbs_of(good.as_bytes(), b"")), ["GBS-NO-PAYLOAD"]);
    assert_eq!(codes_of(&sample::gbs_of(good.as_bytes(), b"12345")), ["gbs-odd-payload"]);
    let mut too_long = sample::gbs(8);
    too_long[18] = 0xff;
    assert_eq!(codes_of(&too_long), ["GBS-METADATA-LENGTH"]);
    let legacy = [&[0x80, 0x86, 0x1f, 0x1d][..], &[7; 16], b"payload."].concat();
    assert_eq!(codes_of(&legacy), ["gbs-wrapped", "gbs-interface-unknown"]);
    assert_eq!(codes_of(&legacy[..20]), ["GBS-NO-PAYLOAD", "gbs-wrapped", "gbs-interface-unknown"]);
}

#[test]
fn what_stands_for_the_bitstream_of_a_green_one_is_looked_at() {
    let metadata = sample::gbs(0)[20..].to_vec();
    let html = "<html><body>404 Not Found</body></html>\n".repeat(8);
    let elf = [b"\x7fELF\x02\x01\x01\0".as_slice(), &[0; 120]].concat();
    for payload in
        [html.as_bytes(), &elf, &sample::gbs(64), &[0; 8192], &sample::package(VU9P), &sample::bit(VU9P, 64)]
    {
        assert_eq!(codes_of(&sample::gbs_of(&metadata, payload)), ["GBS-PAYLOAD"], "{:?}", &payload[..8]);
    }
    let late = [vec![0; 100_000], vec![1; 4]].concat();
    assert_eq!(codes_of(&sample::gbs_of(&metadata, &late)), [""; 0]);
    // Half a payload looks like a whole one: a note says that nothing tells.
    let whole = sample::gbs(4000);
    let half = check(&whole[..whole.len() - 2000]);
    assert_eq!((codes(&half), notes(&half)), (vec![], vec!["gbs-payload-length"]));
}

#[test]
fn a_checkpoint_says_how_far_its_design_had_come_by_vivados_record() {
    let (any, xilinx) = (Target::default(), Target::of_family(Family::Xilinx));
    let of = |bytes: &[u8], target: &Target| {
        let exam = check_for(bytes, target);
        let Facts::Dcp(facts) = &exam.facts else { panic!("{exam:?}") };
        (facts.stage.unwrap(), facts.routed, codes(&exam))
    };
    let state = |state: &str, target: &Target| of(&sample::checkpoint_in_state(VU9P, state, "0.112"), target);
    let not_packaged = || vec!["not-packaged".to_owned()];
    assert_eq!(state("Routed", &any), (Stage::Routed, Some(true), vec![]));
    assert_eq!(state("Routed", &xilinx).2, not_packaged());
    for (words, stage) in [("Fully Placed", Stage::Placed), ("Synthesized", Stage::Synthesised)] {
        let warned = vec!["dcp-not-routed".to_owned()];
        let refused = vec!["DCP-NOT-ROUTED".to_owned(), "not-packaged".to_owned()];
        assert_eq!(state(words, &any), (stage, Some(false), warned));
        assert_eq!(state(words, &xilinx), (stage, Some(false), refused));
    }
    let doubted = |codes: &mut Vec<String>| codes.iter().any(|code| code == "dcp-not-routed");
    let mut unknown = state("Frobnicated", &xilinx);
    assert_eq!((unknown.0, unknown.1, doubted(&mut unknown.2)), (Stage::Unknown, None, true));
    // Files with routes tell nothing without a record; the older record tells by one word.
    let without = |types: &[&str]| sample::checkpoint_of(&sample::dcp_xml(VU9P, false, types));
    let mut unknown = of(&without(&["EDIF", "XDEF", "PHYSDB_PLACE", "PHYSDB_ROUTE"]), &xilinx);
    assert_eq!((unknown.0, unknown.1, doubted(&mut unknown.2)), (Stage::Unknown, None, true));
    assert!(!unknown.2.iter().any(|code| code == "DCP-NOT-ROUTED"), "{unknown:?}");
    assert_eq!(of(&without(&["EDIF", "RDA"]), &any), (Stage::Routed, Some(true), vec![]));
    let package =
        sample::tar_gz(&[("to_aliyun/a.dcp", &sample::checkpoint_in_state(VU9P, "Fully Placed", ""))]);
    assert_eq!(codes(&check_for(&package, &xilinx)), ["DCP-NOT-ROUTED"]);
}

#[test]
fn failing_timing_is_a_warning_with_the_number() {
    let exam =
        check_for(&sample::checkpoint_in_state(VU9P, "Routed", "-0.212"), &Target::of_family(Family::Xilinx));
    assert_eq!(codes(&exam), ["dcp-timing", "not-packaged"]);
    assert!(exam.findings[0].found.contains("WNS -0.212 ns"), "{:?}", exam.findings);
    assert!(exam.findings[0].found.contains("route_design"), "{:?}", exam.findings);
}

#[test]
fn a_checkpoint_with_a_part_of_the_design_missing_is_an_error() {
    let zip_with = |members: &[(&str, &[u8])], types: &[&str]| {
        let xml = sample::dcp_xml(VU9P, false, types);
        let members = [members, &[("dcp.xml", xml.as_bytes())]].concat();
        codes_of(&sample::zip(&members))
            .into_iter()
            .filter(|code| code != "dcp-not-routed")
            .collect::<Vec<_>>()
    };
    let edif = ("cl_top.edif", &b"(edif cl_top)"[..]);
    assert_eq!(zip_with(&[edif], &["EDIF"]), [""; 0]);
    assert_eq!(zip_with(&[edif], &["EDIF", "SHAPE"]), ["dcp-member-missing"]);
    assert_eq!(zip_with(&[], &[]), ["DCP-INCOMPLETE"]);
    assert_eq!(zip_with(&[edif], &["EDIF", "XDEF"]), ["DCP-INCOMPLETE"]);
    assert_eq!(zip_with(&[("cl_top.edif", b""), ("a.sta", b"1")], &["EDIF"]), ["DCP-INCOMPLETE"]);
    assert_eq!(zip_with(&[edif, ("cl_top.xdef", b"")], &["EDIF", "XDEF"]), ["DCP-INCOMPLETE"]);
    let no_part = sample::dcp_xml("", false, &["EDIF", "JSON_RDA"]);
    assert_eq!(codes_of(&sample::checkpoint_of(&no_part)), ["DCP-XML"]);
    assert_eq!(
        codes_of(&sample::checkpoint_of(&sample::dcp_xml(VU9P, true, &["JSON_RDA"]))),
        ["dcp-out-of-context"]
    );
    assert_eq!(codes_of(&sample::zip(&[("a.txt", b"text")])), ["DCP-NO-XML"]);
    assert_eq!(codes_of(&sample::checkpoint_of("<Other/>")), ["DCP-XML"]);
    assert_eq!(codes_of(&sample::checkpoint_of("<Checkpoint><a></b></Checkpoint>")), ["DCP-XML"]);
    let zipped = check(&sample::zip(&[("to_aliyun.tar.gz", &sample::package(VU9P))]));
    assert_eq!(codes(&zipped), ["NOT-LOADABLE"]);
    assert!(zipped.findings[0].advice.contains("unzip it, and give to_aliyun.tar.gz"), "{zipped:?}");
}

/// Replaces bytes from the last place where they occur.
fn patched(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).rposition(|window| window == from).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to);
    bytes
}

#[test]
fn a_zip_whose_directory_tells_another_story_is_an_error() {
    let good = sample::checkpoint(VU9P);
    let end = good.len() - 22;
    let with = |at: usize, bytes: &[u8]| {
        let mut changed = good.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        codes_of(&changed)
    };
    let number = |at: usize| u32::from_le_bytes(good[at..at + 4].try_into().unwrap());
    assert_eq!(with(end + 12, &(number(end + 12) + 1).to_le_bytes()), ["ZIP-DIRECTORY"]);
    assert_eq!(with(8, &[99, 0]), ["ZIP-CORRUPT", "ZIP-DIRECTORY"]);
    // dcp.xml renamed in the directory, where its name stands last.
    assert_eq!(codes_of(&patched(good.clone(), b"dcp.xml", b"dcp.xmk")), ["ZIP-DIRECTORY"]);
    // dcp.xml left out of the directory: its entry is the last one, of 46 bytes and its name.
    let mut unlisted = [&good[..end - 53], &good[end..]].concat();
    let end = unlisted.len() - 22;
    let entries = u16::from_le_bytes([unlisted[end + 8], unlisted[end + 9]]) - 1;
    for at in [8, 10] {
        unlisted[end + at..end + at + 2].copy_from_slice(&entries.to_le_bytes());
    }
    unlisted[end + 12..end + 16].copy_from_slice(&(number(good.len() - 22 + 12) - 53).to_le_bytes());
    let exam = check(&unlisted);
    assert_eq!(codes(&exam), ["ZIP-DIRECTORY"]);
    assert!(exam.findings[0].found.contains("dcp.xml"), "{exam:?}");
    let xml = sample::dcp_xml(VU9P, false, &[]);
    let twice = sample::zip(&[("a.edf", b"(edif"), ("dcp.xml", xml.as_bytes()), ("dcp.xml", xml.as_bytes())]);
    assert!(codes_of(&twice).contains(&"ZIP-DIRECTORY".to_owned()));
}

#[test]
fn a_member_behind_the_thousandth_is_seen() {
    let names: Vec<String> = (0..1000).map(|i| format!("member_{i}")).collect();
    let xml = sample::dcp_xml(VU9P, false, &["EDIF", "JSON_RDA"]);
    let record = br#"{"Report Information": {"Design State": "Routed"}}"#;
    let mut members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"."[..])).collect();
    members.extend([
        ("cl_top.edif", &b"(edif"[..]),
        ("cl_top_rda.json", record),
        ("dcp.xml", xml.as_bytes()),
    ]);
    let exam = check(&sample::zip(&members));
    assert_eq!((exam.kind, codes(&exam)), (Kind::Dcp, vec![]));
}

#[test]
fn an_encrypted_netlist_is_said() {
    let xml = sample::dcp_xml(VU9P, false, &["PHYSDB_ROUTE"]);
    let of = |netlist: &[u8]| {
        let files = [("a.edf", netlist), ("cl_top.physdb_route", b"."), ("dcp.xml", xml.as_bytes())];
        let exam = check(&sample::zip(&files));
        let Facts::Dcp(facts) = exam.facts else { panic!("{:?}", exam.findings) };
        facts.encrypted
    };
    assert_eq!(of(b"(edif cl_top)"), Some(false));
    assert_eq!(of(b"XlxV64EB    fa00    296b"), Some(true));
}

#[test]
fn a_package_is_asked_for_one_thing_to_load_and_for_no_way_out() {
    let dcp = sample::checkpoint(VU9P);
    let package = |members: &[(&str, &[u8])]| codes_of(&sample::tar_gz(members));
    assert_eq!(package(&[("a/b/c/any_name", &dcp), ("readme.txt", b"text and text")]), [""; 0]);
    assert_eq!(package(&[("a.bit", &sample::bit(VU9P, 10))]), [""; 0]);
    assert_eq!(package(&[("readme.txt", b"text and text")]), ["NOTHING-LOADABLE"]);
    assert_eq!(package(&[("a.gbs", &sample::gbs(8))]), ["NOTHING-LOADABLE"]);
    assert_eq!(package(&[("a.dcp", &dcp), ("b.dcp", &dcp)]), ["several-loadable"]);
    assert_eq!(package(&[("a.dcp", &dcp[..dcp.len() - 1])]), ["ZIP-CUT-OFF"]);
    assert_eq!(package(&[("a.dcp", &dcp), ("docs.zip", &sample::zip(&[("a", b"a")]))]), [""; 0]);
    assert_eq!(codes_of(&sample::gzip(&dcp)), ["NOTHING-LOADABLE"]);
    assert_eq!(codes_of(&sample::gzip(b"")), ["NOTHING-LOADABLE"]);
    assert_eq!(codes_of(&sample::gzip(&[0; 10240])), ["NOTHING-LOADABLE"]);
    assert_eq!(codes_of(&[sample::package(VU9P), b"junk".to_vec()].concat()), ["trailing-bytes"]);
}

#[test]
fn the_header_that_the_packaging_script_leaves_beside_a_checkpoint_is_a_note() {
    let container = sample::xclbin("xilinx_aliyun-f3_dynamic_5_0", &[(0, &sample::checkpoint(VU9P))]);
    let dcp = sample::checkpoint(VU9P);
    for name in ["to_aliyun/header.bin", "to_aliyun/other"] {
        let package = sample::tar_gz(&[("to_aliyun/a.dcp", &dcp), (name, &container[..496])]);
        let exam = check_for(&package, &Target::of_family(Family::Xilinx));
        assert_eq!((codes(&exam), notes(&exam)), (vec![], vec!["xclbin-header-only"]), "{name}");
    }
    assert_eq!(codes_of(&sample::tar_gz(&[("header.bin", &container[..496])])), ["NOTHING-LOADABLE"]);
}

#[test]
fn a_manifest_is_held_against_its_checkpoint() {
    let dcp = sample::checkpoint(VU9P);
    let hash = |bytes: &[u8]| {
        use sha2::Digest;
        sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let of = |text: String| {
        let exam =
            check(&sample::tar_gz(&[("to_aws/a.dcp", &dcp), ("to_aws/manifest.txt", text.as_bytes())]));
        codes(&exam)
    };
    let right = hash(&dcp);
    assert_eq!(of(format!("manifest_format_version=1\ndcp_hash={right}\ndcp_file_name=a.dcp\n")), [""; 0]);
    assert_eq!(of(format!("dcp_hash={}\ndcp_file_name=a.dcp\n", hash(b"another"))), ["MANIFEST-MISMATCH"]);
    assert_eq!(of(format!("dcp_hash={right}\ndcp_file_name=b.dcp\n")), ["MANIFEST-MISMATCH"]);
    assert_eq!(of(format!("{{\"dcp_sha256\": \"{right}\", \"version\": \"2.0\"}}")), [""; 0]);
    assert_eq!(of(format!("{{\"dcp_sha256\": \"{}\"}}", hash(b""))), ["MANIFEST-MISMATCH"]);
}

#[test]
fn a_members_name_or_kind_that_could_harm_is_an_error() {
    let dcp = sample::checkpoint(VU9P);
    use tar::EntryType;
    let with = |kind: EntryType, name: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.set_entry_type(kind);
        header.set_size(0);
        header.set_cksum();
        codes_of(&sample::gzip(&[header.as_bytes(), &sample::tar(&[("a.dcp", &dcp)])[..]].concat()))
    };
    for name in [&b"/etc/cron.d/x"[..], b"../x", b"a/../../x", b"..\\x"] {
        assert_eq!(with(EntryType::Regular, name), ["TAR-NAME"], "{name:?}");
    }
    for kind in [EntryType::Symlink, EntryType::Link, EntryType::Char, EntryType::Fifo] {
        assert_eq!(with(kind, b"x"), ["TAR-LINK"], "{kind:?}");
    }
    assert_eq!(with(EntryType::Regular, b"a..b/..c"), [""; 0]);
    assert_eq!(with(EntryType::Directory, b"folder"), [""; 0]);
    assert_eq!(with(EntryType::GNUSparse, b"x"), ["tar-sparse"]);
}

#[test]
fn a_tar_of_each_dialect_is_read() {
    let dcp = sample::checkpoint(VU9P);
    let long = format!("{}/a.dcp", "folder".repeat(60));
    for header in [tar::Header::new_old(), tar::Header::new_ustar(), tar::Header::new_gnu()] {
        let mut header = header;
        header.set_size(dcp.len() as u64);
        header.set_mode(0o644);
        let mut builder = tar::Builder::new(Vec::new());
        let name = if header.as_ustar().is_some() { "folder/a.dcp" } else { &long };
        builder.append_data(&mut header, name, &dcp[..]).unwrap();
        let exam = check(&sample::gzip(&builder.into_inner().unwrap()));
        assert_eq!(codes(&exam), [""; 0]);
        let Facts::Package(facts) = exam.facts else { panic!() };
        assert_eq!(facts.members[0].name, name);
    }
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_pax_extensions([("path", long.as_bytes()), ("mtime", b"1.5")]).unwrap();
    let header = builder.into_inner().unwrap();
    let pax = [&header[..header.len() - 1024], &sample::tar(&[("short", &dcp)])].concat();
    let Facts::Package(facts) = check(&sample::gzip(&pax)).facts else { panic!() };
    assert_eq!(facts.members[0].name, long);
}

#[test]
fn an_xclbin_is_held_against_its_own_header() {
    let f3 = "xilinx_aliyun-f3_dynamic_5_0";
    let dcp = sample::checkpoint(VU9P);
    let good = sample::xclbin(f3, &[(0, &dcp), (6, b"01234567")]);
    // SDx 2017 left the padding out of the length.
    let padded = sample::xclbin(f3, &[(0, &dcp), (6, b"012"), (2, b"<project/>")]);
    let sum = (456 + 3 * 40 + dcp.len() + 3 + 10) as u64;
    assert!(sum < padded.len() as u64);
    let unpadded = |length: u64| {
        let mut bytes = padded.clone();
        bytes[304..312].copy_from_slice(&length.to_le_bytes());
        codes_of(&bytes)
    };
    assert_eq!(unpadded(sum), [""; 0]);
    assert_eq!(unpadded(sum - 1), ["XCLBIN-LENGTH"]);
    let patched = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        codes_of(&bytes)
    };
    assert_eq!(patched(304, 0xff), ["XCLBIN-LENGTH"]);
    assert_eq!(patched(456 + 28, 1), ["XCLBIN-SECTION-OUTSIDE"]);
    assert_eq!(patched(456 + 40 + 24, 0), ["XCLBIN-SECTION-OVERLAP"]);
    assert_eq!(patched(451, 0xff), ["XCLBIN-SECTIONS"]);
    assert_eq!(patched(332, 4), ["xclbin-emulation"]);
    assert_eq!(codes_of(&[good.clone(), vec![0]].concat()), ["XCLBIN-LENGTH"]);
    let signature = b"SIGN\x9d\xff\x41\xc0\x8c\xcb\x82\xa7\x13\x1c\xc9\xf3 and more";
    assert_eq!(codes_of(&[&good[..], signature].concat()), [""; 0]);
    assert_eq!(codes_of(&sample::xclbin(f3, &[(6, b"01234567")])), ["no-bitstream"]);
    assert_eq!(codes_of(&sample::xclbin(f3, &[(0, &sample::bit(VU9P, 9))])), ["xclbin-content"]);
    assert_eq!(codes_of(&sample::xclbin(f3, &[(0, b"\x7fELF\x02")])), ["xclbin-emulation"]);
    assert_eq!(codes_of(&sample::xclbin("xilinx_u250_xdma_201830_2", &[(0, &dcp)])), ["xclbin-platform"]);
    assert_eq!(codes_of(&sample::xclbin(f3, &[(0, &sample::zip(&[("a", b"b")]))])), ["xclbin-content"]);
    assert_eq!(
        codes_of(&sample::xclbin(f3, &[(0, &sample::zip(&[("behav_waveform/", b"")]))])),
        ["xclbin-emulation"]
    );
    assert_eq!(codes_of(&sample::xclbin(f3, &[(0, &dcp[..dcp.len() - 1])])), ["ZIP-CUT-OFF"]);
    let fast: Vec<u8> = [&[1, 0, 44, 1, 1, 0, 0, 0, 0, 0][..], &[b'D'; 128]].concat();
    let f2 = sample::xclbin("xilinx:kcu1500:4ddr-xpr:4.0", &[(0, &dcp), (11, &fast)]);
    assert_eq!(codes_of(&f2), ["xclbin-clock"]);
}

#[test]
fn a_container_that_can_not_work_on_the_chip_is_an_error_there() {
    let (f3, xilinx) = ("xilinx_aliyun-f3_dynamic_5_0", Target::of_family(Family::Xilinx));
    let with = |content: &[u8]| codes(&check_for(&sample::xclbin(f3, &[(0, content)]), &xilinx));
    let html = "<html>404</html>".repeat(20);
    for raw in [html.as_bytes(), &[0; 4096], &sample::zip(&[("a", b"b")])] {
        assert_eq!(with(raw), ["XCLBIN-CONTENT", "not-packaged"], "{:?}", &raw[..4]);
    }
    for emulated in [&b"\x7fELF\x02\x01"[..], &sample::zip(&[("behav_waveform/", b"")])] {
        assert_eq!(with(emulated), ["XCLBIN-EMULATION", "not-packaged"], "{:?}", &emulated[..4]);
    }
    assert_eq!(with(&sample::checkpoint("xc7z020clg400-1")), ["PART-OTHER-FAMILY", "not-packaged"]);
    assert_eq!(with(&sample::checkpoint("xcvu3p-ffvc1517-2-i")), ["PART-OTHER-DEVICE", "not-packaged"]);
    let placed = sample::checkpoint_in_state(VU9P, "Fully Placed", "");
    assert_eq!(with(&placed), ["DCP-NOT-ROUTED", "not-packaged"]);
    let mut emulation = sample::xclbin(f3, &[(0, &sample::checkpoint(VU9P))]);
    emulation[332] = 4;
    assert_eq!(codes(&check_for(&emulation, &xilinx)), ["XCLBIN-EMULATION", "not-packaged"]);
}

#[test]
fn kernels_have_their_registers_and_memories_and_clocks_what_was_asked_for() {
    let xml = br#"<project><platform><device><core><kernelClocks><clock port="DATA_CLK" frequency="NaN MHz"/>
        <clock port="KERNEL_CLK" frequency="500MHz"/></kernelClocks>
        <kernel name="vadd" hwControlProtocol="ap_ctrl_hs"><arg name="a" port="M_AXI" offset="0x10" size="0x8"/>
        <arg name="n" port="S_AXI" offset="0x1c" size="0x4"/>
        <instance name="vadd_1"><addrRemap base="0x01800000" port="S_AXI"/></instance></kernel>
        </core></device></platform></project>"#;
    let record = |name: &str, base: u64| {
        let mut record = [&[1, 0, 0, 0, 0, 0, 0, 0][..], &base.to_le_bytes(), name.as_bytes()].concat();
        record.resize(80, 0);
        record
    };
    let units =
        [&[2, 0, 0, 0, 0, 0, 0, 0][..], &record("vadd:vadd_2", 0x1c0_0000), &record("vadd_1", 0x180_0000)]
            .concat();
    let bank = |tag: &str| [&[1, 1, 0, 0, 0, 0, 0, 0][..], &[0; 16], tag.as_bytes(), &[0; 11]].concat();
    let memories = [&[2, 0, 0, 0, 0, 0, 0, 0][..], &bank("bank0"), &bank("bank1")].concat();
    let links: Vec<u8> = [2_u32, 0, 1, 1, 1, 0, 0].iter().flat_map(|number| number.to_le_bytes()).collect();
    let system =
        br#"{"system_diagram_metadata": {"xsa": {"clocks": [{"orig_name": "clk_0", "type": "SCALABLE",
        "xclbin_name": "DATA_CLK", "requested_frequency": 300, "achieved_frequency": 287.4}]}}}"#;
    let sections: &[(u32, &[u8])] =
        &[(0, &sample::checkpoint(VU9P)), (7, &links), (6, &memories), (2, xml), (8, &units), (22, system)];
    let exam = check(&sample::xclbin("xilinx_aliyun-f3_dynamic_5_0", sections));
    assert_eq!((codes(&exam), notes(&exam)), (vec![], vec!["xclbin-clock-missed"]));
    let Facts::Xclbin(facts) = exam.facts else { panic!() };
    let kernel = &facts.kernels[0];
    let bases: Vec<(&str, Option<&str>)> =
        kernel.instances.iter().map(|unit| (unit.name.as_str(), unit.base_address.as_deref())).collect();
    assert_eq!(bases, [("vadd_1", Some("0x1800000")), ("vadd_2", Some("0x1c00000"))]);
    assert_eq!(
        (kernel.arguments[1].offset.as_str(), kernel.control.as_deref()),
        ("0x1c", Some("ap_ctrl_hs"))
    );
    let links = |unit: usize| {
        let of = kernel.instances[unit].connections.iter();
        of.map(|link| (link.argument.as_str(), link.memory.as_str())).collect::<Vec<_>>()
    };
    assert_eq!((links(0), links(1)), (vec![("a", "bank1")], vec![("n", "bank0")]));
    let clocks: Vec<(&str, f64, Option<f64>)> =
        facts.clocks.iter().map(|clock| (clock.name.as_str(), clock.mhz, clock.requested_mhz)).collect();
    assert_eq!(clocks, [("KERNEL_CLK", 500.0, None), ("DATA_CLK", 287.4, Some(300.0))]);
}

#[test]
fn a_bitstream_is_asked_for_its_sync_word_and_a_cut_one_called_cut() {
    let good = sample::bit(VU9P, 300);
    let sync = good.windows(4).position(|four| four == [0xaa, 0x99, 0x55, 0x66]).unwrap();
    let mut bytes = good.clone();
    bytes[sync..sync + 4].copy_from_slice(&[0xff; 4]);
    assert_eq!(codes_of(&bytes), ["BIT-SYNC-WORD"]);
    let header = good.windows(9).position(|window| window == [b'e', 0, 0, 1, 0x50, 0xff, 0xff, 0xff, 0xff]);
    for end in 14..header.unwrap() + 5 {
        assert_eq!(codes_of(&good[..end]), ["BIT-CUT-OFF"], "cut at {end}");
    }
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
    let package = sample::tar_gz(&[("to_aliyun/a.dcp", &sample::zip(&files))]);
    let exam = examine_head(&package[..HEAD], &[], package.len() as u64, &Target::of_family(Family::Xilinx));
    assert_eq!(codes(&exam), [""; 0]);
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

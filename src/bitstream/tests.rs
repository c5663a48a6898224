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

/// Codes, errors in capitals.
fn codes(exam: &Examination) -> Vec<String> {
    let code = |finding: &Finding| match finding.severity {
        Severity::Error => finding.code.name().to_uppercase(),
        Severity::Warning => finding.code.name().to_owned(),
    };
    exam.findings.iter().map(code).collect()
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
    assert_eq!(with("\"version\":1", "\"version\":2"), ["gbs-version"]);
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
fn a_checkpoint_says_how_far_its_design_had_come() {
    let stage = |types: &[&str], out_of_context: bool| {
        let exam = check(&sample::checkpoint_of(&sample::dcp_xml(VU9P, out_of_context, types)));
        let Facts::Dcp(facts) = &exam.facts else { panic!("{exam:?}") };
        (facts.stage.unwrap(), facts.routed, codes(&exam))
    };
    let not_routed = vec!["dcp-not-routed".to_owned()];
    assert_eq!(stage(&["EDIF"], false), (Stage::Synthesised, Some(false), not_routed.clone()));
    assert_eq!(stage(&["EDIF", "PHYSDB_PLACE"], false), (Stage::Placed, Some(false), not_routed));
    assert_eq!(stage(&["EDIF", "XDEF"], false), (Stage::Implemented, None, vec![]));
    assert_eq!(stage(&["PHYSDB_ROUTE"], true).2, ["dcp-out-of-context"]);
    assert_eq!(stage(&["XDEF", "SHAPE"], false).2, ["dcp-member-missing"]);
    assert_eq!(codes_of(&sample::zip(&[("a.txt", b"text")])), ["DCP-NO-XML"]);
    assert_eq!(codes_of(&sample::checkpoint_of("<Other/>")), ["DCP-XML"]);
    assert_eq!(codes_of(&sample::checkpoint_of("<Checkpoint><a></b></Checkpoint>")), ["DCP-XML"]);
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
    assert_eq!(codes_of(&sample::gzip(&[0; 10240])), ["NOTHING-LOADABLE"]);
    assert_eq!(codes_of(&[sample::package(VU9P), b"junk".to_vec()].concat()), ["trailing-bytes"]);
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
    let xml = sample::dcp_xml("xcku115-flvb2104-2-e", false, &["PHYSDB_ROUTE"]);
    let dcp = sample::zip(&[("cl_top.physdb_route", &noise), ("dcp.xml", xml.as_bytes())]);
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

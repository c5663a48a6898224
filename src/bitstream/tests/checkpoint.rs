//! Checkpoints: how far the design had come, its parts, its zip.

use super::*;

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
    // Where the first thousand are empty, the netlist behind them is not missing.
    for first in [&b"."[..], b""] {
        let mut members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), first)).collect();
        members.extend([
            ("cl_top.edif", &b"(edif"[..]),
            ("cl_top_rda.json", record),
            ("dcp.xml", xml.as_bytes()),
        ]);
        let exam = check(&sample::zip(&members));
        assert_eq!((exam.kind, codes(&exam)), (Kind::Dcp, vec![]));
    }
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

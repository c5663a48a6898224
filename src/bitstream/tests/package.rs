//! Packages: what is in them, their manifest, the dialects of tar.

use super::*;
use crate::base::fingerprint::hex;
use sha2::{Digest as _, Sha256};

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
    let hash = |bytes: &[u8]| hex(&Sha256::digest(bytes));
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
    assert_eq!(of("{\"version\": \"2.0\", \"dcp_file_name\": \"b.dcp\"}".to_owned()), ["MANIFEST-MISMATCH"]);
    let upper = right.to_uppercase();
    assert_eq!(of(format!("\u{feff}dcp_hash = \"{upper}\"\r\n\r\ndcp_file_name=\"a.dcp\"\r\n")), [""; 0]);
    // What only speaks of a hash is no manifest.
    let script = "#!/bin/sh\ndcp_hash=$(sha256sum $1)\necho dcp_hash=$dcp_hash\n";
    assert_eq!(of(script.to_owned()), [""; 0]);
    assert_eq!(of("INFO: packaging\n  dcp_file_name=old.dcp of the last run\n".to_owned()), [""; 0]);
    // Of two of one name, the one beside it is meant; of two without a name, nobody knows.
    let other = sample::checkpoint_in_state(VU9P, "Routed", "0.5");
    let beside = |folder: &str, name: &str| {
        let text = format!("dcp_hash={}\n{name}", hash(&other));
        let manifest = format!("{folder}m.txt");
        codes_of(&sample::tar_gz(&[("x/a.dcp", &dcp), ("y/a.dcp", &other), (&manifest, text.as_bytes())]))
    };
    assert_eq!(beside("y/", "dcp_file_name=a.dcp\n"), ["several-loadable"]);
    assert_eq!(beside("x/", "dcp_file_name=a.dcp\n"), ["MANIFEST-MISMATCH", "several-loadable"]);
    assert_eq!(beside("", "dcp_file_name=a.dcp\n"), ["several-loadable"]);
    assert_eq!(beside("y/", ""), ["several-loadable"]);
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
    // A name that is cut is no folder because it is cut behind a slash.
    let names = ["f/".repeat(40_000) + "a.dcp", "f/".repeat(2048) + "a.dcp"];
    for name in names {
        let exam = check(&sample::tar(&[(&name, &dcp)]));
        assert_eq!(codes(&exam), [""; 0]);
        let Facts::Package(facts) = exam.facts else { panic!() };
        assert_eq!(facts.loadable().count(), 1);
    }
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_pax_extensions([("path", long.as_bytes()), ("mtime", b"1.5")]).unwrap();
    let header = builder.into_inner().unwrap();
    let pax = [&header[..header.len() - 1024], &sample::tar(&[("short", &dcp)])].concat();
    let Facts::Package(facts) = check(&sample::gzip(&pax)).facts else { panic!() };
    assert_eq!(facts.members[0].name, long);
}

/// A checkpoint in which a netlist of so many mebibytes of zeros is packed to almost nothing.
fn swollen(mebibytes: usize) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [("dcp.xml", &b"<Checkpoint/>"[..]), ("a.edf", &vec![0; mebibytes << 20])] {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn archives_within_an_archive_swell_no_further_together_than_one() {
    let (dcp, f3) = (swollen(50), "xilinx_aliyun-f3_dynamic_5_0");
    let bombs = |bytes: &[u8]| {
        let codes = codes_of(bytes);
        codes.iter().filter(|code| *code == "BOMB").count()
    };
    assert_eq!(bombs(&dcp), 0);
    let names: Vec<String> = (0..8).map(|i| format!("{i}.dcp")).collect();
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &dcp[..])).collect();
    // Five fit into 256 MiB; behind them nothing more is unpacked.
    assert_eq!(bombs(&sample::tar_gz(&members)), 3);
    assert_eq!(bombs(&sample::xclbin(f3, &[(10, &dcp[..]); 8])), 3);
}

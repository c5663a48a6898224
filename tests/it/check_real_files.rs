//! `check` on files that the makers' own tools wrote.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use faascmd::testing::bitstream::{self, Examination, Facts, Family, Kind, Stage, Target};

use crate::common::data;
use crate::common::world::World;

fn files() -> Vec<(PathBuf, Vec<u8>)> {
    let Some(folder) = data::real_files() else { return Vec::new() };
    let entries = |folder: &Path| std::fs::read_dir(folder).map(|entries| entries.map(|e| e.unwrap().path()));
    let mut paths: Vec<PathBuf> = entries(&folder).unwrap().collect();
    // Checkpoints of newer tools and older containers, where that folder is there.
    paths.extend(entries(&folder.join("more")).into_iter().flatten());
    paths.retain(|path| path.is_file());
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

fn check(bytes: &[u8]) -> Examination {
    bitstream::examine(Cursor::new(bytes), bytes.len() as u64, &Target::default()).unwrap()
}

#[test]
fn real_files_are_recognised_and_none_is_called_broken() {
    for (path, bytes) in files() {
        let exam = check(&bytes);
        assert!(!exam.has_errors(), "{}: {:#?}", path.display(), exam.findings);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let kind = match name.rsplit('.').next().unwrap() {
            "gbs" => Kind::Gbs,
            "dcp" => Kind::Dcp,
            "bit" => Kind::Bit,
            "xclbin" | "awsxclbin" => Kind::Xclbin,
            "gz" => Kind::Package,
            _ => continue,
        };
        assert_eq!(exam.kind, kind, "{name}");
        World::new().faascmd(&["check", path.to_str().unwrap()]).exits(0);
    }
}

#[test]
fn real_files_tell_their_facts() {
    for (path, bytes) in files() {
        let exam = check(&bytes);
        match (path.file_name().unwrap().to_str().unwrap(), exam.facts) {
            ("m00_regslice.dcp", Facts::Dcp(dcp)) => {
                assert_eq!(dcp.device.as_deref(), Some("xcvu9p"));
                assert_eq!(dcp.tool_version.as_deref(), Some("2016.4"));
                assert_eq!((dcp.out_of_context, dcp.routed), (Some(true), None));
                assert_eq!(dcp.stage, Some(Stage::Unknown));
                assert_eq!(dcp.members_total, 12);
            }
            ("dma_afu.gbs", Facts::Gbs(gbs)) => {
                assert_eq!(gbs.afus[0].uuid.as_deref(), Some("331db30c-9885-41ea-9081-f88b8f655caa"));
                assert_eq!((gbs.clock_high_mhz, gbs.payload_bytes), (Some(200.0), 300_000));
            }
            ("pynq_z1_base.bit", Facts::Bit(bit)) => {
                assert_eq!((bit.part.as_str(), bit.date.as_str()), ("7z020clg400", "2018/04/23"));
                assert_eq!((bit.tool_version.as_deref(), bit.sync_word), (Some("2017.4"), true));
            }
            ("vadd.awsxclbin", Facts::Xclbin(xclbin)) => {
                assert_eq!(xclbin.aws_id.as_deref(), Some("agfi-046565baf5ce48c86"));
                assert_eq!(xclbin.kernels[0].name, "vector_add");
                assert_eq!(xclbin.kernels[0].arguments[3].offset, "0x34");
                assert_eq!(xclbin.kernels[0].instances[0].base_address.as_deref(), Some("0x0"));
                assert_eq!((xclbin.memories.len(), xclbin.clocks[1].mhz), (4, 250.0));
            }
            ("bug780.dcp", Facts::Dcp(dcp)) => {
                assert_eq!((dcp.device.as_deref(), dcp.routed), (Some("xczu1cg"), Some(true)));
                assert_eq!(dcp.record.last_task.as_deref(), Some("place_design"));
                assert_eq!(dcp.record.timing(), None);
            }
            ("picoblaze_ooc_X10Y235_2022_1.dcp", Facts::Dcp(dcp)) => {
                // It has routes and ran route_design, but Vivado calls the design placed.
                assert_eq!((dcp.stage, dcp.routed), (Some(Stage::Placed), Some(false)));
                assert_eq!(dcp.record.design_state.as_deref(), Some("Fully Placed"));
                assert_eq!(dcp.record.last_task.as_deref(), Some("route_design"));
                assert_eq!((dcp.record.wns_ns, dcp.record.whs_ns), (Some(0.3), Some(0.01)));
            }
            ("design_with_backslash_2021.2.dcp" | "routethru_luts.dcp", Facts::Dcp(dcp)) => {
                assert_eq!(dcp.record.design_state.as_deref(), Some("Routed"));
                assert_eq!(dcp.record.last_task.as_deref(), Some("route_design"));
                assert_eq!(dcp.routed, Some(true));
            }
            ("sdx2017_vector_addition.awsxclbin", Facts::Xclbin(xclbin)) => {
                assert_eq!((xclbin.length, bytes.len()), (3684, 3686));
                assert_eq!(xclbin.kernels[0].arguments[3].offset, "0x34");
                assert_eq!(xclbin.kernels[0].instances[0].base_address.as_deref(), Some("0x0"));
            }
            ("sdx2019_krnl_idct.awsxclbin", Facts::Xclbin(xclbin)) => {
                let unit = &xclbin.kernels[0].instances[0];
                assert_eq!((unit.name.as_str(), unit.base_address.as_deref()), ("krnl_idct_1", Some("0x0")));
                let memories: Vec<&str> = unit.connections.iter().map(|link| link.memory.as_str()).collect();
                assert_eq!(memories, ["bank0", "bank0", "bank1"]);
            }
            ("bit.tar.gz", Facts::Package(package)) => assert_eq!(package.loadable().count(), 1),
            (other, facts) => println!("{other}: {facts:?}"),
        }
    }
}

#[test]
fn real_files_cut_at_200_places_are_errors() {
    for (path, bytes) in files() {
        // Nothing in a .gbs tells how long its payload should be; a cut one can only be seen before that.
        let visible = match check(&bytes).facts {
            Facts::Gbs(gbs) => bytes.len() - usize::try_from(gbs.payload_bytes).unwrap(),
            _ => bytes.len() - 1,
        };
        for i in 0..200 {
            let end = visible * i / 199;
            let exam = check(&bytes[..end]);
            assert!(exam.has_errors(), "{} cut at {end}: {exam:#?}", path.display());
        }
        for i in 0..200 {
            check(&bytes[..bytes.len() * i / 199]);
        }
    }
}

#[test]
fn real_files_that_are_not_routed_are_refused_for_a_chip_and_unknown_ones_are_not() {
    for (path, bytes) in files() {
        let target = Target::of_family(Family::Xilinx);
        let exam = bitstream::examine(Cursor::new(&bytes), bytes.len() as u64, &target).unwrap();
        let codes: Vec<&str> = exam.errors().map(|finding| finding.code.name()).collect();
        match path.file_name().unwrap().to_str().unwrap() {
            "bit.tar.gz" => {
                assert_eq!(codes, [""; 0]);
                assert!(exam.warnings().any(|finding| finding.code.name() == "dcp-not-routed"), "{exam:?}");
            }
            "picoblaze_ooc_X10Y235_2022_1.dcp" => {
                assert!(
                    codes.contains(&"dcp-not-routed") && codes.contains(&"part-other-device"),
                    "{codes:?}"
                );
            }
            "bug780.dcp" => assert_eq!(codes, ["part-other-family"]),
            _ => {}
        }
    }
}

//! `check` on files that the makers' own tools wrote.

use std::io::Cursor;
use std::path::PathBuf;

use faascmd::testing::bitstream::{self, Examination, Facts, Kind, Target};

use crate::common::data;
use crate::common::world::World;

fn files() -> Vec<(PathBuf, Vec<u8>)> {
    let Some(folder) = data::real_files() else { return Vec::new() };
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
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
                assert_eq!((dcp.out_of_context, dcp.routed), (Some(true), Some(false)));
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

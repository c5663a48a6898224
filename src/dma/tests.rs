//! Each fault is found and named right, whatever the chance; a clean memory is never called a faulty one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use super::diagnosis::{Bits, Row};
use super::*;
use crate::base::cancel::Cancel;
use crate::base::progress::Silent;
use crate::device::{Direction, DmaNodes, Roots};

const RANGE: Range = Range { start: 0x1_0000, length: 64 << 10 };

/// A card with one channel each way, whose memory is a file.
fn card(folder: &Path) -> DmaNodes {
    let memory = folder.join("memory");
    fs::File::create(&memory).unwrap().set_len(1 << 20).unwrap();
    for node in ["xdma0_h2c_0", "xdma0_c2h_0"] {
        std::os::unix::fs::symlink(&memory, folder.join(node)).unwrap();
    }
    DmaNodes::beside(&format!("file:{}", folder.join("xdma0_user").display()), &Roots::default()).unwrap()
}

fn play(folder: &Path, faults: &str, seed: u64) {
    let text = format!("{{{faults}{}\"seed\": {seed}}}", if faults.is_empty() { "" } else { ", " });
    for node in ["xdma0_h2c_0", "xdma0_c2h_0"] {
        fs::write(folder.join(format!("{node}.faults")), &text).unwrap();
    }
}

fn verified(nodes: &DmaNodes, patterns: &[Pattern], seed: u64) -> Result<Verified, DmaError> {
    verified_in(nodes, (RANGE, 16 << 10), patterns, seed)
}

fn verified_in(
    nodes: &DmaNodes,
    (range, size): (Range, usize),
    patterns: &[Pattern],
    seed: u64,
) -> Result<Verified, DmaError> {
    let h2c = [Channel::open(nodes, Direction::H2c, 0)?];
    let c2h = [Channel::open(nodes, Direction::C2h, 0)?];
    verify(VerifyPlan {
        h2c: &h2c,
        c2h: &c2h,
        range,
        patterns,
        seed,
        size,
        duration: Duration::ZERO,
        cancel: &Cancel::new(),
        progress: &Silent,
    })
}

/// The kinds that were found: of common causes with all that they say.
fn kinds(verified: &Verified) -> BTreeSet<String> {
    let name = |fault: &Fault| match fault.kind {
        Kind::Common(Cause::Stuck { bit, level, .. }) => format!("stuck {bit} {level}"),
        Kind::Common(Cause::Alias { bit }) => format!("alias {bit}"),
        Kind::Common(Cause::Shifted { bytes }) => format!("shifted {bytes}"),
        Kind::Dropped(Row { .. }) => "dropped".to_owned(),
        Kind::Flipped(Bits { .. }) => "flipped".to_owned(),
    };
    verified.faults.iter().map(name).collect()
}

const SEEDS: u64 = 200;

#[test]
fn each_fault_is_found_and_named_whatever_the_seed() {
    let folder = tempfile::tempdir().unwrap();
    let nodes = card(folder.path());
    for seed in 0..SEEDS {
        let (bit, low, bytes) = (seed * 7 % 512, seed % 16, 1 + seed * 13 % 4000);
        let sign = if seed % 2 == 0 { "" } else { "-" };
        let table = [
            ("\"dma-bit-flip\": 0.002".to_owned(), "flipped".to_owned()),
            (format!("\"dma-stuck\": {bit}"), format!("stuck {bit} 1")),
            (format!("\"dma-alias\": {low}"), format!("alias {low}")),
            ("\"dma-drop\": 0.02".to_owned(), "dropped".to_owned()),
            (format!("\"dma-shift\": {sign}{bytes}"), format!("shifted {sign}{bytes}")),
        ];
        for (fault, kind) in table {
            play(folder.path(), &fault, seed);
            let verified = verified(&nodes, &Pattern::ALL, seed).unwrap();
            assert_eq!(kinds(&verified), BTreeSet::from([kind]), "{fault}, seed {seed}");
        }
    }
}

#[test]
fn a_shift_is_named_where_the_memory_begins_and_ends_too() {
    let folder = tempfile::tempdir().unwrap();
    let nodes = card(folder.path());
    let whole = Range { start: 0, length: 1 << 20 };
    for bytes in [-4000, -64, -8, -1, 1, 8, 64, 4000] {
        play(folder.path(), &format!("\"dma-shift\": {bytes}"), 1);
        let verified = verified_in(&nodes, (whole, 4 << 20), &Pattern::ALL, 1).unwrap();
        assert_eq!(kinds(&verified), BTreeSet::from([format!("shifted {bytes}")]), "{bytes}");
    }
}

#[test]
fn a_clean_memory_is_never_faulty_also_when_transfers_are_short() {
    let folder = tempfile::tempdir().unwrap();
    let nodes = card(folder.path());
    for seed in 0..5 * SEEDS {
        play(folder.path(), if seed % 2 == 0 { "" } else { "\"dma-short\": 0.5" }, seed);
        let verified = verified(&nodes, &Pattern::ALL, seed).unwrap();
        assert_eq!((verified.faults, verified.left_out), (vec![], 0), "seed {seed}");
        assert!(verified.passes.iter().all(|pass| pass.bytes == RANGE.length && pass.wrong_words == 0));
    }
}

#[test]
fn faults_of_several_kinds_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let nodes = card(folder.path());
    for seed in 0..SEEDS {
        play(folder.path(), "\"dma-stuck\": 77, \"dma-drop\": 0.02, \"dma-bit-flip\": 0.002", seed);
        let found = kinds(&verified(&nodes, &Pattern::ALL, seed).unwrap());
        assert_eq!(found, ["dropped", "flipped", "stuck 77 1"].map(str::to_owned).into(), "seed {seed}");
    }
}

#[test]
fn a_memory_that_drops_all_or_holds_the_same_from_an_earlier_run_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let nodes = card(folder.path());
    for pattern in Pattern::ALL {
        play(folder.path(), "", 1);
        verified(&nodes, &[pattern], 1).unwrap();
        play(folder.path(), "\"dma-drop\": 0.05", 1);
        let found = verified(&nodes, &[pattern], 1).unwrap();
        assert_eq!(kinds(&found), ["dropped".to_owned()].into(), "{pattern}");
    }
    play(folder.path(), "\"dma-drop\": 1.0", 1);
    assert_eq!(kinds(&verified(&nodes, &[Pattern::Address], 1).unwrap()), ["dropped".to_owned()].into());
}

#[test]
fn an_engine_that_gives_an_error_is_told_with_its_address() {
    let folder = tempfile::tempdir().unwrap();
    let nodes = card(folder.path());
    for address in ["77880", "\"0x13038\""] {
        play(folder.path(), &format!("\"dma-eio\": {address}"), 1);
        let error = verified(&nodes, &Pattern::ALL, 1).unwrap_err();
        assert!(error.is_engine());
        let error = error.to_string();
        assert!(error.contains("xdma0_h2c_0: writing") && error.contains("at 0x13038 failed"), "{error}");
    }
    for (wrong, why) in [("\"dma-stuk\": 1", "unknown field"), ("\"dma-drop\": 2", "a share is from 0 to 1")]
    {
        play(folder.path(), wrong, 1);
        let error = verified(&nodes, &Pattern::ALL, 1).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn nothing_is_moved_beyond_the_end_of_the_memory() {
    let folder = tempfile::tempdir().unwrap();
    let nodes = card(folder.path());
    let h2c = Channel::open(&nodes, Direction::H2c, 0).unwrap();
    let c2h = Channel::open(&nodes, Direction::C2h, 0).unwrap();
    for (address, length) in [(1 << 20, 1), ((1 << 20) - 8, 9), (u64::MAX, 8), (1 << 63, 8)] {
        let mut bytes = vec![1; length];
        assert!(matches!(h2c.write(&bytes, address), Err(DmaError::End { .. })), "{address:#x}");
        assert!(matches!(c2h.read(&mut bytes, address), Err(DmaError::End { .. })), "{address:#x}");
    }
    assert_eq!(fs::metadata(folder.path().join("memory")).unwrap().len(), 1 << 20);
}

#[test]
fn all_sizes_and_channels_are_measured() {
    let folder = tempfile::tempdir().unwrap();
    let nodes = card(folder.path());
    let h2c = [Channel::open(&nodes, Direction::H2c, 0).unwrap()];
    let c2h = [Channel::open(&nodes, Direction::C2h, 0).unwrap()];
    for way in Way::ALL {
        let cancel = Cancel::new();
        let time = Duration::ZERO;
        let (h2c, c2h) = (&h2c[..], &c2h[..]);
        let plan = SpeedPlan { h2c, c2h, way, range: RANGE, size: 4096, time, cancel: &cancel };
        let measured = measure(plan).unwrap();
        let engines = if way == Way::Both { 2 } else { 1 };
        assert_eq!((measured.transfers, measured.bytes, measured.channels), (engines, engines * 4096, 1));
        assert!(measured.p50_us > 0.0 && measured.bytes_per_second > 0.0);
    }
}

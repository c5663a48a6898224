//! The fuzz targets without libFuzzer: seeds changed at random for a while, on a stable toolchain.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

#[path = "../fuzz/targets.rs"]
mod targets;

use targets::{Fuzzed, TARGETS, seeds};

/// How long each target runs: `FAASCMD_FUZZ_SECONDS`, else a moment.
fn duration() -> Duration {
    let seconds = std::env::var("FAASCMD_FUZZ_SECONDS").ok().map(|text| text.parse().unwrap());
    Duration::from_secs_f64(seconds.unwrap_or(0.1))
}

#[test]
fn no_input_makes_a_parser_panic() {
    let seed =
        std::env::var("FAASCMD_FUZZ_SEED").map_or_else(|_| fastrand::u64(..), |text| text.parse().unwrap());
    println!("FAASCMD_FUZZ_SEED={seed} repeats this run");
    for (target, number) in TARGETS.iter().zip(0..) {
        // Each from its own, so that the inputs of one do not depend on how many another had time for.
        let runs = run(*target, &mut fastrand::Rng::with_seed(seed.wrapping_add(number)));
        println!("{}: {runs} inputs", target.0);
    }
}

fn run((name, target): Fuzzed, random: &mut fastrand::Rng) -> u64 {
    let end = Instant::now() + duration();
    let mut pool = seeds(name);
    let mut runs = 0;
    while runs == 0 || Instant::now() < end {
        let mut input = pool[random.usize(..pool.len())].clone();
        for _ in 0..random.u32(1..6) {
            mutate(&mut input, random);
        }
        if catch_unwind(AssertUnwindSafe(|| target(&input))).is_err() {
            let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}"));
            std::fs::write(&path, &input).unwrap();
            panic!("{name} panics on the {} bytes in {}", input.len(), path.display());
        }
        // Changed inputs are changed again, so that faults add up.
        if random.u8(..) < 16 && pool.len() < 256 {
            pool.push(input);
        }
        runs += 1;
    }
    runs
}

/// One change, of those that find the edges of lengths, offsets and counts.
fn mutate(input: &mut Vec<u8>, random: &mut fastrand::Rng) {
    const EDGES: [u64; 9] = [0, 1, 0x7f, 0xff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 1 << 63, u64::MAX];
    if input.is_empty() {
        input.push(random.u8(..));
        return;
    }
    let at = random.usize(..input.len());
    let length = random.usize(..(input.len() - at).min(600) + 1);
    match random.u8(..8) {
        0 => input[at] ^= 1 << random.u8(..8),
        1 => input[at] = random.u8(..),
        2 => input.truncate(at),
        3 => drop(input.drain(at..at + length)),
        4 => {
            let copy = input[at..at + length].to_vec();
            let to = random.usize(..=input.len());
            input.splice(to..to, copy);
        }
        5 => input.extend((0..length).map(|_| random.u8(..))),
        6 => input[at..at + length].fill(random.choice([0, b' ', b'0', 0xff]).unwrap()),
        _ => {
            let edge = random.choice(EDGES).unwrap().to_le_bytes();
            let width = random.choice([2, 4, 8]).unwrap().min(input.len() - at);
            input[at..at + width].copy_from_slice(&edge[..width]);
        }
    }
}

#[test]
fn seeds_are_written_where_cargo_fuzz_looks_for_them() {
    let folder = std::env::var_os("FAASCMD_FUZZ_CORPUS").map(PathBuf::from);
    for (name, target) in TARGETS {
        for (i, seed) in seeds(name).iter().enumerate() {
            target(seed);
            if let Some(folder) = &folder {
                std::fs::create_dir_all(folder.join(name)).unwrap();
                std::fs::write(folder.join(name).join(format!("seed-{i}")), seed).unwrap();
            }
        }
        let listed = include_str!("../fuzz/Cargo.toml").contains(&format!("\"fuzz_targets/{name}.rs\""));
        assert!(listed, "{name} has a binary in tests/fuzz/Cargo.toml");
    }
}

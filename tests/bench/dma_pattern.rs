//! How fast patterns of the DMA test are made and compared, against a copy of the same memory on one core, in pairs.
#![expect(clippy::print_stdout, reason = "the result is the answer")]

use std::hint::black_box;
use std::time::Instant;

use faascmd::testing::dma::{Data, Pattern};

/// Longer than the caches: the link moves what comes from memory.
const LENGTH: usize = 64 << 20;
const PAIRS: usize = 15;

fn seconds(work: impl FnOnce()) -> f64 {
    let began = Instant::now();
    work();
    began.elapsed().as_secs_f64()
}

fn median(mut ratios: Vec<f64>) -> f64 {
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

fn main() {
    let (mut from, mut to) = (vec![1_u8; LENGTH], vec![0_u8; LENGTH]);
    for pattern in Pattern::ALL {
        let data = Data { pattern, seed: 7, inverted: false };
        let (mut making, mut comparing) = (Vec::new(), Vec::new());
        for _ in 0..PAIRS {
            let copied = seconds(|| black_box(&mut to).copy_from_slice(black_box(&from)));
            let made = seconds(|| data.fill(0, black_box(&mut from)));
            let mut wrong = 0;
            let compared = seconds(|| data.compare(0, black_box(&from), |_| wrong += 1));
            assert_eq!(wrong, 0);
            making.push(copied / made);
            comparing.push(copied / compared);
        }
        let (made, compared) = (median(making), median(comparing));
        println!("{pattern:8} made at {made:.2} of memcpy's speed, compared at {compared:.2}");
    }
}

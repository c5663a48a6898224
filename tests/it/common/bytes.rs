//! Bytes that look random and are the same each time.

/// So many of them.
pub fn bytes(count: usize, seed: u64) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut bytes = vec![0; count];
    random.fill(&mut bytes);
    bytes
}

//! An upper bound of the bit error rate, from how many bits were tested and what was found.
//!
//! With e errors in N bits, the rate is below x/N at the confidence CL, where x solves
//! 1 − CL = e^(−x)·Σ x^k/k! for k from 0 to e: the Poisson bound. Without errors that is x = −ln(1−CL). It assumes that
//! errors are independent; bursts break it.

use std::time::Duration;

/// What the user says of the test's speed; no register tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BitRate {
    /// Data width × clock.
    pub bits_per_second: f64,
    /// From 0 to 1, such as 0.95.
    pub confidence: f64,
}

/// A bound on the bit error rate that rests on the given bit rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BerBound {
    pub bits_per_second: f64,
    pub confidence: f64,
    /// Bits that were tested, if the rate is right.
    pub bits: f64,
    /// What 0x30 read, taken for a number of errors.
    pub errors: u32,
    /// The rate is below this.
    pub upper_bound: f64,
}

impl BitRate {
    /// The bound after a run.
    pub fn bound(self, ran: Duration, errors: u32) -> BerBound {
        let Self { bits_per_second, confidence } = self;
        let bits = bits_per_second * ran.as_secs_f64();
        BerBound {
            bits_per_second,
            confidence,
            bits,
            errors,
            upper_bound: expected(errors, confidence) / bits,
        }
    }
}

/// The largest number of errors that one would expect where so many were seen, at a confidence.
fn expected(errors: u32, confidence: f64) -> f64 {
    if errors == 0 {
        return -(1.0 - confidence).ln();
    }
    let (mut low, mut high) = (f64::from(errors), f64::from(errors) + 10.0);
    while at_most(errors, high) > 1.0 - confidence {
        high *= 2.0;
    }
    if at_most(errors, low) < 1.0 - confidence {
        low = 0.0;
    }
    // Halving ends when the two are neighbours.
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if at_most(errors, middle) > 1.0 - confidence { low = middle } else { high = middle }
    }
    high
}

/// The probability of at most so many errors where `mean` are expected.
///
/// The terms are summed down from the largest index, relative to it, until they no longer count.
fn at_most(errors: u32, mean: f64) -> f64 {
    if mean <= 0.0 {
        return 1.0;
    }
    let count = f64::from(errors);
    let (mut term, mut sum, mut k) = (1.0, 1.0, count);
    while k > 0.0 {
        term *= k / mean;
        sum += term;
        k -= 1.0;
        if term < sum * 1e-17 {
            break;
        }
    }
    (count * mean.ln() - mean - ln_factorial(count) + sum.ln()).exp()
}

/// ln n!, by Stirling's series where it is exact enough and by the sum where it is not.
fn ln_factorial(n: f64) -> f64 {
    if n < 32.0 {
        let (mut sum, mut k) = (0.0, 2.0);
        while k <= n {
            sum += f64::ln(k);
            k += 1.0;
        }
        return sum;
    }
    let series = 1.0 / (12.0 * n) - 1.0 / (360.0 * n.powi(3));
    n * n.ln() - n + 0.5 * (std::f64::consts::TAU * n).ln() + series
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x at 90, 95 and 99 %, from SiTime's page on BER confidence and the literature it quotes.
    const TABLE: [(u32, [f64; 3]); 6] = [
        (0, [2.303, 2.996, 4.605]),
        (1, [3.890, 4.744, 6.638]),
        (2, [5.322, 6.296, 8.406]),
        (3, [6.681, 7.754, 10.045]),
        (5, [9.275, 10.513, 13.108]),
        (10, [15.407, 16.962, 20.145]),
    ];

    #[test]
    fn the_bound_is_that_of_the_published_table() {
        for (errors, row) in TABLE {
            for (x, confidence) in row.into_iter().zip([0.90, 0.95, 0.99]) {
                let ours = expected(errors, confidence);
                assert!((ours - x).abs() < 6e-4, "{errors} errors at {confidence}: {ours}, not {x}");
            }
        }
    }

    #[test]
    fn many_errors_bring_the_bound_near_their_number() {
        for errors in [31, 32, 33, 1000, 1_000_000, u32::MAX] {
            let count = f64::from(errors);
            let deviations = (expected(errors, 0.95) - count) / count.sqrt();
            assert!((1.6..2.1).contains(&deviations), "{errors}: {deviations}");
        }
    }

    #[test]
    fn a_minute_without_errors_at_102_gigabit_bounds_the_rate() {
        let rate = BitRate { bits_per_second: 102.4e9, confidence: 0.95 };
        let bound = rate.bound(Duration::from_secs_f64(29.3), 0);
        assert!((bound.upper_bound - 1e-12).abs() < 2e-15, "{bound:?}");
    }
}

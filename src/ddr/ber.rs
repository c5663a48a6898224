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
    /// The bound after a run, where it says something: a rate is above 0, and 1 at most.
    pub fn bound(self, ran: Duration, errors: u32) -> Option<BerBound> {
        let Self { bits_per_second, confidence } = self;
        let bits = bits_per_second * ran.as_secs_f64();
        let upper_bound = expected(errors, confidence) / bits;
        let says_something = upper_bound > 0.0 && upper_bound <= 1.0;
        says_something.then_some(BerBound { bits_per_second, confidence, bits, errors, upper_bound })
    }
}

/// Of more errors than these, the sum takes longer than a page of looks can wait, and an approximation is close enough.
const SUMMED: u32 = 1000;

/// The largest number of errors that one would expect where so many were seen, at a confidence.
fn expected(errors: u32, confidence: f64) -> f64 {
    match errors {
        0 => -(-confidence).ln_1p(),
        1..=SUMMED => summed(errors, confidence),
        _ => approximated(errors, confidence),
    }
}

/// Wilson and Hilferty: the cube root of x/n, for n errors and one, is nearly normal, with a mean of 1 − 1/9n and a
/// variance of 1/9n. How many deviations the confidence is worth is read off the sum where it ends.
fn approximated(errors: u32, confidence: f64) -> f64 {
    let mean = |n: f64| 1.0 - 1.0 / (9.0 * n);
    let deviation = |n: f64| 1.0 / (3.0 * n.sqrt());
    let (last, n) = (f64::from(SUMMED) + 1.0, f64::from(errors) + 1.0);
    let deviations = ((summed(SUMMED, confidence) / last).cbrt() - mean(last)) / deviation(last);
    n * (mean(n) + deviations * deviation(n)).powi(3)
}

/// Solves the equation for x.
fn summed(errors: u32, confidence: f64) -> f64 {
    let (mut low, mut high) = (f64::from(errors), f64::from(errors) + 10.0);
    while at_most(errors, high) > 1.0 - confidence {
        high *= 2.0;
    }
    if at_most(errors, low) < 1.0 - confidence {
        low = 0.0;
    }
    loop {
        let middle = f64::midpoint(low, high);
        // The two are neighbours.
        if middle <= low || middle >= high {
            return high;
        }
        if at_most(errors, middle) > 1.0 - confidence { low = middle } else { high = middle }
    }
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
        let bound = rate.bound(Duration::from_secs_f64(29.3), 0).unwrap();
        assert!((bound.upper_bound - 1e-12).abs() < 2e-15, "{bound:?}");
    }

    #[test]
    fn the_approximation_goes_on_where_the_sum_ends() {
        for confidence in [0.5, 0.9, 0.95, 0.99, 0.999_999] {
            for errors in [SUMMED + 1, 2 * SUMMED, 1_000_000] {
                let (sum, ours) = (summed(errors, confidence), expected(errors, confidence));
                assert!((ours / sum - 1.0).abs() < 1e-5, "{errors} at {confidence}: {ours}, not {sum}");
            }
        }
    }

    #[test]
    fn what_can_be_no_rate_is_no_bound() {
        let bound = |bits_per_second, confidence, errors| {
            BitRate { bits_per_second, confidence }.bound(Duration::from_millis(100), errors)
        };
        for (bits_per_second, errors) in [(1.0, 0), (1e-320, 0), (1e3, 1000)] {
            assert_eq!(bound(bits_per_second, 0.95, errors), None, "{bits_per_second}");
        }
        let small = bound(1e11, 1e-17, 0).unwrap().upper_bound;
        assert!((small / 1e-27 - 1.0).abs() < 1e-9, "{small}");
    }
}

//! Durations as people write them: `500ms`, `60s`, `1.5h`, `1h30m`, `2d`; and as they say them.

use std::time::Duration;

/// Why a text is not a duration.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a duration: write seconds, or numbers with us, ms, s, m, h or d, such as 90s or 1h30m")]
pub struct NotADuration(String);

/// Reads a duration; a number without a unit is seconds.
///
/// # Errors
/// When the text is no duration, or one longer than a hundred years.
pub fn duration(text: &str) -> Result<Duration, NotADuration> {
    let wrong = || NotADuration(text.to_owned());
    if let Ok(seconds) = text.parse::<u64>() {
        return bounded(Duration::from_secs(seconds)).ok_or_else(wrong);
    }
    let (mut sum, mut rest) = (Duration::ZERO, text);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        sum = part(number, unit).and_then(|part| sum.checked_add(part)).ok_or_else(wrong)?;
        rest = tail;
    }
    Some(sum).filter(|_| !text.is_empty()).and_then(bounded).ok_or_else(wrong)
}

/// Reads a duration that is not 0, for work that must take some time.
///
/// # Errors
/// As [`duration`], and for 0.
pub fn some_time(text: &str) -> Result<Duration, String> {
    let time = duration(text).map_err(|e| e.to_string())?;
    if time.is_zero() { Err("it must be longer than 0".into()) } else { Ok(time) }
}

fn part(number: &str, unit: &str) -> Option<Duration> {
    let number: f64 = number.parse().ok()?;
    let seconds = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number * seconds).ok()
}

/// A clock's time and a century more is still a time.
fn bounded(duration: Duration) -> Option<Duration> {
    Some(duration).filter(|d| d.as_secs() <= 100 * 366 * 86_400)
}

/// `41m 12s`, `3.1s`: a time as people say it.
pub fn spent(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..=59 => format!("{:.1}s", time.as_secs_f64()),
        60..=3599 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h {:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, milliseconds) in [
            ("60", 60_000),
            ("0", 0),
            ("60s", 60_000),
            ("500ms", 500),
            ("250us", 0),
            ("1.5h", 5_400_000),
            ("1h30m", 5_400_000),
            ("1m5s", 65_000),
            ("2d", 172_800_000),
        ] {
            assert_eq!(duration(text).map(|d| d.as_millis()), Ok(milliseconds), "{text}");
        }
        for text in ["", "s", "-1s", "1x", "1.2.3s", "1h30", "99999999999d", "18446744073709551615", "1 s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}

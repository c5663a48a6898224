//! The forms in which the services write a moment.

use jiff::Timestamp;
use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};

/// `Sat, 16 Dec 2023 16:20:57 GMT`, for HTTP headers.
pub(crate) fn http_date(time: Timestamp) -> String {
    DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&time)
        .expect("the sandbox's clock stays within the years that HTTP can write")
}

/// Reads an HTTP date.
pub(crate) fn parse_http_date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

/// `2023-12-16T16:20:57.000Z`: OSS writes milliseconds and leaves them at nought, and `oss2` counts on that.
pub(crate) fn iso(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

/// `2023-12-16T16:20:57.123Z`, for the log.
pub(crate) fn iso_millis(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Reads `20231216T162057Z`.
pub(crate) fn parse_iso_basic(text: &str) -> Option<Timestamp> {
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    time.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_back_in_each_form() {
        let time: Timestamp = "2023-12-16T16:20:57Z".parse().unwrap();
        let later = time + jiff::SignedDuration::from_millis(123);
        assert_eq!(iso(later), "2023-12-16T16:20:57.000Z");
        assert_eq!(iso_millis(later), "2023-12-16T16:20:57.123Z");
        assert_eq!(http_date(time), "Sat, 16 Dec 2023 16:20:57 GMT");
        assert_eq!(parse_http_date(&http_date(time)), Some(time));
        assert_eq!(parse_iso_basic("20231216T162057Z"), Some(time));
        assert_eq!(parse_iso_basic("2023-12-16T16:20:57Z"), None);
    }
}

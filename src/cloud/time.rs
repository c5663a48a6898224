//! Times as the service writes them.

use std::fmt;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// A time, or the text that should have been one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Time {
    /// A point in time.
    At(Timestamp),
    /// A text in no known form, kept as it came.
    Text(String),
}

impl Time {
    /// Reads JavaScript's `Sat Oct 21 2017 15:52:19 GMT+0800 (CST)`, which the service writes, or ISO 8601.
    pub fn read(text: &str) -> Self {
        let text = text.trim();
        let parsed = text.parse().ok().or_else(|| javascript(text));
        parsed.map_or_else(|| Self::Text(text.to_owned()), Self::At)
    }

    /// The point in time, if it is one.
    pub fn timestamp(&self) -> Option<Timestamp> {
        match self {
            Self::At(time) => Some(*time),
            Self::Text(_) => None,
        }
    }
}

/// `Date.toString()`: the zone's name in parentheses is commentary, the offset decides.
fn javascript(text: &str) -> Option<Timestamp> {
    let without_name = text.split(" (").next().unwrap_or(text);
    Timestamp::strptime("%a %b %d %Y %H:%M:%S GMT%z", without_name).ok()
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(time) => write!(f, "{time:.0}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_service_writes() {
        for (text, utc) in [
            ("Sat Oct 21 2017 15:52:19 GMT+0800 (CST)", "2017-10-21T07:52:19Z"),
            ("Mon Oct 23 2017 22:58:02 GMT+0800 (China Standard Time)", "2017-10-23T14:58:02Z"),
            ("Thu Jan 01 1970 00:00:00 GMT-0330", "1970-01-01T03:30:00Z"),
            ("2017-10-21T07:52:19Z", "2017-10-21T07:52:19Z"),
            ("2017-10-21T07:52:19.250+08:00", "2017-10-20T23:52:19Z"),
        ] {
            assert_eq!(Time::read(text).to_string(), utc, "{text}");
            assert!(Time::read(text).timestamp().is_some(), "{text}");
        }
    }

    #[test]
    fn keeps_what_it_cannot_read() {
        for text in ["", "yesterday", "Sat Oct 21 2017", "Sat Okt 21 2017 15:52:19 GMT+0800"] {
            assert_eq!(Time::read(text), Time::Text(text.to_owned()));
        }
    }
}

//! What a request demands of an object before it reads it: `If-Match` and its like.

use crate::sandbox::http::Request;
use crate::sandbox::store::Object;
use crate::sandbox::time::parse_http_date;

/// The names of the headers that carry the four conditions.
pub(super) struct Conditions {
    pub(super) matches: &'static str,
    pub(super) none_match: &'static str,
    pub(super) unmodified_since: &'static str,
    pub(super) modified_since: &'static str,
}

/// What comes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Met,
    /// 412, for this header.
    Failed(&'static str),
    /// 304.
    NotModified,
}

impl Conditions {
    pub(super) fn hold(&self, request: &Request, object: &Object) -> Outcome {
        let same = |tag: &str| tag.trim_matches('"').eq_ignore_ascii_case(object.etag.trim_matches('"'));
        let newer_than =
            |date: &str| parse_http_date(date).map(|date| object.modified.as_second() > date.as_second());
        if request.header(self.matches).is_some_and(|tag| !same(tag)) {
            return Outcome::Failed(self.matches);
        }
        if request.header(self.unmodified_since).and_then(newer_than) == Some(true) {
            return Outcome::Failed(self.unmodified_since);
        }
        let not_modified = request.header(self.none_match).is_some_and(same)
            || request.header(self.modified_since).and_then(newer_than) == Some(false);
        if not_modified { Outcome::NotModified } else { Outcome::Met }
    }
}

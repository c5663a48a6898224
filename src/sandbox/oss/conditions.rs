//! What a request demands of an object before it reads it: `If-Match` and its like.

use super::error::OssError;
use super::refusals;
use crate::sandbox::http::Request;
use crate::sandbox::store::Object;
use crate::sandbox::time::parse_http_date;

/// Refuses with 412 or 304 unless the conditions hold, whose headers' names begin with `prefix`.
pub(super) fn check(request: &Request, prefix: &str, object: &Object) -> Result<(), OssError> {
    let header = |name: &str| request.header(&format!("{prefix}{}", name.to_ascii_lowercase()));
    let same = |tag: &str| tag.trim_matches('"').eq_ignore_ascii_case(object.etag.trim_matches('"'));
    let newer_than =
        |date: &str| parse_http_date(date).map(|date| object.modified.as_second() > date.as_second());
    let failed = |name: &'static str| refusals::PRECONDITION_FAILED.with("Condition", name);
    if header("If-Match").is_some_and(|tag| !same(tag)) {
        return Err(failed("If-Match"));
    }
    if header("If-Unmodified-Since").and_then(newer_than) == Some(true) {
        return Err(failed("If-Unmodified-Since"));
    }
    let not_modified = header("If-None-Match").is_some_and(same)
        || header("If-Modified-Since").and_then(newer_than) == Some(false);
    if not_modified { Err(refusals::NOT_MODIFIED.into()) } else { Ok(()) }
}

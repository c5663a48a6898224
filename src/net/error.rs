//! Why no answer came.

use std::error::Error as _;
use std::fmt;

/// A request without an (entire) answer.
#[derive(Debug, thiserror::Error)]
#[error("{method} {url}: {trouble}: {detail}")]
pub struct NetError {
    /// `GET`, `PUT`…
    pub method: String,
    /// The URL without its query, where signatures stand.
    pub url: String,
    /// How far it went.
    pub trouble: Trouble,
    /// What the transport said.
    pub detail: String,
    /// Whether it ended because nothing came for too long.
    pub is_silence: bool,
}

/// How far a request went before it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The URL or a header can't be sent.
    BadRequest,
    /// No connection: nothing was sent.
    NoConnection,
    /// Something may have been sent; no whole answer came.
    Broken,
    /// More came than any answer of the service has.
    TooLong,
    /// Nothing came for the longest time that is waited.
    TimedOut,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadRequest => "can't be sent",
            Self::NoConnection => "can't connect",
            Self::Broken => "connection broken",
            Self::TimedOut => "timed out",
            Self::TooLong => "the answer is too long",
        })
    }
}

impl NetError {
    pub(super) fn new(method: &str, url: &str, error: &reqwest::Error) -> Self {
        let trouble = if error.is_builder() {
            Trouble::BadRequest
        } else if error.is_connect() {
            Trouble::NoConnection
        } else if error.is_timeout() {
            Trouble::TimedOut
        } else {
            Trouble::Broken
        };
        let (method, url, is_silence) = (method.to_owned(), without_query(url), error.is_timeout());
        Self { method, url, trouble, detail: innermost(error), is_silence }
    }

    /// Whether nothing of the request can have reached the service.
    pub fn nothing_was_sent(&self) -> bool {
        matches!(self.trouble, Trouble::NoConnection | Trouble::BadRequest)
    }
}

/// A URL that is safe to show: without user, password and query.
pub(super) fn without_query(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '\\']).unwrap_or(rest.len());
    let host = rest[..end].rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{}", &rest[end..])
}

/// The last cause says it in the fewest words; the outer ones repeat the URL.
fn innermost(error: &reqwest::Error) -> String {
    let Some(mut cause) = error.source() else { return error.to_string() };
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_user_password_and_query() {
        for (url, shown) in [
            ("https://me:hunter2@h:1/p@q?x=hunter2", "https://h:1/p@q"),
            ("https://a@b@h?x", "https://h"),
            ("http://127.0.0.1:80@10.9.9.9/", "http://10.9.9.9/"),
            ("oss://bucket/key", "oss://bucket/key"),
        ] {
            assert_eq!(without_query(url), shown);
        }
    }
}

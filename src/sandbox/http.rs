//! Requests and answers as the services of the sandbox see them, free of the HTTP library.

use bytes::Bytes;

use super::store::Object;
use crate::base::text::harmless;

/// Names and values in the order of the wire.
pub(crate) type Pairs = Vec<(String, String)>;

/// A request whose head has been read. An upload's body is not in here: it is streamed to disk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    /// `GET`, `PUT`…
    pub(crate) method: String,
    /// The path as it stood on the wire: percent-encoded, dot segments unfolded.
    pub(crate) path: String,
    /// Query parameters, decoded; one without a value has an empty one.
    pub(crate) query: Pairs,
    /// Headers; names in lower case.
    pub(crate) headers: Pairs,
    /// The `Host` header without its port.
    pub(crate) host: String,
    /// The whole body of an RPC or metadata request; empty for OSS.
    pub(crate) body: Bytes,
}

impl Request {
    /// A header's value, trimmed; None when it is absent.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name).map(str::trim)
    }

    /// A query parameter's value; empty for one without a value.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        find(&self.query, name)
    }

    /// The parameters of the query and, for a form, of the body.
    pub(crate) fn form_parameters(&self) -> Pairs {
        let mut pairs = self.query.clone();
        if self.is_form() {
            pairs.extend(parse_query(&String::from_utf8_lossy(&self.body)));
        }
        pairs
    }

    /// Whether the body is `application/x-www-form-urlencoded`.
    pub(crate) fn is_form(&self) -> bool {
        self.header("content-type").is_some_and(|t| t.starts_with("application/x-www-form-urlencoded"))
    }
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
}

/// Decodes `a=1&b&c=x%20y`; `+` is a space, as the services read it and the Python SDKs write it.
pub(crate) fn parse_query(text: &str) -> Pairs {
    let decode = |part: &str| {
        let spaced = part.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    let parts = text.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// A run of an object's bytes, streamed from the disk.
#[derive(Clone, Debug)]
pub(crate) struct Download {
    pub(crate) object: Object,
    /// The first byte.
    pub(crate) from: u64,
    /// How many.
    pub(crate) length: u64,
    /// A fault: one bit is turned on the way.
    pub(crate) corrupts: bool,
    /// The bytes per second that the request asked for at most.
    pub(crate) limit: Option<u64>,
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Response {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Headers; `Content-Length` and `Date` are added by the server.
    pub(crate) headers: Pairs,
    /// The body, where it is small.
    pub(crate) body: Bytes,
    /// The bytes of an object, instead.
    pub(crate) download: Option<Download>,
    /// The service's error code, for the log.
    pub(crate) code: Option<String>,
    /// A fault: half of the body is lost.
    pub(crate) half: bool,
}

impl Response {
    /// An answer without a body.
    pub(crate) fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// A JSON document.
    pub(crate) fn json(status: u16, document: &serde_json::Value) -> Self {
        Self::new(status).with_body("application/json;charset=utf-8", document.to_string())
    }

    /// Plain text, as the metadata service gives it.
    pub(crate) fn text(status: u16, text: impl Into<String>) -> Self {
        Self::new(status).with_body("text/plain", text.into())
    }

    /// Adds a header; line breaks in the value are spelled out.
    #[must_use]
    pub(crate) fn with_header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.headers.push((name.to_owned(), harmless(value.as_ref()).into_owned()));
        self
    }

    /// Sets the body and its type.
    #[must_use]
    pub(crate) fn with_body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.with_header("content-type", content_type)
    }

    /// Notes the error code for the log.
    #[must_use]
    pub(crate) fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_decoded_once_and_a_plus_is_a_space() {
        let pairs = parse_query("uploads&prefix=a%2Bb+c%2520&empty=&&x=1=2");
        let expected = [("uploads", ""), ("prefix", "a+b c%20"), ("empty", ""), ("x", "1=2")];
        assert_eq!(pairs, expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
    }
}

//! What the OSS signers look at.

use super::encode;

/// Names and values, in any order.
pub type Pairs = Vec<(String, String)>;

/// The part of an OSS request that its signature covers, whatever the URL style.
#[derive(Clone, Copy, Debug)]
pub struct OssRequest<'a> {
    /// `GET`, `PUT`…
    pub method: &'a str,
    /// The bucket, if the request is about one.
    pub bucket: Option<&'a str>,
    /// The object's key as it is, not percent-encoded.
    pub key: Option<&'a str>,
    /// Query parameters, not percent-encoded. A parameter without a value has an empty one.
    pub query: &'a [(String, String)],
    /// The headers that will be sent; names in any case.
    pub headers: &'a [(String, String)],
}

impl OssRequest<'_> {
    /// `/bucket/key`, `/bucket/` or `/`: what is signed, in either version.
    pub(super) fn resource(&self) -> String {
        match self.bucket {
            Some(bucket) => format!("/{bucket}/{}", self.key.unwrap_or_default()),
            None => "/".to_owned(),
        }
    }

    /// A header's value; empty when it is absent.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value.trim())
    }

    /// The chosen headers with lower-case names, sorted.
    pub(super) fn canonical_headers(&self, chosen: impl Fn(&str) -> bool) -> Pairs {
        let lower =
            self.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
        let mut headers: Pairs = lower.filter(|(name, _)| chosen(name)).collect();
        headers.sort();
        headers
    }

    /// All parameters but `left_out`, encoded and sorted by encoded name; an empty value is the bare name.
    pub(super) fn canonical_query(&self, left_out: &str) -> String {
        let kept = self.query.iter().filter(|(name, _)| name != left_out);
        let mut pairs: Pairs = kept.map(|(k, v)| (encode::component(k), encode::component(v))).collect();
        pairs.sort();
        let joined = pairs.into_iter().map(|(k, v)| if v.is_empty() { k } else { format!("{k}={v}") });
        joined.collect::<Vec<_>>().join("&")
    }
}

/// The outcome of signing: what to add to the request, and what was signed.
#[derive(Clone, Debug)]
pub struct Signed {
    /// Headers to send (header signature) or parameters to append to the URL (presigned).
    pub add: Pairs,
    /// The string to sign: no secret is in it, but a V1 one may hold the token.
    pub string_to_sign: String,
    /// The canonical request of V4; empty for V1.
    pub canonical_request: String,
}

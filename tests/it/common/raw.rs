//! Requests by hand to a sandbox: what no well-behaved client would send.

use std::io::{self, BufReader};

use faascmd::testing::sign::{OssRequest, Pairs, encode, oss_v1, oss_v4};
use jiff::Timestamp;

use super::cloud::Cloud;
pub use super::http::Answer;
use super::http::{connect, exchange, head};

/// The sandbox's own bucket.
pub const BUCKET: &str = "faascmd-sandbox";

/// A request that can still be altered, signature and all.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    pub method: String,
    pub bucket: String,
    pub key: String,
    pub query: Pairs,
    pub headers: Pairs,
    pub body: Vec<u8>,
}

pub fn pairs(of: &[(&str, &str)]) -> Pairs {
    of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

impl Sent {
    pub fn new(method: &str, key: &str) -> Self {
        Self { method: method.into(), bucket: BUCKET.into(), key: key.into(), ..Self::default() }
    }

    #[must_use]
    pub fn query(mut self, query: &[(&str, &str)]) -> Self {
        self.query.extend(pairs(query));
        self
    }

    #[must_use]
    pub fn headers(mut self, headers: &[(&str, &str)]) -> Self {
        self.headers.extend(pairs(headers));
        self
    }

    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// What a signer sees.
    pub fn signed(&self) -> OssRequest<'_> {
        OssRequest {
            method: &self.method,
            bucket: Some(self.bucket.as_str()).filter(|name| !name.is_empty()),
            key: Some(self.key.as_str()).filter(|key| !key.is_empty()),
            query: &self.query,
            headers: &self.headers,
        }
    }

    /// `PUT /bucket/key?…`.
    fn line(&self) -> String {
        let path = match (&*self.bucket, &*self.key) {
            ("", _) => "/".to_owned(),
            (bucket, key) => format!("/{bucket}/{}", encode::path(key)),
        };
        let query =
            if self.query.is_empty() { String::new() } else { format!("?{}", encode::query(&self.query)) };
        format!("{} {path}{query}", self.method)
    }
}

/// How a request to OSS is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    V4Header,
    V4Url,
    V1Header,
    V1Url,
}

impl Cloud {
    /// Signs as of now.
    pub fn sign(&self, request: &Sent, signer: Signer) -> Sent {
        self.sign_at(request, signer, Timestamp::now())
    }

    /// Signs as of another moment.
    pub fn sign_at(&self, request: &Sent, signer: Signer, time: Timestamp) -> Sent {
        let mut request = request.clone();
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&time).unwrap();
        let (of, by) = (request.signed(), &self.credential);
        let add = match signer {
            Signer::V4Header => oss_v4::sign(&of, by, "cn-hangzhou", time).add,
            Signer::V4Url => oss_v4::presign(&of, by, "cn-hangzhou", time, 60).add,
            Signer::V1Header => oss_v1::sign(&of, by, &date).add,
            Signer::V1Url => oss_v1::presign(&of, by, time.as_second() + 60).add,
        };
        match signer {
            Signer::V4Header | Signer::V1Header => request.headers.extend(add),
            Signer::V4Url | Signer::V1Url => request.query.extend(add),
        }
        request
    }

    /// Signs (V4, by header) and sends.
    #[track_caller]
    pub fn oss(&self, request: &Sent) -> Answer {
        self.send(&self.sign(request, Signer::V4Header)).unwrap()
    }

    /// Sends as it is; fails when the connection ends without an answer.
    pub fn send(&self, request: &Sent) -> io::Result<Answer> {
        self.send_head(&request.line(), &request.headers, Some(request.body.len()), &request.body)
    }

    /// The lowest level: a head, a length or none, a body.
    pub fn send_head(
        &self,
        line: &str,
        headers: &[(String, String)],
        length: Option<usize>,
        body: &[u8],
    ) -> io::Result<Answer> {
        let mut stream = BufReader::new(connect(self.address())?);
        exchange(&mut stream, &with_length(line, headers, length), body)
    }

    /// Signs and sends many requests over one connection, one after the other.
    pub fn many(&self, requests: impl IntoIterator<Item = Sent>) -> Vec<Answer> {
        let mut stream = BufReader::new(connect(self.address()).unwrap());
        let one_by_one = requests.into_iter().map(|request| {
            let request = self.sign(&request, Signer::V4Header);
            let head = with_length(&request.line(), &request.headers, Some(request.body.len()));
            exchange(&mut stream, &head, &request.body).unwrap()
        });
        one_by_one.collect()
    }
}

fn with_length(line: &str, headers: &[(String, String)], length: Option<usize>) -> String {
    let mut headers = headers.to_vec();
    headers.extend(length.map(|length| ("content-length".into(), length.to_string())));
    head(line, &headers)
}

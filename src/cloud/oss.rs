//! A call of the object storage service.

use std::time::Duration;

use jiff::Timestamp;

use super::clock::http_date;
use super::oss_error::Refusal;
use super::oss_url::{is_folded_for_sure, url};
use super::{Cloud, Endpoint, Error, ErrorKind, Result, Service};
use crate::net::{Body, Request, Response};
use crate::sign::{Credential, OssRequest, Pairs, Signed, encode, oss_v1, oss_v4};

/// The longest XML document that is taken: a list of 1000 keys of 1023 bytes, each byte encoded, is a tenth of it.
const LONGEST_DOCUMENT: usize = 64 << 20;
/// The longest error document that is read.
const LONGEST_ERROR: usize = 64 << 10;

/// The signature version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OssSignature {
    /// OSS4-HMAC-SHA256; needs the region.
    #[default]
    V4,
    /// HMAC-SHA1; closed to new accounts and buckets.
    V1,
}

/// A call, before it is signed. It is sent once; whoever makes it repeats it by [`Cloud::with_retries`].
#[derive(Debug)]
pub struct OssCall {
    /// The operation's name in the service's documents: `PutObject`.
    pub operation: &'static str,
    /// `GET`, `PUT`…
    pub method: &'static str,
    /// The bucket, if it is about one.
    pub bucket: Option<String>,
    /// The object's key, not encoded.
    pub key: Option<String>,
    /// Query parameters, not encoded; one without a value has an empty one.
    pub query: Pairs,
    /// Headers.
    pub headers: Pairs,
    /// The body.
    pub body: Body,
    /// Another endpoint than the public one, such as the internal.
    pub endpoint: Option<Endpoint>,
}

impl OssCall {
    /// A call without body, query and headers.
    pub fn new(operation: &'static str, method: &'static str) -> Self {
        Self {
            operation,
            method,
            bucket: None,
            key: None,
            query: Pairs::new(),
            headers: Pairs::new(),
            body: Body::Empty,
            endpoint: None,
        }
    }

    /// Names the bucket.
    #[must_use]
    pub fn bucket(mut self, bucket: &str) -> Self {
        self.bucket = Some(bucket.to_owned());
        self
    }

    /// Names the object.
    #[must_use]
    pub fn key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    /// Adds a query parameter.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    /// Sets where it goes.
    #[must_use]
    pub fn endpoint(mut self, endpoint: Option<Endpoint>) -> Self {
        self.endpoint = endpoint;
        self
    }

    fn request(&self) -> OssRequest<'_> {
        OssRequest {
            method: self.method,
            bucket: self.bucket.as_deref(),
            key: self.key.as_deref(),
            query: &self.query,
            headers: &self.headers,
        }
    }
}

/// A successful answer whose body is still to be read.
#[derive(Debug)]
pub struct OssAnswer {
    operation: &'static str,
    response: Response,
}

impl OssAnswer {
    /// The HTTP status, 200 to 299.
    pub fn status(&self) -> u16 {
        self.response.status
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.header(name)
    }

    /// The next slice of the body; None at its end.
    ///
    /// # Errors
    /// When the connection breaks or stalls before the end.
    pub async fn chunk(&mut self) -> Result<Option<bytes::Bytes>> {
        let operation = self.operation;
        self.response.chunk().await.map_err(|e| failed(operation, e))
    }

    /// The body as text, for the answers that are XML.
    ///
    /// # Errors
    /// When the connection breaks or stalls before the end.
    pub async fn text(self) -> Result<String> {
        let operation = self.operation;
        let bytes = self.response.whole(LONGEST_DOCUMENT).await.map_err(|e| failed(operation, e))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// An error for an answer that is not what the operation promises.
    pub fn unreadable(
        operation: &'static str,
        http_status: u16,
        reason: impl Into<String>,
        text: &str,
    ) -> Error {
        let (reason, head) = (super::rpc::cut(&reason.into(), 300), super::rpc::cut(text, 80));
        failed(operation, ErrorKind::NotAnAnswer { http_status, reason, head })
    }
}

/// A URL that is signed, and so a secret until it expires.
#[derive(Clone)]
pub struct PresignedUrl {
    /// The URL.
    pub url: String,
    /// When it ends.
    pub expires: Timestamp,
    /// Whether that is because its key does, before the time that was asked for.
    pub ends_with_key: bool,
}

impl std::fmt::Debug for PresignedUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PresignedUrl {{ url: ***, expires: {} }}", self.expires)
    }
}

impl Cloud {
    /// Signs and sends a call once.
    ///
    /// # Errors
    /// When no answer came, the service refused, or there is no credential.
    pub async fn oss(&self, call: OssCall) -> Result<OssAnswer> {
        let operation = call.operation;
        refuse_no_key(&call)?;
        let endpoint = match &call.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => self.locate(Service::Oss).map_err(|e| failed(operation, e))?,
        };
        let credential = self.credential().await.map_err(|e| failed(operation, e))?;
        let signed = self.sign_oss(&call, &credential)?;
        tracing::debug!("oss {operation} → {endpoint}");
        let started = std::time::Instant::now();
        let location = url(&endpoint, self.setup.oss_style, call.bucket.as_deref(), call.key.as_deref());
        let mut location = location.map_err(|e| failed(operation, e))?;
        if !call.query.is_empty() {
            location = format!("{location}?{}", query(&call.query));
        }
        let headers = [call.headers, signed.add.clone()].concat();
        let place = place(call.bucket.as_deref(), call.key.as_deref());
        let direct = endpoint.host_name().ends_with("-internal.aliyuncs.com");
        let request = Request {
            method: call.method,
            url: location,
            headers,
            body: call.body,
            timeout: None,
            direct,
            secret: false,
        };
        let response = self.http().send(request).await.map_err(|e| failed(operation, e))?;
        let request_id = response.header("x-oss-request-id").unwrap_or("none").to_owned();
        let took = started.elapsed().as_secs_f64();
        if (200..300).contains(&response.status) {
            if !is_of_oss(&response) {
                return Err(failed(operation, not_of_oss(response).await));
            }
            tracing::info!("oss {operation}: done in {took:.2} s, request id {request_id}");
            return Ok(OssAnswer { operation, response });
        }
        let mut error = failed(operation, refused(response, &signed).await);
        if let ErrorKind::Service(e) = &mut error.kind {
            e.about = place;
        }
        tracing::info!("{error} ({took:.2} s), request id {request_id}");
        self.learn_from(&mut error, &credential);
        Err(error)
    }

    /// The URL of a call, signed so that it can be made without a key for so long, or as long as a temporary key is valid.
    ///
    /// # Errors
    /// When there is no credential or no region.
    pub async fn presigned(&self, mut call: OssCall, valid: Duration) -> Result<PresignedUrl> {
        let operation = call.operation;
        refuse_no_key(&call)?;
        let endpoint = call.endpoint.clone().map_or_else(|| self.locate(Service::Oss), Ok);
        let endpoint = endpoint.map_err(|e| failed(operation, e))?;
        let credential = self.credential().await.map_err(|e| failed(operation, e))?;
        let now = self.clock.now();
        let seconds = u32::try_from(valid.as_secs()).unwrap_or(u32::MAX);
        let end = now.saturating_add(valid).unwrap_or(Timestamp::MAX);
        let signed = match self.setup.oss_signature {
            OssSignature::V4 => {
                let region = self.region().ok_or(super::NoEndpoint::NoRegion(Service::Oss));
                let region = region.map_err(|e| failed(operation, e))?;
                oss_v4::presign(&call.request(), &credential, region, now, seconds)
            }
            OssSignature::V1 => oss_v1::presign(&call.request(), &credential, end.as_second()),
        };
        call.query.extend(signed.add);
        let place = url(&endpoint, self.setup.oss_style, call.bucket.as_deref(), call.key.as_deref());
        let place = place.map_err(|e| failed(operation, e))?;
        let key_ends = credential.expires.filter(|key_ends| *key_ends < end);
        Ok(PresignedUrl {
            url: format!("{place}?{}", query(&call.query)),
            expires: key_ends.unwrap_or(end),
            ends_with_key: key_ends.is_some(),
        })
    }

    fn sign_oss(&self, call: &OssCall, credential: &Credential) -> Result<Signed> {
        let (request, now) = (call.request(), self.clock.now());
        match self.setup.oss_signature {
            OssSignature::V4 => {
                let region = self.region().ok_or(super::NoEndpoint::NoRegion(Service::Oss));
                let region = region.map_err(|e| failed(call.operation, e))?;
                Ok(oss_v4::sign(&request, credential, region, now))
            }
            OssSignature::V1 => {
                let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
                Ok(oss_v1::sign(&request, credential, &date))
            }
        }
    }
}

/// The query as it is sent: an empty value is the bare name.
fn query(pairs: &Pairs) -> String {
    let one = |(name, value): &(String, String)| match value.as_str() {
        "" => encode::component(name),
        value => format!("{}={}", encode::component(name), encode::component(value)),
    };
    pairs.iter().map(one).collect::<Vec<_>>().join("&")
}

/// `oss://bucket/key`, as commands and errors name an object.
fn place(bucket: Option<&str>, key: Option<&str>) -> Option<String> {
    let bucket = bucket?;
    Some(key.map_or_else(|| format!("oss://{bucket}"), |key| format!("oss://{bucket}/{key}")))
}

/// Whether an answer bears a mark of the service. The login page of a network, which answers whatever is asked with a
/// success of its own, does not.
fn is_of_oss(response: &Response) -> bool {
    let is_page = response.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    response.headers().any(|(name, _)| name.starts_with("x-oss-"))
        || response.header("etag").is_some() && !is_page
}

async fn not_of_oss(response: Response) -> ErrorKind {
    let http_status = response.status;
    let body = match response.bytes(LONGEST_ERROR).await {
        Ok(body) => body,
        Err(e) => return e.into(),
    };
    let text = String::from_utf8_lossy(&body);
    let head = super::rpc::cut(text.trim_start().lines().next().unwrap_or_default(), 80);
    let reason = "it has no header of OSS's; a proxy or a login page may have given it".into();
    ErrorKind::NotAnAnswer { http_status, reason, head }
}

async fn refused(response: Response, signed: &Signed) -> ErrorKind {
    let http_status = response.status;
    let owned = |name: &str| response.header(name).map(str::to_owned);
    let (request_id, ec, header) = (owned("x-oss-request-id"), owned("x-oss-ec"), owned("x-oss-err"));
    let date = response.header("date").and_then(http_date);
    let delay: Option<u64> = response.header("x-oss-qos-delay-time").and_then(|ms| ms.parse().ok());
    let body = match response.bytes(LONGEST_ERROR).await {
        Ok(body) => body,
        Err(e) => return e.into(),
    };
    let refusal = Refusal {
        http_status,
        request_id: request_id.as_deref(),
        ec: ec.as_deref(),
        header: header.as_deref(),
        body: &body,
        signed: [&signed.string_to_sign, &signed.canonical_request],
    };
    let mut error = refusal.parse();
    if let ErrorKind::Service(e) = &mut error {
        e.retry_after = delay.map(Duration::from_millis);
        // A middle box may have a broken clock, so the header is asked only when the document is silent.
        e.server_time = e.server_time.or(date).filter(|_| e.is_about_the_clock());
    }
    error
}

fn failed(operation: &'static str, kind: impl Into<ErrorKind>) -> Error {
    Error::new(Service::Oss, operation, kind)
}

/// Without a key the same call would be about the bucket: the deletion of an object, that of all.
fn refuse_no_key(call: &OssCall) -> Result<()> {
    let none = call.key.as_ref().filter(|key| key.is_empty() || is_folded_for_sure(key));
    none.map_or(Ok(()), |key| Err(failed(call.operation, ErrorKind::NoKey(key.clone()))))
}

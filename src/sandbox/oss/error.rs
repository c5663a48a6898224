//! A refusal on its way to the client: the kind, what belongs to it, and the document that says so.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::refusals::{self, Refusal};
use super::xml::Xml;
use crate::sandbox::http::{Request, Response};

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OssError {
    pub(super) kind: &'static Refusal,
    /// What is said, where that is more than the kind's own message.
    message: Option<String>,
    /// Further elements, in their order.
    more: Vec<(&'static str, String)>,
    /// Further headers.
    headers: Vec<(&'static str, String)>,
}

impl From<&'static Refusal> for OssError {
    fn from(kind: &'static Refusal) -> Self {
        Self { kind, message: None, more: Vec::new(), headers: Vec::new() }
    }
}

impl Refusal {
    /// With an element that tells more.
    pub(super) fn with(&'static self, name: &'static str, value: impl Into<String>) -> OssError {
        OssError::from(self).with(name, value)
    }
}

impl OssError {
    /// Says something else than the kind does.
    #[must_use]
    pub(super) fn saying(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// The message.
    pub(super) fn text(&self) -> &str {
        self.message.as_deref().unwrap_or(self.kind.message)
    }

    /// Adds an element.
    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.more.push((name, value.into()));
        self
    }

    /// Adds a header.
    #[must_use]
    pub(super) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The answer; for HEAD the document goes into a header, in base64.
    pub(super) fn answer(&self, request: &Request, request_id: &str) -> Response {
        let Refusal { status, code, ec, .. } = *self.kind;
        let document = self.document(&request.host, request_id);
        let mut response = Response::new(status).with_code(code);
        for (name, value) in &self.headers {
            response = response.with_header(name, value);
        }
        if !ec.is_empty() {
            response = response.with_header("x-oss-ec", ec);
        }
        if request.method == "HEAD" {
            return response.with_header("x-oss-err", BASE64.encode(document));
        }
        // 304 has no body.
        if status == 304 { response } else { response.with_body("application/xml", document) }
    }

    fn document(&self, host: &str, request_id: &str) -> String {
        let Refusal { code, ec, .. } = *self.kind;
        let mut xml = Xml::new("Error")
            .leaf("Code", code)
            .leaf("Message", self.text())
            .leaf("RequestId", request_id)
            .leaf("HostId", host);
        for (name, value) in &self.more {
            xml = xml.leaf(name, value);
        }
        if !ec.is_empty() {
            let document = format!("https://api.aliyun.com/troubleshoot?q={ec}");
            xml = xml.leaf("EC", ec).leaf("RecommendDoc", document);
        }
        xml.finish()
    }
}

/// `InvalidArgument`, with the argument that is.
pub(super) fn invalid_argument(message: &str, name: &str, value: &str) -> OssError {
    let error = refusals::INVALID_ARGUMENT.with("ArgumentName", name).with("ArgumentValue", value);
    error.saying(message)
}

/// `NoSuchKey`.
pub(super) fn no_such_key(key: &str) -> OssError {
    refusals::NO_SUCH_KEY.with("Key", key)
}

/// `FileAlreadyExists`.
pub(super) fn already_exists(key: &str) -> OssError {
    refusals::ALREADY_EXISTS.with("Key", key)
}

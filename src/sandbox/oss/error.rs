//! What OSS says when it refuses: status, code, message, the exact cause (EC), and what else belongs to it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::call::Call;
use super::xml::Xml;
use crate::sandbox::http::Response;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OssError {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
    /// The exact cause; empty where the documents name none.
    pub(super) ec: &'static str,
    /// Further elements, in their order.
    pub(super) more: Vec<(&'static str, String)>,
    /// Further headers.
    pub(super) headers: Vec<(&'static str, String)>,
}

impl OssError {
    /// A refusal: `(status, code, EC)` and what is said.
    pub(super) fn new(kind: (u16, &'static str, &'static str), message: impl Into<String>) -> Self {
        let (status, code, ec) = kind;
        Self { status, code, message: message.into(), ec, more: Vec::new(), headers: Vec::new() }
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
    pub(super) fn answer(&self, call: &Call<'_>) -> Response {
        let document = self.document(call);
        let mut response = Response::new(self.status).with_code(self.code);
        for (name, value) in &self.headers {
            response = response.with_header(name, value);
        }
        if !self.ec.is_empty() {
            response = response.with_header("x-oss-ec", self.ec);
        }
        if call.request.method == "HEAD" {
            return response.with_header("x-oss-err", BASE64.encode(document));
        }
        // 304 and 204 have no body.
        if self.status == 304 { response } else { response.with_body("application/xml", document) }
    }

    fn document(&self, call: &Call<'_>) -> String {
        let mut xml = Xml::new("Error")
            .leaf("Code", self.code)
            .leaf("Message", &self.message)
            .leaf("RequestId", &call.request_id)
            .leaf("HostId", &call.request.host);
        for (name, value) in &self.more {
            xml = xml.leaf(name, value);
        }
        if !self.ec.is_empty() {
            let document = format!("https://api.aliyun.com/troubleshoot?q={}", self.ec);
            xml = xml.leaf("EC", self.ec).leaf("RecommendDoc", document);
        }
        xml.finish()
    }
}

/// `InvalidArgument`, with the argument that is.
pub(super) fn invalid_argument(message: &str, name: &str, value: &str) -> OssError {
    OssError::new((400, "InvalidArgument", ""), message)
        .with("ArgumentName", name)
        .with("ArgumentValue", value)
}

/// `NoSuchKey`.
pub(super) fn no_such_key(key: &str) -> OssError {
    OssError::new((404, "NoSuchKey", "0026-00000001"), "The specified key does not exist.").with("Key", key)
}

/// `NoSuchUpload`.
pub(super) fn no_such_upload(upload_id: &str) -> OssError {
    let message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have \
                   been aborted or completed.";
    OssError::new((404, "NoSuchUpload", "0042-00000203"), message).with("UploadId", upload_id)
}

/// `FileAlreadyExists`.
pub(super) fn already_exists(key: &str) -> OssError {
    let message = "The object you specified already exists and can not be overwritten.";
    OssError::new((409, "FileAlreadyExists", "0026-00000002"), message).with("Key", key)
}

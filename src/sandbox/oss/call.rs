//! One OSS request with what its operation needs of the cloud.

use jiff::Timestamp;

use super::error::{OssError, invalid_argument};
use super::operation::Operation;
use super::refusals::{self, Refusal};
use crate::sandbox::cloud::Cloud;
use crate::sandbox::exchange::{Broken, Intake};
use crate::sandbox::http::{Request, Response};
use crate::sandbox::route::Target;

/// Why an operation gives no answer of its own.
#[derive(Debug)]
pub(super) enum Stopped {
    /// OSS refuses.
    Refused(Box<OssError>),
    /// The connection ends.
    Broken(Broken),
}

impl From<OssError> for Stopped {
    fn from(error: OssError) -> Self {
        Self::Refused(Box::new(error))
    }
}

impl From<&'static Refusal> for Stopped {
    fn from(kind: &'static Refusal) -> Self {
        OssError::from(kind).into()
    }
}

impl From<Broken> for Stopped {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl From<std::io::Error> for Stopped {
    fn from(_: std::io::Error) -> Self {
        Self::Broken(Broken::Disk)
    }
}

/// The outcome of an operation.
pub(super) type Answer = Result<Response, Stopped>;

/// A request on its way through the service.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) request: &'a Request,
    pub(super) target: &'a Target,
    pub(super) operation: Operation,
    /// 24 hexadecimal digits, as the service gives them.
    pub(super) request_id: String,
    /// The service's clock when the request came.
    pub(super) now: Timestamp,
}

impl<'a> Call<'a> {
    pub(super) fn new(cloud: &'a Cloud, request: &'a Request, target: &'a Target) -> Self {
        let operation = super::operation::operation(request, target);
        let request_id =
            std::iter::repeat_with(|| fastrand::digit(16).to_ascii_uppercase()).take(24).collect();
        Self { cloud, request, target, operation, request_id, now: cloud.now() }
    }

    /// The bucket; empty for the service.
    pub(super) fn bucket(&self) -> &'a str {
        self.target.bucket.as_deref().unwrap_or_default()
    }

    /// The key; empty for a bucket.
    pub(super) fn key(&self) -> &'a str {
        self.target.key.as_deref().unwrap_or_default()
    }

    /// Bucket and key.
    pub(super) fn place(&self) -> (&'a str, &'a str) {
        (self.bucket(), self.key())
    }

    /// The upload that the request names.
    pub(super) fn upload_id(&self) -> &'a str {
        self.request.parameter("uploadId").unwrap_or_default()
    }

    /// `NoSuchUpload`, whose exact cause is each operation's own.
    pub(super) fn no_such_upload(&self) -> OssError {
        let refusal = match self.operation {
            Operation::UploadPart => refusals::NO_SUCH_UPLOAD_FOR_PART,
            Operation::UploadPartCopy => refusals::NO_SUCH_UPLOAD_FOR_COPY,
            Operation::CompleteMultipartUpload => refusals::NO_SUCH_UPLOAD_TO_COMPLETE,
            _ => refusals::NO_SUCH_UPLOAD,
        };
        refusal.with("UploadId", self.upload_id())
    }

    /// What a fault is drawn for: what the request does to which thing, the same in every run.
    pub(super) fn fault_name(&self) -> String {
        let part = self.request.parameter("partNumber").or(self.request.header("range")).unwrap_or_default();
        format!("{} {}/{} {part}", self.operation.name(), self.bucket(), self.key())
    }

    /// How many bytes per second the request lets pass; the header and the parameter speak of bits.
    pub(super) fn traffic_limit(&self) -> Result<Option<u64>, OssError> {
        let name = "x-oss-traffic-limit";
        let Some(text) = self.request.header(name).or(self.request.parameter(name)) else { return Ok(None) };
        let bits = text.parse::<u64>().ok().filter(|bits| (245_760..=838_860_800).contains(bits));
        bits.map(|bits| Some(bits / 8)).ok_or_else(|| refusals::TRAFFIC_LIMIT_INVALID.into())
    }

    /// Whether the request forbids to overwrite an object.
    pub(super) fn forbids_overwrite(&self) -> bool {
        self.request.header("x-oss-forbid-overwrite").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A number among the parameters, from `least` to 1000; `default` when it is absent.
    pub(super) fn count(&self, name: &str, least: usize, default: usize) -> Result<usize, OssError> {
        let Some(text) = self.request.parameter(name).filter(|text| !text.is_empty()) else {
            return Ok(default);
        };
        let number = text.parse().ok().filter(|number| (least..=1000).contains(number));
        number.ok_or_else(|| {
            let message = format!("Argument {name} must be an integer between {least} and 1000.");
            invalid_argument(&message, name, text)
        })
    }

    /// Whether names in the answer are to be percent-encoded.
    pub(super) fn encodes_names(&self) -> Result<bool, OssError> {
        match self.request.parameter("encoding-type") {
            None | Some("") => Ok(false),
            Some(value) if value.eq_ignore_ascii_case("url") => Ok(true),
            Some(value) => {
                Err(invalid_argument("Invalid Encoding Method specified in Request.", "encoding-type", value))
            }
        }
    }

    /// An XML body of at most 2 MiB, as text.
    pub(super) async fn document(&self, intake: &mut Intake) -> Result<String, Stopped> {
        let body = intake.collect(2 << 20).await?;
        let text = body.and_then(|body| String::from_utf8(body.to_vec()).ok());
        text.ok_or_else(|| refusals::MALFORMED_XML.into())
    }
}

/// A name as the answer shows it.
pub(super) fn shown(name: &str, encoded: bool) -> String {
    if encoded { crate::sign::encode::path(name) } else { name.to_owned() }
}

//! How a service says no: an HTTP status, a code and a message, as its document prints them.

use std::borrow::Cow;

/// An error answer of an RPC service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The HTTP status.
    pub(super) status: u16,
    /// The code; some of FaaS's contain spaces.
    pub(super) code: Cow<'static, str>,
    /// The message.
    pub(super) message: Cow<'static, str>,
}

impl Refusal {
    /// A refusal in the document's words.
    pub(super) const fn new(status: u16, code: &'static str, message: &'static str) -> Self {
        Self { status, code: Cow::Borrowed(code), message: Cow::Borrowed(message) }
    }

    /// The same code with a message of its own.
    pub(super) fn saying(&self, message: impl Into<String>) -> Self {
        Self { message: Cow::Owned(message.into()), ..self.clone() }
    }

    /// `MissingRoleName`: the gateway's answer when a parameter that the action needs is absent.
    pub(super) fn missing(parameter: &str) -> Self {
        Self {
            status: 400,
            code: Cow::Owned(format!("Missing{parameter}")),
            message: Cow::Owned(format!("{parameter} is mandatory for this action.")),
        }
    }
}

/// Names refusals and lists them, so that a test can hold the documents and the tables of codes to them.
macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $status:literal, $code:literal, $message:literal;)*) => {
        $($(#[$doc])* pub(in crate::sandbox::rpc) const $name: $crate::sandbox::rpc::refusal::Refusal =
            $crate::sandbox::rpc::refusal::Refusal::new($status, $code, $message);)*
        /// Every refusal of this table.
        pub(in crate::sandbox::rpc) const ALL: &[$crate::sandbox::rpc::refusal::Refusal] = &[$($name),*];
    };
}
pub(super) use refusals;

/// What the gateway refuses before a service sees the call; and what any service may answer.
pub(super) mod gateway {
    super::refusals! {
        UNSUPPORTED_METHOD = 400, "UnsupportedHTTPMethod", "This http method is not supported.";
        MISSING_PARAMETER = 400, "MissingParameter",
            "The input parameter that is mandatory for processing this request is not supplied.";
        INVALID_FORMAT = 400, "InvalidParameter.Format", "Specified parameter Format is not valid.";
        INVALID_PRODUCT = 404, "InvalidProduct.NotFound",
            "Cannot find product according to your specified domain.";
        INVALID_VERSION = 400, "InvalidVersion", "Specified parameter Version is not valid.";
        INVALID_ACTION = 404, "InvalidAction.NotFound",
            "Specified api is not found, please check your url and method.";
        KEY_NOT_FOUND = 404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.";
        FORBIDDEN = 403, "Forbidden.RAM",
            "User not authorized to operate on the specified resource, or this API doesn't support RAM.";
        KEY_INACTIVE = 400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled.";
        SIGNATURE_METHOD = 400, "InvalidSignatureMethod", "Specified signature method is not valid.";
        INCOMPLETE_SIGNATURE = 400, "IncompleteSignature",
            "The request signature does not conform to Aliyun standards.";
        SIGNATURE_MISMATCH = 400, "SignatureDoesNotMatch",
            "Specified signature is not matched with our calculation.";
        NONCE_USED = 400, "SignatureNonceUsed", "Specified signature nonce was used already.";
        TIMESTAMP_FORMAT = 400, "InvalidTimeStamp.Format",
            "Specified time stamp or date value is not well formatted.";
        TIMESTAMP_EXPIRED = 400, "InvalidTimeStamp.Expired",
            "Specified time stamp or date value is expired.";
        TOKEN_MISSING = 400, "MissingSecurityToken", "SecurityToken is mandatory for this action.";
        TOKEN_EXPIRED = 400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.";
        TOKEN_MALFORMED = 400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.";
        TOKEN_MISMATCH = 400, "InvalidSecurityToken.MismatchWithAccessKey",
            "Specified SecurityToken mismatch with the AccessKey.";
        THROTTLED = 400, "Throttling.User", "Request was denied due to user flow control.";
        INTERNAL_ERROR = 500, "InternalError",
            "The request processing has failed due to some unknown error.";
        UNAVAILABLE = 503, "ServiceUnavailable",
            "The request has failed due to a temporary failure of the server.";
    }
}

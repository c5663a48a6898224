//! Everything that OSS refuses with, in one table: status, code, exact cause (EC, empty where the documents name none)
//! and message.

/// A way to refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) ec: &'static str,
    pub(super) message: &'static str,
}

macro_rules! refusals {
    ($($name:ident = $status:literal $code:literal $ec:literal, $message:expr;)*) => {
        $(pub(super) const $name: &Refusal =
            &Refusal { status: $status, code: $code, ec: $ec, message: $message };)*
        /// All of them.
        pub(super) const ALL: &[&Refusal] = &[$($name),*];
    };
}

const UNKNOWN_KEY: &str = "The OSS Access Key Id you provided does not exist in our records.";
const NOT_VALID: &str = "Authorization header is invalid.";
const NO_RIGHT: &str = "You have no right to access this object because of bucket acl.";
const UNKNOWN_UPLOAD: &str = "The specified upload does not exist. The upload ID may be invalid, or the upload may \
                              have been aborted or completed.";
const SLOW_DOWN: &str = "Please reduce your request rate.";

refusals! {
    // Signatures.
    UNKNOWN_SIGNATURE = 400 "InvalidArgument" "0002-00000061", NOT_VALID;
    V1_HEADER_INVALID = 400 "InvalidArgument" "0002-00000065", NOT_VALID;
    V1_URL_INCOMPLETE = 403 "AccessDenied" "0002-00000067",
        "Query-string authentication requires the Signature, Expires and OSSAccessKeyId parameters.";
    V1_EXPIRES_INVALID = 403 "AccessDenied" "0002-00000070",
        "Invalid date (should be seconds since epoch).";
    V4_VERSION_INVALID = 400 "InvalidArgument" "0002-00000066",
        "The x-oss-signature-version parameter is invalid.";
    V4_HEADER_INVALID = 400 "InvalidArgument" "0002-00000202", NOT_VALID;
    V4_PAYLOAD_INVALID = 400 "InvalidArgument" "",
        "The x-oss-content-sha256 header must be UNSIGNED-PAYLOAD.";
    V4_CREDENTIAL_INVALID = 400 "InvalidArgument" "0002-00000213",
        "The Credential in the signature is invalid.";
    V4_EXPIRES_MISSING = 400 "InvalidArgument" "0002-00000215", "The x-oss-expires parameter is missing.";
    V4_CREDENTIAL_MISSING = 400 "InvalidArgument" "0002-00000217",
        "The x-oss-credential parameter is missing.";
    V4_SIGNATURE_MISSING = 400 "InvalidArgument" "", "The x-oss-signature parameter is missing.";
    V4_DAY_INVALID = 400 "InvalidArgument" "0002-00000212", "Invalid signing date in Authorization header.";
    V4_URL_DAY_INVALID = 400 "InvalidArgument" "0002-00000223",
        "Invalid signing date in the x-oss-credential parameter.";
    V4_ADDITIONAL_EMPTY = 400 "InvalidArgument" "0002-00000209", "AdditionalHeaders is empty.";
    V4_ADDITIONAL_NAMELESS = 400 "InvalidArgument" "0002-00000210",
        "AdditionalHeaders contains an empty header name.";
    V4_ADDITIONAL_ABSENT = 400 "InvalidArgument" "0002-00000211",
        "AdditionalHeaders names a header that is not in the request.";
    V4_REGION_INVALID = 400 "InvalidArgument" "0002-00000228",
        "Invalid signing region in Authorization header.";
    V4_EXPIRES_INVALID = 400 "InvalidArgument" "0002-00000232",
        "The x-oss-expires parameter must be from 1 to 604800.";
    V1_MISMATCH = 403 "SignatureDoesNotMatch" "0002-00000040", MISMATCH;
    V4_MISMATCH = 403 "SignatureDoesNotMatch" "0002-00000201", MISMATCH;
    NO_DATE = 403 "AccessDenied" "0002-00000503", "OSS authentication requires a valid Date.";
    DATE_INVALID = 403 "AccessDenied" "0002-00000502", "OSS authentication requires a valid Date.";
    EXPIRED_URL = 403 "AccessDenied" "0002-00000069", "Request has expired.";
    SKEWED_CLOCK = 403 "RequestTimeTooSkewed" "0002-00000504",
        "The difference between the request time and the current time is too large.";
    // Keys and tokens.
    KEY_NOT_FOUND = 403 "InvalidAccessKeyId" "0002-00000902", UNKNOWN_KEY;
    KEY_DISABLED = 403 "InvalidAccessKeyId" "0002-00000903",
        "The OSS Access Key Id you provided is disabled.";
    KEY_WITHOUT_TOKENS = 403 "InvalidAccessKeyId" "0002-00000002", UNKNOWN_KEY;
    TOKEN_MISSING = 403 "InvalidAccessKeyId" "0002-00000003", UNKNOWN_KEY;
    TOKEN_INVALID = 403 "InvalidSecurityToken" "0002-00000006", "The security token you provided is invalid.";
    TOKEN_EXPIRED = 403 "SecurityTokenExpired" "0002-00000007",
        "The security token you provided has expired.";
    // Access.
    ANONYMOUS = 403 "AccessDenied" "0003-00000001", NO_RIGHT;
    NOT_ALLOWED = 403 "AccessDenied" "0003-00000001", NO_RIGHT;
    NOT_LEFT = 403 "AccessDenied" "0003-00000301", "Access denied by authorizer's policy.";
    FOREIGN_BUCKET = 403 "AccessDenied" "0003-00000001", "The bucket you access does not belong to you.";
    BUCKET_ELSEWHERE = 403 "AccessDenied" "0003-00001403",
        "The bucket you are attempting to access must be addressed using the specified endpoint. \
         Please send all future requests to this endpoint.";
    SECOND_LEVEL_DOMAIN = 403 "SecondLevelDomainForbidden" "",
        "The bucket you are attempting to access must be addressed using OSS third level domain.";
    CORS_NOT_ENABLED = 403 "AccessForbidden" "", "CORSResponse: CORS is not enabled for this bucket.";
    // Names and what is not there.
    INVALID_BUCKET_NAME = 400 "InvalidBucketName" "", "The specified bucket is not valid.";
    INVALID_OBJECT_NAME = 400 "InvalidObjectName" "", "The specified object is not valid.";
    NO_SUCH_BUCKET = 404 "NoSuchBucket" "0015-00000101", "The specified bucket does not exist.";
    NO_SUCH_KEY = 404 "NoSuchKey" "0026-00000001", "The specified key does not exist.";
    BUCKET_NOT_EMPTY = 409 "BucketNotEmpty" "0015-00000301",
        "The bucket has objects. Please delete them first.";
    BUCKET_TAKEN = 409 "BucketAlreadyExists" "0015-00000102",
        "The requested bucket name is not available. Please select a different name and try again.";
    BUCKET_OF_A_CLASS = 409 "BucketAlreadyExists" "", "Cannot modify existing bucket's storage class.";
    BUCKET_REDUNDANT = 409 "BucketAlreadyExists" "", "Bucket already exists can't modify data redundancy type.";
    BUCKET_LOCATED = 409 "BucketAlreadyExists" "", "Bucket already exists can't modify location.";
    ALREADY_EXISTS = 409 "FileAlreadyExists" "0026-00000002",
        "The object you specified already exists and can not be overwritten.";
    FROZEN = 403 "InvalidObjectState" "", "The operation is not valid for the object's state";
    // Requests.
    INVALID_ARGUMENT = 400 "InvalidArgument" "", "An argument is not valid.";
    BUCKET_PREFIX_INVALID = 400 "InvalidArgument" "0017-00000290", "The prefix of bucket names is not valid.";
    CONDITION_OF_PUT = 400 "NotImplemented" "0017-00000245",
        "A header you provided implies functionality that is not implemented.";
    INVALID_PART_NUMBER = 400 "InvalidArgument" "0017-00000220",
        "Part number must be an integer between 1 and 10000, inclusive.";
    MISSING_ARGUMENT = 400 "MissingArgument" "", "Missing Some Required Arguments.";
    MALFORMED_XML = 400 "MalformedXML" "",
        "The XML you provided was not well-formed or did not validate against our published schema.";
    INVALID_DIGEST = 400 "InvalidDigest" "", "The Content-MD5 you specified was invalid.";
    MISSING_LENGTH = 411 "MissingContentLength" "", "You must provide the Content-Length HTTP header.";
    TOO_LARGE = 400 "EntityTooLarge" "", "Your proposed upload exceeds the maximum allowed object size.";
    NOT_MODIFIED = 304 "NotModified" "", "Not Modified";
    PRECONDITION_FAILED = 412 "PreconditionFailed" "",
        "At least one of the pre-conditions you specified did not hold.";
    INVALID_RANGE = 416 "InvalidRange" "", "The requested range cannot be satisfied.";
    NOT_IMPLEMENTED = 501 "NotImplemented" "",
        "A header or parameter you provided implies functionality that is not implemented.";
    // Multipart uploads.
    NO_SUCH_UPLOAD = 404 "NoSuchUpload" "0042-00000002", UNKNOWN_UPLOAD;
    NO_SUCH_UPLOAD_FOR_PART = 404 "NoSuchUpload" "0042-00000104", UNKNOWN_UPLOAD;
    NO_SUCH_UPLOAD_FOR_COPY = 404 "NoSuchUpload" "0042-00000311", UNKNOWN_UPLOAD;
    NO_SUCH_UPLOAD_TO_COMPLETE = 404 "NoSuchUpload" "0042-00000203", UNKNOWN_UPLOAD;
    COMPLETE_ALL_WITH_BODY = 400 "InvalidArgument" "0042-00000216",
        "Should not speficy both complete all header and http body.";
    INVALID_PART_ORDER = 400 "InvalidPartOrder" "0042-00000209",
        "The list of parts was not in ascending order. Parts list must specified in order by part number.";
    INVALID_PART = 400 "InvalidPart" "",
        "One or more of the specified parts could not be found or the specified entity tag might not have \
         matched the part's entity tag.";
    TOO_SMALL = 400 "EntityTooSmall" "0042-00000213",
        "Your proposed upload smaller than the minimum allowed size.";
    TRAFFIC_LIMIT_INVALID = 400 "InvalidArgument" "",
        "The x-oss-traffic-limit must be a number of bits per second from 245760 to 838860800.";
    // Transient.
    INTERNAL_ERROR = 500 "InternalError" "", "We encountered an internal error. Please try again.";
    UNAVAILABLE = 503 "ServiceUnavailable" "", SLOW_DOWN;
    UPLOADS_LIMITED = 503 "UploadTrafficRateLimitExceeded" "", SLOW_DOWN;
    DOWNLOADS_LIMITED = 503 "DownloadTrafficRateLimitExceeded" "", SLOW_DOWN;
    REQUESTS_LIMITED = 503 "TotalQpsLimitExceeded" "", SLOW_DOWN;
}

const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your \
                        key and signing method.";

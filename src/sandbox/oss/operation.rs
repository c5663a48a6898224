//! Which operation a request is, by its method and its sub-resources.

use crate::sandbox::http::Request;
use crate::sandbox::route::Target;
use crate::sign::oss_v1::is_sub_resource;

macro_rules! operations {
    ($($name:ident => $permission:literal, $parameters:expr;)*) => {
        /// An operation of OSS, by the name of its document.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Operation { $($name,)* }

        impl Operation {
            /// All of them.
            pub(super) const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name of its document, which stands in the log.
            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// The RAM action that allows it ("OSS document RAM Policy", and each operation's document).
            pub(super) fn permission(self) -> &'static str {
                match self { $(Self::$name => $permission,)* }
            }

            /// The query parameters that it knows.
            fn parameters(self) -> &'static [&'static str] {
                match self { $(Self::$name => &$parameters,)* }
            }
        }
    };
}

operations! {
    ListBuckets => "oss:ListBuckets", ["prefix", "marker", "max-keys"];
    PutBucket => "oss:PutBucket", [];
    DeleteBucket => "oss:DeleteBucket", [];
    HeadBucket => "oss:GetBucketInfo", [];
    GetBucketInfo => "oss:GetBucketInfo", ["bucketInfo"];
    GetBucketStat => "oss:GetBucketStat", ["stat"];
    GetBucketLocation => "oss:GetBucketLocation", ["location"];
    GetBucketAcl => "oss:GetBucketAcl", ["acl"];
    ListObjects => "oss:ListObjects",
        ["list-type", "prefix", "delimiter", "marker", "max-keys", "encoding-type"];
    ListObjectsV2 => "oss:ListObjects", [
        "list-type", "prefix", "delimiter", "start-after", "continuation-token", "max-keys", "encoding-type",
        "fetch-owner",
    ];
    ListObjectVersions => "oss:ListObjectVersions", [
        "versions", "prefix", "delimiter", "key-marker", "version-id-marker", "max-keys", "encoding-type",
    ];
    ListLiveChannel => "oss:ListLiveChannel", ["live", "prefix", "marker", "max-keys"];
    ListMultipartUploads => "oss:ListMultipartUploads", [
        "uploads", "prefix", "delimiter", "key-marker", "upload-id-marker", "max-uploads", "encoding-type",
    ];
    DeleteMultipleObjects => "oss:DeleteObject", ["delete", "encoding-type"];
    PutObject => "oss:PutObject", [];
    CopyObject => "oss:PutObject", [];
    GetObject => "oss:GetObject", [
        "response-content-type", "response-content-language", "response-expires", "response-cache-control",
        "response-content-disposition", "response-content-encoding",
    ];
    HeadObject => "oss:GetObject", [];
    GetObjectMeta => "oss:GetObject", ["objectMeta"];
    GetObjectAcl => "oss:GetObjectAcl", ["acl"];
    DeleteObject => "oss:DeleteObject", [];
    InitiateMultipartUpload => "oss:PutObject", ["uploads", "encoding-type"];
    UploadPart => "oss:PutObject", ["partNumber", "uploadId"];
    UploadPartCopy => "oss:PutObject", ["partNumber", "uploadId"];
    CompleteMultipartUpload => "oss:PutObject", ["uploadId", "encoding-type"];
    AbortMultipartUpload => "oss:AbortMultipartUpload", ["uploadId"];
    ListParts => "oss:ListParts", ["uploadId", "max-parts", "part-number-marker", "encoding-type"];
    OptionObject => "", [];
    NotImplemented => "", [];
}

/// Parameters with a value that choose what is done and that V1 does not sign.
const CHOOSING: [&str; 3] = ["regions", "tag-key", "tag-value"];

/// Parameters of any request: those of signatures, of payment and of limits.
const OF_ANY: [&str; 13] = [
    "OSSAccessKeyId",
    "Expires",
    "Signature",
    "security-token",
    "x-oss-additional-headers",
    "x-oss-credential",
    "x-oss-date",
    "x-oss-expires",
    "x-oss-request-payer",
    "x-oss-security-token",
    "x-oss-signature",
    "x-oss-signature-version",
    "x-oss-traffic-limit",
];

/// The parameters of a request that make another operation of it, or change what it does.
pub(super) fn sub_resources(request: &Request) -> impl Iterator<Item = &str> {
    let named = request.query.iter().filter(|(name, value)| {
        let name = name.as_str();
        // What has no value is a sub-resource by that, heard of or not.
        let changes = value.is_empty()
            || name.starts_with("x-oss-")
            || is_sub_resource(name) && !name.starts_with("response-")
            || CHOOSING.contains(&name);
        // The only version that there is.
        let is_the_object = name == "versionId" && value == "null";
        changes && !is_the_object && !OF_ANY.contains(&name)
    });
    named.map(|(name, _)| name.as_str())
}

/// Tells the operation. A sub-resource that is not of the operation makes another one of it, which is not built.
pub(super) fn operation(request: &Request, target: &Target) -> Operation {
    // What a page would send is only asked about: its sub-resources count for nothing yet.
    if request.method == "OPTIONS" && target.bucket.is_some() {
        return Operation::OptionObject;
    }
    let has = |name: &str| request.parameter(name).is_some();
    let found = match (&target.bucket, &target.key) {
        (None, _) => of_service(request),
        (Some(_), None) => of_bucket(request, has),
        (Some(_), Some(_)) => of_object(request, has),
    };
    let foreign = sub_resources(request).any(|name| !found.parameters().contains(&name));
    if foreign { Operation::NotImplemented } else { found }
}

fn of_service(request: &Request) -> Operation {
    if request.method == "GET" { Operation::ListBuckets } else { Operation::NotImplemented }
}

fn of_bucket(request: &Request, has: impl Fn(&str) -> bool) -> Operation {
    match request.method.as_str() {
        "GET" if has("bucketInfo") => Operation::GetBucketInfo,
        "GET" if has("stat") => Operation::GetBucketStat,
        "GET" if has("location") => Operation::GetBucketLocation,
        "GET" if has("acl") => Operation::GetBucketAcl,
        "GET" if has("live") => Operation::ListLiveChannel,
        "GET" if has("uploads") => Operation::ListMultipartUploads,
        "GET" if has("versions") => Operation::ListObjectVersions,
        "GET" if request.parameter("list-type") == Some("2") => Operation::ListObjectsV2,
        "GET" => Operation::ListObjects,
        "HEAD" => Operation::HeadBucket,
        "POST" if has("delete") => Operation::DeleteMultipleObjects,
        "PUT" => Operation::PutBucket,
        "DELETE" => Operation::DeleteBucket,
        _ => Operation::NotImplemented,
    }
}

fn of_object(request: &Request, has: impl Fn(&str) -> bool) -> Operation {
    let copies = request.header("x-oss-copy-source").is_some();
    match request.method.as_str() {
        "PUT" if has("partNumber") && copies => Operation::UploadPartCopy,
        "PUT" if has("partNumber") => Operation::UploadPart,
        "PUT" if copies => Operation::CopyObject,
        "PUT" => Operation::PutObject,
        "POST" if has("uploads") => Operation::InitiateMultipartUpload,
        "POST" if has("uploadId") => Operation::CompleteMultipartUpload,
        "DELETE" if has("uploadId") => Operation::AbortMultipartUpload,
        "DELETE" => Operation::DeleteObject,
        "HEAD" if has("objectMeta") => Operation::GetObjectMeta,
        "HEAD" => Operation::HeadObject,
        "GET" if has("uploadId") => Operation::ListParts,
        "GET" if has("objectMeta") => Operation::GetObjectMeta,
        "GET" if has("acl") => Operation::GetObjectAcl,
        "GET" => Operation::GetObject,
        _ => Operation::NotImplemented,
    }
}

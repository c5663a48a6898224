//! Which operation a request is, by its method and its sub-resources.

use crate::sandbox::http::Request;
use crate::sandbox::route::Target;

macro_rules! operations {
    ($($name:ident => $permission:literal,)*) => {
        /// An operation of OSS, by the name of its document.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Operation { $($name,)* }

        impl Operation {
            /// The name of its document, which stands in the log.
            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// The RAM action that allows it ("OSS document RAM Policy", and each operation's document).
            pub(super) fn permission(self) -> &'static str {
                match self { $(Self::$name => $permission,)* }
            }
        }
    };
}

operations! {
    ListBuckets => "oss:ListBuckets",
    PutBucket => "oss:PutBucket",
    DeleteBucket => "oss:DeleteBucket",
    GetBucketInfo => "oss:GetBucketInfo",
    GetBucketLocation => "oss:GetBucketLocation",
    GetBucketAcl => "oss:GetBucketAcl",
    ListObjects => "oss:ListObjects",
    ListObjectsV2 => "oss:ListObjects",
    ListMultipartUploads => "oss:ListMultipartUploads",
    DeleteMultipleObjects => "oss:DeleteObject",
    PutObject => "oss:PutObject",
    GetObject => "oss:GetObject",
    HeadObject => "oss:GetObject",
    GetObjectMeta => "oss:GetObject",
    GetObjectAcl => "oss:GetObjectAcl",
    DeleteObject => "oss:DeleteObject",
    InitiateMultipartUpload => "oss:PutObject",
    UploadPart => "oss:PutObject",
    UploadPartCopy => "oss:PutObject",
    CompleteMultipartUpload => "oss:PutObject",
    AbortMultipartUpload => "oss:AbortMultipartUpload",
    ListParts => "oss:ListParts",
    NotImplemented => "",
}

/// Sub-resources that change what a request means and that the sandbox does not have.
const OTHER_SUB_RESOURCES: [&str; 18] = [
    "append",
    "policy",
    "lifecycle",
    "cors",
    "logging",
    "website",
    "referer",
    "tagging",
    "versioning",
    "versions",
    "symlink",
    "restore",
    "replication",
    "encryption",
    "worm",
    "inventory",
    "stat",
    "x-oss-process",
];

/// Tells the operation.
pub(super) fn operation(request: &Request, target: &Target) -> Operation {
    let has = |name: &str| request.parameter(name).is_some();
    if OTHER_SUB_RESOURCES.iter().any(|name| has(name)) {
        return Operation::NotImplemented;
    }
    match (&target.bucket, &target.key) {
        (None, _) => of_service(request),
        (Some(_), None) => of_bucket(request, has),
        (Some(_), Some(_)) => of_object(request, has),
    }
}

fn of_service(request: &Request) -> Operation {
    if request.method == "GET" { Operation::ListBuckets } else { Operation::NotImplemented }
}

fn of_bucket(request: &Request, has: impl Fn(&str) -> bool) -> Operation {
    match request.method.as_str() {
        "GET" if has("bucketInfo") => Operation::GetBucketInfo,
        "GET" if has("location") => Operation::GetBucketLocation,
        "GET" if has("acl") => Operation::GetBucketAcl,
        "GET" if has("uploads") => Operation::ListMultipartUploads,
        "GET" if request.parameter("list-type") == Some("2") => Operation::ListObjectsV2,
        "GET" => Operation::ListObjects,
        "POST" if has("delete") => Operation::DeleteMultipleObjects,
        "PUT" if !has("acl") => Operation::PutBucket,
        "DELETE" => Operation::DeleteBucket,
        _ => Operation::NotImplemented,
    }
}

fn of_object(request: &Request, has: impl Fn(&str) -> bool) -> Operation {
    let copies = request.header("x-oss-copy-source").is_some();
    match request.method.as_str() {
        "PUT" if has("partNumber") && copies => Operation::UploadPartCopy,
        "PUT" if has("partNumber") => Operation::UploadPart,
        "PUT" if !copies && !has("acl") => Operation::PutObject,
        "POST" if has("uploads") => Operation::InitiateMultipartUpload,
        "POST" if has("uploadId") => Operation::CompleteMultipartUpload,
        "DELETE" if has("uploadId") => Operation::AbortMultipartUpload,
        "DELETE" => Operation::DeleteObject,
        "HEAD" if has("objectMeta") => Operation::GetObjectMeta,
        "HEAD" => Operation::HeadObject,
        "GET" if has("uploadId") => Operation::ListParts,
        "GET" if has("acl") => Operation::GetObjectAcl,
        "GET" => Operation::GetObject,
        _ => Operation::NotImplemented,
    }
}

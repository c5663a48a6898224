//! What OSS has and the sandbox has not: it is refused by name, and nothing is done.

use super::error::OssError;
use super::operation::sub_resources;
use super::refusals;
use crate::sandbox::http::Request;
use crate::sandbox::route::Target;

/// Headers that ask for what is not here, whatever they say.
const HEADERS: [&str; 10] = [
    "x-oss-bucket-tagging",
    "x-oss-callback",
    "x-oss-callback-var",
    "x-oss-object-worm-mode",
    "x-oss-resource-group-id",
    "x-oss-server-side-data-encryption",
    "x-oss-server-side-encryption",
    "x-oss-server-side-encryption-key-id",
    "x-oss-symlink-target",
    "x-oss-tagging",
];

/// Headers that may only say what is so anyway.
const ONLY: [(&str, &[&str]); 5] = [
    ("x-oss-acl", &["private"]),
    ("x-oss-object-acl", &["private", "default"]),
    ("x-oss-storage-class", &["Standard"]),
    ("x-oss-tagging-directive", &["Copy"]),
    ("x-oss-data-redundancy-type", &["LRS"]),
];

/// Operations whose names do not follow from method and sub-resource.
const NAMES: [(&str, &str, &str); 11] = [
    ("POST", "append", "AppendObject"),
    ("POST", "restore", "RestoreObject"),
    ("POST", "seal", "SealAppendObject"),
    ("PUT", "symlink", "PutSymlink"),
    ("GET", "symlink", "GetSymlink"),
    ("GET", "regions", "DescribeRegions"),
    ("PUT", "live", "PutLiveChannel"),
    ("GET", "live", "GetLiveChannelInfo"),
    ("DELETE", "live", "DeleteLiveChannel"),
    ("POST", "x-oss-process", "SelectObject, ProcessObject"),
    ("GET", "x-oss-process", "image processing"),
];

/// `PostObject`, whose signature stands in its body.
pub(super) fn is_form_upload(request: &Request) -> bool {
    let is_form = |value: &str| value.starts_with("multipart/form-data");
    request.method == "POST" && request.header("content-type").is_some_and(is_form)
}

/// Refuses a header that asks for what is not here.
pub(super) fn check_headers(request: &Request) -> Result<(), OssError> {
    // A header may come twice.
    let values = |wanted: &'static str| {
        let of_name = request.headers.iter().filter(move |(name, _)| name == wanted);
        of_name.map(move |(_, value)| (wanted, value.trim()))
    };
    let asks = HEADERS.into_iter().flat_map(values).find(|(_, value)| !value.is_empty());
    let says_other = |(name, only): (&'static str, &[&str])| {
        let is_one = |value: &str| only.iter().any(|one| one.eq_ignore_ascii_case(value));
        values(name).find(|(_, value)| !is_one(value))
    };
    let Some((name, value)) = asks.or_else(|| ONLY.into_iter().find_map(says_other)) else { return Ok(()) };
    let error = refusals::NOT_IMPLEMENTED.with("Header", name).with("HeaderValue", value);
    Err(error.saying(format!("The sandbox does not have what the header {name}: {value} asks for.")))
}

/// Refuses signature V2, which V4 took the place of: no key is looked at.
pub(super) fn signature_v2() -> OssError {
    let error = refusals::NOT_IMPLEMENTED.with("Signature", "OSS2");
    error.saying("The sandbox does not have signature V2 (OSS2): sign with V4, or with V1.")
}

/// What is said of an operation that is not built.
pub(super) fn operation(request: &Request, target: &Target) -> OssError {
    let method = request.method.as_str();
    let known = NAMES.iter().find(|(of, name, _)| *of == method && request.parameter(name).is_some());
    let (resource, name) = match known {
        Some((_, resource, name)) => (*resource, (*name).to_owned()),
        None => {
            let resource = sub_resources(request).next().unwrap_or_default();
            (resource, composed(method, target, resource))
        }
    };
    let asked = if resource.is_empty() { method.to_owned() } else { format!("{method} ?{resource}") };
    let error = refusals::NOT_IMPLEMENTED.with("Operation", &name);
    error.saying(format!("The sandbox does not have {name} ({asked})."))
}

/// `PutBucketLifecycle`, `GetObjectTagging`, `PostObject`.
fn composed(method: &str, target: &Target, resource: &str) -> String {
    let capital = |text: &str| {
        let mut chars = text.chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect::<String>()).unwrap_or_default()
    };
    let thing = match (&target.bucket, &target.key) {
        (None, _) => "Service",
        // A form that is posted to a bucket makes an object.
        (Some(_), None) if method == "POST" && resource.is_empty() => "Object",
        (Some(_), None) => "Bucket",
        (Some(_), Some(_)) => "Object",
    };
    format!("{}{thing}{}", capital(&method.to_lowercase()), capital(resource))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(method: &str, key: Option<&str>, parameter: &str) -> String {
        let query = vec![(parameter.to_owned(), String::new())];
        let request = Request { method: method.into(), query, ..Request::default() };
        let target = Target { bucket: Some("b".into()), key: key.map(str::to_owned), ..Target::default() };
        operation(&request, &target).text().to_owned()
    }

    #[test]
    fn an_operation_that_is_not_here_is_named() {
        let says = |name: &str, asked: &str| format!("The sandbox does not have {name} ({asked}).");
        assert_eq!(message("POST", Some("k"), "append"), says("AppendObject", "POST ?append"));
        assert_eq!(message("PUT", Some("k"), "tagging"), says("PutObjectTagging", "PUT ?tagging"));
        assert_eq!(message("DELETE", None, "style"), says("DeleteBucketStyle", "DELETE ?style"));
        assert_eq!(
            message("GET", Some("k"), "x-oss-process"),
            says("image processing", "GET ?x-oss-process")
        );
    }
}

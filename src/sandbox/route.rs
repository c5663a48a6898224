//! Which service a request is for, and for OSS which bucket and object.

use std::net::Ipv4Addr;

use super::http::Request;
use super::identity::BUCKET;

/// A host that stands for a domain bound to [`BUCKET`]: `cname.localhost`, `cname.example.com`.
pub(super) const CNAME_LABEL: &str = "cname";

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/?Action=…&Version=…`, or action and version in headers.
    Rpc,
    /// `/latest/…`, and `/.sandbox/…`: what this sandbox adds.
    Metadata,
    /// Object storage.
    Oss(Target),
}

/// What an OSS request is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Target {
    /// The bucket, unless it is about the service.
    pub(crate) bucket: Option<String>,
    /// The object's key, decoded once; None for the bucket itself.
    pub(crate) key: Option<String>,
    /// The bucket stands in the path below an endpoint of the service's own, which refuses that.
    pub(crate) by_path_of_endpoint: bool,
}

/// Finds the way of a request.
pub(crate) fn route(request: &Request) -> Route {
    let by_host = bucket_of_host(&request.host);
    if is_rpc(request, by_host.is_some()) {
        return Route::Rpc;
    }
    let Some(bucket) = by_host else {
        if request.path.starts_with("/latest/") || request.path.starts_with("/.sandbox/") {
            return Route::Metadata;
        }
        let (bucket, key) = path_style(&request.path);
        let by_path_of_endpoint = bucket.is_some() && request.host.ends_with(".aliyuncs.com");
        return Route::Oss(Target { bucket, key, by_path_of_endpoint });
    };
    let key = decoded(request.path.strip_prefix('/').unwrap_or_default());
    Route::Oss(Target { bucket: Some(bucket), key, by_path_of_endpoint: false })
}

fn is_rpc(request: &Request, has_bucket: bool) -> bool {
    let by_parameter = request.parameter("Action").is_some();
    let by_header = request.header("x-acs-action").is_some()
        || request.header("authorization").is_some_and(|value| value.starts_with("ACS3-"));
    let by_form = request.method == "POST" && request.is_form() && request.query.is_empty();
    request.path == "/" && (by_parameter || by_header || by_form && !has_bucket)
}

/// `/bucket/key`; the slash after the bucket is the first one, whatever the key begins with.
fn path_style(path: &str) -> (Option<String>, Option<String>) {
    let rest = path.strip_prefix('/').unwrap_or(path);
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    (decoded(bucket), decoded(key))
}

/// The text decoded, `+` as it is; None when there is none.
fn decoded(text: &str) -> Option<String> {
    let decoded = percent_encoding::percent_decode_str(text);
    // A key that is no UTF-8 keeps its replacement characters and is refused by name.
    Some(decoded.decode_utf8_lossy().into_owned()).filter(|text| !text.is_empty())
}

/// The bucket that a `Host` names: its first label, unless the whole is an address or an endpoint. At the services' own
/// names only those of object storage have buckets: `oss-x.oss-cn-hangzhou.aliyuncs.com`, not `sts.cn-hangzhou.…`.
fn bucket_of_host(host: &str) -> Option<String> {
    if host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok() {
        return None;
    }
    let (first, rest) = host.split_once('.')?;
    let of_a_service = rest == "aliyuncs.com" || rest.ends_with(".aliyuncs.com");
    if of_a_service && !rest.starts_with("oss") {
        return None;
    }
    let bucket = if first == CNAME_LABEL { BUCKET } else { first };
    Some(bucket.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, host: &str, path: &str) -> Request {
        Request { method: method.into(), host: host.into(), path: path.into(), ..Request::default() }
    }

    fn oss(host: &str, path: &str) -> (String, String) {
        match route(&request("GET", host, path)) {
            Route::Oss(target) => (target.bucket.unwrap_or_default(), target.key.unwrap_or_default()),
            other => panic!("{host}{path} goes to {other:?}"),
        }
    }

    #[test]
    fn a_bucket_stands_in_the_path_of_an_address_or_first_in_a_name() {
        let expected = |bucket: &str, key: &str| (bucket.to_owned(), key.to_owned());
        assert_eq!(oss("127.0.0.1", "/b/dir/key"), expected("b", "dir/key"));
        assert_eq!(oss("localhost", "/b/"), expected("b", ""));
        assert_eq!(oss("[::1]", "/"), expected("", ""));
        for host in ["b.localhost", "b.127.0.0.1", "b.127.0.0.1.nip.io", "b.oss-cn-hangzhou.aliyuncs.com"] {
            assert_eq!(oss(host, "/dir/key"), expected("b", "dir/key"), "{host}");
            assert_eq!(oss(host, "/"), expected("b", ""), "{host}");
        }
        assert_eq!(oss("cname.localhost", "/key"), expected(BUCKET, "key"));
        assert_eq!(oss("oss-cn-hangzhou.aliyuncs.com", "/"), expected("", ""));
        assert_eq!(oss("oss-x.oss-cn-hangzhou.aliyuncs.com", "/key"), expected("oss-x", "key"));
        let by_path = route(&request("GET", "oss-cn-hangzhou.aliyuncs.com", "/b/key"));
        assert!(matches!(by_path, Route::Oss(Target { by_path_of_endpoint: true, .. })));
    }

    #[test]
    fn a_key_is_decoded_once_and_never_folded() {
        assert_eq!(oss("127.0.0.1", "/b/a//b/./../c").1, "a//b/./../c");
        assert_eq!(oss("127.0.0.1", "/b/dir%2Fa+b%2520%E6%96%87").1, "dir/a+b%20文");
        assert_eq!(oss("127.0.0.1", "/b//key").1, "/key");
    }

    #[test]
    fn rpc_and_metadata_are_told_apart_from_objects() {
        let mut call = request("POST", "127.0.0.1", "/");
        call.query = vec![("Action".into(), "DescribeFpgaImages".into())];
        assert_eq!(route(&call), Route::Rpc);
        let mut form = request("POST", "127.0.0.1", "/");
        form.headers = vec![("content-type".into(), "application/x-www-form-urlencoded".into())];
        assert_eq!(route(&form), Route::Rpc);
        form.host = "sts.cn-hangzhou.aliyuncs.com".into();
        assert_eq!(route(&form), Route::Rpc);
        let metadata = request("GET", "127.0.0.1", "/latest/meta-data/instance-id");
        assert_eq!(route(&metadata), Route::Metadata);
        assert_eq!(route(&request("GET", "127.0.0.1", "/.sandbox/credentials")), Route::Metadata);
        assert_eq!(oss("latest.localhost", "/latest/key").1, "latest/key");
    }
}

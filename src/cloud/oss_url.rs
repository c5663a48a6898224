//! The URL of an OSS request, in each of the three styles.

use super::{Endpoint, NoEndpoint};
use crate::config::Name;
use crate::sign::encode;

/// How a bucket is named in a URL. The signature is the same in all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OssStyle {
    /// Path for an IP address, else virtual-hosted.
    #[default]
    Auto,
    /// `https://BUCKET.ENDPOINT/KEY`: the only one that OSS's own endpoints take.
    Virtual,
    /// `https://ENDPOINT/BUCKET/KEY`: for `PrivateLink` and test servers.
    Path,
    /// `https://DOMAIN/KEY`, the domain being bound to the bucket.
    Cname,
}

/// Where a request goes: scheme, host and path. The query is added by the caller.
///
/// # Errors
/// When the bucket can't be one, or should stand before an address.
pub(super) fn url(
    endpoint: &Endpoint,
    style: OssStyle,
    bucket: Option<&str>,
    key: Option<&str>,
) -> Result<String, NoEndpoint> {
    let style = match style {
        OssStyle::Auto if endpoint.is_address() => OssStyle::Path,
        OssStyle::Auto => OssStyle::Virtual,
        chosen => chosen,
    };
    let key = key.map(unfolded).unwrap_or_default();
    let Some(bucket) = bucket else { return Ok(format!("{endpoint}/{key}")) };
    // It is checked in every style: in a path, too, it must stay one segment.
    NoEndpoint::unless_a(Name::Bucket, bucket)?;
    Ok(match style {
        OssStyle::Path => format!("{endpoint}/{bucket}/{key}"),
        OssStyle::Cname => format!("{endpoint}/{key}"),
        _ => format!("{}/{key}", endpoint.of_bucket(bucket)?),
    })
}

/// The key percent-encoded. A URL library folds `.` and `..` segments, so the slashes of a key that has them are
/// encoded too: then there is but one segment.
fn unfolded(key: &str) -> String {
    let has_dots = key.split('/').any(|segment| matches!(segment, "." | ".."));
    if has_dots { encode::component(key) } else { encode::path(key) }
}

/// Whether a key can't be sent in any spelling: a URL library folds it, and there is no slash to encode.
pub(super) fn is_folded_for_sure(key: &str) -> bool {
    matches!(key, "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(host: &str, style: OssStyle, key: &str) -> String {
        let endpoint = Endpoint { scheme: "https".into(), host: host.into(), given: true };
        url(&endpoint, style, Some("buc"), Some(key)).unwrap()
    }

    #[test]
    fn an_address_gets_path_style_by_itself() {
        assert_eq!(
            made("oss-cn-x.aliyuncs.com", OssStyle::Auto, "a/b c"),
            "https://buc.oss-cn-x.aliyuncs.com/a/b%20c"
        );
        assert_eq!(made("127.0.0.1:80", OssStyle::Auto, "a+b"), "https://127.0.0.1:80/buc/a%2Bb");
        assert_eq!(made("[::1]:80", OssStyle::Auto, "a"), "https://[::1]:80/buc/a");
        assert_eq!(made("files.example", OssStyle::Cname, "a"), "https://files.example/a");
    }

    #[test]
    fn dot_segments_are_not_folded() {
        assert_eq!(made("x", OssStyle::Path, "a//b/./c"), "https://x/buc/a%2F%2Fb%2F.%2Fc");
        assert_eq!(made("x", OssStyle::Path, "a/.b/c..d"), "https://x/buc/a/.b/c..d");
    }
}

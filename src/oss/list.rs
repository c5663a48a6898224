//! `ListObjectsV2`, page by page.

use jiff::Timestamp;

use super::{Oss, wire};
use crate::cloud::{OssAnswer, Result};

/// One object of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// When it was last written.
    pub last_modified: Option<Timestamp>,
    /// The `ETag`, in its quotes.
    pub etag: String,
    /// `Standard`, `IA`, `Archive`…
    pub storage_class: Option<String>,
}

/// One page of a list.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Objects, in the order of their keys.
    pub objects: Vec<Listed>,
    /// With a delimiter: the prefixes that stand for everything below them.
    pub prefixes: Vec<String>,
    /// Where the next page begins; None at the end.
    pub next: Option<Next>,
}

/// Where a page of a list begins, and what stood last before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    token: String,
    after: String,
    pages: u32,
}

/// A hundred million names: more than anybody lists, and an end to a list that has none.
const MOST_PAGES: u32 = 100_000;

impl Oss {
    /// The page of objects, 1000 at most, whose keys begin with `prefix`; `from` is the previous page's `next`.
    /// With a delimiter, such as `/`, what lies deeper is folded into `prefixes`.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn list(&self, prefix: &str, delimiter: Option<&str>, from: Option<&Next>) -> Result<Page> {
        let token = from.map(|next| next.token.as_str());
        let make = || {
            let call = self.call("ListObjectsV2", "GET").query("list-type", "2");
            let call = call.query("encoding-type", "url").query("max-keys", "1000");
            let filters = [("prefix", Some(prefix)), ("delimiter", delimiter), ("continuation-token", token)];
            let given = filters.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
            given.filter(|f| !f.1.is_empty()).fold(call, |call, (name, value)| call.query(name, value))
        };
        let page: wire::ListBucket = self.document(make).await?;
        let decoded = |text| wire::decoded(page.encoding_type.as_deref(), text);
        let next = page.next_continuation_token.filter(|next| Some(next.as_str()) != token);
        let objects: Vec<_> = page.contents.into_iter().map(|content| listed(content, decoded)).collect();
        let prefixes: Vec<_> =
            page.common_prefixes.into_iter().map(|common| decoded(common.prefix)).collect();
        let names = || objects.iter().map(|object| &object.key).chain(&prefixes);
        // Names come in order. A list that goes back, or on without any, would have no end.
        let goes_back = names().min().zip(from).is_some_and(|(first, from)| *first <= from.after);
        let pages = from.map_or(1, |from| from.pages + 1);
        if goes_back || page.is_truncated && pages >= MOST_PAGES {
            return Err(endless());
        }
        let next = match page.is_truncated {
            false => None,
            true => next.zip(names().max().cloned()).map(|(token, after)| Next { token, after, pages }),
        };
        if page.is_truncated && next.is_none() {
            return Err(endless());
        }
        Ok(Page { objects, prefixes, next })
    }
}

fn endless() -> crate::cloud::Error {
    OssAnswer::unreadable(
        "ListObjectsV2",
        200,
        "its pages have no end, or do not go on in the order of the names",
        "",
    )
}

fn listed(content: wire::Content, decoded: impl Fn(String) -> String) -> Listed {
    Listed {
        key: decoded(content.key),
        size: content.size,
        last_modified: content.last_modified.and_then(|time| time.parse().ok()),
        etag: content.etag,
        storage_class: content.storage_class,
    }
}

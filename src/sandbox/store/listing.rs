//! One page of a bucket's keys, with what lies under a delimiter rolled up.

use std::collections::BTreeMap;
use std::ops::Bound;

/// What to list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page {
    /// Only names that begin with it.
    pub(crate) prefix: String,
    /// What follows its first occurrence after the prefix is rolled up; empty for none.
    pub(crate) delimiter: String,
    /// Only names after it; empty from the start.
    pub(crate) after: String,
    /// At most that many names and prefixes.
    pub(crate) max: usize,
}

/// What was found.
#[derive(Clone, Debug)]
pub(crate) struct Listing<T> {
    /// Names and what stands under them.
    pub(crate) entries: Vec<(String, T)>,
    /// Rolled-up prefixes.
    pub(crate) prefixes: Vec<String>,
    /// The last name or prefix of this page, when there are more.
    pub(crate) next: Option<String>,
}

/// Walks the names in order; a rolled-up prefix is passed over in one step. `key` gives what of a name a delimiter is
/// looked for in.
pub(super) fn list<V, T>(
    names: &BTreeMap<String, V>,
    page: &Page,
    key: fn(&str) -> &str,
    take: impl Fn(&V) -> T,
) -> Listing<T> {
    let mut listing = Listing { entries: Vec::new(), prefixes: Vec::new(), next: None };
    let mut from = if page.after < page.prefix {
        Bound::Included(page.prefix.clone())
    } else {
        Bound::Excluded(page.after.clone())
    };
    let mut last = None;
    while let Some((name, value)) = names.range::<String, _>((from.as_ref(), Bound::Unbounded)).next() {
        if !name.starts_with(&page.prefix) {
            break;
        }
        let rolled = rolled_up(key(name), page);
        // A page that ended with a prefix goes on after all that lies under it.
        let seen = rolled.is_some_and(|prefix| prefix <= page.after.as_str());
        if !seen && listing.entries.len() + listing.prefixes.len() == page.max {
            listing.next = last;
            break;
        }
        if let Some(prefix) = rolled {
            if !seen {
                listing.prefixes.push(prefix.to_owned());
                last = Some(prefix.to_owned());
            }
            from = past(prefix);
        } else {
            listing.entries.push((name.clone(), take(value)));
            last = Some(name.clone());
            from = Bound::Excluded(name.clone());
        }
    }
    listing
}

fn rolled_up<'a>(name: &'a str, page: &Page) -> Option<&'a str> {
    let rest = name.get(page.prefix.len()..).unwrap_or_default();
    let found = if page.delimiter.is_empty() { None } else { rest.find(&page.delimiter) };
    found.map(|at| &name[..page.prefix.len() + at + page.delimiter.len()])
}

/// The bound after every name that begins with the prefix.
fn past(prefix: &str) -> Bound<String> {
    let mut end: Vec<char> = prefix.chars().collect();
    while let Some(last) = end.pop() {
        // The next character after the surrogates' gap is U+E000; after the last one there is none.
        let next = if last == '\u{d7ff}' { Some('\u{e000}') } else { char::from_u32(u32::from(last) + 1) };
        if let Some(next) = next {
            end.push(next);
            return Bound::Included(end.into_iter().collect());
        }
    }
    // Only prefixes of U+10FFFF alone come here; no name is that.
    Bound::Excluded(prefix.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> BTreeMap<String, u32> {
        let keys = ["a", "dir/1", "dir/2", "dir/sub/3", "dir0", "e", "目录/文件"];
        keys.iter().zip(0..).map(|(key, number)| ((*key).to_owned(), number)).collect()
    }

    fn all(prefix: &str, delimiter: &str, max: usize) -> Vec<String> {
        let names = names();
        let mut page = Page { prefix: prefix.into(), delimiter: delimiter.into(), after: String::new(), max };
        let mut found = Vec::new();
        loop {
            let listing = list(&names, &page, |name| name, |number| *number);
            assert!(listing.entries.len() + listing.prefixes.len() <= max);
            found.extend(listing.entries.into_iter().map(|(name, _)| name));
            found.extend(listing.prefixes.into_iter().map(|prefix| format!("{prefix}…")));
            let Some(next) = listing.next else { break };
            page.after = next;
        }
        found.sort();
        found
    }

    #[test]
    fn every_page_size_finds_the_same() {
        for max in 1..9 {
            assert_eq!(all("", "", max), names().into_keys().collect::<Vec<_>>(), "{max}");
            assert_eq!(all("", "/", max), ["a", "dir/…", "dir0", "e", "目录/…"], "{max}");
            assert_eq!(all("dir/", "/", max), ["dir/1", "dir/2", "dir/sub/…"], "{max}");
            assert!(all("x", "/", max).is_empty());
        }
    }
}

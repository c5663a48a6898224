//! What holds of every page that the program writes; `scripts/pictures` looks at them in a browser.

/// Nothing in it is fetched, and nothing in it runs.
pub fn assert_asks_nothing_of_anywhere(page: &str) {
    for way in [" src=", " href=", "url(", "@import", "<script", "<link", "<iframe"] {
        assert!(!page.contains(way), "{way} in {page}");
    }
    assert!(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'\""), "{page}");
}

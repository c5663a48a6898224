//! What goes over the wire as `-vv` and `-vvv` show it: without signatures, tokens and secrets.

use std::sync::atomic::{AtomicU64, Ordering};

use tracing::{Level, debug, enabled, trace};

use super::error::without_query;
use super::{Body, Request};

/// So many characters of a body are shown.
const CUT: usize = 2000;
/// So many bytes of a body are looked at: enough for what is shown, also where secrets made it shorter.
const LOOK: usize = 16 << 10;

/// What is never shown, wherever it stands: a query, a form, JSON or XML.
const SECRET_NAMES: [&str; 18] = [
    "accesskeyid",
    "accesskeysecret",
    "access_key_secret",
    "authorization",
    "canonicalrequest",
    "oidctoken",
    "ossaccesskeyid",
    "security-token",
    "securitytoken",
    "signature",
    "signatureprovided",
    "stringtosign",
    "stringtosignbytes",
    "sts_token",
    "token",
    "x-oss-credential",
    "x-oss-security-token",
    "x-oss-signature",
];

/// The service's string to sign holds the id and the token of the key; it stands at the end of a message.
const SERVERS_STRING: &str = "server string to sign is:";

/// The log of one request and its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Log {
    /// Tells the lines of requests apart that run side by side.
    number: u64,
    /// Whether the bodies are secrets as a whole.
    secret: bool,
}

impl Log {
    /// Writes down a request that is about to be sent.
    pub(super) fn request(request: &Request) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let log = Self { number: COUNT.fetch_add(1, Ordering::Relaxed), secret: request.secret };
        if enabled!(Level::DEBUG) {
            let url = if request.secret { bare(&request.url) } else { without_secrets(&request.url) };
            debug!("#{} > {} {url}", log.number, request.method);
            log.headers('>', request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        }
        match &request.body {
            Body::Empty => {}
            Body::Whole(bytes) => log.body('>', bytes),
            Body::Stream { length, .. } => trace!("#{} > {length} bytes, streamed", log.number),
        }
        log
    }

    /// Writes down the head of an answer.
    pub(super) fn answer<'a>(self, status: u16, headers: impl Iterator<Item = (&'a str, &'a str)>) {
        if enabled!(Level::DEBUG) {
            debug!("#{} < HTTP {status}", self.number);
            self.headers('<', headers);
        }
    }

    /// Writes down a body that is held whole.
    pub(super) fn body(self, direction: char, bytes: &[u8]) {
        if enabled!(Level::TRACE) && !bytes.is_empty() {
            let shown = if self.secret { size(bytes) } else { body(bytes) };
            trace!("#{} {direction} {shown}", self.number);
        }
    }

    fn headers<'a>(self, direction: char, headers: impl Iterator<Item = (&'a str, &'a str)>) {
        for (name, value) in headers {
            debug!("#{} {direction} {name}: {}", self.number, header(name, value));
        }
    }
}

/// A URL that may hold a secret in any place: its host and path, and whether there is more.
fn bare(url: &str) -> String {
    let shown = without_query(url);
    if url.contains('?') { format!("{shown}?***") } else { shown }
}

fn size(bytes: &[u8]) -> String {
    format!("{} bytes", bytes.len())
}

/// A header's value, unless it is one.
fn header<'a>(name: &str, value: &'a str) -> &'a str {
    let name = name.to_ascii_lowercase();
    let hidden = ["authorization", "cookie", "token", "secret", "signature", "credential"];
    // `x-oss-err` holds the error document, which holds the string to sign.
    if name == "x-oss-err" || hidden.iter().any(|part| name.contains(part)) { "***" } else { value }
}

fn body(bytes: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(bytes) else { return size(bytes) };
    if text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        return size(bytes);
    }
    let shown = without_secrets(&text[..text.floor_char_boundary(LOOK)]);
    match shown.char_indices().nth(CUT) {
        Some((end, _)) => format!("{}… ({})", &shown[..end], size(bytes)),
        None => shown,
    }
}

/// The text with `***` in place of each value that has a secret's name.
pub(super) fn without_secrets(text: &str) -> String {
    // Same length, so that places in one are places in the other.
    let lower = text.to_ascii_lowercase();
    let mut shown = String::with_capacity(text.len());
    let mut done = 0;
    while let Some((start, end)) = next_secret(&lower, done) {
        shown.push_str(&text[done..start]);
        shown.push_str("***");
        done = end;
    }
    shown.push_str(&text[done..]);
    shown
}

/// The place of the next secret value at or after `from`.
fn next_secret(lower: &str, from: usize) -> Option<(usize, usize)> {
    let rest = &lower[from..];
    let named = SECRET_NAMES.iter().filter_map(|name| {
        rest.match_indices(name).find_map(|(i, _)| {
            // Behind a slash it closes an element: its value stands before it.
            let whole = !rest[..i].ends_with(|c: char| c.is_ascii_alphanumeric() || "-_/".contains(c));
            value_after(rest, i + name.len()).filter(|(start, end)| whole && start < end)
        })
    });
    let servers = rest.find(SERVERS_STRING).map(|i| {
        let start = i + SERVERS_STRING.len();
        (start, end_of_value(rest, start, &['"', '<']))
    });
    let first = named.chain(servers.filter(|(start, end)| start < end)).min()?;
    Some((from + first.0, from + first.1))
}

/// The value that follows a name: `=v&`, `>v<`, `":"v"`.
fn value_after(text: &str, name_end: usize) -> Option<(usize, usize)> {
    let rest = &text[name_end..];
    let start = name_end + 1;
    if rest.starts_with('=') {
        return Some((start, end_of_value(text, start, &['&', '<', '"', ' ', '\n'])));
    }
    if rest.starts_with('>') {
        return Some((start, end_of_value(text, start, &['<'])));
    }
    let quoted = rest.strip_prefix('"')?.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    let start = text.len() - quoted.len();
    Some((start, end_of_value(text, start, &['"'])))
}

fn end_of_value(text: &str, start: usize, ends: &[char]) -> usize {
    text[start..].find(ends).map_or(text.len(), |length| start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_in_each_form_and_the_rest_stays() {
        for (text, shown) in [
            (
                "https://h/?Action=A&Signature=a%3D&SignatureMethod=M&SecurityToken=t&x=1",
                "https://h/?Action=A&Signature=***&SignatureMethod=M&SecurityToken=***&x=1",
            ),
            (
                r#"{"AccessKeySecret" : "s", "Code":"OK","SecurityToken":"a\u002b"}"#,
                r#"{"AccessKeySecret" : "***", "Code":"OK","SecurityToken":"***"}"#,
            ),
            (
                "<StringToSign>GET\n\na&b c</StringToSign>\n<StringToSignBytes>47 45</StringToSignBytes><EC>1</EC>",
                "<StringToSign>***</StringToSign>\n<StringToSignBytes>***</StringToSignBytes><EC>1</EC>",
            ),
            (
                r#"{"Message":"server string to sign is:POST&%2F&SecurityToken%3Dt","Code":"S"}"#,
                r#"{"Message":"server string to sign is:***","Code":"S"}"#,
            ),
            ("RoleArn=a&OIDCToken=e.y.j", "RoleArn=a&OIDCToken=***"),
            ("https://h/k?x-oss-signature=s&x-oss-date=d", "https://h/k?x-oss-signature=***&x-oss-date=d"),
            (
                "<NextContinuationToken>n</NextContinuationToken>",
                "<NextContinuationToken>n</NextContinuationToken>",
            ),
        ] {
            assert_eq!(without_secrets(text), shown);
        }
    }

    #[test]
    fn headers_that_sign_are_hidden() {
        assert_eq!(header("Authorization", "OSS4-HMAC"), "***");
        assert_eq!(header("x-oss-security-token", "t"), "***");
        assert_eq!(header("x-oss-request-id", "r"), "r");
    }

    #[test]
    fn a_body_is_text_of_bounded_length_or_a_size() {
        assert_eq!(body(&[0, 1, 2]), "3 bytes");
        assert_eq!(body(b"\xff"), "1 bytes");
        let long = "文".repeat(CUT + 1);
        assert_eq!(body(long.as_bytes()).chars().filter(|c| *c == '文').count(), CUT);
    }
}

//! Percent-encoding (RFC 3986), hexadecimal digits and the two HMACs.

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

const UNRESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const UNRESERVED_AND_SLASH: AsciiSet = UNRESERVED.remove(b'/');

/// Encodes all but `A-Z a-z 0-9 - _ . ~`, in upper-case hexadecimal.
pub fn component(text: &str) -> String {
    utf8_percent_encode(text, &UNRESERVED).to_string()
}

/// The same, but keeps `/`.
pub fn path(text: &str) -> String {
    utf8_percent_encode(text, &UNRESERVED_AND_SLASH).to_string()
}

/// Undoes percent-encoding; `+` stays `+`. None if the result is not UTF-8.
pub fn decode(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// `k=v&…` in the order given; a pair with an empty value keeps its `=`.
pub fn query(pairs: &[(String, String)]) -> String {
    let encoded: Vec<String> =
        pairs.iter().map(|(k, v)| format!("{}={}", component(k), component(v))).collect();
    encoded.join("&")
}

/// HMAC-SHA1.
pub fn hmac_sha1(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}

/// HMAC-SHA256.
pub fn hmac_sha256(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_as_rfc_3986_and_back() {
        let text = "dir a/b+c*d~e/文件 (1)!'%.tar.gz";
        assert_eq!(component("a b+c*~é/"), "a%20b%2Bc%2A~%C3%A9%2F");
        assert_eq!(path("a b/é"), "a%20b/%C3%A9");
        assert_eq!(decode(&component(text)).as_deref(), Some(text));
    }
}

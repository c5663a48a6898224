//! The rules for the names of buckets and objects.

use super::error::OssError;
use super::refusals::{INVALID_BUCKET_NAME, INVALID_OBJECT_NAME};

/// Refuses a bucket name that breaks the rules ("OSS document Bucket naming conventions").
pub(super) fn check_bucket(name: &str) -> Result<(), OssError> {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = name.as_bytes();
    let shaped = bytes.iter().all(|b| inner(*b) || *b == b'-');
    let ends = bytes.first().is_some_and(|b| inner(*b)) && bytes.last().is_some_and(|b| inner(*b));
    if (3..=63).contains(&name.len()) && shaped && ends {
        return Ok(());
    }
    Err(INVALID_BUCKET_NAME.with("BucketName", name))
}

/// Whether a name of a bucket can begin so.
pub(super) fn may_begin_a_bucket(prefix: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    prefix.len() <= 63 && prefix.bytes().all(inner) && !prefix.starts_with('-')
}

/// Refuses an object name that breaks the rules ("OSS document Object naming conventions").
pub(super) fn check_key(key: &str) -> Result<(), OssError> {
    // A key that was no UTF-8 came in with replacement characters.
    let valid = (1..=1023).contains(&key.len()) && !key.starts_with(['/', '\\']) && !key.contains('\u{fffd}');
    if valid {
        return Ok(());
    }
    Err(INVALID_OBJECT_NAME.with("ObjectName", key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_names_are_3_to_63_lower_case_letters_digits_and_inner_hyphens() {
        for name in ["abc", "a-1", &"x".repeat(63)] {
            assert_eq!(check_bucket(name), Ok(()), "{name}");
        }
        for name in ["ab", "-ab", "ab-", "Abc", "a_b", "a.b", "目录桶", &"x".repeat(64)] {
            assert_eq!(check_bucket(name).unwrap_err().kind.code, "InvalidBucketName", "{name}");
        }
    }

    #[test]
    fn a_prefix_is_the_beginning_of_a_name() {
        for prefix in ["", "a", "ab-", &"x".repeat(63)] {
            assert!(may_begin_a_bucket(prefix), "{prefix}");
        }
        for prefix in ["-", "A", "a.b", "a_", &"x".repeat(64)] {
            assert!(!may_begin_a_bucket(prefix), "{prefix}");
        }
    }

    #[test]
    fn keys_are_1_to_1023_bytes_and_begin_with_no_slash() {
        for key in ["a", "a//b/./c", "..", "目录 +%&?#", "\u{1}", &"x".repeat(1023)] {
            assert_eq!(check_key(key), Ok(()), "{key}");
        }
        for key in ["", "/a", "\\a", "\u{fffd}", &"é".repeat(512)] {
            assert_eq!(check_key(key).unwrap_err().kind.code, "InvalidObjectName", "{key}");
        }
    }
}

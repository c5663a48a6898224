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
    fn keys_are_1_to_1023_bytes_and_begin_with_no_slash() {
        for key in ["a", "a//b/./c", "..", "目录 +%&?#", "\u{1}", &"x".repeat(1023)] {
            assert_eq!(check_key(key), Ok(()), "{key}");
        }
        for key in ["", "/a", "\\a", "\u{fffd}", &"é".repeat(512)] {
            assert_eq!(check_key(key).unwrap_err().kind.code, "InvalidObjectName", "{key}");
        }
    }
}

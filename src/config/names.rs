//! Names that become part of a host's name or of a request, and what they may be.

use std::fmt;

use super::{ConfigError, Origin, Sourced};

/// What a name names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// Where things are: `cn-hangzhou`.
    Region,
    /// A bucket of OSS.
    Bucket,
    /// An instance: `i-bp1…`.
    InstanceId,
}

impl Name {
    /// Whether it may be one. What passes holds nothing that ends a host's label or starts another part of a URL.
    pub fn accepts(self, text: &str) -> bool {
        let label = |word: &str| !word.is_empty() && word.bytes().all(is_lower_or_digit);
        match self {
            Self::Region => {
                let mut words = text.split('-');
                let first = words.next().unwrap_or_default();
                let letters = !first.is_empty() && first.bytes().all(|b| b.is_ascii_lowercase());
                letters && text.len() <= 48 && text.contains('-') && words.all(label)
            }
            Self::Bucket => {
                let shaped = text.bytes().all(|b| is_lower_or_digit(b) || b == b'-');
                (3..=63).contains(&text.len()) && shaped && !text.starts_with('-') && !text.ends_with('-')
            }
            Self::InstanceId => text.len() <= 64 && text.strip_prefix("i-").is_some_and(label),
        }
    }

    /// The name, if it may be one; else an error with its source.
    ///
    /// # Errors
    /// When it may not be one.
    pub fn check(self, value: &Sourced<String>) -> Result<(), ConfigError> {
        self.check_from(&value.value, &value.source)
    }

    /// The same for a name and its source apart.
    ///
    /// # Errors
    /// When it may not be one.
    pub fn check_from(self, text: &str, source: &Origin) -> Result<(), ConfigError> {
        if self.accepts(text) {
            return Ok(());
        }
        Err(ConfigError::Name { name: self, text: text.to_owned(), origin: source.clone() })
    }

    /// What it may be, as a sentence goes on after `must be`.
    pub fn rule(self) -> &'static str {
        match self {
            Self::Region => "lower-case letters and then words after hyphens, such as cn-hangzhou",
            Self::Bucket => "3 to 63 lower-case letters, digits and hyphens, with no hyphen at either end",
            Self::InstanceId => "i- and lower-case letters and digits, such as i-bp15n6gzuzcc",
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Region => "region",
            Self::Bucket => "bucket",
            Self::InstanceId => "instance id",
        })
    }
}

fn is_lower_or_digit(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit()
}

/// Regions to offer for a typo. One that is missing here works all the same.
const REGIONS: [&str; 37] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "cn-beijing",
    "cn-beijing-finance-1",
    "cn-chengdu",
    "cn-fuzhou",
    "cn-guangzhou",
    "cn-hangzhou",
    "cn-hangzhou-finance",
    "cn-heyuan",
    "cn-hongkong",
    "cn-huhehaote",
    "cn-nanjing",
    "cn-north-2-gov-1",
    "cn-qingdao",
    "cn-shanghai",
    "cn-shanghai-finance-1",
    "cn-shenzhen",
    "cn-shenzhen-finance-1",
    "cn-wuhan-lr",
    "cn-wulanchabu",
    "cn-zhangjiakou",
    "cn-zhongwei",
    "eu-central-1",
    "eu-west-1",
    "me-central-1",
    "me-east-1",
    "na-south-1",
    "us-east-1",
    "us-west-1",
];

/// The region that was meant, if this is none that is known and near one that is: a typo, a zone (`cn-hangzhou-b`), a
/// host's first label (`oss-cn-hangzhou`).
pub fn meant_region(text: &str) -> Option<&'static str> {
    let text = text.trim().to_ascii_lowercase();
    let text = text.strip_prefix("oss-").unwrap_or(&text);
    if text.len() > 48 {
        return None;
    }
    let near = REGIONS.iter().map(|region| (strsim::damerau_levenshtein(text, region), *region)).min()?;
    // Regions of one area differ in a digit only: that is no typo.
    let words = |text: &str| text.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    let sibling = near.0 > 0 && words(text) == words(near.1);
    (near.0 <= 2 && !sibling).then_some(near.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_lead_elsewhere_is_no_name() {
        let bad = [
            "",
            "x@localhost:18443/",
            "x.evil.test/",
            "cn",
            "cn-",
            "-cn-a",
            "Cn-a",
            "cn-a.b",
            "cn-ä",
            "c1-a",
        ];
        for text in bad {
            assert!(!Name::Region.accepts(text), "{text}");
        }
        for text in ["localhost:18443", "ab", "-abc", "abc-", "a.bc", "a_bc", "Abc", "a/b", &"x".repeat(64)] {
            assert!(!Name::Bucket.accepts(text), "{text}");
        }
        for text in ["i-", "I-a", "i-A", "i-a/b", "i-a&b=c", "x", "i-a-b"] {
            assert!(!Name::InstanceId.accepts(text), "{text}");
        }
        assert!(REGIONS.iter().all(|region| Name::Region.accepts(region)) && REGIONS.is_sorted());
        assert!(Name::Bucket.accepts("faascmd-sandbox") && Name::InstanceId.accepts("i-bp15n6gzuzcc"));
    }

    #[test]
    fn a_typo_leads_to_the_region_that_was_meant() {
        for text in ["cn-hangzou", "cn-hangzhou-b", "CN-Hangzhou", "oss-cn-hangzhou", "cn_hangzhou"] {
            assert_eq!(meant_region(text), Some("cn-hangzhou"), "{text}");
        }
        for text in ["ap-southeast-8", "xy-nowhere-1", ""] {
            assert_eq!(meant_region(text), None, "{text}");
        }
    }
}

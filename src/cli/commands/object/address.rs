//! Where an object is: a key of the bucket in force, or `oss://BUCKET/KEY`.

use std::convert::Infallible;
use std::str::FromStr;

use crate::cli::args::EndpointArgs;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::exit::Exit;
use crate::oss::Oss;

/// A key, or what keys begin with, and its bucket where that is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Address {
    pub(in crate::cli) bucket: Option<String>,
    pub(in crate::cli) key: String,
}

impl FromStr for Address {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let Some(rest) = text.strip_prefix("oss://") else {
            return Ok(Self { bucket: None, key: text.to_owned() });
        };
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        Ok(Self { bucket: Some(bucket.to_owned()), key: key.to_owned() })
    }
}

impl Address {
    /// The address, which must name an object.
    pub(in crate::cli) fn of_object(&self) -> Result<&Self, Failure> {
        match &self.bucket {
            Some(bucket) if self.key.is_empty() => {
                Err(Failure::new(Exit::Usage, format!("oss://{bucket} names a bucket and no object"))
                    .hint(format!("faascmd object ls oss://{bucket}/")))
            }
            _ => Ok(self),
        }
    }

    /// The bucket that it is in.
    pub(in crate::cli) async fn oss(&self, cx: &Context, endpoint: EndpointArgs) -> Result<Oss, Failure> {
        match &self.bucket {
            Some(bucket) => cx.oss_of(bucket, endpoint).await,
            None => cx.oss_by(endpoint).await,
        }
    }
}

/// The one bucket of several addresses: a command works in one.
pub(in crate::cli) async fn one_bucket(
    addresses: &[Address],
    cx: &Context,
    endpoint: EndpointArgs,
) -> Result<Oss, Failure> {
    let [first, others @ ..] = addresses else { return cx.oss_by(endpoint).await };
    let in_force = || cx.bucket().ok();
    let bucket = |address: &Address| address.bucket.clone().or_else(|| in_force().map(str::to_owned));
    if let Some(other) = others.iter().find(|other| bucket(other) != bucket(first)) {
        let message = format!(
            "the keys are in several buckets: {} and {}",
            bucket(first).unwrap_or_default(),
            bucket(other).unwrap_or_default()
        );
        return Err(Failure::new(Exit::Usage, message).hint("run the command once for each bucket"));
    }
    first.oss(cx, endpoint).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_of_ours_names_its_bucket_and_anything_else_is_a_key() {
        let read = |text: &str| {
            let Ok(Address { bucket, key }) = text.parse();
            (bucket, key)
        };
        assert_eq!(read("a/b"), (None, "a/b".into()));
        assert_eq!(read("oss:/a"), (None, "oss:/a".into()));
        assert_eq!(read("oss://bucket/a//b"), (Some("bucket".into()), "a//b".into()));
        assert_eq!(read("oss://bucket"), (Some("bucket".into()), String::new()));
    }
}

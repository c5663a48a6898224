//! A range of an object that is small enough to be held whole.

use crate::cloud::{self, Retry};
use crate::ops::Result;
use crate::oss::{Oss, Range};

/// The bytes of the range; with `etag`, only of the object that has it.
pub(in crate::ops) async fn bytes_of(
    oss: &Oss,
    key: &str,
    range: Range,
    etag: Option<&str>,
) -> Result<Vec<u8>> {
    let read = async || {
        let mut answer = oss.get_once(key, Some(range), etag).await?;
        let mut bytes = Vec::new();
        while let Some(slice) = answer.chunk().await? {
            bytes.extend_from_slice(&slice);
        }
        Ok::<_, cloud::Error>(bytes)
    };
    Ok(oss.cloud().with_retries(Retry::IDEMPOTENT, read).await?)
}

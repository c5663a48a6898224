//! What a bucket says of itself.

use jiff::Timestamp;

use super::{Oss, wire};
use crate::cloud::Result;

/// `GetBucketInfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketInfo {
    /// Its region, such as `cn-hangzhou`.
    pub region: String,
    /// The account that it belongs to.
    pub owner_id: Option<String>,
    /// Its public host.
    pub public_endpoint: Option<String>,
    /// Its host within the region.
    pub internal_endpoint: Option<String>,
    /// The storage class of what is put into it.
    pub storage_class: Option<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
}

impl Oss {
    /// What the bucket says of itself.
    ///
    /// # Errors
    /// When the call fails; it takes `oss:GetBucketInfo`.
    pub async fn bucket_info(&self) -> Result<BucketInfo> {
        let make = || self.call("GetBucketInfo", "GET").query("bucketInfo", "");
        let wire::BucketInfo { bucket } = self.document(make).await?;
        Ok(BucketInfo {
            region: region_of(&bucket.location),
            owner_id: bucket.owner.map(|owner| owner.id),
            public_endpoint: bucket.extranet_endpoint,
            internal_endpoint: bucket.intranet_endpoint,
            storage_class: bucket.storage_class,
            created: bucket.creation_date.and_then(|time| time.parse().ok()),
        })
    }
}

/// `oss-cn-hangzhou` is how the service spells the region `cn-hangzhou`.
fn region_of(location: &str) -> String {
    location.strip_prefix("oss-").unwrap_or(location).to_owned()
}

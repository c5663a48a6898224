//! Whether the caller may do that, there.

use super::call::Call;
use super::error::OssError;
use super::names::{check_bucket, check_key};
use super::operation::Operation;
use super::refusals;
use crate::sandbox::identity::{ACCOUNT, FixedCaller, REGION, oss_arn};
use crate::sandbox::keys::Caller;

/// What the caller [`FixedCaller::Uploader`] may do.
const UPLOADER_PERMISSIONS: [&str; 2] = ["oss:PutObject", "oss:GetObject"];

/// Names, existence, endpoint, owner and permission, in this order.
pub(super) fn check(call: &Call<'_>, caller: &Caller) -> Result<(), OssError> {
    if call.target.by_path_of_endpoint {
        return Err(refusals::SECOND_LEVEL_DOMAIN.into());
    }
    if let Some(bucket) = &call.target.bucket {
        check_bucket(bucket)?;
        check_bucket_is_here(call, bucket)?;
    }
    if let Some(key) = &call.target.key {
        check_key(key)?;
    }
    check_permission(call, caller)
}

fn check_bucket_is_here(call: &Call<'_>, name: &str) -> Result<(), OssError> {
    let Some(bucket) = call.world.store.bucket(name) else {
        let makes_it = call.operation == Operation::PutBucket;
        return if makes_it { Ok(()) } else { Err(refusals::NO_SUCH_BUCKET.with("BucketName", name)) };
    };
    if bucket.owner != ACCOUNT {
        return Err(refusals::FOREIGN_BUCKET.into());
    }
    if bucket.region != REGION && call.operation != Operation::GetBucketLocation {
        let endpoint = format!("oss-{}.aliyuncs.com", bucket.region);
        return Err(refusals::BUCKET_ELSEWHERE.with("Bucket", name).with("Endpoint", endpoint));
    }
    Ok(())
}

fn check_permission(call: &Call<'_>, caller: &Caller) -> Result<(), OssError> {
    let permission = call.operation.permission();
    let may = match caller {
        Caller::Fixed(FixedCaller::Uploader) => UPLOADER_PERMISSIONS.contains(&permission),
        Caller::Fixed(_) => true,
        Caller::AssumedRole { role, .. } => {
            let named = [call.target.bucket.as_deref(), call.target.key.as_deref()];
            let path = named.into_iter().flatten().collect::<Vec<_>>().join("/");
            call.world.rpc().role_allows(role, permission, &oss_arn(&path))
        }
    };
    if may { Ok(()) } else { Err(refusals::NOT_ALLOWED.into()) }
}

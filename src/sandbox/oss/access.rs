//! Whether the caller may do that, there.

use super::call::Call;
use super::error::OssError;
use super::names::{check_bucket, check_key};
use super::operation::Operation;
use crate::sandbox::identity::{ACCOUNT, FixedCaller, REGION, oss_arn};
use crate::sandbox::keys::Caller;

/// What the caller [`FixedCaller::Uploader`] may do.
const UPLOADER_PERMISSIONS: [&str; 2] = ["oss:PutObject", "oss:GetObject"];

/// Names, existence, endpoint, owner and permission, in this order.
pub(super) fn check(call: &Call<'_>, caller: &Caller) -> Result<(), OssError> {
    if call.target.by_path_of_endpoint {
        let message =
            "The bucket you are attempting to access must be addressed using OSS third level domain.";
        return Err(OssError::new((403, "SecondLevelDomainForbidden", ""), message));
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
        return if makes_it { Ok(()) } else { Err(no_such_bucket(name)) };
    };
    if bucket.owner != ACCOUNT {
        let message = "The bucket you access does not belong to you.";
        return Err(OssError::new((403, "AccessDenied", "0003-00000001"), message));
    }
    if bucket.region != REGION && call.operation != Operation::GetBucketLocation {
        let message = "The bucket you are attempting to access must be addressed using the specified endpoint. \
                       Please send all future requests to this endpoint.";
        let error = OssError::new((403, "AccessDenied", "0003-00001403"), message);
        return Err(error
            .with("Bucket", name)
            .with("Endpoint", format!("oss-{}.aliyuncs.com", bucket.region)));
    }
    Ok(())
}

fn no_such_bucket(name: &str) -> OssError {
    let error = OssError::new((404, "NoSuchBucket", "0015-00000101"), "The specified bucket does not exist.");
    error.with("BucketName", name)
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
    if may {
        return Ok(());
    }
    let message = "You have no right to access this object because of bucket acl.";
    Err(OssError::new((403, "AccessDenied", "0003-00000001"), message))
}

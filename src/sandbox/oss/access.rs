//! Whether the caller may do that, there.

use super::call::Call;
use super::copy::source;
use super::error::OssError;
use super::names::{check_bucket, check_key};
use super::operation::Operation;
use super::refusals;
use crate::sandbox::identity::{ACCOUNT, FixedCaller, REGION, oss_arn};
use crate::sandbox::keys::Caller;
use crate::sandbox::rpc;

/// What the caller [`FixedCaller::Uploader`] may do.
const UPLOADER_PERMISSIONS: [&str; 2] = ["oss:PutObject", "oss:GetObject"];

/// That there is such a bucket; asked before anything about the caller, as the vendors' own tests expect.
pub(super) fn check_bucket_exists(call: &Call<'_>) -> Result<(), OssError> {
    if call.target.by_path_of_endpoint {
        return Err(refusals::SECOND_LEVEL_DOMAIN.into());
    }
    let Some(name) = &call.target.bucket else { return Ok(()) };
    check_bucket(name)?;
    if call.cloud.store.bucket(name).is_none() && !makes_a_bucket(call) {
        return Err(refusals::NO_SUCH_BUCKET.with("BucketName", name));
    }
    Ok(())
}

/// A bucket that is not there may be made, by its ACL as well.
fn makes_a_bucket(call: &Call<'_>) -> bool {
    let by_acl = call.request.method == "PUT" && call.request.parameter("acl").is_some();
    call.target.key.is_none() && (by_acl || call.operation == Operation::PutBucket)
}

/// Owner, endpoint, the object's name and permission, in this order; of the source of a copy as well. The objects that a
/// body names are looked at when it was read.
pub(super) fn check(call: &Call<'_>, caller: &Caller) -> Result<(), OssError> {
    if let Some(bucket) = &call.target.bucket {
        check_bucket_is_here(call, bucket)?;
    }
    if let Some(key) = &call.target.key {
        check_key(key)?;
    }
    if matches!(call.operation, Operation::NotImplemented | Operation::DeleteMultipleObjects) {
        return Ok(());
    }
    let named = [call.target.bucket.as_deref(), call.target.key.as_deref()];
    let path = named.into_iter().flatten().collect::<Vec<_>>().join("/");
    check_permission(call, caller, (call.operation.permission(), &path))?;
    if matches!(call.operation, Operation::CopyObject | Operation::UploadPartCopy) {
        let (bucket, key) = source(call)?;
        check_bucket_is_here(call, &bucket)?;
        check_permission(call, caller, (Operation::GetObject.permission(), &format!("{bucket}/{key}")))?;
    }
    Ok(())
}

fn check_bucket_is_here(call: &Call<'_>, name: &str) -> Result<(), OssError> {
    let Some(bucket) = call.cloud.store.bucket(name) else {
        return if makes_a_bucket(call) {
            Ok(())
        } else {
            Err(refusals::NO_SUCH_BUCKET.with("BucketName", name))
        };
    };
    let puts = call.operation == Operation::PutBucket;
    if bucket.owner != ACCOUNT {
        return Err(if puts { refusals::BUCKET_TAKEN } else { refusals::FOREIGN_BUCKET }.into());
    }
    if puts && bucket.region != REGION {
        return Err(refusals::BUCKET_LOCATED.into());
    }
    if bucket.region != REGION && call.operation != Operation::GetBucketLocation {
        let endpoint = format!("oss-{}.aliyuncs.com", bucket.region);
        return Err(refusals::BUCKET_ELSEWHERE.with("Bucket", name).with("Endpoint", endpoint));
    }
    Ok(())
}

/// Whether the caller may do the action with the bucket or `bucket/key`.
pub(super) fn check_permission(
    call: &Call<'_>,
    caller: &Caller,
    wanted: (&str, &str),
) -> Result<(), OssError> {
    let (permission, path) = wanted;
    let may = match caller {
        Caller::Fixed(FixedCaller::Uploader) => UPLOADER_PERMISSIONS.contains(&permission),
        Caller::Fixed(FixedCaller::User) => call.cloud.rpc().user_allows(permission, &oss_arn(path)),
        Caller::Fixed(_) => true,
        Caller::AssumedRole(session) if !rpc::is_left(session, permission, &oss_arn(path)) => {
            return Err(refusals::NOT_LEFT.into());
        }
        Caller::AssumedRole(session) => {
            call.cloud.rpc().role_allows(&session.role, permission, &oss_arn(path))
        }
    };
    if may { Ok(()) } else { Err(refusals::NOT_ALLOWED.into()) }
}

//! Buckets: list, make, remove, tell.

use super::call::{Answer, Call};
use super::refusals;
use super::xml::Xml;
use crate::sandbox::http::Response;
use crate::sandbox::identity::{ACCOUNT, REGION};
use crate::sandbox::store::BucketInfo;
use crate::sandbox::time::iso;

/// A document with status 200.
pub(super) fn document(xml: Xml) -> Response {
    Response::new(200).with_body("application/xml", xml.finish())
}

/// `<Owner>` of everything here.
pub(super) fn owner(xml: Xml) -> Xml {
    xml.open("Owner").leaf("ID", ACCOUNT).leaf("DisplayName", ACCOUNT).close()
}

/// `ListBuckets`: those of the account, in every region.
pub(super) fn list(call: &Call<'_>) -> Answer {
    let mut xml = owner(Xml::new("ListAllMyBucketsResult")).open("Buckets");
    let prefix = call.request.parameter("prefix").unwrap_or_default();
    for (name, bucket) in call.world.store.buckets_of(ACCOUNT) {
        if name.starts_with(prefix) {
            xml = described(xml.open("Bucket"), &name, &bucket).close();
        }
    }
    Ok(document(xml))
}

fn described(xml: Xml, name: &str, bucket: &BucketInfo) -> Xml {
    let region = &bucket.region;
    xml.leaf("CreationDate", iso(bucket.created))
        .leaf("ExtranetEndpoint", format!("oss-{region}.aliyuncs.com"))
        .leaf("IntranetEndpoint", format!("oss-{region}-internal.aliyuncs.com"))
        .leaf("Location", format!("oss-{region}"))
        .leaf("Name", name)
        .leaf("Region", region)
        .leaf("StorageClass", "Standard")
}

/// The bucket of the call; `access` has seen that it exists.
fn info_of(call: &Call<'_>) -> BucketInfo {
    let absent = || BucketInfo { owner: ACCOUNT.into(), region: REGION.into(), created: call.now };
    call.world.store.bucket(call.bucket()).unwrap_or_else(absent)
}

/// `GetBucketInfo`.
pub(super) fn info(call: &Call<'_>) -> Answer {
    let bucket = info_of(call);
    let xml = described(Xml::new("BucketInfo").open("Bucket"), call.bucket(), &bucket);
    let xml = owner(xml).open("AccessControlList").leaf("Grant", "private").close();
    Ok(document(xml))
}

/// `GetBucketLocation`.
pub(super) fn location(call: &Call<'_>) -> Answer {
    let text = format!("oss-{}", info_of(call).region);
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint>{text}</LocationConstraint>\n"
    );
    Ok(Response::new(200).with_body("application/xml", xml))
}

/// `GetBucketAcl` and `GetObjectAcl`: all is private here.
pub(super) fn acl(call: &Call<'_>) -> Answer {
    if call.target.key.is_some() && call.world.store.head(call.bucket(), call.key()).is_none() {
        return Err(super::error::no_such_key(call.key()).into());
    }
    let grant = if call.target.key.is_some() { "default" } else { "private" };
    let xml = owner(Xml::new("AccessControlPolicy")).open("AccessControlList").leaf("Grant", grant).close();
    Ok(document(xml))
}

/// `PutBucket`: a bucket of one's own may be put again.
pub(super) fn put(call: &Call<'_>) -> Answer {
    call.world.store.create_bucket(call.bucket(), call.now);
    Ok(Response::new(200).with_header("location", format!("/{}", call.bucket())))
}

/// `DeleteBucket`: only an empty one.
pub(super) fn delete(call: &Call<'_>) -> Answer {
    if call.world.store.remove_bucket(call.bucket()) {
        return Ok(Response::new(204));
    }
    Err(refusals::BUCKET_NOT_EMPTY.with("BucketName", call.bucket()).into())
}

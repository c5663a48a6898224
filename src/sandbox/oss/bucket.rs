//! Buckets: list, make, remove, tell.

use serde::Deserialize;

use super::call::{Answer, Call};
use super::error::OssError;
use super::names::may_begin_a_bucket;
use super::refusals;
use super::xml::Xml;
use crate::sandbox::exchange::Intake;
use crate::sandbox::http::Response;
use crate::sandbox::identity::{ACCOUNT, REGION};
use crate::sandbox::store::{BucketInfo, Class, ClassStat};
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
    let parameter = |name: &str| call.request.parameter(name).unwrap_or_default();
    let (prefix, marker, max) = (parameter("prefix"), parameter("marker"), call.count("max-keys", 1, 100)?);
    if !may_begin_a_bucket(prefix) {
        let named = refusals::BUCKET_PREFIX_INVALID.with("ArgumentName", "prefix");
        return Err(named.with("ArgumentValue", prefix).into());
    }
    let mut buckets = call.cloud.store.buckets_of(ACCOUNT);
    buckets.retain(|(name, _)| name.starts_with(prefix) && name.as_str() > marker);
    let more = buckets.len() > max;
    buckets.truncate(max);
    let mut xml = Xml::new("ListAllMyBucketsResult")
        .leaf("Prefix", prefix)
        .leaf("Marker", marker)
        .leaf("MaxKeys", max.to_string())
        .leaf("IsTruncated", more.to_string());
    if let Some((last, _)) = buckets.last().filter(|_| more) {
        xml = xml.leaf("NextMarker", last);
    }
    xml = owner(xml).open("Buckets");
    for (name, bucket) in &buckets {
        xml = described(xml.open("Bucket"), name, bucket).close();
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
        .leaf("StorageClass", bucket.class.word())
}

/// The bucket of the call; `access` has seen that it exists.
fn info_of(call: &Call<'_>) -> BucketInfo {
    let absent = || BucketInfo::new(ACCOUNT, REGION, call.now);
    call.cloud.store.bucket(call.bucket()).unwrap_or_else(absent)
}

/// `GetBucketInfo`.
pub(super) fn info(call: &Call<'_>) -> Answer {
    let bucket = info_of(call);
    let xml = described(Xml::new("BucketInfo").open("Bucket"), call.bucket(), &bucket);
    let xml = ["AccessMonitor", "CrossRegionReplication", "TransferAcceleration"]
        .into_iter()
        .fold(xml, |xml, feature| xml.leaf(feature, "Disabled"))
        .leaf("BlockPublicAccess", "true")
        .leaf("DataRedundancyType", bucket.redundancy)
        .leaf("ResourceGroupId", "rg-faascmdsandbox");
    let xml = owner(xml).open("AccessControlList").leaf("Grant", "private").close();
    Ok(document(xml.open("ServerSideEncryptionRule").leaf("SSEAlgorithm", "None").close()))
}

/// `HEAD` of a bucket: whether it is there.
pub(super) fn head(call: &Call<'_>) -> Answer {
    Ok(Response::new(200).with_header("x-oss-bucket-region", info_of(call).region))
}

/// How the elements of GetBucketStat begin, in the order of the classes.
const CLASSES: [&str; 5] = ["Standard", "InfrequentAccess", "Archive", "ColdArchive", "DeepColdArchive"];

/// `GetBucketStat`.
pub(super) fn stat(call: &Call<'_>) -> Answer {
    let stat = call.cloud.store.stat(call.bucket());
    let xml = Xml::new("BucketStat")
        .leaf("Storage", stat.bytes.to_string())
        .leaf("ObjectCount", stat.objects.to_string())
        .leaf("MultipartUploadCount", stat.uploads.to_string())
        .leaf("MultipartPartCount", stat.parts.to_string())
        .leaf("LiveChannelCount", "0")
        .leaf("LastModifiedTime", stat.modified.map_or(0, |time| time.as_second()).to_string())
        .leaf("DeleteMarkerCount", "0");
    let told = |xml: Xml, (class, of): (&str, &ClassStat)| {
        let xml = xml.leaf(&format!("{class}Storage"), of.paid.to_string());
        let is_paid_as_it_is = class == CLASSES[0];
        let xml = if is_paid_as_it_is {
            xml
        } else {
            xml.leaf(&format!("{class}RealStorage"), of.bytes.to_string())
        };
        xml.leaf(&format!("{class}ObjectCount"), of.objects.to_string())
    };
    Ok(document(CLASSES.into_iter().zip(&stat.classes).fold(xml, told)))
}

/// `GetBucketLocation`.
pub(super) fn location(call: &Call<'_>) -> Answer {
    let text = format!("oss-{}", info_of(call).region);
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint>{text}</LocationConstraint>\n"
    );
    Ok(Response::new(200).with_body("application/xml", xml))
}

/// `ListLiveChannel`: there are none, for none can be made. Clients ask before they delete a bucket.
pub(super) fn live_channels(call: &Call<'_>) -> Answer {
    let parameter = |name: &str| call.request.parameter(name).unwrap_or_default();
    let xml = Xml::new("ListLiveChannelResult")
        .leaf("Prefix", parameter("prefix"))
        .leaf("Marker", parameter("marker"))
        .leaf("MaxKeys", call.count("max-keys", 1, 100)?.to_string())
        .leaf("IsTruncated", "false")
        .leaf("NextMarker", "");
    Ok(document(xml))
}

/// `GetBucketAcl`: all is private here.
pub(super) fn acl(_: &Call<'_>) -> Answer {
    Ok(document(grant("private")))
}

/// The document about who may do what.
pub(super) fn grant(to: &str) -> Xml {
    owner(Xml::new("AccessControlPolicy")).open("AccessControlList").leaf("Grant", to).close()
}

/// What a `PutBucket` may say of the bucket.
#[derive(Debug, Default, Deserialize)]
struct CreateBucketConfiguration {
    #[serde(rename = "StorageClass")]
    class: Option<String>,
    #[serde(rename = "DataRedundancyType")]
    redundancy: Option<String>,
}

/// `PutBucket`: a bucket of one's own may be put again, and stays what it is.
pub(super) async fn put(call: &Call<'_>, intake: &mut Intake) -> Answer {
    let (class, redundancy) = configured(&call.document(intake).await?)?;
    let plain = BucketInfo::new(ACCOUNT, REGION, call.now);
    let wanted = BucketInfo {
        class: class.unwrap_or(plain.class),
        redundancy: redundancy.unwrap_or(plain.redundancy),
        ..plain
    };
    let is_there = call.cloud.store.create_bucket(call.bucket(), wanted);
    if class.is_some_and(|class| class != is_there.class) {
        return Err(refusals::BUCKET_OF_A_CLASS.with("BucketName", call.bucket()).into());
    }
    if redundancy.is_some_and(|redundancy| redundancy != is_there.redundancy) {
        return Err(refusals::BUCKET_REDUNDANT.with("BucketName", call.bucket()).into());
    }
    Ok(Response::new(200).with_header("location", format!("/{}", call.bucket())))
}

/// The class and the redundancy that the document of a `PutBucket` names; it may be absent.
fn configured(body: &str) -> Result<(Option<Class>, Option<&'static str>), OssError> {
    if body.trim().is_empty() {
        return Ok((None, None));
    }
    let malformed = || OssError::from(refusals::MALFORMED_XML);
    let said: CreateBucketConfiguration = quick_xml::de::from_str(body).map_err(|_| malformed())?;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let class = given(said.class).map(|word| Class::of_word(&word).ok_or_else(malformed));
    let kinds = ["LRS", "ZRS"];
    let redundancy =
        given(said.redundancy).map(|word| kinds.into_iter().find(|kind| *kind == word).ok_or_else(malformed));
    Ok((class.transpose()?, redundancy.transpose()?))
}

/// `DeleteBucket`: only an empty one.
pub(super) fn delete(call: &Call<'_>) -> Answer {
    if call.cloud.store.remove_bucket(call.bucket()) {
        return Ok(Response::new(204));
    }
    Err(refusals::BUCKET_NOT_EMPTY.with("BucketName", call.bucket()).into())
}

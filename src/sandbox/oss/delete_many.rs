//! `DeleteMultipleObjects`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest as _, Md5};
use serde::Deserialize;

use super::access::check_permission;
use super::bucket::document;
use super::call::{Answer, Call, shown};
use super::error::OssError;
use super::refusals;
use super::xml::Xml;
use crate::sandbox::exchange::Intake;
use crate::sandbox::http::Response;
use crate::sandbox::keys::Caller;

/// At most that many keys in one request.
const MAX_KEYS: usize = 1000;

#[derive(Debug, Deserialize)]
struct Delete {
    #[serde(rename = "Quiet", default)]
    quiet: bool,
    #[serde(rename = "Object", default)]
    objects: Vec<Named>,
}

#[derive(Debug, Deserialize)]
struct Named {
    #[serde(rename = "Key")]
    key: String,
    #[serde(rename = "VersionId")]
    version: Option<String>,
}

/// Deletes the keys of the body; those that are absent count as deleted.
pub(super) async fn delete(call: &Call<'_>, caller: &Caller, intake: &mut Intake) -> Answer {
    let encoded = call.encodes_names()?;
    let body = call.document(intake).await?;
    check_md5(call, &body)?;
    let wanted: Delete = quick_xml::de::from_str(&body).map_err(|_| refusals::MALFORMED_XML)?;
    if wanted.objects.is_empty() || wanted.objects.len() > MAX_KEYS {
        return Err(refusals::MALFORMED_XML.into());
    }
    let version =
        wanted.objects.iter().find_map(|object| object.version.as_deref().filter(|id| *id != "null"));
    if let Some(version) = version {
        let error =
            refusals::NOT_IMPLEMENTED.with("Operation", "DeleteObjectVersion").with("VersionId", version);
        return Err(error.saying("The sandbox does not have versions of objects.").into());
    }
    for object in &wanted.objects {
        let path = format!("{}/{}", call.bucket(), object.key);
        check_permission(call, caller, (call.operation.permission(), &path))?;
    }
    let mut xml = Xml::new("DeleteResult");
    if encoded {
        xml = xml.leaf("EncodingType", "url");
    }
    for object in &wanted.objects {
        call.cloud.store.remove(call.bucket(), &object.key);
        xml = xml.open("Deleted").leaf("Key", shown(&object.key, encoded)).close();
    }
    Ok(if wanted.quiet { Response::new(200) } else { document(xml) })
}

/// This operation takes no body without its MD5.
fn check_md5(call: &Call<'_>, body: &str) -> Result<(), OssError> {
    let Some(given) = call.request.header("content-md5") else {
        return Err(refusals::MISSING_ARGUMENT.with("ArgumentName", "Content-MD5"));
    };
    if given == BASE64.encode(Md5::digest(body.as_bytes())) {
        return Ok(());
    }
    Err(refusals::INVALID_DIGEST.into())
}

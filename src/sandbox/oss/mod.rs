//! Object storage: each request is authenticated, allowed or refused, and carried out.
//!
//! Built from the documents of the service; `docs/sandbox.md` says which.

mod access;
mod auth;
mod bucket;
mod call;
mod conditions;
mod copy;
mod delete_many;
mod download;
mod error;
mod listing;
mod multipart;
mod names;
mod object;
mod operation;
mod range;
mod refusals;
mod unbuilt;
mod uploads;
mod xml;

use std::time::Instant;

use call::{Answer, Call, Stopped};
use error::OssError;
use operation::Operation;

use super::cloud::Cloud;
use super::exchange::{Broken, Intake, lose};
use super::faults::Transient;
use super::http::{Request, Response};
use super::keys::Caller;
use super::log::Entry;
use super::route::Target;

/// Whether it has an operation of this name.
pub(super) fn knows_operation(name: &str) -> bool {
    Operation::ALL.iter().any(|operation| operation.name() == name)
}

/// Every refusal that object storage knows: HTTP status, code and exact cause (empty where there is none).
pub(super) fn refusals() -> impl Iterator<Item = (u16, &'static str, &'static str)> {
    refusals::ALL.iter().map(|refusal| (refusal.status, refusal.code, refusal.ec))
}

/// Answers one request.
pub(super) async fn answer(
    cloud: &Cloud,
    request: (&Request, &Target),
    intake: &mut Intake,
    entry: &mut Entry,
) -> Result<Response, Broken> {
    let started = Instant::now();
    let call = Call::new(cloud, request.0, request.1);
    let action = call.operation.name();
    entry.names("oss", action);
    let response = match carried_out(&call, intake, entry).await {
        Ok(response) => response,
        Err(Stopped::Refused(error)) => error.answer(call.request, &call.request_id),
        Err(Stopped::Broken(broken)) => return Err(broken),
    };
    let response = response
        .with_header("server", "AliyunOSS")
        .with_header("x-oss-request-id", &call.request_id)
        .with_header("x-oss-server-time", started.elapsed().as_millis().to_string());
    lose(cloud, action, response)
}

async fn carried_out(call: &Call<'_>, intake: &mut Intake, entry: &mut Entry) -> Answer {
    if let Some(error) = transient(call) {
        let limited = error.kind.code.ends_with("LimitExceeded");
        entry.struck(if limited { "throttle" } else { "server-error" });
        return Err(error.into());
    }
    access::check_bucket_exists(call)?;
    if call.operation == Operation::OptionObject {
        return Err(refusals::CORS_NOT_ENABLED.into());
    }
    if unbuilt::is_form_upload(call.request) {
        return Err(unbuilt::operation(call.request, call.target).into());
    }
    let caller = auth::authenticate(call)?;
    access::check(call, &caller)?;
    unbuilt::check_headers(call.request)?;
    let name = call.fault_name();
    if uploads(call.operation) && call.cloud.faults.corrupts(&name) {
        entry.struck("corrupt-body");
        intake.corrupt();
    }
    if uploads(call.operation) {
        intake.limit(call.traffic_limit()?);
    }
    let mut response = operate(call, &caller, intake).await?;
    if let Some(delay) = intake.delay() {
        response = response.with_header("x-oss-qos-delay-time", delay.as_millis().to_string());
    }
    if response.download.as_ref().is_some_and(|download| download.corrupts) {
        entry.struck("corrupt-body");
    }
    Ok(with_fault_in_crc(call, &name, response, entry))
}

fn uploads(operation: Operation) -> bool {
    matches!(operation, Operation::PutObject | Operation::UploadPart)
}

async fn operate(call: &Call<'_>, caller: &Caller, intake: &mut Intake) -> Answer {
    match call.operation {
        Operation::ListBuckets => bucket::list(call),
        Operation::PutBucket => bucket::put(call, intake).await,
        Operation::DeleteBucket => bucket::delete(call),
        Operation::HeadBucket => bucket::head(call),
        Operation::GetBucketInfo => bucket::info(call),
        Operation::GetBucketStat => bucket::stat(call),
        Operation::GetBucketLocation => bucket::location(call),
        Operation::GetBucketAcl => bucket::acl(call),
        Operation::GetObjectAcl => object::acl(call),
        Operation::ListLiveChannel => bucket::live_channels(call),
        Operation::ListObjects => listing::version_1(call),
        Operation::ListObjectsV2 => listing::version_2(call),
        Operation::ListObjectVersions => listing::versions(call),
        Operation::ListMultipartUploads => uploads::list(call),
        Operation::ListParts => uploads::list_parts(call),
        Operation::DeleteMultipleObjects => delete_many::delete(call, caller, intake).await,
        Operation::PutObject => object::put(call, intake).await,
        Operation::CopyObject => copy::object(call),
        Operation::DeleteObject => Ok(object::delete(call)),
        Operation::GetObject => download::get(call),
        Operation::HeadObject | Operation::GetObjectMeta => download::head(call),
        Operation::InitiateMultipartUpload => multipart::initiate(call),
        Operation::UploadPart => multipart::put_part(call, intake).await,
        Operation::UploadPartCopy => copy::part(call),
        Operation::CompleteMultipartUpload => multipart::complete(call, intake).await,
        Operation::AbortMultipartUpload => multipart::abort(call),
        Operation::OptionObject | Operation::NotImplemented => {
            Err(unbuilt::operation(call.request, call.target).into())
        }
    }
}

/// What the faults make of a request before it is looked at.
fn transient(call: &Call<'_>) -> Option<OssError> {
    Some(match call.cloud.faults.transient(&call.fault_name())? {
        Transient::Throttled => {
            let limit = match call.operation {
                Operation::PutObject | Operation::UploadPart => refusals::UPLOADS_LIMITED,
                Operation::GetObject => refusals::DOWNLOADS_LIMITED,
                _ => refusals::REQUESTS_LIMITED,
            };
            OssError::from(limit).with_header("x-oss-qos-delay-time", "50")
        }
        Transient::InternalError => refusals::INTERNAL_ERROR.into(),
        Transient::Unavailable => refusals::UNAVAILABLE.into(),
    })
}

/// `--fault wrong-crc`: the checksum in the answer to a body is not the content's.
fn with_fault_in_crc(call: &Call<'_>, name: &str, mut response: Response, entry: &mut Entry) -> Response {
    let carries_body = uploads(call.operation) || call.operation == Operation::GetObject;
    let checksum = response.headers.iter_mut().find(|(header, _)| header == "x-oss-hash-crc64ecma");
    if let Some((_, value)) = checksum.filter(|_| carries_body && call.cloud.faults.wrong_crc(name)) {
        let turned = value.parse::<u64>().unwrap_or_default() ^ 1;
        *value = turned.to_string();
        entry.struck("wrong-crc");
    }
    response
}

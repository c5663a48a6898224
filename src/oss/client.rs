//! One bucket, as this caller reaches it.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::wire;
use crate::cloud::{Cloud, Endpoint, NoEndpoint, OssAnswer, OssCall, PresignedUrl, Result, Retry, Service};

/// A bucket; clones share the connections.
#[derive(Clone, Debug)]
pub struct Oss {
    cloud: Cloud,
    bucket: String,
    endpoint: Option<Endpoint>,
}

impl Oss {
    /// The bucket at the endpoint that was given, else at the region's public one.
    pub fn new(cloud: Cloud, bucket: impl Into<String>) -> Self {
        Self { cloud, bucket: bucket.into(), endpoint: None }
    }

    /// The same bucket at another endpoint, such as the internal one.
    #[must_use]
    pub fn at(mut self, endpoint: Option<Endpoint>) -> Self {
        self.endpoint = endpoint;
        self
    }

    /// The services behind it.
    pub fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Where requests go.
    ///
    /// # Errors
    /// When that depends on the region and none is known.
    pub fn endpoint(&self) -> Result<Endpoint, NoEndpoint> {
        match &self.endpoint {
            Some(endpoint) => Ok(endpoint.clone()),
            None => self.cloud.locate(Service::Oss),
        }
    }

    /// A call about the bucket.
    pub(super) fn call(&self, operation: &'static str, method: &'static str) -> OssCall {
        OssCall::new(operation, method).bucket(&self.bucket).endpoint(self.endpoint.clone())
    }

    /// A URL that allows one thing with one object for so long; nothing is sent.
    ///
    /// # Errors
    /// When there is no credential or no region.
    pub async fn presigned(&self, method: &'static str, key: &str, valid: Duration) -> Result<PresignedUrl> {
        self.cloud.presigned(self.call("PresignedUrl", method).key(key), valid).await
    }

    /// Makes and sends a call until it is answered or refused for good.
    pub(super) async fn ask(&self, make: impl Fn() -> OssCall) -> Result<OssAnswer> {
        self.cloud.with_retries(Retry::IDEMPOTENT, || self.cloud.oss(make())).await
    }

    /// The same for an answer that is an XML document; one that can't be read is asked for again.
    pub(super) async fn document<T: DeserializeOwned>(&self, make: impl Fn() -> OssCall) -> Result<T> {
        let attempt = async || {
            let call = make();
            let operation = call.operation;
            let answer = self.cloud.oss(call).await?;
            let http_status = answer.status();
            wire::parse(operation, http_status, &answer.text().await?)
        };
        self.cloud.with_retries(Retry::IDEMPOTENT, attempt).await
    }
}

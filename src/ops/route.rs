//! Which of OSS's endpoints a bucket is reached by.

use std::time::Duration;

use crate::cloud::{Cloud, Endpoint, Service};
use crate::credentials::Metadata;
use crate::net::{Body, Request};

/// The kinds of endpoint (OSS document "Regions and endpoints").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EndpointType {
    /// The internal one where it serves, else the public one.
    #[default]
    Auto,
    /// `oss-REGION.aliyuncs.com`
    Public,
    /// `oss-REGION-internal.aliyuncs.com`: free of charge, and reached from instances of the region only.
    Internal,
    /// `oss-accelerate.aliyuncs.com`; it must be switched on for the bucket.
    Accelerate,
}

/// How long the internal endpoint may take to show that it is there: within a region it takes milliseconds.
const PROBE: Duration = Duration::from_secs(1);

/// The endpoint to use instead of the public one; None for that one, and where the user gave one.
pub async fn choose(
    cloud: &Cloud,
    bucket: &str,
    wanted: EndpointType,
    metadata: &Metadata,
) -> Option<Endpoint> {
    let public = cloud.locate(Service::Oss).ok().filter(|endpoint| !endpoint.given)?;
    let internal = Endpoint::known(public.host.replace(".aliyuncs.com", "-internal.aliyuncs.com"));
    match wanted {
        EndpointType::Public => None,
        EndpointType::Internal => Some(internal),
        EndpointType::Accelerate => Some(Endpoint::known("oss-accelerate.aliyuncs.com")),
        EndpointType::Auto
            if is_in(cloud.region()?, metadata).await && answers(cloud, bucket, &internal).await =>
        {
            tracing::info!("this instance is in the bucket's region: using {internal}");
            Some(internal)
        }
        EndpointType::Auto => None,
    }
}

/// Whether this machine is an instance in the region.
async fn is_in(region: &str, metadata: &Metadata) -> bool {
    let ours = metadata.is_given() || made_by_alibaba("/sys/class/dmi/id");
    ours && metadata.get("meta-data/region-id").await.ok().flatten().as_deref() == Some(region)
}

/// Whether the firmware says so, as cloud-init asks it too; elsewhere waiting for the metadata service is time lost.
fn made_by_alibaba(folder: &str) -> bool {
    let says =
        |file| std::fs::read_to_string(format!("{folder}/{file}")).is_ok_and(|text| text.contains("Alibaba"));
    ["sys_vendor", "product_name"].into_iter().any(says)
}

/// Whether anything answers there, whatever it says.
async fn answers(cloud: &Cloud, bucket: &str, endpoint: &Endpoint) -> bool {
    let Endpoint { scheme, host, .. } = endpoint;
    let url = format!("{scheme}://{bucket}.{host}/");
    let (headers, body, timeout) = (Vec::new(), Body::Empty, Some(PROBE));
    let request = Request { method: "HEAD", url, headers, body, timeout, direct: true, secret: false };
    cloud.http().send(request).await.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_firmware_tells_an_instance() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        assert!(!made_by_alibaba(path));
        std::fs::write(folder.path().join("sys_vendor"), "QEMU\n").unwrap();
        assert!(!made_by_alibaba(path));
        std::fs::write(folder.path().join("product_name"), "Alibaba Cloud ECS\n").unwrap();
        assert!(made_by_alibaba(path));
    }
}

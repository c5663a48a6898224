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
    choose_by(cloud, wanted, metadata, async |internal| answers(cloud, bucket, internal).await).await
}

async fn choose_by(
    cloud: &Cloud,
    wanted: EndpointType,
    metadata: &Metadata,
    answers: impl AsyncFn(&Endpoint) -> bool,
) -> Option<Endpoint> {
    cloud.locate(Service::Oss).ok().filter(|endpoint| !endpoint.given)?;
    let internal = Endpoint::of_region("oss-{}-internal", cloud.region()?).ok()?;
    match wanted {
        EndpointType::Public => None,
        EndpointType::Internal => Some(internal),
        EndpointType::Accelerate => Some(Endpoint::central("oss-accelerate")),
        EndpointType::Auto if is_in(cloud.region()?, metadata).await && answers(&internal).await => {
            tracing::info!("this instance is in the bucket's region: using {internal}");
            Some(internal)
        }
        EndpointType::Auto => None,
    }
}

/// Whether this machine is an instance in the region.
async fn is_in(region: &str, metadata: &Metadata) -> bool {
    metadata.is_expected()
        && metadata.get("meta-data/region-id").await.ok().flatten().as_deref() == Some(region)
}

/// Whether anything answers there, whatever it says.
async fn answers(cloud: &Cloud, bucket: &str, endpoint: &Endpoint) -> bool {
    let Ok(own) = endpoint.of_bucket(bucket) else { return false };
    let url = format!("{own}/");
    let (headers, body, timeout) = (Vec::new(), Body::Empty, Some(PROBE));
    let request = Request { method: "HEAD", url, headers, body, timeout, direct: true, secret: false };
    cloud.http().send(request).await.is_ok()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::sync::Arc;

    use super::*;
    use crate::base::progress::Silent;
    use crate::cloud::{Endpoints, Fixed, OssSignature, OssStyle, Setup};
    use crate::config::{Environment, Origin};
    use crate::net::Http;
    use crate::sign::Credential;

    fn cloud(endpoints: &[String]) -> Cloud {
        Cloud::new(Setup {
            http: Http::new(),
            endpoints: Endpoints::parse(endpoints, &Origin::Flag("--endpoint")).unwrap(),
            region: Some("cn-hangzhou".into()),
            credentials: Arc::new(Fixed(Credential::long_lived("id", "secret"))),
            oss_style: OssStyle::Auto,
            oss_signature: OssSignature::V4,
            progress: Arc::new(Silent),
        })
    }

    /// The metadata of an instance in that region.
    fn metadata(region: &'static str) -> Metadata {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
                let head = format!(
                    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                    region.len()
                );
                stream.write_all(format!("{head}{region}").as_bytes()).unwrap();
            }
        });
        let endpoint = Endpoint { scheme: "http".into(), host, given: true };
        Metadata::new(Http::new(), endpoint, &Environment::of([] as [(&str, &str); 0]))
    }

    async fn chosen(wanted: EndpointType, region: &'static str, answers: bool) -> Option<String> {
        let endpoint = choose_by(&cloud(&[]), wanted, &metadata(region), async |_| answers).await;
        endpoint.map(|endpoint| endpoint.to_string())
    }

    #[tokio::test]
    async fn auto_is_internal_only_in_the_bucket_s_region_and_where_it_answers() {
        let internal = Some("https://oss-cn-hangzhou-internal.aliyuncs.com".to_owned());
        assert_eq!(chosen(EndpointType::Auto, "cn-hangzhou", true).await, internal);
        assert_eq!(chosen(EndpointType::Auto, "cn-hangzhou", false).await, None);
        assert_eq!(chosen(EndpointType::Auto, "cn-beijing", true).await, None);
        assert_eq!(chosen(EndpointType::Internal, "cn-beijing", false).await, internal);
        assert_eq!(chosen(EndpointType::Public, "cn-hangzhou", true).await, None);
        let accelerate = chosen(EndpointType::Accelerate, "cn-hangzhou", true).await;
        assert_eq!(accelerate.as_deref(), Some("https://oss-accelerate.aliyuncs.com"));
    }

    #[tokio::test]
    async fn an_endpoint_that_was_given_switches_all_this_off() {
        let given = cloud(&["oss=http://127.0.0.1:1".to_owned()]);
        for wanted in [EndpointType::Auto, EndpointType::Internal, EndpointType::Accelerate] {
            assert_eq!(choose_by(&given, wanted, &metadata("cn-hangzhou"), async |_| true).await, None);
        }
    }
}

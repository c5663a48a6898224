//! Where a service is: what the user gave, else what follows from the region.

use std::fmt;

use crate::config::{Endpoints, Service};

/// A base URL without a path: `https://faas.cn-hangzhou.aliyuncs.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// `http` or `https`.
    pub scheme: String,
    /// The host, with its port where it is not the scheme's.
    pub host: String,
    /// Whether the user gave it: then nothing is probed or guessed for the service.
    pub given: bool,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)
    }
}

impl Endpoint {
    /// An https endpoint that we know of.
    pub fn known(host: impl Into<String>) -> Self {
        Self { scheme: "https".into(), host: host.into(), given: false }
    }

    /// The host without its port.
    pub fn host_name(&self) -> &str {
        if self.host.starts_with('[') {
            return self.host.split_once(']').map_or(&self.host, |(name, _)| &name[1..]);
        }
        self.host.split_once(':').map_or(&self.host, |(name, _)| name)
    }

    /// Whether the host is an IP address or `localhost`, for which no bucket can stand before the name.
    pub fn is_address(&self) -> bool {
        self.host_name() == "localhost" || self.host_name().parse::<std::net::IpAddr>().is_ok()
    }
}

/// A service has one endpoint a region, and no region is known.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[error("no region is set, and {0} has one endpoint a region")]
pub struct NoRegion(pub Service);

/// The endpoint of a service. OSS gets its public one; choosing another is the OSS client's matter.
///
/// # Errors
/// When it depends on the region and there is none.
pub fn locate(given: &Endpoints, service: Service, region: Option<&str>) -> Result<Endpoint, NoRegion> {
    if let Some(url) = given.of(service) {
        let (scheme, host) = url.value.split_once("://").unwrap_or(("https", &url.value));
        return Ok(Endpoint { scheme: scheme.to_owned(), host: host.to_owned(), given: true });
    }
    let region = || region.ok_or(NoRegion(service));
    Ok(match service {
        Service::Oss => Endpoint::known(format!("oss-{}.aliyuncs.com", region()?)),
        Service::Faas => Endpoint::known(format!("faas.{}.aliyuncs.com", region()?)),
        Service::Ram => Endpoint::known("ram.aliyuncs.com"),
        Service::Sts => Endpoint::known("sts.aliyuncs.com"),
        // The Python SDK's map: Hangzhou is the one region whose host is spelled another way.
        Service::Ecs if region()? == "cn-hangzhou" => Endpoint::known("ecs-cn-hangzhou.aliyuncs.com"),
        Service::Ecs => Endpoint::known(format!("ecs.{}.aliyuncs.com", region()?)),
        Service::Metadata => Endpoint { scheme: "http".into(), ..Endpoint::known("100.100.100.200") },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;

    #[test]
    fn what_is_given_wins_and_the_rest_follows_from_the_region() {
        let given =
            Endpoints::parse(&["oss=http://127.0.0.1:8".to_owned()], &Source::Flag("--endpoint")).unwrap();
        let of = |service| locate(&given, service, Some("cn-shanghai")).unwrap();
        assert!(of(Service::Oss).is_address());
        assert_eq!(of(Service::Faas).to_string(), "https://faas.cn-shanghai.aliyuncs.com");
        assert_eq!(
            locate(&given, Service::Ecs, Some("cn-hangzhou")).unwrap().host,
            "ecs-cn-hangzhou.aliyuncs.com"
        );
        assert_eq!(locate(&given, Service::Faas, None), Err(NoRegion(Service::Faas)));
    }
}

//! Where a service is: what the user gave, else what follows from the region.

use std::fmt;

use crate::config::{Endpoints, Name, Service};

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
    /// `https://…aliyuncs.com` of a region, which stands where the pattern has `{}`: `oss-{}-internal`.
    ///
    /// # Errors
    /// When the region can't be one: it would lead to another host.
    pub fn of_region(pattern: &str, region: &str) -> Result<Self, NoEndpoint> {
        NoEndpoint::unless_a(Name::Region, region)?;
        Ok(Self::central(&pattern.replace("{}", region)))
    }

    /// The same of a service that has one endpoint for all regions.
    pub fn central(label: &str) -> Self {
        Self { scheme: "https".into(), host: format!("{label}.aliyuncs.com"), given: false }
    }

    /// The bucket's own host at this endpoint.
    ///
    /// # Errors
    /// When the bucket can't be one, or the endpoint is an IP address: what stands before one makes it a name that is none.
    pub fn of_bucket(&self, bucket: &str) -> Result<Self, NoEndpoint> {
        NoEndpoint::unless_a(Name::Bucket, bucket)?;
        if self.is_ip() {
            return Err(NoEndpoint::NoName(self.host.clone()));
        }
        Ok(Self { host: format!("{bucket}.{}", self.host), ..self.clone() })
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
        self.host_name() == "localhost" || self.is_ip()
    }

    fn is_ip(&self) -> bool {
        self.host_name().parse::<std::net::IpAddr>().is_ok()
    }
}

/// It is not known where to send; nothing was sent.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoEndpoint {
    /// A service has one endpoint a region, and no region is known.
    #[error("no region is set, and {0} has one endpoint a region")]
    NoRegion(Service),
    /// What should become part of a host's name can't.
    #[error("{1:?} is not a valid {0}: it must be {rule}", rule = .0.rule())]
    NotA(Name, String),
    /// A bucket's own host is asked for where there is no name.
    #[error("{0} is an address: no bucket's name can stand before it")]
    NoName(String),
}

impl NoEndpoint {
    /// What may become part of a host's name or of a path.
    pub(super) fn unless_a(name: Name, text: &str) -> Result<(), Self> {
        if name.accepts(text) { Ok(()) } else { Err(Self::NotA(name, text.into())) }
    }
}

/// The endpoint of a service. OSS gets its public one; choosing another is the OSS client's matter.
///
/// # Errors
/// When it depends on the region and there is none, or one that can't be.
pub fn locate(given: &Endpoints, service: Service, region: Option<&str>) -> Result<Endpoint, NoEndpoint> {
    if let Some(url) = given.of(service) {
        let (scheme, host) = url.value.split_once("://").unwrap_or(("https", &url.value));
        return Ok(Endpoint { scheme: scheme.to_owned(), host: host.to_owned(), given: true });
    }
    let of_region = |pattern| Endpoint::of_region(pattern, region.ok_or(NoEndpoint::NoRegion(service))?);
    match service {
        Service::Oss => of_region("oss-{}"),
        Service::Faas => of_region("faas.{}"),
        Service::Ram => Ok(Endpoint::central("ram")),
        Service::Sts => Ok(Endpoint::central("sts")),
        // The Python SDK's map: Hangzhou is the one region whose host is spelled another way.
        Service::Ecs if region == Some("cn-hangzhou") => of_region("ecs-{}"),
        Service::Ecs => of_region("ecs.{}"),
        Service::Metadata => {
            Ok(Endpoint { scheme: "http".into(), host: "100.100.100.200".into(), given: false })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Origin;

    #[test]
    fn what_is_given_wins_and_the_rest_follows_from_the_region() {
        let given =
            Endpoints::parse(&["oss=http://127.0.0.1:8".to_owned()], &Origin::Flag("--endpoint")).unwrap();
        let of = |service| locate(&given, service, Some("cn-shanghai")).unwrap();
        assert!(of(Service::Oss).is_address());
        assert_eq!(of(Service::Faas).to_string(), "https://faas.cn-shanghai.aliyuncs.com");
        assert_eq!(
            locate(&given, Service::Ecs, Some("cn-hangzhou")).unwrap().host,
            "ecs-cn-hangzhou.aliyuncs.com"
        );
        assert_eq!(locate(&given, Service::Faas, None), Err(NoEndpoint::NoRegion(Service::Faas)));
    }

    #[test]
    fn no_bucket_stands_before_an_address() {
        for host in ["127.0.0.1", "10.0.0.1:80", "[::1]:8"] {
            let endpoint = Endpoint { scheme: "http".into(), host: host.into(), given: true };
            assert_eq!(endpoint.of_bucket("some-bucket"), Err(NoEndpoint::NoName(host.into())));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_region_and_no_bucket_lead_out_of_the_cloud(
            region in r"([a-z]{1,3}(-[a-z0-9]{1,3}){0,2})?[-.@:/?#\\%\[\]A-Z0-9 \t\n\u{200b}\u{ff0e}]{0,3}",
            bucket in r"([a-z0-9]{1,3}(-[a-z0-9]{1,3}){0,2})?[-.@:/?#\\%\[\]A-Z0-9 \t\n\u{200b}\u{ff0e}]{0,3}",
        ) {
            for service in [Service::Oss, Service::Faas, Service::Ram, Service::Sts, Service::Ecs] {
                let Ok(endpoint) = locate(&Endpoints::default(), service, Some(&region)) else { continue };
                leads_to(&endpoint, ".aliyuncs.com");
                if let Ok(own) = endpoint.of_bucket(&bucket) {
                    leads_to(&own, &format!(".{}", endpoint.host));
                }
            }
        }
    }

    fn leads_to(endpoint: &Endpoint, end: &str) {
        let url = url::Url::parse(&format!("{endpoint}/key")).unwrap();
        let host = url.host_str().unwrap();
        assert!(host.ends_with(end) && host == endpoint.host, "{endpoint}");
        assert_eq!(
            (url.path(), url.port(), url.username(), url.query()),
            ("/key", None, "", None),
            "{endpoint}"
        );
    }
}

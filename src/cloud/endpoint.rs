//! Where a service is.

use std::collections::BTreeMap;
use std::fmt;

/// A service of the cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Object storage.
    Oss,
    /// FPGA as a Service.
    Faas,
    /// Resource access management.
    Ram,
    /// Security tokens and caller identity.
    Sts,
    /// Elastic compute.
    Ecs,
    /// The metadata of the instance that this runs on.
    Metadata,
}

impl Service {
    const ALL: [Self; 6] = [Self::Oss, Self::Faas, Self::Ram, Self::Sts, Self::Ecs, Self::Metadata];

    /// The name in `--endpoint NAME=URL`, in errors and in logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Oss => "oss",
            Self::Faas => "faas",
            Self::Ram => "ram",
            Self::Sts => "sts",
            Self::Ecs => "ecs",
            Self::Metadata => "metadata",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

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

/// Why an endpoint can't be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EndpointError {
    /// What was given is not `[SERVICE=]URL`.
    #[error("`{given}` is not an endpoint: {reason}")]
    Malformed {
        /// As given.
        given: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// The service has an endpoint in each region, and no region is known.
    #[error("no region is set, and {0} has one endpoint a region")]
    NoRegion(Service),
}

/// The endpoints that the user gave; the rest follows from the region.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    given: BTreeMap<Service, Endpoint>,
    for_all: Option<Endpoint>,
}

impl Endpoints {
    /// Reads `[oss|faas|ram|sts|ecs|metadata=]URL`; the last of each name wins.
    ///
    /// # Errors
    /// When one is not of that form.
    pub fn parse(specs: &[String]) -> Result<Self, EndpointError> {
        let mut endpoints = Self::default();
        for spec in specs.iter().map(|spec| spec.trim()).filter(|spec| !spec.is_empty()) {
            let malformed = |reason| EndpointError::Malformed { given: spec.to_owned(), reason };
            match spec.split_once('=').filter(|(name, _)| !name.contains("://")) {
                None => endpoints.for_all = Some(parse_url(spec).map_err(malformed)?),
                Some((name, url)) => {
                    let service = Service::ALL.into_iter().find(|service| service.name() == name);
                    let service = service
                        .ok_or_else(|| malformed("the services are oss, faas, ram, sts, ecs, metadata"))?;
                    endpoints.given.insert(service, parse_url(url).map_err(malformed)?);
                }
            }
        }
        Ok(endpoints)
    }

    /// The endpoint of a service. OSS gets its public one; choosing another is the OSS client's matter.
    ///
    /// # Errors
    /// When it depends on the region and there is none.
    pub fn of(&self, service: Service, region: Option<&str>) -> Result<Endpoint, EndpointError> {
        if let Some(endpoint) = self.given.get(&service).or(self.for_all.as_ref()) {
            return Ok(endpoint.clone());
        }
        let region = || region.ok_or(EndpointError::NoRegion(service));
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

    /// The given endpoints whose traffic others can read: plain http and not on this machine.
    pub fn in_clear_text(&self) -> Vec<&Endpoint> {
        let given = self.given.iter().filter(|(service, _)| **service != Service::Metadata).map(|(_, e)| e);
        let is_clear = |e: &&Endpoint| {
            let ip = e.host_name().parse::<std::net::IpAddr>();
            e.scheme == "http" && e.host_name() != "localhost" && !ip.is_ok_and(|ip| ip.is_loopback())
        };
        given.chain(&self.for_all).filter(is_clear).collect()
    }
}

fn parse_url(text: &str) -> Result<Endpoint, &'static str> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("https", text));
    if !matches!(scheme, "http" | "https") {
        return Err("the scheme is http or https");
    }
    let host = rest.trim_end_matches('/');
    if host.is_empty() || host.contains(char::is_whitespace) {
        return Err("there is no host in it");
    }
    if host.contains(['/', '?', '#']) {
        return Err("it is a host without a path");
    }
    if host.contains('@') {
        return Err("it must not hold a user or a password");
    }
    Ok(Endpoint { scheme: scheme.into(), host: host.into(), given: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(specs: &[&str]) -> Result<Endpoints, EndpointError> {
        Endpoints::parse(&specs.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_named_endpoint_wins_over_the_one_for_all() {
        let endpoints = parsed(&["http://127.0.0.1:8", "oss=https://oss.example"]).unwrap();
        assert_eq!(endpoints.of(Service::Oss, None).unwrap().to_string(), "https://oss.example");
        assert_eq!(endpoints.of(Service::Faas, None).unwrap().to_string(), "http://127.0.0.1:8");
    }

    #[test]
    fn the_rest_follows_from_the_region() {
        let endpoints = Endpoints::default();
        let of = |service, region| endpoints.of(service, Some(region)).unwrap().host;
        assert_eq!(of(Service::Faas, "cn-shanghai"), "faas.cn-shanghai.aliyuncs.com");
        assert_eq!(of(Service::Ecs, "cn-hangzhou"), "ecs-cn-hangzhou.aliyuncs.com");
        assert_eq!(endpoints.of(Service::Faas, None), Err(EndpointError::NoRegion(Service::Faas)));
    }

    #[test]
    fn what_is_no_endpoint_is_refused_with_the_reason() {
        for (spec, word) in [
            ("ftp://x", "http or https"),
            ("s3=http://x", "oss, faas"),
            ("http://x/y", "path"),
            ("https://", "host"),
        ] {
            assert!(parsed(&[spec]).unwrap_err().to_string().contains(word), "{spec}");
        }
    }

    #[test]
    fn clear_text_off_this_machine_is_noticed() {
        let endpoints = parsed(&["http://127.0.0.1:8", "oss=http://10.0.0.1", "faas=https://a"]).unwrap();
        assert_eq!(endpoints.in_clear_text().len(), 1);
    }
}

//! Where the services are when the user says so: `[oss|faas|ram|sts|ecs|metadata=]URL`.

use std::fmt;
use std::str::FromStr;

use super::{ConfigError, Source, Sourced};

/// A service that the program talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// Object storage.
    Oss,
    /// FPGA as a Service.
    Faas,
    /// Users, roles and policies.
    Ram,
    /// Temporary keys and who one is.
    Sts,
    /// Instances.
    Ecs,
    /// The metadata service of the instance that this runs on.
    Metadata,
}

impl Service {
    /// Every service.
    pub const ALL: [Self; 6] = [Self::Oss, Self::Faas, Self::Ram, Self::Sts, Self::Ecs, Self::Metadata];

    /// The name in flags, logs and error tables.
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

impl FromStr for Service {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|service| service.name() == name).ok_or(())
    }
}

/// The endpoints that the user gave.
#[derive(Clone, Debug, Default)]
pub struct Endpoints(Vec<(Option<Service>, Sourced<String>)>);

impl Endpoints {
    /// Reads what was given, in the order in which it was given; empty entries are passed over.
    ///
    /// # Errors
    /// When one is not `[SERVICE=]http[s]://HOST[:PORT]`.
    pub fn parse(given: &[String], source: &Source) -> Result<Self, ConfigError> {
        let mut endpoints = Self::default();
        for text in given.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
            let (service, url) = split(text)?;
            endpoints.0.push((service, Sourced::new(url.to_owned(), source.clone())));
        }
        Ok(endpoints)
    }

    /// The base URL of a service, without a slash at its end: the last that names it, else the last that names none.
    pub fn of(&self, service: Service) -> Option<&Sourced<String>> {
        let last = |wanted| self.0.iter().rev().find(|(named, _)| *named == wanted).map(|(_, url)| url);
        last(Some(service)).or_else(|| last(None))
    }

    /// The same with an endpoint for a service, unless one was given.
    #[must_use]
    pub fn or(mut self, service: Service, url: String, source: Source) -> Self {
        if self.of(service).is_none() {
            self.0.push((Some(service), Sourced::new(url, source)));
        }
        self
    }

    /// URLs that carry signatures and data in the clear to another machine. Metadata has no other way.
    pub fn in_the_clear(&self) -> impl Iterator<Item = &str> {
        let exposed = |(service, url): &&(Option<Service>, Sourced<String>)| {
            *service != Some(Service::Metadata)
                && url.value.starts_with("http://")
                && !is_loopback(&url.value)
        };
        self.0.iter().filter(exposed).map(|(_, url)| url.value.as_str())
    }
}

fn split(text: &str) -> Result<(Option<Service>, &str), ConfigError> {
    let wrong = |problem| ConfigError::Endpoint { text: text.to_owned(), problem };
    let (service, url) = match text.split_once('=') {
        Some((name, url)) if !name.contains("://") => {
            let unknown = "the services are oss, faas, ram, sts, ecs and metadata";
            (Some(name.trim().parse().map_err(|()| wrong(unknown))?), url.trim())
        }
        _ => (None, text),
    };
    let no_url = "write [SERVICE=]http://HOST:PORT or https://HOST";
    let authority = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let host = authority.ok_or_else(|| wrong(no_url))?.trim_end_matches('/');
    if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control() || "/?#@".contains(c)) {
        return Err(wrong(no_url));
    }
    Ok((service, url.trim_end_matches('/')))
}

/// Whether the URL's host is this machine.
pub fn is_loopback(url: &str) -> bool {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = authority.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    };
    let local_name = host == "localhost" || host.ends_with(".localhost");
    local_name || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(given: &[&str]) -> Result<Endpoints, ConfigError> {
        let given: Vec<String> = given.iter().map(|s| (*s).to_owned()).collect();
        Endpoints::parse(&given, &Source::Flag("--endpoint"))
    }

    #[test]
    fn a_named_one_beats_the_one_for_all_and_the_last_beats_the_first() {
        let endpoints =
            parse(&["oss=https://a/", "http://127.0.0.1:80", "", "https://all", "oss=https://b"]).unwrap();
        assert_eq!(endpoints.of(Service::Oss).unwrap().value, "https://b");
        assert_eq!(endpoints.of(Service::Sts).unwrap().value, "https://all");
    }

    #[test]
    fn what_is_no_endpoint_is_refused_with_the_form() {
        for text in ["ftp://x", "oss=", "os=https://x", "https://", "https://a b", "https://user:key@host"] {
            assert!(matches!(parse(&[text]), Err(ConfigError::Endpoint { .. })), "{text}");
        }
    }

    #[test]
    fn only_plain_http_to_another_machine_is_in_the_clear() {
        let local = ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost", "http://b.localhost:1"];
        assert_eq!(parse(&local).unwrap().in_the_clear().count(), 0);
        let others = [
            "https://a",
            "http://10.0.0.1",
            "http://127.0.0.1.example.com",
            "metadata=http://100.100.100.200",
        ];
        let exposed = ["http://10.0.0.1", "http://127.0.0.1.example.com"];
        assert_eq!(parse(&others).unwrap().in_the_clear().collect::<Vec<_>>(), exposed);
    }
}

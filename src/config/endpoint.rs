//! Where the services are when the user says so: `[oss|faas|ram|sts|ecs|metadata=]URL`.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

use super::{ConfigError, Origin, Sourced};

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
    pub fn parse(given: &[String], source: &Origin) -> Result<Self, ConfigError> {
        let mut endpoints = Self::default();
        for text in given.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
            let (service, url) = split(text)?;
            endpoints.0.push((service, Sourced::new(url, source.clone())));
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
    pub fn or(mut self, service: Service, url: String, source: Origin) -> Self {
        if self.of(service).is_none() {
            self.0.push((Some(service), Sourced::new(url, source)));
        }
        self
    }

    /// URLs that carry signatures and data in the clear to another machine. Metadata has no other way.
    pub fn in_the_clear(&self) -> impl Iterator<Item = &Sourced<String>> {
        let exposed = |(service, url): &&(Option<Service>, Sourced<String>)| {
            *service != Some(Service::Metadata) && is_in_the_clear(&url.value)
        };
        self.0.iter().filter(exposed).map(|(_, url)| url)
    }
}

fn split(text: &str) -> Result<(Option<Service>, String), ConfigError> {
    let wrong = |problem| ConfigError::Endpoint { text: without_user(text), problem };
    let (service, url) = match text.split_once('=') {
        Some((name, url)) if !name.contains("://") => {
            let unknown = "the services are oss, faas, ram, sts, ecs and metadata";
            (Some(name.trim().parse().map_err(|()| wrong(unknown))?), url.trim())
        }
        _ => (None, text),
    };
    Ok((service, base_url(url)?))
}

/// `http[s]://HOST[:PORT]`, spelled as requests spell it.
///
/// # Errors
/// When there is more to it, or less.
pub fn base_url(text: &str) -> Result<String, ConfigError> {
    let problem = "write [SERVICE=]http://HOST:PORT or https://HOST";
    origin(text).ok_or_else(|| ConfigError::Endpoint { text: without_user(text), problem })
}

/// A URL without user and password, which are secrets.
fn without_user(text: &str) -> String {
    let (before, rest) = text.split_at(text.find("://").map_or(0, |at| at + 3));
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{before}***@{host}"),
        None => text.to_owned(),
    }
}

fn origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let spelled = (text.starts_with("http://") || text.starts_with("https://"))
        && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    let ends_there = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let nobody = url.username().is_empty() && url.password().is_none() && !text.contains('@');
    (spelled && ends_there && nobody).then(|| url.origin().ascii_serialization())
}

/// Whether what is sent there can be read and altered on its way.
pub fn is_in_the_clear(url: &str) -> bool {
    url.starts_with("http://") && !is_loopback(url)
}

/// Whether the URL's host is this machine.
pub fn is_loopback(url: &str) -> bool {
    // The parser of the client that sends: a reading of our own could find another host in it.
    let url = Url::parse(url).ok();
    match url.as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(given: &[&str]) -> Result<Endpoints, ConfigError> {
        let given: Vec<String> = given.iter().map(|s| (*s).to_owned()).collect();
        Endpoints::parse(&given, &Origin::Flag("--endpoint"))
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
        for text in [
            "ftp://x",
            "oss=",
            "os=https://x",
            "https://",
            "https://a b",
            "https://user:key@host",
            "https://a/b",
            "https://a?b",
            r"https:\\a",
            "https:a",
            "https://@a",
            "https://a:99999",
        ] {
            assert!(matches!(parse(&[text]), Err(ConfigError::Endpoint { .. })), "{text}");
        }
    }

    #[test]
    fn only_plain_http_to_another_machine_is_in_the_clear() {
        let local = ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost", "http://b.localhost:1"];
        assert_eq!(parse(&local).unwrap().in_the_clear().count(), 0);
        for elsewhere in
            ["http://127.0.0.1:80@10.9.9.9/", r"http://10.9.9.9\@127.0.0.1/", "http://localhost.evil.test"]
        {
            assert!(!is_loopback(elsewhere), "{elsewhere}");
        }
        let others = [
            "https://a",
            "http://10.0.0.1",
            "http://127.0.0.1.example.com",
            "metadata=http://100.100.100.200",
        ];
        let exposed = ["http://10.0.0.1", "http://127.0.0.1.example.com"];
        let others = parse(&others).unwrap();
        assert_eq!(others.in_the_clear().map(|url| url.value.as_str()).collect::<Vec<_>>(), exposed);
    }
}

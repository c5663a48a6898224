//! Which instances are meant.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::{FLEET_TAG, FleetError};
use crate::base::text::is_plain_name;
use crate::ecs::{Ecs, Instance, InstanceFilter};
use crate::ops::Result;

/// A fleet's name, instance ids, or a tag that somebody else put there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Target {
    /// A fleet of ours.
    Fleet(String),
    /// Instances by their ids.
    Ids(Vec<String>),
    /// Instances with this tag.
    Tag(String, String),
}

/// Why a text names no target.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "`{0}` is not a target: write a fleet's name (letters, digits, `-`, `_`, `.`), ids such as i-1,i-2, or tag:KEY=VALUE"
)]
pub struct NoTarget(String);

impl FromStr for Target {
    type Err = NoTarget;

    fn from_str(text: &str) -> Result<Self, NoTarget> {
        let wrong = || NoTarget(text.to_owned());
        if let Some(pair) = text.strip_prefix("tag:") {
            let (key, value) = pair.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(wrong)?;
            return Ok(Self::Tag(key.to_owned(), value.to_owned()));
        }
        if text.starts_with("i-") {
            let ids: Vec<_> = text.split(',').map(str::to_owned).collect();
            let is_id = |id: &String| {
                id.len() > 2
                    && id.starts_with("i-")
                    && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            };
            return if ids.iter().all(is_id) { Ok(Self::Ids(ids)) } else { Err(wrong()) };
        }
        // The name becomes a tag's value, an instance's name, and a file's name here.
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let fits = text.len() <= 64
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(plain);
        if fits { Ok(Self::Fleet(text.to_owned())) } else { Err(wrong()) }
    }
}

impl TryFrom<String> for Target {
    type Error = NoTarget;

    fn try_from(text: String) -> Result<Self, NoTarget> {
        text.parse()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fleet(name) => f.write_str(name),
            Self::Ids(ids) => f.write_str(&ids.join(",")),
            Self::Tag(key, value) => write!(f, "tag:{key}={value}"),
        }
    }
}

impl Target {
    /// The instances that it names, as the service filters them.
    pub fn filter(&self) -> InstanceFilter {
        match self {
            Self::Fleet(name) => InstanceFilter::Tag(FLEET_TAG.into(), Some(name.clone())),
            Self::Ids(ids) => InstanceFilter::Ids(ids.clone()),
            Self::Tag(key, value) => InstanceFilter::Tag(key.clone(), Some(value.clone())),
        }
    }
}

/// The target's instances, by name.
///
/// # Errors
/// When there are none, one that was named is not there, or the caller may not look.
pub async fn find(ecs: &Ecs, target: &Target) -> Result<Vec<Instance>> {
    let mut hosts = ecs.instances(&target.filter()).await?;
    hosts.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.id.cmp(&b.id)));
    let region = || ecs.cloud().region().unwrap_or_default().to_owned();
    if let Target::Ids(ids) = target
        && let Some(id) = ids.iter().find(|id| hosts.iter().all(|host| host.id != **id))
    {
        ecs.may_list_instances().await?;
        return Err(FleetError::NoSuchHost(id.clone(), region()).into());
    }
    if hosts.is_empty() {
        // Who may not list them gets an empty list.
        ecs.may_list_instances().await?;
        return Err(FleetError::NoHosts(target.to_string(), region()).into());
    }
    Ok(hosts)
}

/// Some of a target's hosts: names, ids, numbers and ranges of them, with commas; `failed` is those of the last run that
/// did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector(String);

impl FromStr for Selector {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl Selector {
    /// Whether those are wanted that did not pass.
    pub fn wants_failed(&self) -> bool {
        self.words().any(|word| word == "failed")
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.0.split(',').map(str::trim)
    }

    /// Keeps the hosts that are meant; `failed` are the ids that the word stands for.
    ///
    /// # Errors
    /// When none is left, or a word of it means none.
    pub fn keep(&self, target: &Target, hosts: Vec<Instance>, failed: &[String]) -> Result<Vec<Instance>> {
        let means = |word: &str| hosts.iter().any(|host| is_meant(word, host, failed));
        // A word that means nobody is a typing error, unless nobody failed.
        let wrong = self.words().find(|word| *word != "failed" && !means(word));
        let nobody = Some(self.0.as_str()).filter(|_| !self.words().any(means));
        if let Some(selector) = wrong.or(nobody) {
            let (target, selector, count) = (target.to_string(), selector.to_owned(), hosts.len());
            return Err(FleetError::NoneSelected { target, selector, count }.into());
        }
        let is_meant = |host: &Instance| self.words().any(|word| is_meant(word, host, failed));
        Ok(hosts.into_iter().filter(is_meant).collect())
    }
}

fn is_meant(word: &str, host: &Instance, failed: &[String]) -> bool {
    if word == "failed" {
        return failed.contains(&host.id);
    }
    let number = |text: &str| text.parse::<u32>().ok();
    let range = word.split_once('-').and_then(|(from, to)| Some(number(from)?..=number(to)?));
    let own = number_of(&host.name);
    word == host.id
        || word == host.name
        || own.is_some() && number(word) == own
        || range.zip(own).is_some_and(|(range, own)| range.contains(&own))
}

/// What a host's files are called here: its name, which is anybody's choice, where that is plain and no other's of `names`; else
/// its id.
pub fn file_name<'a>(id: &'a str, name: &'a str, names: impl Iterator<Item = &'a str>) -> &'a str {
    let is_its_own = names.filter(|other| *other == name).count() == 1;
    if is_its_own && is_plain_name(name) { name } else { id }
}

/// The number at a name's end: 7 of `ddr-007`.
pub fn number_of(name: &str) -> Option<u32> {
    let digits = name.len() - name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    name[name.len() - digits..].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(id: &str, name: &str) -> Instance {
        Instance { id: id.into(), name: name.into(), ..Instance::default() }
    }

    #[test]
    fn a_target_is_a_name_ids_or_a_tag_and_nothing_else() {
        assert_eq!("ddr".parse(), Ok(Target::Fleet("ddr".into())));
        assert_eq!("i-1,i-b2".parse(), Ok(Target::Ids(vec!["i-1".into(), "i-b2".into()])));
        assert_eq!("tag:team=fpga=1".parse(), Ok(Target::Tag("team".into(), "fpga=1".into())));
        for wrong in
            ["", "../x", "a b", "-x", "tag:", "tag:=x", "i-", "i-1,", "i-1,ddr", "1", &"x".repeat(65)]
        {
            assert!(wrong.parse::<Target>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_selector_takes_names_ids_numbers_and_ranges() {
        let hosts: Vec<_> = (1..=7).map(|n| host(&format!("i-{n}"), &format!("ddr-00{n}"))).collect();
        let target = Target::Fleet("ddr".into());
        let kept = |selector: &str| {
            let kept = Selector(selector.into()).keep(&target, hosts.clone(), &["i-6".into()]).unwrap();
            kept.iter().map(|host| host.id.trim_start_matches("i-").to_owned()).collect::<String>()
        };
        assert_eq!(kept("001-003,007"), "1237");
        assert_eq!(kept("ddr-002, i-5,4"), "245");
        assert_eq!(kept("failed"), "6");
        for (wrong, word) in [("9", "9"), ("001-003,9", "9"), ("failed", "failed"), ("1,ddr-0O2", "ddr-0O2")]
        {
            let error = Selector(wrong.into()).keep(&target, hosts.clone(), &[]).unwrap_err().to_string();
            assert!(error.ends_with(&format!("meant by --on {word}")), "{error}");
        }
    }

    #[test]
    fn hosts_of_one_name_have_files_of_their_own() {
        let of = |id, name| file_name(id, name, ["a", "worker", "worker", "../b"].into_iter());
        assert_eq!([of("i-1", "a"), of("i-2", "worker"), of("i-3", "../b")], ["a", "i-2", "i-3"]);
    }
}

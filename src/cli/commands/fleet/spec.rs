//! What a fleet is to be: flags, and a file with their names.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use toml::de::DeTable;

use crate::base::duration::duration;
use crate::cli::error::Failure;
use crate::cli::exit::Exit;
use crate::ecs::{Charge, InstanceOrder, Period, PeriodUnit};
use crate::ops::fleet::UpRequest;

// What a fleet is to be. Every one of them may stand in the file too, with `_` for `-`. (A doc comment would become that of each command.)
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SpecArgs {
    /// How many instances there are to be, 1 to 1000
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    #[serde(deserialize_with = "bounded::<_, 1, 1000>")]
    pub(super) count: Option<u16>,
    /// With so many it does, if more can't be had [default: all]
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u16).range(1..=1000))]
    #[serde(deserialize_with = "bounded::<_, 1, 1000>")]
    min: Option<u16>,
    /// Instance types, the first one preferred
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    #[serde(rename = "type", deserialize_with = "one_or_more")]
    types: Vec<String>,
    /// vSwitches, the first one preferred; each is in one zone
    #[arg(long, value_name = "ID", value_delimiter = ',', env = "FAASCMD_VSWITCH")]
    #[serde(deserialize_with = "one_or_more")]
    vswitch: Vec<String>,
    /// Security group, of the vSwitches' VPC
    #[arg(long, value_name = "ID", env = "FAASCMD_SECURITY_GROUP")]
    security_group: Option<String>,
    /// System image of the instances
    #[arg(long, value_name = "ID", env = "FAASCMD_ECS_IMAGE")]
    ecs_image: Option<String>,
    /// RAM role that they carry
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// Script that runs at their first boot
    #[arg(long, value_name = "FILE")]
    user_data: Option<PathBuf>,
    /// Key pair for ssh; nothing here needs one
    #[arg(long, value_name = "NAME")]
    key_pair: Option<String>,
    /// Size of the system disk in GiB; 200 are advised for f3
    #[arg(long, value_name = "GIB")]
    system_disk: Option<u32>,
    /// At the market's price, whatever it is
    #[arg(long, conflicts_with_all = ["spot_limit", "prepaid"])]
    spot: bool,
    /// At the market's price, up to this much an hour
    #[arg(long, value_name = "PRICE", conflicts_with = "prepaid")]
    #[serde(deserialize_with = "price")]
    spot_limit: Option<String>,
    /// Paid in advance, such as 1month or 1week; can't be released before its end
    #[arg(long, value_name = "PERIOD")]
    prepaid: Option<Prepaid>,
    /// Bandwidth to the internet; above 0 each gets a public address
    #[arg(long, value_name = "MBIT", value_parser = clap::value_parser!(u16).range(0..=100))]
    #[serde(deserialize_with = "bounded::<_, 0, 100>")]
    public_ip: Option<u16>,
    /// When the cloud releases them by itself, 30m at least, or never [default: 2h]
    #[arg(long, value_name = "TIME")]
    release_after: Option<ReleaseAfter>,
    /// How long to wait for more to be had [default: 0s]
    #[arg(long, value_name = "TIME")]
    wait_capacity: Option<Span>,
}

/// A time in a file or a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Span(pub(super) Duration);

/// When instances end by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum ReleaseAfter {
    /// Only when somebody releases them.
    Never,
    /// After this time.
    After(Duration),
}

/// A paid period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Prepaid(pub(super) Period);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        duration(text).map(Self).map_err(|e| e.to_string())
    }
}

impl FromStr for ReleaseAfter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "never" {
            return Ok(Self::Never);
        }
        let after = duration(text).map_err(|e| format!("{e}, or never"))?;
        let bounds = Duration::from_mins(30)..=Duration::from_hours(3 * 365 * 24);
        if bounds.contains(&after) {
            Ok(Self::After(after))
        } else {
            Err("write 30m to 3 years, or never".into())
        }
    }
}

impl FromStr for Prepaid {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (count, unit) = text.split_at(digits);
        let unit = match unit.trim_end_matches('s') {
            "week" => PeriodUnit::Week,
            "month" => PeriodUnit::Month,
            "year" => PeriodUnit::Year,
            _ => return Err("write such as 1week, 3months or 1year".into()),
        };
        let count = count.parse().ok().filter(|count| (1..=60).contains(count));
        count.map(|count| Self(Period { count, unit })).ok_or_else(|| "write how many: 1month".into())
    }
}

impl TryFrom<String> for Span {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl TryFrom<String> for ReleaseAfter {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl TryFrom<String> for Prepaid {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// A number of a file, within the bounds that its flag has.
fn bounded<'de, D: Deserializer<'de>, const LEAST: u16, const MOST: u16>(
    deserializer: D,
) -> Result<Option<u16>, D::Error> {
    let number = i64::deserialize(deserializer)?;
    let within = u16::try_from(number).ok().filter(|number| (LEAST..=MOST).contains(number));
    within.map(Some).ok_or_else(|| D::Error::custom(format!("{number} is not in {LEAST}..={MOST}")))
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "write one text, or a list of texts")]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(match OneOrMore::deserialize(deserializer)? {
        OneOrMore::One(text) => text.split(',').map(str::to_owned).collect(),
        OneOrMore::More(texts) => texts,
    })
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "write a number")]
enum Number {
    Text(String),
    Whole(i64),
    Fraction(f64),
}

fn price<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Some(match Number::deserialize(deserializer)? {
        Number::Text(text) => text,
        Number::Whole(number) => number.to_string(),
        Number::Fraction(number) => number.to_string(),
    }))
}

impl SpecArgs {
    /// Reads a file; an error names its line and key.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let (spec, text) = read_toml::<Self>(path)?;
        spec.paid_in_one_way(path, &text)
    }

    /// The same from a text that stands in a file.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, Failure> {
        let spec: Self = toml::from_str(text).map_err(|e| unreadable(path, text, &e))?;
        spec.paid_in_one_way(path, text)
    }

    /// Refuses a file that says in two ways how they are paid, as the flags do.
    fn paid_in_one_way(self, path: &Path, text: &str) -> Result<Self, Failure> {
        let ways = [
            ("spot", self.spot),
            ("spot_limit", self.spot_limit.is_some()),
            ("prepaid", self.prepaid.is_some()),
        ];
        let said: Vec<_> = ways.iter().filter(|(_, is_said)| *is_said).map(|(key, _)| *key).collect();
        let [.., first, second] = said.as_slice() else { return Ok(self) };
        let is_second = |line: &str| line.split_once('=').is_some_and(|(key, _)| key.trim() == *second);
        let line = text.lines().position(is_second).map_or(1, |at| at + 1);
        let message = format!("{}:{line}: {second} does not go with {first}", path.display());
        Err(Failure::new(Exit::Usage, message).hint("keep the one by which they are to be paid"))
    }

    /// What the environment says, for a command without these flags, else what the file says.
    pub(super) fn or_environment(self) -> Self {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let vswitch = set("FAASCMD_VSWITCH").map(|ids| ids.split(',').map(str::to_owned).collect());
        let environment = Self {
            vswitch: vswitch.unwrap_or_default(),
            security_group: set("FAASCMD_SECURITY_GROUP"),
            ecs_image: set("FAASCMD_ECS_IMAGE"),
            ..Self::default()
        };
        environment.or(self)
    }

    /// Whether they are paid in advance.
    pub(super) fn is_prepaid(&self) -> bool {
        self.prepaid.is_some()
    }

    /// What a flag says, else what the file says; what is empty says nothing.
    #[must_use]
    pub(super) fn or(self, file: Self) -> Self {
        let said = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let all = |texts: Vec<String>| texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>();
        let more = |own: Vec<String>, file: Vec<String>| {
            Some(all(own)).filter(|own| !own.is_empty()).unwrap_or_else(|| all(file))
        };
        // How they are paid is one choice of three.
        let paid = self.spot || self.spot_limit.is_some() || self.prepaid.is_some();
        let (spot, spot_limit, prepaid) = if paid {
            (self.spot, self.spot_limit, self.prepaid)
        } else {
            (file.spot, file.spot_limit, file.prepaid)
        };
        Self {
            count: self.count.or(file.count),
            min: self.min.or(file.min),
            types: more(self.types, file.types),
            vswitch: more(self.vswitch, file.vswitch),
            security_group: said(&self.security_group).or(said(&file.security_group)),
            ecs_image: said(&self.ecs_image).or(said(&file.ecs_image)),
            role: self.role.or(file.role),
            user_data: self.user_data.or(file.user_data),
            key_pair: self.key_pair.or(file.key_pair),
            system_disk: self.system_disk.or(file.system_disk),
            spot,
            spot_limit,
            prepaid,
            public_ip: self.public_ip.or(file.public_ip),
            release_after: self.release_after.or(file.release_after),
            wait_capacity: self.wait_capacity.or(file.wait_capacity),
        }
    }

    /// The request; everything that it needs must have been said.
    pub(super) fn request(&self, fleet: &str, wait: bool) -> Result<UpRequest, Failure> {
        let count = usize::from(self.count.ok_or_else(|| missing("--count", "4"))?);
        let at_least = self.min.map_or(count, usize::from);
        if at_least > count {
            return Err(Failure::new(Exit::Usage, format!("--min {at_least} is more than --count {count}")));
        }
        if self.types.is_empty() {
            return Err(missing("--type", "ecs.f3-c16f1.4xlarge"));
        }
        if self.vswitch.is_empty() {
            return Err(missing("--vswitch", "vsw-…"));
        }
        let release_after = match (self.prepaid, self.release_after) {
            (Some(_), Some(ReleaseAfter::After(_))) => {
                let message = "instances that are paid in advance can't be released: --release-after does not go with --prepaid";
                return Err(Failure::new(Exit::Usage, message));
            }
            (Some(_), _) | (None, Some(ReleaseAfter::Never)) => None,
            (None, Some(ReleaseAfter::After(after))) => Some(after),
            (None, None) => Some(Duration::from_hours(2)),
        };
        Ok(UpRequest {
            fleet: fleet.to_owned(),
            count,
            at_least,
            types: self.types.clone(),
            vswitches: self.vswitch.clone(),
            run: None,
            order: self.order()?,
            release_after,
            wait_capacity: self.wait_capacity.map_or(Duration::ZERO, |span| span.0),
            wait,
        })
    }

    fn order(&self) -> Result<InstanceOrder, Failure> {
        let charge = match (&self.prepaid, &self.spot_limit, self.spot) {
            (Some(prepaid), ..) => Charge::PrePaid(prepaid.0),
            (None, Some(limit), _) => Charge::SpotLimit(limit.clone()),
            (None, None, true) => Charge::Spot,
            (None, None, false) => Charge::PostPaid,
        };
        Ok(InstanceOrder {
            security_group: self.security_group.clone().ok_or_else(|| missing("--security-group", "sg-…"))?,
            image: self.ecs_image.clone().ok_or_else(|| missing("--ecs-image", "m-…"))?,
            role: self.role.clone(),
            user_data: self.user_data.as_deref().map(script).transpose()?,
            key_pair: self.key_pair.clone(),
            system_disk_gib: self.system_disk,
            // Without a category the service takes one that f-instances refuse.
            system_disk_category: Some("cloud_efficiency".into()),
            charge,
            public_mbit: self.public_ip.unwrap_or(0),
            ..InstanceOrder::default()
        })
    }
}

/// Reads a file, and gives its text too; an error names its line and key.
pub(super) fn read_toml<T: serde::de::DeserializeOwned>(path: &Path) -> Result<(T, String), Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| {
        let exit = if e.kind() == std::io::ErrorKind::NotFound { Exit::NotFound } else { Exit::Failed };
        Failure::new(exit, format!("{}: {e}", path.display()))
    })?;
    let read = toml::from_str(&text).map_err(|e| unreadable(path, &text, &e))?;
    Ok((read, text))
}

/// A text without some keys and their values; its lines stay, so that an error names the right one.
pub(super) fn without_keys(text: &str, keys: &[&str]) -> String {
    let Ok(table) = DeTable::parse(text) else { return text.to_owned() };
    let of_keys = table.get_ref().iter().filter(|(key, _)| keys.contains(&key.get_ref().as_ref()));
    let spans: Vec<_> = of_keys.map(|(key, value)| key.span().start..value.span().end).collect();
    let is_out = |at: usize| spans.iter().any(|span| span.contains(&at));
    let blank = |(at, c): (usize, char)| if c != '\n' && is_out(at) { ' ' } else { c };
    text.char_indices().map(blank).collect()
}

fn script(path: &Path) -> Result<String, Failure> {
    /// As the service has it, before Base64.
    const LONGEST: usize = 32 * 1024;
    let text = std::fs::read_to_string(path)
        .map_err(|e| Failure::new(Exit::NotFound, format!("{}: {e}", path.display())))?;
    if text.len() > LONGEST {
        let message = format!("{}: {} bytes, and a first boot takes {LONGEST}", path.display(), text.len());
        return Err(
            Failure::new(Exit::Usage, message).hint("fetch the long part from the bucket in a short script")
        );
    }
    if !text.starts_with("#!") {
        let message = format!("{}: a script for the first boot begins with #!", path.display());
        return Err(Failure::new(Exit::Usage, message).hint("put #!/bin/sh on its first line"));
    }
    Ok(text)
}

fn missing(flag: &str, example: &str) -> Failure {
    let key = flag.trim_start_matches('-').replace('-', "_");
    Failure::new(Exit::Usage, format!("{flag} is needed"))
        .hint(format!("add {flag} {example}, or {key} = … in the file of -f"))
}

fn unreadable(path: &Path, text: &str, error: &toml::de::Error) -> Failure {
    let at = error.span().map_or(0, |span| span.start.min(text.len()));
    let line = text[..at].matches('\n').count() + 1;
    let key = text
        .lines()
        .nth(line - 1)
        .and_then(|line| line.split_once('='))
        .map(|(key, _)| key.trim().to_owned());
    let key = key.filter(|key| !error.message().contains(key.as_str())).map(|key| format!("{key}: "));
    let message = format!("{}:{line}: {}{}", path.display(), key.unwrap_or_default(), error.message());
    Failure::new(Exit::Usage, message).hint("the keys are the flags' names: faascmd fleet up --help")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<SpecArgs, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fleet.toml");
        std::fs::write(&path, text).unwrap();
        SpecArgs::read(&path).map_err(|failure| failure.message.rsplit('/').next().unwrap().to_owned())
    }

    #[test]
    fn a_file_has_the_flags_names_and_a_flag_beats_it() {
        let file = read("count = 4\ntype = \"a,b\"\nvswitch = [\"v1\", \"v2\"]\nspot_limit = 1.25\nrelease_after = \"45m\"\n").unwrap();
        assert_eq!((file.types.len(), file.vswitch.len()), (2, 2));
        assert_eq!(file.spot_limit.as_deref(), Some("1.25"));
        assert_eq!(file.release_after, Some(ReleaseAfter::After(Duration::from_mins(45))));
        let flags = SpecArgs { count: Some(8), spot: true, ..SpecArgs::default() };
        let both = flags.or(file);
        assert_eq!((both.count, both.spot, both.spot_limit), (Some(8), true, None));
    }

    #[test]
    fn an_error_in_a_file_names_line_and_key() {
        let error = read("count = 4\nrelease_afer = \"2h\"\n").unwrap_err();
        assert!(error.starts_with("fleet.toml:2: ") && error.contains("release_afer"), "{error}");
        let error = read("count = 4\n\nrelease_after = \"2min 3\"\n").unwrap_err();
        assert!(error.starts_with("fleet.toml:3: release_after: "), "{error}");
        let error = read("count = \"four\"\n").unwrap_err();
        assert!(error.starts_with("fleet.toml:1: count: "), "{error}");
    }

    #[test]
    fn a_file_is_held_to_what_the_flags_are_held_to() {
        for (text, said) in [
            ("min = 1\ncount = 1001", "fleet.toml:2: count: 1001 is not in 1..=1000"),
            ("type = 5", "fleet.toml:1: type: write one text, or a list of texts"),
            ("count = 0", "fleet.toml:1: count: 0 is not in 1..=1000"),
            ("min = -1", "fleet.toml:1: min: -1 is not in 1..=1000"),
            ("public_ip = 101", "fleet.toml:1: public_ip: 101 is not in 0..=100"),
            ("prepaid = \"1month\"\nspot = true", "fleet.toml:1: prepaid does not go with spot"),
            ("spot_limit = 1\n\nprepaid = \"1month\"", "fleet.toml:3: prepaid does not go with spot_limit"),
        ] {
            assert_eq!(read(text).unwrap_err().trim_end(), said);
        }
        assert!(read("spot = false\nprepaid = \"1month\"").is_ok());
    }

    #[test]
    fn a_key_of_several_lines_goes_out_whole_and_the_lines_stay() {
        let text = "name = \"a\" # é\ntest = [\n  \"smoke\", # first\n  \"prbs\",\n]\ncount = 4\ntests = 1\n";
        let left = without_keys(text, &["name", "test"]);
        assert_eq!(
            left.lines().map(str::trim).collect::<Vec<_>>(),
            ["# é", "", "", "", "", "count = 4", "tests = 1"]
        );
    }
}

//! The aliyun CLI's configuration, `~/.aliyun/config.json`: its profiles, as data.
//!
//! Names of fields and modes: aliyun-cli, `config/profile.go`.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::environment::{CLI_PROFILE_DISABLED, CONFIG_FILE, Environment, IGNORE_PROFILE};
use super::error::text_of;
use super::{ConfigError, Origin, Sourced};
use crate::base::secret::Secret;

/// One profile.
#[derive(Clone)]
pub struct Profile {
    path: PathBuf,
    name: String,
    line: usize,
    fields: Map<String, Value>,
}

/// What was found of the configuration.
#[derive(Clone, Debug)]
pub enum ProfileLookup {
    Profile(Profile),
    /// The file is there, without such a profile; with the names of those that it has.
    NoProfile(PathBuf, Vec<String>),
    /// There is no such file.
    NoFile(Option<PathBuf>),
    /// This variable says not to look.
    Disabled(&'static str),
}

/// How a profile gets its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A long-lived key.
    Ak,
    /// A temporary key, as it stands in the file.
    StsToken,
    /// A key that assumes a role.
    RamRoleArn,
    /// The role of the instance.
    EcsRamRole,
    /// The role of the instance, which assumes another.
    RamRoleArnWithRoleName,
    /// Another profile, which assumes a role.
    ChainableRamRoleArn,
    /// An OIDC token that assumes a role.
    Oidc,
    /// A URL that answers with a key.
    CredentialsUri,
    /// A program that prints a key.
    External,
    /// A temporary key that the aliyun CLI fetched after a login (`CloudSSO`, `OAuth`).
    Login,
    /// A mode that makes no key for us, in the file's own word.
    Other(String),
}

// A field may be a secret.
impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profile").field("path", &self.path).field("name", &self.name).finish_non_exhaustive()
    }
}

/// Finds the named profile, or the file's current one.
///
/// # Errors
/// When the file can't be read or understood.
pub fn find(environment: &Environment, profile: Option<&str>) -> Result<ProfileLookup, ConfigError> {
    if environment.is_on(CLI_PROFILE_DISABLED) {
        return Ok(ProfileLookup::Disabled(CLI_PROFILE_DISABLED));
    }
    if let Some((name, _)) = environment.first(&IGNORE_PROFILE).filter(|(_, value)| *value == "TRUE") {
        return Ok(ProfileLookup::Disabled(name));
    }
    let place = environment.path(CONFIG_FILE).or_else(|| environment.below_home(".aliyun/config.json"));
    let Some(path) = place else { return Ok(ProfileLookup::NoFile(None)) };
    let Some(text) = text_of(&path)? else { return Ok(ProfileLookup::NoFile(Some(path))) };
    let document = parse(&path, &text)?;
    let current = document.get("current").and_then(Value::as_str).filter(|name| !name.is_empty());
    profile_of(&path, &text, profile.or(current).unwrap_or("default"))
}

fn parse(path: &Path, text: &str) -> Result<Map<String, Value>, ConfigError> {
    match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
        Ok(Value::Object(document)) => Ok(document),
        Ok(_) => Err(ConfigError::malformed(path, 1, "this is not a JSON object")),
        Err(e) => {
            // Column 0 is the line break itself, which ends the line before.
            let line = if e.column() == 0 { e.line().saturating_sub(1) } else { e.line() };
            Err(ConfigError::malformed(path, line.max(1), "this is not JSON"))
        }
    }
}

fn profile_of(path: &Path, text: &str, wanted: &str) -> Result<ProfileLookup, ConfigError> {
    let document = parse(path, text)?;
    let profiles = document.get("profiles").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let name_of =
        |profile: &Value| profile.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let found = profiles.iter().find(|profile| name_of(profile) == wanted);
    let Some(fields) = found.and_then(Value::as_object) else {
        return Ok(ProfileLookup::NoProfile(path.to_owned(), profiles.iter().map(name_of).collect()));
    };
    let line = line_of(text, wanted);
    Ok(ProfileLookup::Profile(Profile {
        path: path.to_owned(),
        name: wanted.to_owned(),
        line,
        fields: fields.clone(),
    }))
}

/// The line with `"name": "…"` of a profile, counted from 1; 1 when it is spelled in an unusual way.
fn line_of(text: &str, name: &str) -> usize {
    let quoted = Value::from(name).to_string();
    let is_it = |(i, _): &(usize, &str)| {
        let rest = text[i + "\"name\"".len()..].trim_start().strip_prefix(':').map(str::trim_start);
        rest.is_some_and(|rest| rest.starts_with(&quoted))
    };
    let at = text.match_indices("\"name\"").find(is_it).map_or(0, |(i, _)| i);
    1 + text[..at].matches('\n').count()
}

impl Profile {
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The profile's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file and line of the profile, as people name it.
    pub fn place(&self) -> String {
        format!("profile `{}` ({}:{})", self.name, self.path.display(), self.line)
    }

    /// A field that is a text and not empty.
    pub fn get(&self, field: &str) -> Option<&str> {
        self.fields.get(field).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// A field that is a number and not zero.
    pub fn number(&self, field: &str) -> Option<u64> {
        self.fields.get(field).and_then(Value::as_u64).filter(|number| *number != 0)
    }

    /// A field that is `true`.
    pub fn is_on(&self, field: &str) -> bool {
        self.fields.get(field).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A field that must be there.
    ///
    /// # Errors
    /// When it is missing.
    pub fn need(&self, field: &str) -> Result<&str, ConfigError> {
        let problem = || self.wrong(format!("profile `{}` has no {field}", self.name));
        self.get(field).ok_or_else(problem)
    }

    /// A secret field that must be there.
    ///
    /// # Errors
    /// When it is missing.
    pub fn need_secret(&self, field: &str) -> Result<Secret, ConfigError> {
        self.need(field).map(Secret::new)
    }

    /// An error at the profile's line.
    pub fn wrong(&self, problem: String) -> ConfigError {
        ConfigError::malformed(&self.path, self.line, problem)
    }

    pub fn region(&self) -> Option<Sourced<String>> {
        let source = Origin::Profile { path: self.path.clone(), name: self.name.clone() };
        self.get("region_id").map(|region| Sourced::new(region.to_owned(), source))
    }

    /// Another profile of the same file.
    ///
    /// # Errors
    /// When the file can't be read any more, or has no such profile.
    pub fn sibling(&self, name: &str) -> Result<Self, ConfigError> {
        let gone = || {
            self.wrong(format!("profile `{}` names a source_profile `{name}`, which is not there", self.name))
        };
        let text = text_of(&self.path)?.ok_or_else(gone)?;
        match profile_of(&self.path, &text, name)? {
            ProfileLookup::Profile(profile) => Ok(profile),
            _ => Err(gone()),
        }
    }

    /// How the profile gets its key; without a mode, what its fields say.
    pub fn mode(&self) -> Mode {
        match self.get("mode").map(str::to_ascii_lowercase).as_deref() {
            None => self.mode_by_fields(),
            Some("ak") => Mode::Ak,
            Some("ststoken") => Mode::StsToken,
            Some("ramrolearn") => Mode::RamRoleArn,
            Some("ecsramrole") => Mode::EcsRamRole,
            Some("ramrolearnwithrolename" | "ramrolearnwithecs") => Mode::RamRoleArnWithRoleName,
            Some("chainableramrolearn") => Mode::ChainableRamRoleArn,
            Some("oidc") => Mode::Oidc,
            Some("credentialsuri") => Mode::CredentialsUri,
            Some("external") => Mode::External,
            Some("cloudsso" | "oauth") => Mode::Login,
            Some(_) => Mode::Other(self.get("mode").unwrap_or_default().to_owned()),
        }
    }

    fn mode_by_fields(&self) -> Mode {
        let has = |field| self.get(field).is_some();
        if has("access_key_id") {
            match (has("ram_role_arn"), has("sts_token")) {
                (true, _) => Mode::RamRoleArn,
                (false, true) => Mode::StsToken,
                (false, false) => Mode::Ak,
            }
        } else if has("ram_role_name") {
            Mode::EcsRamRole
        } else if has("process_command") {
            Mode::External
        } else if has("oidc_provider_arn") && has("oidc_token_file") && has("ram_role_arn") {
            Mode::Oidc
        } else {
            Mode::Ak
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = r#"{
  "current": "b",
  "profiles": [
    { "name": "a", "mode": "ak", "access_key_id": "id", "access_key_secret": "hunter2" },
    {
      "name" : "b", "mode": "", "ram_role_name": "r", "region_id": "cn-beijing", "expired_seconds": 900
    }
  ]
}"#;

    fn found(profile: Option<&str>, text: &str) -> Result<ProfileLookup, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        std::fs::write(&path, text).unwrap();
        find(&Environment::of([(CONFIG_FILE, path.to_str().unwrap())]), profile)
    }

    fn profile(name: Option<&str>) -> Profile {
        match found(name, CONFIG).unwrap() {
            ProfileLookup::Profile(profile) => profile,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_current_profile_or_the_named_one() {
        let current = profile(None);
        assert_eq!((current.name(), current.line, current.mode()), ("b", 6, Mode::EcsRamRole));
        assert_eq!(current.region().unwrap().value, "cn-beijing");
        assert_eq!(current.number("expired_seconds"), Some(900));
        let named = profile(Some("a"));
        assert_eq!((named.mode(), named.line), (Mode::Ak, 4));
        assert!(
            named
                .need("ram_role_arn")
                .unwrap_err()
                .to_string()
                .ends_with(":4: profile `a` has no ram_role_arn")
        );
        assert!(!format!("{named:?}").contains("hunter2"));
        assert!(
            matches!(found(Some("c"), CONFIG).unwrap(), ProfileLookup::NoProfile(_, names) if names == ["a", "b"])
        );
    }

    #[test]
    fn broken_json_is_named_by_line_without_its_text() {
        let error = found(None, "{\n\"current\": \"hunter2\n}").unwrap_err().to_string();
        assert!(error.contains("config.json:2: this is not JSON") && !error.contains("hunter2"), "{error}");
        assert!(found(None, "[]").unwrap_err().to_string().ends_with("this is not a JSON object"));
    }

    #[test]
    fn a_variable_switches_it_off() {
        let off = Environment::of([(CLI_PROFILE_DISABLED, "True"), ("HOME", "/nonexistent")]);
        assert!(matches!(find(&off, None).unwrap(), ProfileLookup::Disabled(_)));
        let off = Environment::of([("ALIBABACLOUD_IGNORE_PROFILE", "TRUE"), ("HOME", "/nonexistent")]);
        assert!(matches!(find(&off, None).unwrap(), ProfileLookup::Disabled(_)));
        let on = Environment::of([("ALIBABA_CLOUD_IGNORE_PROFILE", "yes"), ("HOME", "/nonexistent")]);
        assert!(matches!(find(&on, None).unwrap(), ProfileLookup::NoFile(_)));
    }
}

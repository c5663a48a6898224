//! The settings of one run, each with its source.

use std::path::{Path, PathBuf};

use super::aliyun::{self, ProfileLookup};
use super::endpoint::{Endpoints, Service};
use super::environment::{PROFILE, REGION_ID};
use super::{ConfigError, CredentialsFile, Environment, Name, Origin, Sourced};

/// What the command line gave: flags and `FAASCMD_*`.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// `--region`
    pub region: Option<Sourced<String>>,
    /// `--bucket`
    pub bucket: Option<Sourced<String>>,
    /// `--role-arn`
    pub role_arn: Option<Sourced<String>>,
    /// `--instance-id`
    pub instance_id: Option<Sourced<String>>,
    /// `--profile`
    pub profile: Option<Sourced<String>>,
    /// `--credentials-file`
    pub credentials_file: Option<Sourced<PathBuf>>,
    /// `--endpoint`
    pub endpoints: Endpoints,
    /// `--insecure-http`
    pub insecure_http: bool,
    /// Whether the command is one that makes the credentials file.
    pub makes_credentials_file: bool,
}

/// Where and as what the program works.
#[derive(Clone, Debug)]
pub struct Settings {
    region: Option<Sourced<String>>,
    bucket: Option<Sourced<String>>,
    role_arn: Option<Sourced<String>>,
    instance_id: Option<Sourced<String>>,
    profile: Option<Sourced<String>>,
    credentials_file: Option<PathBuf>,
    endpoints: Endpoints,
    insecure_http: bool,
    environment: Environment,
}

impl Settings {
    /// Looks for what was not given; a file is read only when it is asked for something.
    ///
    /// # Errors
    /// When a file that is asked can't be read or understood.
    pub fn find(given: Given, environment: Environment) -> Result<Self, ConfigError> {
        let filled = |value: Option<Sourced<String>>| value.and_then(Sourced::filled);
        let by_default = || environment.below_home(CredentialsFile::DEFAULT);
        let mut settings = Self {
            region: filled(given.region).or_else(|| from_variable(&environment, &[REGION_ID])),
            bucket: filled(given.bucket),
            role_arn: filled(given.role_arn),
            instance_id: filled(given.instance_id),
            profile: filled(given.profile).or_else(|| from_variable(&environment, &PROFILE)),
            credentials_file: named_file(given.credentials_file, given.makes_credentials_file)?
                .or_else(by_default),
            endpoints: given.endpoints,
            insecure_http: given.insecure_http,
            environment,
        };
        settings.check_endpoints()?;
        settings.ask_credentials_file()?;
        settings.ask_aliyun_profile()?;
        settings.check_names()?;
        Ok(settings)
    }

    fn check_endpoints(&self) -> Result<(), ConfigError> {
        match self.endpoints.in_the_clear().next().filter(|_| !self.insecure_http) {
            Some(url) => Err(ConfigError::InTheClear { url: url.value.clone(), origin: url.source.clone() }),
            None => Ok(()),
        }
    }

    /// These names become parts of hosts and requests, whoever set them.
    fn check_names(&self) -> Result<(), ConfigError> {
        let names = [
            (Name::Region, &self.region),
            (Name::Bucket, &self.bucket),
            (Name::InstanceId, &self.instance_id),
        ];
        names
            .into_iter()
            .try_for_each(|(name, value)| value.as_ref().map_or(Ok(()), |value| name.check(value)))
    }

    fn ask_credentials_file(&mut self) -> Result<(), ConfigError> {
        if self.region.is_some() && self.bucket.is_some() && self.role_arn.is_some() {
            return Ok(());
        }
        let Some(path) = &self.credentials_file else { return Ok(()) };
        let file = CredentialsFile::read(path)?;
        self.region = self.region.take().or_else(|| file.region());
        self.bucket = self.bucket.take().or_else(|| file.bucket());
        self.role_arn = self.role_arn.take().or_else(|| file.role());
        Ok(())
    }

    fn ask_aliyun_profile(&mut self) -> Result<(), ConfigError> {
        if self.region.is_none()
            && let ProfileLookup::Profile(profile) = aliyun::find(&self.environment, self.profile())?
        {
            self.region = profile.region();
        }
        Ok(())
    }

    /// The region; `None` when only the instance's metadata can know it.
    pub fn region(&self) -> Option<&Sourced<String>> {
        self.region.as_ref()
    }

    pub fn bucket(&self) -> Option<&Sourced<String>> {
        self.bucket.as_ref()
    }

    /// The ARN of the role that the service assumes; `None` means `AliyunFAASDefaultRole` of the caller's account.
    pub fn role_arn(&self) -> Option<&Sourced<String>> {
        self.role_arn.as_ref()
    }

    /// The instance; `None` when only the instance's metadata can know it.
    pub fn instance_id(&self) -> Option<&Sourced<String>> {
        self.instance_id.as_ref()
    }

    /// The endpoint that the user gave for a service; it switches off guessing for that service.
    pub fn endpoint(&self, service: Service) -> Option<&Sourced<String>> {
        self.endpoints.of(service)
    }

    /// Every endpoint that the user gave.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The profile that the user named, for the aliyun CLI's file and the shared one.
    pub fn profile(&self) -> Option<&str> {
        self.profile.as_ref().map(|profile| profile.value.as_str())
    }

    /// Where the profile's name comes from.
    pub fn profile_source(&self) -> Option<&Origin> {
        self.profile.as_ref().map(|profile| &profile.source)
    }

    /// The credentials file's path, there or not.
    ///
    /// # Errors
    /// When neither a path was given nor a home folder is known.
    pub fn credentials_file(&self) -> Result<&Path, ConfigError> {
        self.credentials_file.as_deref().ok_or(ConfigError::NoHome { what: "the credentials file" })
    }

    /// Whether an endpoint may be without TLS on another machine.
    pub fn insecure_http(&self) -> bool {
        self.insecure_http
    }

    /// The environment variables.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }
}

/// The credentials file that was named. A flag names one that is there: where it has a typo, another identity must not
/// step in. A variable may name one that is still to be made.
fn named_file(given: Option<Sourced<PathBuf>>, to_be_made: bool) -> Result<Option<PathBuf>, ConfigError> {
    let Some(given) = given.filter(|given| !given.value.as_os_str().is_empty()) else { return Ok(None) };
    let is_flag = matches!(given.source, Origin::Flag(_));
    if is_flag && !to_be_made && !given.value.exists() {
        return Err(ConfigError::NoCredentialsFile(given.value));
    }
    Ok(Some(given.value))
}

fn from_variable(environment: &Environment, names: &[&'static str]) -> Option<Sourced<String>> {
    environment.first(names).map(|(name, value)| Sourced::new(value.to_owned(), Origin::Variable(name)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn home() -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join(".faascredentials"), "[OSS]\nbucket=old\n[faascmd]\nregion=cn-a\n")
            .unwrap();
        fs::create_dir(home.path().join(".aliyun")).unwrap();
        let config =
            r#"{"current":"p","profiles":[{"name":"p","region_id":"cn-b"},{"name":"q","region_id":"cn-c"}]}"#;
        fs::write(home.path().join(".aliyun/config.json"), config).unwrap();
        home
    }

    fn find(home: &Path, given: Given, variables: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        let home = [("HOME", home.to_str().unwrap())];
        Settings::find(given, Environment::of(home.into_iter().chain(variables.iter().copied())))
    }

    fn flag(value: &str) -> Option<Sourced<String>> {
        Some(Sourced::new(value.to_owned(), Origin::Flag("--x")))
    }

    fn region_of(settings: &Settings) -> (&str, String) {
        let region = settings.region().unwrap();
        (&region.value, region.source.to_string())
    }

    #[test]
    fn the_order_is_flag_variable_credentials_file_profile() {
        let home = home();
        let at = |given, variables: &[(&str, &str)]| find(home.path(), given, variables).unwrap();
        let file = home.path().join(".faascredentials");
        let both = [(REGION_ID, "cn-v")];
        assert_eq!(region_of(&at(Given { region: flag("cn-f"), ..Given::default() }, &both)).0, "cn-f");
        assert_eq!(region_of(&at(Given::default(), &both)), ("cn-v", REGION_ID.to_owned()));
        let settings = at(Given { region: flag(""), ..Given::default() }, &[(REGION_ID, "")]);
        assert_eq!(region_of(&settings), ("cn-a", format!("{}:4", file.display())));
        assert_eq!(settings.bucket().unwrap().value, "old");
        fs::remove_file(&file).unwrap();
        assert_eq!(region_of(&at(Given::default(), &[])).0, "cn-b");
        assert_eq!(region_of(&at(Given { profile: flag("q"), ..Given::default() }, &[])).0, "cn-c");
        assert_eq!(region_of(&at(Given::default(), &[("ALICLOUD_PROFILE", "q")])).0, "cn-c");
        assert!(at(Given { profile: flag("none"), ..Given::default() }, &[]).region().is_none());
    }

    #[test]
    fn a_broken_file_matters_only_when_it_is_asked() {
        let home = home();
        fs::write(home.path().join(".faascredentials"), "garbage\n").unwrap();
        let error = find(home.path(), Given::default(), &[]).unwrap_err().to_string();
        assert!(error.contains(".faascredentials:1: "), "{error}");
        let given =
            Given { region: flag("cn-r"), bucket: flag("buc"), role_arn: flag("a"), ..Given::default() };
        assert!(find(home.path(), given, &[]).is_ok());
    }
}

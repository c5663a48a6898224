//! `faascmd config --show`: the settings in effect, each with its source.

use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::error::Outcome;
use crate::cli::output::{Page, Report};
use crate::config::aliyun::{self, ProfileLookup};
use crate::config::environment::ACCESS_KEY_ID;
use crate::config::{ConfigError, CredentialsFile, Origin, Service, Settings, Sourced};

#[derive(Debug, Serialize)]
struct Effective {
    items: Vec<Setting>,
}

#[derive(Debug, Serialize)]
struct Setting {
    name: String,
    /// Null where nothing on this machine sets it.
    value: Option<String>,
    source: Option<String>,
}

/// Runs it: nothing is sent.
pub(super) fn run(cx: &Context) -> Outcome {
    let settings = cx.settings()?;
    let mut items = vec![
        Setting::of("region", settings.region()),
        Setting::of("bucket", settings.bucket()),
        Setting::of("role_arn", settings.role_arn()),
        Setting::of("instance_id", settings.instance_id()),
        Setting {
            name: "profile".into(),
            value: settings.profile().map(str::to_owned),
            source: settings.profile_source().map(ToString::to_string),
        },
        access_key(settings)?,
    ];
    items.extend(Service::ALL.iter().filter_map(|service| {
        let url = settings.endpoint(*service)?;
        Some(Setting::of(&format!("endpoint.{service}"), Some(url)))
    }));
    cx.ui.print(&Effective { items })
}

/// The id of the key in the two places that this program asks first; `doctor` asks all of them.
fn access_key(settings: &Settings) -> Result<Setting, ConfigError> {
    let name = "access_key_id".to_owned();
    // A profile that was named on the command line is meant, and nothing else asked.
    if matches!(settings.profile_source(), Some(Origin::Flag(_))) {
        let found = aliyun::find(settings.environment(), settings.profile())?;
        let ProfileLookup::Profile(profile) = found else {
            return Ok(Setting { name, value: None, source: None });
        };
        let value = profile.get("access_key_id").map(str::to_owned);
        return Ok(Setting { name, value, source: Some(profile.place()) });
    }
    if let Some(id) = settings.environment().get(ACCESS_KEY_ID) {
        return Ok(Setting { name, value: Some(id.to_owned()), source: Some(ACCESS_KEY_ID.to_owned()) });
    }
    // Without a home there is no file, and an instance's role may serve.
    let Ok(path) = settings.credentials_file() else {
        return Ok(Setting { name, value: None, source: None });
    };
    let file = CredentialsFile::read(path)?;
    let key = file.access_key()?;
    let source = key.as_ref().map(|key| format!("{}:{}", file.path().display(), key.line));
    Ok(Setting { name, value: key.map(|key| key.id), source })
}

impl Setting {
    fn of(name: &str, sourced: Option<&Sourced<String>>) -> Self {
        Self {
            name: name.to_owned(),
            value: sourced.map(|sourced| sourced.value.clone()),
            source: sourced.map(|sourced| sourced.source.to_string()),
        }
    }
}

impl Report for Effective {
    const SCHEMA: &'static str = "faascmd.config.show/1";

    fn human(&self, page: &mut Page) {
        let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let row = |item: &Setting| vec![item.name.clone(), dash(&item.value), dash(&item.source)];
        page.table(&["setting", "value", "source"], &self.items.iter().map(row).collect::<Vec<_>>());
    }
}

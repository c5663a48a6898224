//! Settings that can't be used.

use crate::cli::error::Failure;
use crate::cli::exit::Exit;
use crate::config::names::meant_region;
use crate::config::{ConfigError, Name};

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let failure = Self::new(exit_of(&error), error.to_string());
        match error {
            ConfigError::Malformed { path, .. } => {
                failure.hint(format!("mend that line, or move {} away", path.display()))
            }
            ConfigError::Unreadable { path, .. } => failure.hint(format!("ls -l {}", path.display())),
            ConfigError::Name { name: Name::Region, ref text, .. } => match meant_region(text) {
                Some(region) => failure.hint(format!("is {region} meant?")),
                None => failure,
            },
            ConfigError::InTheClear { ref url, .. } => failure
                .hint(format!("take {}", url.replacen("http:", "https:", 1)))
                .hint("or add --insecure-http, where the way there is safe otherwise"),
            ConfigError::Foreign { ref path, .. } => {
                let path = path.display();
                failure.hint(format!("look at what is in it, then: chown $(id -u) {path}; chmod 600 {path}"))
            }
            ConfigError::NoCredentialsFile(_) => {
                failure.hint("`faascmd config` and `faascmd auth` make it; or leave the flag out")
            }
            ConfigError::NoHome { .. } => failure.hint("set HOME, or name the file with --credentials-file"),
            ConfigError::Name { .. }
            | ConfigError::Unwritable { .. }
            | ConfigError::Endpoint { .. }
            | ConfigError::NotOneLine { .. } => failure,
        }
    }
}

fn exit_of(error: &ConfigError) -> Exit {
    match error {
        ConfigError::Endpoint { .. } | ConfigError::NotOneLine { .. } => Exit::Usage,
        ConfigError::Name { origin, .. } | ConfigError::InTheClear { origin, .. }
            if origin.is_of_the_command() =>
        {
            Exit::Usage
        }
        ConfigError::Name { .. }
        | ConfigError::InTheClear { .. }
        | ConfigError::Foreign { .. }
        | ConfigError::NoCredentialsFile(_) => Exit::Config,
        ConfigError::Unwritable { .. } => Exit::Failed,
        ConfigError::Unreadable { .. } | ConfigError::Malformed { .. } | ConfigError::NoHome { .. } => {
            Exit::Config
        }
    }
}

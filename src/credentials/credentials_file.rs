//! `~/.faascredentials`, the old tool's file.

use std::path::PathBuf;

use super::{Found, Source};
use crate::cloud::{BoxFuture, CredentialError};
use crate::config::CredentialsFile;
use crate::sign::Credential;

/// The credentials file, there or not.
#[derive(Debug)]
pub(super) struct OurFile {
    pub(super) path: Option<PathBuf>,
}

impl Source for OurFile {
    fn name(&self) -> String {
        match &self.path {
            Some(path) => path.display().to_string(),
            None => format!("~/{}", CredentialsFile::DEFAULT),
        }
    }

    fn find(&self) -> BoxFuture<'_, Result<Found, CredentialError>> {
        Box::pin(std::future::ready(self.read()))
    }
}

impl OurFile {
    fn read(&self) -> Result<Found, CredentialError> {
        let Some(path) = &self.path else { return Ok(Found::NotMine("HOME is not set".into())) };
        let broken = |e: crate::config::ConfigError| CredentialError::Broken {
            source_name: self.name(),
            reason: e.to_string(),
        };
        let file = CredentialsFile::read(path).map_err(broken)?;
        if !file.is_there() {
            return Ok(Found::NotMine("there is no such file".into()));
        }
        Ok(match file.access_key().map_err(broken)? {
            Some(key) => Found::Credential(Credential::long_lived(key.id, key.secret.expose())),
            None => Found::NotMine("no AccessKey in it".into()),
        })
    }
}

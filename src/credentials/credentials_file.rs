//! `~/.faascredentials`, the old tool's file.

use std::path::PathBuf;

use super::source::OfSource;
use super::{Source, SourceAnswer};
use crate::cloud::{BoxFuture, CredentialError};
use crate::config::CredentialsFile;
use crate::sign::Credential;

const NAME: &str = "credentials file";

/// The credentials file, there or not.
#[derive(Debug)]
pub(super) struct OurFile {
    pub(super) path: Option<PathBuf>,
}

impl Source for OurFile {
    fn name(&self) -> &'static str {
        NAME
    }

    fn find(&self) -> BoxFuture<'_, Result<SourceAnswer, CredentialError>> {
        Box::pin(std::future::ready(self.look()))
    }
}

impl OurFile {
    // Settings warn of a file that others can read: they look at it before.
    fn look(&self) -> Result<SourceAnswer, CredentialError> {
        let Some(path) = &self.path else { return Ok(SourceAnswer::NotMine("HOME is not set".into())) };
        let file = CredentialsFile::read(path).of_source(NAME)?;
        if !file.is_there() {
            return Ok(SourceAnswer::NotMine(format!("there is no {}", path.display())));
        }
        Ok(match file.access_key().of_source(NAME)? {
            Some(key) => SourceAnswer::Credential {
                credential: Credential::long_lived(key.id, key.secret.expose()),
                place: format!("{}:{}", path.display(), key.line),
            },
            None => SourceAnswer::NotMine(format!("no AccessKey in {}", path.display())),
        })
    }
}

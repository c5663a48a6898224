//! The old tool's credentials file, `~/.faascredentials`, which both tools read and write.
//!
//! ```ini
//! [FaaSCredentials]
//! accessid=LTAI…
//! accesskey=…
//! [Role]
//! role=acs:ram::1234567890123456:role/AliyunFAASDefaultRole
//! [OSS]
//! bucket=my-bucket
//! [faascmd]
//! region=cn-hangzhou
//! ```
//!
//! The first three sections are the old tool's ("faascmd FAQ", 2018); the last is ours, in a section that it passes by.

use std::path::Path;

use super::ini::Ini;
use super::{ConfigError, Origin, Sourced};
use crate::base::private_file;
use crate::base::secret::Secret;

const KEYS: &str = "FaaSCredentials";
const ID: &str = "accessid";
const SECRET: &str = "accesskey";

/// The file, there or not yet.
#[derive(Clone, Debug)]
pub struct CredentialsFile {
    ini: Ini,
    is_there: bool,
}

/// The `AccessKey` in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileKey {
    /// `AccessKey` id.
    pub id: String,
    /// `AccessKey` secret.
    pub secret: Secret,
    /// The id's line.
    pub line: usize,
}

impl CredentialsFile {
    /// Where the file is unless the user says otherwise, below the home folder.
    pub const DEFAULT: &str = ".faascredentials";

    /// Reads the file; one that is not there is empty.
    ///
    /// # Errors
    /// When it is there and can't be read or understood; the error names the line.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let ini = Ini::read(path)?;
        Ok(Self { is_there: ini.is_some(), ini: ini.unwrap_or_else(|| Ini::empty(path)) })
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        self.ini.path()
    }

    /// Whether there is such a file.
    pub fn is_there(&self) -> bool {
        self.is_there
    }

    /// The `AccessKey`; `None` when the file holds neither of its halves.
    ///
    /// # Errors
    /// When one half is missing.
    pub fn access_key(&self) -> Result<Option<FileKey>, ConfigError> {
        let (id, secret) = (self.ini.get(KEYS, ID), self.ini.get(KEYS, SECRET));
        let missing = |line, have, other| {
            let problem = format!("{have} is here, but {other} is missing in [{KEYS}]");
            Err(ConfigError::malformed(self.path(), line, problem))
        };
        match (id, secret) {
            (None, None) => Ok(None),
            (Some(id), None) => missing(id.line, ID, SECRET),
            (None, Some(secret)) => missing(secret.line, SECRET, ID),
            (Some(id), Some(secret)) => Ok(Some(FileKey {
                id: id.value.into_owned(),
                secret: Secret::new(secret.value.as_ref()),
                line: id.line,
            })),
        }
    }

    /// The ARN of the role that the service assumes.
    pub fn role(&self) -> Option<Sourced<String>> {
        self.value("Role", "role")
    }

    pub fn bucket(&self) -> Option<Sourced<String>> {
        self.value("OSS", "bucket")
    }

    /// The region; ours, the old tool has none.
    pub fn region(&self) -> Option<Sourced<String>> {
        self.value("faascmd", "region")
    }

    /// Puts an `AccessKey` in; nothing is written before [`Self::save`].
    ///
    /// # Errors
    /// When a half is not one line.
    pub fn set_access_key(&mut self, id: &str, secret: &Secret) -> Result<(), ConfigError> {
        self.ini.set(KEYS, ID, one_line("the AccessKey id", id)?);
        self.ini.set_secret(KEYS, SECRET, one_line("the AccessKey secret", secret.expose())?);
        Ok(())
    }

    /// Puts the role's ARN in.
    ///
    /// # Errors
    /// When it is not one line.
    pub fn set_role(&mut self, arn: &str) -> Result<(), ConfigError> {
        self.ini.set("Role", "role", one_line("the role's ARN", arn)?);
        Ok(())
    }

    /// Puts the bucket in.
    ///
    /// # Errors
    /// When it is not one line.
    pub fn set_bucket(&mut self, bucket: &str) -> Result<(), ConfigError> {
        self.ini.set("OSS", "bucket", one_line("the bucket", bucket)?);
        Ok(())
    }

    /// Puts the region in.
    ///
    /// # Errors
    /// When it is not one line.
    pub fn set_region(&mut self, region: &str) -> Result<(), ConfigError> {
        self.ini.set("faascmd", "region", one_line("the region", region)?);
        Ok(())
    }

    /// Writes the file with mode 0600, whole or not at all.
    ///
    /// # Errors
    /// When it can't be written; the old file is then as it was.
    pub fn save(&mut self) -> Result<(), ConfigError> {
        private_file::write_private(self.path(), self.ini.text().as_bytes())
            .map_err(|source| ConfigError::Unwritable { path: self.path().to_owned(), source })?;
        self.is_there = true;
        Ok(())
    }

    fn value(&self, section: &str, key: &str) -> Option<Sourced<String>> {
        let entry = self.ini.get(section, key)?;
        let source = Origin::Line { path: self.path().to_owned(), line: entry.line };
        Some(Sourced::new(entry.value.into_owned(), source))
    }
}

fn one_line<'a>(what: &'static str, value: &'a str) -> Result<&'a str, ConfigError> {
    if value.chars().any(char::is_control) { Err(ConfigError::NotOneLine { what }) } else { Ok(value.trim()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "[FaaSCredentials]\naccessid=id0\naccesskey=secret0\n[Role]\nrole=acs:ram::1:role/r\n";

    fn file(text: &str) -> CredentialsFile {
        CredentialsFile { ini: Ini::parse(Path::new("f"), text).unwrap(), is_there: true }
    }

    #[test]
    fn reads_what_the_old_tool_wrote() {
        let file = file(OLD);
        let key = file.access_key().unwrap().unwrap();
        assert_eq!((key.id.as_str(), key.secret.expose(), key.line), ("id0", "secret0", 2));
        assert_eq!(file.role().unwrap().source.to_string(), "f:5");
        assert_eq!((file.bucket(), file.region()), (None, None));
    }

    #[test]
    fn half_a_key_is_an_error_with_its_line() {
        let error = file("[FaaSCredentials]\n\naccessid=id0\n").access_key().unwrap_err();
        assert_eq!(error.to_string(), "f:3: accessid is here, but accesskey is missing in [FaaSCredentials]");
        assert_eq!(file("[OSS]\nbucket=b").access_key().unwrap(), None);
    }

    #[test]
    fn saves_privately_and_keeps_what_others_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(CredentialsFile::DEFAULT);
        std::fs::write(&path, format!("# mine\n{OLD}[Other]\nx=1\n")).unwrap();
        let mut file = CredentialsFile::read(&path).unwrap();
        file.set_access_key("id1", &Secret::new("secret1")).unwrap();
        file.set_bucket("b").unwrap();
        file.save().unwrap();
        let expected = OLD.replace("id0", "id1").replace("secret0", "secret1");
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, format!("# mine\n{expected}[Other]\nx=1\n[OSS]\nbucket=b\n"));
        assert_eq!(private_file::readable_by_others(&path), None);
        assert!(file.set_bucket("a\nb").is_err());
    }

    #[test]
    fn a_file_that_is_not_there_is_empty() {
        let file = CredentialsFile::read(Path::new("/nonexistent/f")).unwrap();
        assert!(!file.is_there() && file.access_key().unwrap().is_none());
    }
}

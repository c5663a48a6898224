//! The INI file that the cloud's SDKs share: `~/.alibabacloud/credentials` (Go) or `credentials.ini` (Python).

use std::path::PathBuf;

use super::ConfigError;
use super::environment::{CREDENTIALS_FILE, Environment};
use super::ini::{Entry, Ini};

/// One section of the shared file.
#[derive(Clone, Debug)]
pub struct Section {
    ini: Ini,
    name: String,
    line: usize,
}

/// What was found of the shared file.
#[derive(Clone, Debug)]
pub enum SectionLookup {
    Section(Section),
    /// The file is there, without such a section; with the names of those that it has.
    NoSection(PathBuf, Vec<String>),
    /// None of these files is there.
    NoFile(Vec<PathBuf>),
}

/// Where the file may be: the variable's value alone, else the two usual places.
pub fn places(environment: &Environment) -> Vec<PathBuf> {
    if let Some(path) = environment.path(CREDENTIALS_FILE) {
        return vec![path];
    }
    let usual = [".alibabacloud/credentials", ".alibabacloud/credentials.ini"];
    usual.iter().filter_map(|relative| environment.below_home(relative)).collect()
}

/// Finds a section in the first file that is there.
///
/// # Errors
/// When the file can't be read or understood.
pub fn find(environment: &Environment, section: &str) -> Result<SectionLookup, ConfigError> {
    let places = places(environment);
    for path in &places {
        let Some(ini) = Ini::read(path)? else { continue };
        return Ok(match ini.section(section) {
            Some(line) => SectionLookup::Section(Section { ini, name: section.to_owned(), line }),
            None => {
                let names = ini.sections().into_iter().map(str::to_owned).collect();
                SectionLookup::NoSection(path.clone(), names)
            }
        });
    }
    Ok(SectionLookup::NoFile(places))
}

impl Section {
    pub fn path(&self) -> &std::path::Path {
        self.ini.path()
    }

    /// The section's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The line that opens it.
    pub fn line(&self) -> usize {
        self.line
    }

    /// An option of the section.
    pub fn get(&self, key: &str) -> Option<Entry<'_>> {
        self.ini.get(&self.name, key)
    }

    /// An option that must be there.
    ///
    /// # Errors
    /// When it is missing; the error names the section's line.
    pub fn need(&self, key: &str) -> Result<String, ConfigError> {
        let problem = || self.wrong(format!("[{}] has no {key}", self.name));
        self.get(key).map(|entry| entry.value.into_owned()).ok_or_else(problem)
    }

    /// An error at the section's line.
    pub fn wrong(&self, problem: String) -> ConfigError {
        ConfigError::malformed(self.path(), self.line, problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_file_that_is_there_counts() {
        let home = tempfile::tempdir().unwrap();
        let environment = Environment::of([("HOME", home.path().to_str().unwrap())]);
        assert!(
            matches!(find(&environment, "default").unwrap(), SectionLookup::NoFile(places) if places.len() == 2)
        );
        let folder = home.path().join(".alibabacloud");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("credentials.ini"), "[p]\ntype=access_key\n").unwrap();
        let SectionLookup::Section(section) = find(&environment, "p").unwrap() else { panic!("no section") };
        assert_eq!(section.need("type").unwrap(), "access_key");
        let missing = section.need("access_key_id").unwrap_err().to_string();
        assert!(missing.ends_with("credentials.ini:1: [p] has no access_key_id"), "{missing}");
        assert!(
            matches!(find(&environment, "q").unwrap(), SectionLookup::NoSection(_, names) if names == ["p"])
        );
    }
}

//! A value that remembers where it came from.

use std::fmt;
use std::path::PathBuf;

/// A value and its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sourced<T> {
    pub value: T,
    /// Where it came from.
    pub source: Origin,
}

/// Where a value came from; prints as people name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A flag on the command line.
    Flag(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// A line of a file.
    Line {
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// A profile of a file.
    Profile {
        path: PathBuf,
        /// The profile's name.
        name: String,
    },
    /// What a source of credentials says of where its key is made.
    Credentials,
    /// The metadata of the instance, at this address.
    Metadata(String),
}

impl Origin {
    /// Whether the command line says it: a flag, or the variable that stands for one.
    pub fn is_of_the_command(&self) -> bool {
        match self {
            Self::Flag(_) => true,
            Self::Variable(name) => name.starts_with("FAASCMD_"),
            _ => false,
        }
    }
}

impl<T> Sourced<T> {
    /// A value with its source.
    pub fn new(value: T, source: Origin) -> Self {
        Self { value, source }
    }
}

impl Sourced<String> {
    /// The value, unless it is empty: an empty setting counts as absent.
    pub fn filled(self) -> Option<Self> {
        (!self.value.is_empty()).then_some(self)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Variable(name) => f.write_str(name),
            Self::Line { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Profile { path, name } => write!(f, "profile `{name}` of {}", path.display()),
            Self::Metadata(address) => write!(f, "the metadata at {address}"),
            Self::Credentials => f.write_str("the source of the credentials"),
        }
    }
}

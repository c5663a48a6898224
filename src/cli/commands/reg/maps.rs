//! The register map that a command goes by.

use std::cell::OnceCell;
use std::fs::File;
use std::io::{self, Read as _};

use super::target::WidthArgs;
use crate::cli::Exit;
use crate::cli::error::Failure;
use crate::device::{Place, RegisterMap, is_address, number};

/// A map has some hundred bytes a register; what is longer is none, and may have no end.
const LONGEST: u64 = 64 << 20;

/// The map that was asked for, or the built-in one.
///
/// Only a map that was asked for says something about bare addresses: another design may be loaded.
#[derive(Debug)]
pub(super) struct Maps {
    given: Option<RegisterMap>,
    built_in: OnceCell<RegisterMap>,
}

impl Maps {
    /// Reads the map if one was named.
    pub(super) fn load(name: Option<&str>) -> Result<Self, Failure> {
        Ok(Self { given: name.map(map).transpose()?, built_in: OnceCell::new() })
    }

    /// The place that a text names.
    pub(super) fn place(&self, text: &str) -> Result<Place, Failure> {
        match &self.given {
            Some(map) => Ok(Place::parse(text, map)?),
            None if is_address(text) => Ok(Place::address(number(text)?)),
            None => Ok(Place::parse(text, self.built_in.get_or_init(RegisterMap::ddr_prbs))?),
        }
    }

    /// The same by accesses of a width, where one is given.
    pub(super) fn place_of(&self, text: &str, width: WidthArgs) -> Result<Place, Failure> {
        Ok(self.place(text)?.with_width(width.width)?)
    }

    /// The map that says something about bare addresses.
    pub(super) fn given(&self) -> Option<&RegisterMap> {
        self.given.as_ref()
    }
}

/// A map by its built-in name, or from a file.
pub(super) fn map(name: &str) -> Result<RegisterMap, Failure> {
    if let Some(map) = RegisterMap::built_in(name) {
        return Ok(map);
    }
    let text = text_of(name).map_err(|e| {
        let exit = if e.kind() == io::ErrorKind::NotFound { Exit::NotFound } else { Exit::Config };
        Failure::new(exit, format!("the register map {name} can't be read: {e}"))
            .hint("a map is a TOML file, or the built-in ddr_prbs; docs/registers.md has the format")
    })?;
    RegisterMap::parse(&text).map_err(|e| Failure::new(Exit::Config, e.to_string()).at(name))
}

fn text_of(name: &str) -> io::Result<String> {
    let mut text = String::new();
    let length = File::open(name)?.take(LONGEST + 1).read_to_string(&mut text)?;
    if length as u64 > LONGEST {
        return Err(io::Error::other("it is longer than any map"));
    }
    Ok(text)
}

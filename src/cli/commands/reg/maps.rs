//! The register map that a command goes by.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::io;
use std::path::Path;

use super::target::WidthArgs;
use crate::cli::Exit;
use crate::cli::error::Failure;
use crate::device::{Field, NotAPlace, Place, Register, RegisterMap, is_address, number};
use crate::ops::register_map::{self, NoMap, Remembered};

/// `--map none`: no names but the built-in ones.
pub(super) const NONE: &str = "none";

/// The map that was asked for; else that of the image that was deployed last, and the built-in one.
///
/// Only a map that was asked for says something about bare addresses: another design may be loaded.
#[derive(Debug)]
pub(super) struct Maps {
    given: Option<RegisterMap>,
    /// What was named, also where it is no map.
    name: Option<String>,
    remembered: OnceCell<Option<(Remembered, RegisterMap)>>,
    built_in: OnceCell<RegisterMap>,
}

impl Maps {
    /// Reads the map if one was named.
    pub(super) fn load(name: Option<&str>) -> Result<Self, Failure> {
        Ok(Self::of(name.filter(|name| *name != NONE).map(map).transpose()?, name))
    }

    /// Reads of the map what these places name.
    pub(super) fn load_for(name: Option<&str>, places: &[String]) -> Result<Self, Failure> {
        let places: Vec<&str> = places.iter().map(String::as_str).collect();
        let part = |name: &str| match RegisterMap::built_in(name) {
            Some(map) => Ok(map),
            None => register_map::part_of(Path::new(name), &places).map_err(|e| unreadable(name, &e)),
        };
        Ok(Self::of(name.filter(|name| *name != NONE).map(part).transpose()?, name))
    }

    fn of(given: Option<RegisterMap>, name: Option<&str>) -> Self {
        Self { given, name: name.map(str::to_owned), remembered: OnceCell::new(), built_in: OnceCell::new() }
    }

    /// The map of the image that was deployed last, unless a map was named.
    fn remembered(&self) -> Option<&(Remembered, RegisterMap)> {
        let read = || {
            let remembered = register_map::remembered().filter(|_| self.name.is_none())?;
            let map = register_map::load(&remembered.file).ok()?;
            Some((remembered, map))
        };
        self.remembered.get_or_init(read).as_ref()
    }

    fn built_in(&self) -> &RegisterMap {
        self.built_in.get_or_init(RegisterMap::ddr_prbs)
    }

    /// The place that a text names.
    pub(super) fn place(&self, text: &str) -> Result<Place, Failure> {
        match &self.given {
            Some(map) => Ok(place_in(map, text)?),
            None if is_address(text) => Ok(Place::address(number(text)?)),
            None => match self.remembered().and_then(|(_, map)| place_in(map, text).ok()) {
                Some(place) => Ok(place),
                None => Ok(place_in(self.built_in(), text)?),
            },
        }
    }

    /// The place that a text names, for a write: a map that nobody named may be of another design than is loaded.
    pub(super) fn place_to_write(&self, text: &str) -> Result<Place, Failure> {
        if self.given.is_none()
            && !is_address(text)
            && let Some((remembered, map)) = self.remembered()
            && place_in(map, text).is_ok()
        {
            let file = remembered.file.display();
            let message = format!(
                "{text} is a name of the map that is remembered of image {}: to write by it, name the map",
                remembered.image_uuid
            );
            return Err(Failure::new(Exit::Usage, message).hint(format!("--map {file}")));
        }
        let place = self.place(text)?;
        Ok(match self.given().filter(|_| is_address(text)) {
            Some(map) => place.for_write(map),
            None => place,
        })
    }

    /// The same by accesses of a width, where one is given.
    pub(super) fn place_of(&self, text: &str, width: WidthArgs) -> Result<Place, Failure> {
        Ok(self.place(text)?.with_width(width.width)?)
    }

    /// The places that a text names: one, or those that fit a pattern such as `DMA_*`. Of these, what a look would
    /// change or say nothing of is left out, and its names are told; who wants it names it.
    pub(super) fn places_of(
        &self,
        text: &str,
        width: WidthArgs,
    ) -> Result<(Vec<Place>, Vec<String>), Failure> {
        if !is_pattern(text) {
            return Ok((vec![self.place_of(text, width)?], Vec::new()));
        }
        let (map, named) = self.named(text)?;
        let places = named.iter().map(|name| Ok(place_in(map, name)?.with_width(width.width)?));
        let places: Vec<Place> = places.collect::<Result<_, Failure>>()?;
        let harmless = |place: &Place| place.register().is_none_or(|register| register.reads_without_harm());
        let (places, left_out): (Vec<Place>, Vec<Place>) = places.into_iter().partition(harmless);
        Ok((places, left_out.iter().map(Place::label).collect()))
    }

    /// The first map with names that fit a pattern, and the names.
    fn named(&self, pattern: &str) -> Result<(&RegisterMap, Vec<String>), Failure> {
        let mut named =
            self.all().map(|map| (map, names(map, pattern))).filter(|(_, names)| !names.is_empty());
        named.next().ok_or_else(|| {
            let message = format!("no register of the map fits `{pattern}`");
            let given = self.name.as_deref().filter(|_| self.given.is_some());
            let map = given.map_or_else(String::new, |name| format!(" --map {}", quoted(name)));
            Failure::new(Exit::Usage, message).hint(format!("faascmd reg ls{map}"))
        })
    }

    /// The map with registers that fit a pattern, and they alone, or those of which a field does.
    pub(super) fn fitting(&self, pattern: &str) -> Result<(&RegisterMap, Vec<&Register>), Failure> {
        let (map, names) = self.named(pattern)?;
        let names: HashSet<&str> = names.iter().map(String::as_str).collect();
        let is_named = |register: &&Register| {
            let of = |field: &Field| names.contains(format!("{}.{}", register.name, field.name).as_str());
            names.contains(register.name.as_str()) || register.fields.iter().any(of)
        };
        Ok((map, map.registers.iter().filter(is_named).collect()))
    }

    /// The maps of which a name may be, in their order.
    pub(super) fn all(&self) -> impl Iterator<Item = &RegisterMap> {
        // The built-in names are none of a map that was asked for.
        let built_in = self.given.is_none().then(|| self.built_in());
        self.given.iter().chain(self.remembered().map(|(_, map)| map)).chain(built_in)
    }

    /// The map that says something about bare addresses.
    pub(super) fn given(&self) -> Option<&RegisterMap> {
        self.given.as_ref()
    }
}

/// A place of a map; a field may be named without its register where no other has one of the name.
fn place_in(map: &RegisterMap, text: &str) -> Result<Place, NotAPlace> {
    match Place::parse(text, map) {
        Err(NotAPlace::NoRegister { map: name, name: wanted, there_are }) if !text.contains('.') => {
            let having = map.registers.iter().filter(|register| register.field(text).is_some());
            let having: Vec<String> = having.map(|register| format!("{}.{text}", register.name)).collect();
            match &having[..] {
                [] => Err(NotAPlace::NoRegister { map: name, name: wanted, there_are }),
                [only] => Place::parse(only, map),
                _ => Err(NotAPlace::Several { map: name, name: wanted, there_are: having }),
            }
        }
        outcome => outcome,
    }
}

/// A map's name as a shell takes it.
pub(super) fn quoted(name: &str) -> String {
    shlex::try_quote(name).map_or_else(|_| name.to_owned(), Into::into)
}

/// What to say of names that were not read.
pub(super) fn left_out(names: &[String], cure: &str) -> Option<String> {
    let said = "left out, as they can't be read without harm or meaning";
    (!names.is_empty()).then(|| format!("{said}: {} ({cure})", names.join(", ")))
}

/// Whether a text stands for every name that fits it.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// The names of a map that fit a pattern: registers, or where none does, fields.
pub(super) fn names(map: &RegisterMap, pattern: &str) -> Vec<String> {
    let pattern = pattern.to_ascii_lowercase();
    let fits = |name: &str| fits(pattern.as_bytes(), name.to_ascii_lowercase().as_bytes());
    let registers: Vec<String> =
        map.registers.iter().map(|register| register.name.clone()).filter(|name| fits(name)).collect();
    if !registers.is_empty() {
        return registers;
    }
    let of = |register: &Register| {
        register.fields.iter().map(|field| format!("{}.{}", register.name, field.name)).collect::<Vec<_>>()
    };
    map.registers.iter().flat_map(of).filter(|name| fits(name)).collect()
}

/// `*` stands for any letters, `?` for one.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(letter) if *letter == b'?' || *letter == name[n] => (p, n) = (p + 1, n + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, n) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|letter| *letter == b'*')
}

/// A map by its built-in name, or from a file.
pub(super) fn map(name: &str) -> Result<RegisterMap, Failure> {
    match RegisterMap::built_in(name) {
        Some(map) => Ok(map),
        None => register_map::load(Path::new(name)).map_err(|e| unreadable(name, &e)),
    }
}

fn unreadable(name: &str, error: &NoMap) -> Failure {
    let NoMap::Unreadable(e) = error else {
        return Failure::new(Exit::Config, error.to_string()).at(name);
    };
    let exit = if e.kind() == io::ErrorKind::NotFound { Exit::NotFound } else { Exit::Config };
    Failure::new(exit, format!("the register map {name} can't be read: {e}")).hint(
        "a map is TOML, an xclbin, LiteX' csr.json or csr.csv, CMSIS-SVD, .hwh, .xsa, or ddr_prbs; docs/registers.md",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_names_as_a_shell_would() {
        for (pattern, name, whether) in [
            ("dma_*", "dma_len", true),
            ("dma_*", "xdma_len", false),
            ("*len", "dma_len", true),
            ("*_*_*", "a_b_c", true),
            ("*_*_*", "a_b", false),
            ("ch?.len", "ch1.len", true),
            ("ch?.len", "ch12.len", false),
            ("*", "", true),
            ("**a", "ba", true),
        ] {
            assert_eq!(fits(pattern.as_bytes(), name.as_bytes()), whether, "{pattern} {name}");
        }
    }
}

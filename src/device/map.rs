//! Register maps: names, accesses and fields for the offsets of one design, from TOML.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::bits::{BitRange, NotBits};
use super::width::{NotAWidth, Width};

/// The registers of a design.
#[derive(Clone, Debug)]
pub struct RegisterMap {
    pub name: String,
    /// By offset.
    pub registers: Vec<Register>,
}

/// One register.
#[derive(Clone, Debug)]
pub struct Register {
    pub name: String,
    /// Bytes from the BAR's first.
    pub offset: u64,
    pub width: Width,
    /// What reading and writing do.
    pub access: RegisterAccess,
    /// Its value after a reset, where known.
    pub reset: Option<u64>,
    pub fields: Vec<Field>,
    /// What its value counts, such as `ns`.
    pub unit: Option<String>,
    /// Whether another register has the same offset, as one for reading and one for writing.
    pub alternate: bool,
    /// Another register at one of its bytes that reading changes, and so reading this one.
    pub clears: Option<String>,
    pub doc: String,
}

/// What reading and writing do to a register.
///
/// A field may have another access than the rest of its register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RegisterAccess {
    /// Only read.
    Ro,
    /// Read and written.
    Rw,
    /// Only written; what a read gives means nothing.
    Wo,
    /// Writing a 1 clears the bit.
    W1c,
    /// Reading clears it.
    Rc,
}

/// A part of a register.
#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    pub bits: BitRange,
    /// What reading and writing do to it, where that is not what they do to its register.
    pub access: Option<RegisterAccess>,
    /// Names of values.
    pub values: BTreeMap<String, u64>,
    /// What its value counts, such as `ns`.
    pub unit: Option<String>,
    pub doc: String,
}

impl Field {
    /// The name of a value, if it has one.
    pub fn meaning(&self, value: u64) -> Option<&str> {
        self.values.iter().find(|(_, number)| **number == value).map(|(name, _)| name.as_str())
    }
}

/// Why a map is unusable.
#[derive(Debug, thiserror::Error)]
pub enum MapError {
    /// Not TOML, or not with the keys of a map.
    #[error("line {line}: {}", error.message())]
    Syntax { line: usize, error: toml::de::Error },
    /// Not the JSON that LiteX writes.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// An element or a line that makes no sense.
    #[error("line {line}, {element}: {wrong}")]
    At {
        line: usize,
        /// The element, or the register that it tells of.
        element: String,
        wrong: String,
    },
    /// Far more than a chip has.
    #[error("there are more than {0} {1} in it: no chip has so many")]
    TooMany(usize, &'static str),
    /// A register or a field contradicts another, or itself.
    #[error("{place}: {wrong}")]
    Wrong {
        /// The register, or the field.
        place: String,
        /// What is wrong with it.
        wrong: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMap {
    name: String,
    #[serde(default, rename = "doc")]
    _doc: String,
    register: Vec<RawRegister>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRegister {
    pub(super) name: String,
    pub(super) offset: u64,
    pub(super) width: Option<u8>,
    pub(super) access: RegisterAccess,
    pub(super) reset: Option<u64>,
    #[serde(default)]
    pub(super) field: Vec<RawField>,
    pub(super) unit: Option<String>,
    #[serde(default)]
    pub(super) alternate: bool,
    #[serde(default)]
    pub(super) doc: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawField {
    pub(super) name: String,
    pub(super) bits: RawBits,
    pub(super) access: Option<RegisterAccess>,
    #[serde(default, rename = "enum")]
    pub(super) values: BTreeMap<String, u64>,
    pub(super) unit: Option<String>,
    #[serde(default)]
    pub(super) doc: String,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum RawBits {
    One(u8),
    Range(String),
    #[serde(skip)]
    Of(BitRange),
}

impl RawBits {
    /// The highest bit, where it is known without reading a text.
    pub(super) fn highest(&self) -> Option<u8> {
        match self {
            Self::One(bit) => Some(*bit),
            Self::Range(_) => None,
            Self::Of(bits) => Some(bits.high()),
        }
    }
}

const DDR_PRBS: &str = include_str!("maps/ddr_prbs.toml");

impl RegisterMap {
    /// The map that is part of the program: the DDR tests of the reference design.
    pub fn ddr_prbs() -> Self {
        Self::parse(DDR_PRBS).expect("a unit test parses the built-in map")
    }

    /// The built-in map of this name.
    pub fn built_in(name: &str) -> Option<Self> {
        (name == "ddr_prbs").then(Self::ddr_prbs)
    }

    /// Reads a map.
    ///
    /// # Errors
    /// When the text is no map; the message says at which place.
    pub fn parse(text: &str) -> Result<Self, MapError> {
        let raw: RawMap = toml::from_str(text).map_err(|error| MapError::Syntax {
            line: text[..error.span().map_or(0, |span| span.start.min(text.len()))].matches('\n').count() + 1,
            error,
        })?;
        Self::of(raw.name, raw.register.into_iter().map(Register::checked).collect::<Result<_, _>>()?)
    }

    /// A map of registers that are right in themselves.
    ///
    /// # Errors
    /// When two have the same name, or the same offset and neither says that it is an alternate of the other.
    pub fn of(name: String, mut registers: Vec<Register>) -> Result<Self, MapError> {
        registers.sort_by_key(|register| register.offset);
        for pair in registers.windows(2) {
            if pair[0].offset == pair[1].offset && !pair[1].alternate && !pair[0].alternate {
                return Err(wrong(&pair[1].name, format!("{} has the same offset", pair[0].name)));
            }
        }
        twice(registers.iter().map(|register| &register.name))?;
        Ok(Self::of_sorted(name, registers))
    }

    /// A map of registers of different names, by offset.
    pub(super) fn of_sorted(name: String, mut registers: Vec<Register>) -> Self {
        mark_what_clears_others(&mut registers);
        Self { name, registers }
    }

    /// The register of this name, in any case of letters.
    pub fn register(&self, name: &str) -> Option<&Register> {
        self.registers.iter().find(|register| register.name.eq_ignore_ascii_case(name))
    }

    /// The register at this offset; of alternates, the first.
    pub fn at(&self, offset: u64) -> Option<&Register> {
        self.all_at(offset).first()
    }

    /// The registers at this offset: more than one, where they are alternates of each other.
    pub fn all_at(&self, offset: u64) -> &[Register] {
        let from = |offset: u64| &self.registers[self.registers.partition_point(|it| it.offset < offset)..];
        let rest = from(offset);
        &rest[..rest.partition_point(|register| register.offset == offset)]
    }
}

/// Access belongs to an address, whatever the name by which it is reached.
fn mark_what_clears_others(registers: &mut [Register]) {
    let changes = |register: &Register| register.bits_of(RegisterAccess::Rc) != 0;
    // Of those that reading changes and that begin no later, the one that reaches farthest ...
    let mut before: Option<(u64, String)> = None;
    for register in registers.iter_mut() {
        let over = before.as_ref().filter(|(last, _)| register.offset <= *last);
        register.clears = over.map(|(_, name)| name.clone());
        if changes(register) && before.as_ref().is_none_or(|(last, _)| register.last() >= *last) {
            before = Some((register.last(), register.name.clone()));
        }
    }
    // ... and of those that begin no earlier, the nearest.
    let mut after: Option<(u64, String)> = None;
    for register in registers.iter_mut().rev() {
        if let Some((_, name)) = after.as_ref().filter(|(first, _)| *first <= register.last()) {
            register.clears = Some(name.clone());
        }
        if changes(register) {
            after = Some((register.offset, register.name.clone()));
        }
    }
}

impl Register {
    pub(super) fn checked(raw: RawRegister) -> Result<Self, MapError> {
        raw.name.split('.').try_for_each(name)?;
        let width = raw.width.map_or(Ok(Width::default()), Width::of);
        let width = width.map_err(|e: NotAWidth| wrong(&raw.name, e.to_string()))?;
        if !raw.offset.is_multiple_of(width.bytes().into()) {
            let text = format!("offset {:#x} is not a multiple of {}", raw.offset, width.bytes());
            return Err(wrong(&raw.name, text));
        }
        let checked = |field| Field::checked((&raw.name, width), field);
        let fields: Vec<Field> = raw.field.into_iter().map(checked).collect::<Result<_, _>>()?;
        let mut taken = 0;
        for (i, field) in fields.iter().enumerate() {
            if fields[..i].iter().any(|other| other.name.eq_ignore_ascii_case(&field.name)) {
                return Err(wrong(&field.name, "the name is used twice".into()));
            }
            if taken & field.bits.mask() != 0 {
                return Err(wrong(
                    &format!("{}.{}", raw.name, field.name),
                    "another field has its bits".into(),
                ));
            }
            taken |= field.bits.mask();
        }
        let RawRegister { name, offset, access, reset, unit, alternate, doc, .. } = raw;
        Ok(Self { name, offset, width, access, reset, fields, unit, alternate, clears: None, doc })
    }

    /// The offset of its last byte.
    pub fn last(&self) -> u64 {
        self.offset + u64::from(self.width.bytes() - 1)
    }

    /// The bits that have an access, or lie in a field that has it.
    pub fn bits_of(&self, access: RegisterAccess) -> u64 {
        let own = |field: &&Field| field.access.is_some();
        let with_own = self.fields.iter().filter(own).fold(0, |bits, field| bits | field.bits.mask());
        let rest = if self.access == access { self.width.all_ones() & !with_own } else { 0 };
        let these = self.fields.iter().filter(|field| field.access == Some(access));
        these.fold(rest, |bits, field| bits | field.bits.mask())
    }

    /// Whether a read gives the register's value and leaves it, and what else is at its address, as it was.
    pub fn reads_without_harm(&self) -> bool {
        self.access != RegisterAccess::Wo && self.bits_of(RegisterAccess::Rc) == 0 && self.clears.is_none()
    }

    /// The field of this name, in any case of letters.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }
}

impl Field {
    fn checked((register, width): (&str, Width), raw: RawField) -> Result<Self, MapError> {
        name(&raw.name)?;
        let place = || format!("{register}.{}", raw.name);
        let bits = match &raw.bits {
            RawBits::One(bit) => BitRange::new(*bit, *bit).ok_or_else(|| NotBits(bit.to_string())),
            RawBits::Range(text) => text.parse(),
            RawBits::Of(bits) => Ok(*bits),
        };
        let bits = bits.map_err(|e| wrong(&place(), e.to_string()))?;
        if !bits.fits(width) {
            return Err(wrong(&place(), format!("`{bits}` names no bits of a {width}-bit register")));
        }
        for (value_name, value) in &raw.values {
            name(value_name)?;
            if *value > bits.largest() {
                return Err(wrong(&place(), format!("{value_name} = {value} does not fit bits {bits}")));
            }
        }
        let RawField { name, access, values, unit, doc, .. } = raw;
        Ok(Self { name, bits, access, values, unit, doc })
    }
}

/// A name must not be taken for a number; a register's has parts with dots between them, a field's has none.
fn name(text: &str) -> Result<(), MapError> {
    let letters = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if letters && first {
        return Ok(());
    }
    Err(wrong(&format!("`{text}`"), "a name begins with a letter and has letters, digits, _ and -".into()))
}

fn twice<'a>(names: impl Iterator<Item = &'a String>) -> Result<(), MapError> {
    let mut seen = std::collections::HashSet::new();
    for name in names {
        if !seen.insert(name.to_ascii_lowercase()) {
            return Err(wrong(name, "the name is used twice".into()));
        }
    }
    Ok(())
}

fn wrong(place: &str, wrong: String) -> MapError {
    MapError::Wrong { place: place.to_owned(), wrong }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_map_names_the_registers_of_the_reference_design() {
        let map = RegisterMap::built_in("ddr_prbs").unwrap();
        let names: Vec<_> = map.registers.iter().map(|r| (r.offset, r.name.as_str(), r.access)).collect();
        use RegisterAccess::{Ro, Wo};
        assert_eq!(
            names,
            [
                (0x14, "SMOKE_START", Wo),
                (0x1c, "PRBS_START", Wo),
                (0x20, "PRBS_STOP", Wo),
                (0x24, "SMOKE_DONE", Ro),
                (0x28, "PRBS_DONE", Ro),
                (0x30, "ERROR", Ro),
            ]
        );
        let done = map.register("smoke_done").unwrap().field("done").unwrap();
        assert_eq!((done.meaning(1), done.meaning(2)), (Some("done"), None));
        assert_eq!(map.at(0x24).unwrap().name, "SMOKE_DONE");
        assert!(map.at(0x2c).is_none() && map.register("DONE").is_none());
    }

    #[test]
    fn what_overlaps_a_register_that_reading_clears_is_marked() {
        let register = |(name, offset, width, access): (&str, u64, u8, &str)| {
            let rest = format!("width = {width}\naccess = '{access}'\nalternate = true\n");
            format!("[[register]]\nname = '{name}'\noffset = {offset}\n{rest}")
        };
        let registers = [
            ("LONG", 0, 64, "rw"),
            ("LOW", 0, 32, "rw"),
            ("HIGH", 4, 32, "rc"),
            ("BYTE", 7, 8, "rw"),
            ("WIDE", 16, 64, "rc"),
            ("SAME", 16, 32, "rc"),
            ("LAST", 23, 8, "ro"),
            ("NEXT", 24, 8, "ro"),
        ];
        let map = RegisterMap::parse(&format!("name = 'm'\n{}", registers.map(register).concat())).unwrap();
        let clears: Vec<_> =
            map.registers.iter().map(|it| (it.name.as_str(), it.clears.as_deref())).collect();
        assert_eq!(
            clears,
            [
                ("LONG", Some("HIGH")),
                ("LOW", None),
                ("HIGH", None),
                ("BYTE", Some("HIGH")),
                ("WIDE", Some("SAME")),
                ("SAME", Some("WIDE")),
                ("LAST", Some("WIDE")),
                ("NEXT", None),
            ]
        );
    }

    #[test]
    fn a_map_that_contradicts_itself_is_refused_with_the_place() {
        let register =
            |text: &str| format!("name = 'm'\n[[register]]\nname = 'A'\noffset = 8\naccess = 'rw'\n{text}");
        let refused = |text: &str| RegisterMap::parse(&register(text)).unwrap_err().to_string();
        assert!(RegisterMap::parse(&register("reset = 0xffff_ffff")).is_ok());
        let second = "[[register]]\nname = 'B'\noffset = 8\naccess = 'ro'";
        assert_eq!(refused(second), "B: A has the same offset");
        assert_eq!(refused(&second.replace('8', "6")), "B: offset 0x6 is not a multiple of 4");
        assert_eq!(refused(&second.replace('8', "12").replace('B', "a")), "a: the name is used twice");
        assert!(refused(&second.replace("'B'", "'0x4'")).starts_with("`0x4`: a name begins with a letter"));
        let field = "[[register.field]]\nname = 'F'\nbits = '7:4'\n";
        assert_eq!(refused(&format!("{field}enum = {{ on = 16 }}")), "A.F: on = 16 does not fit bits 7:4");
        assert_eq!(
            refused(&format!("{field}{}", field.replace('F', "G"))),
            "A.G: another field has its bits"
        );
        assert!(refused(&field.replace("'7:4'", "32")).starts_with("A.F: `32` names no bits"));
        assert!(refused("colour = 'red'").contains("unknown field `colour`"));
    }
}

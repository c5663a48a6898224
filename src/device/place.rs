//! What a user names on the command line, an address or a register or a field, and what may be done to it.

use super::bits::{BitRange, merged};
use super::map::RegisterAccess::{Rc, Ro, W1c, Wo};
use super::map::{Field, Register, RegisterMap};
use super::number::{self, NotANumber};
use super::width::Width;

/// A register, or a field of one. Small, as a script may name a hundred thousand.
#[derive(Clone, Debug)]
pub struct Place {
    /// Bytes from the BAR's first.
    pub offset: u64,
    pub width: Width,
    named: Option<Box<Named>>,
}

/// What a map says of a place.
#[derive(Clone, Debug)]
struct Named {
    register: Register,
    field: Option<Field>,
}

/// Why a text is no place, or a value does not fit one.
#[derive(Debug, thiserror::Error)]
pub enum NotAPlace {
    /// An address that is no number.
    #[error(transparent)]
    Address(#[from] NotANumber),
    /// No register of the map has this name.
    #[error("the map {map} has no register `{name}`")]
    NoRegister {
        map: String,
        name: String,
        /// What the map has.
        there_are: Vec<String>,
    },
    /// Registers of the map have fields of this name.
    #[error("several registers of the map {map} have a field `{name}`")]
    Several {
        map: String,
        name: String,
        /// Each with its register.
        there_are: Vec<String>,
    },
    /// The register has no such field.
    #[error("{register} has no field `{name}`")]
    NoField {
        register: String,
        name: String,
        /// What the register has.
        there_are: Vec<String>,
    },
    /// A word that names none of the field's values.
    #[error("{place} has no value `{name}`")]
    NoValue {
        place: String,
        name: String,
        /// What the field has.
        there_are: Vec<String>,
    },
    /// An access that would not reach the whole of the register that the field is part of.
    #[error("{place} is part of a register of {width} bits, and is read and written with all of them")]
    NotItsWidth { place: String, width: Width },
    /// The value is too large for the field.
    #[error("{value:#x} does not fit {place}, which has {bits} bits")]
    TooLarge {
        /// As parsed.
        value: u64,
        place: String,
        bits: u8,
    },
}

/// Why a map forbids an access; `--force` makes it all the same.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum Harm {
    /// Writing what can only be read.
    #[error("{0} is read-only")]
    ReadOnly(String),
    /// Changing some bits means writing back the ones that read 1, which clears them.
    #[error(
        "{0} is cleared by writing 1s: to change some of its bits would write back, and clear, the others that are set"
    )]
    ClearsOthers(String),
    /// Changing some bits means reading, which clears all.
    #[error("{0} is cleared by reading: to change some of its bits would lose the others")]
    ReadClears(String),
    /// Changing some bits and reading back mean a read, which changes another register of that address.
    #[error(
        "{0} is at the address of {1}, which reading clears: to change some of its bits, or to verify, reads it"
    )]
    ReadClearsOther(String, String),
    /// Changing some bits means reading what has no readable value.
    #[error("{0} is write-only: what it reads is not what the other bits should keep")]
    NotReadable(String),
    /// Reading back proves nothing.
    #[error("{0} can't be verified: what it reads after a write is not what was written")]
    NotVerifiable(String),
    /// Reading a range would clear this register.
    #[error("{0} lies in the range and is cleared by reading")]
    InRange(String),
}

/// How much of a register a write changes, and whether it is read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteKind {
    /// Only some bits: the others are read and written back.
    pub partial: bool,
    /// Read back and compared.
    pub verified: bool,
}

impl Place {
    /// A bare address.
    pub fn address(offset: u64) -> Self {
        Self { offset, width: Width::default(), named: None }
    }

    /// Reads `0x24`, `SMOKE_DONE` or `SMOKE_DONE.DONE`; a register's name may be in any case of letters.
    ///
    /// # Errors
    /// When it is neither a number nor a name of the map.
    pub fn parse(text: &str, map: &RegisterMap) -> Result<Self, NotAPlace> {
        if is_address(text) {
            let offset = number::number(text)?;
            let named = map.at(offset).map(|register| Named { register: register.clone(), field: None });
            let width = named.as_ref().map_or(Width::default(), |named| named.register.width);
            return Ok(Self { offset, width, named: named.map(Box::new) });
        }
        // A register's name may have dots itself: `vadd.length`, `uart0.CTRL.EN`.
        let (name, field) = match text.rsplit_once('.').filter(|_| map.register(text).is_none()) {
            Some((name, field)) if map.register(name).is_some() || !name.contains('.') => (name, Some(field)),
            _ => (text, None),
        };
        let register = map.register(name).ok_or_else(|| NotAPlace::NoRegister {
            map: map.name.clone(),
            name: name.to_owned(),
            there_are: map.registers.iter().map(|register| register.name.clone()).collect(),
        })?;
        let field = field.map(|field| field_of(register, field)).transpose()?;
        let named = Named { register: register.clone(), field };
        Ok(Self { offset: register.offset, width: register.width, named: Some(Box::new(named)) })
    }

    /// The same address by the register that takes a write, where of alternates there another one does not.
    pub fn for_write(self, map: &RegisterMap) -> Self {
        let takes = |register: &&Register| register.bits_of(Ro) != register.width.all_ones();
        match map.all_at(self.offset).iter().find(takes) {
            Some(register) => {
                let named = Named { register: register.clone(), field: None };
                Self { offset: self.offset, width: register.width, named: Some(Box::new(named)) }
            }
            None => self,
        }
    }

    /// The whole register that a field is part of.
    pub fn whole(&self) -> Self {
        let named = self.named.as_ref().map(|named| Named { register: named.register.clone(), field: None });
        Self { offset: self.offset, width: self.width, named: named.map(Box::new) }
    }

    /// The same place by accesses of another width.
    ///
    /// # Errors
    /// When it is a field, which has its register's.
    pub fn with_width(self, width: Option<Width>) -> Result<Self, NotAPlace> {
        let Some(width) = width.filter(|width| *width != self.width) else { return Ok(self) };
        if self.field().is_some() {
            return Err(NotAPlace::NotItsWidth { place: self.label(), width: self.width });
        }
        Ok(Self { width, ..self })
    }

    /// The register, where a map names it.
    pub fn register(&self) -> Option<&Register> {
        self.named.as_ref().map(|named| &named.register)
    }

    /// The field, where one was named.
    pub fn field(&self) -> Option<&Field> {
        self.named.as_ref().and_then(|named| named.field.as_ref())
    }

    /// The register's name with the field's, or else the address.
    pub fn label(&self) -> String {
        match (self.register(), self.field()) {
            (Some(register), Some(field)) => format!("{}.{}", register.name, field.name),
            (Some(register), None) => register.name.clone(),
            _ => format!("{:#010x}", self.offset),
        }
    }

    /// The bits that are meant.
    pub fn bits(&self) -> BitRange {
        self.field().map_or_else(|| BitRange::whole(self.width), |field| field.bits)
    }

    /// What a register's value says of this place: the value itself, or the field's.
    pub fn value(&self, word: u64) -> u64 {
        self.bits().of(word)
    }

    /// Reads a value for this place: a number, or the name of one of the field's values.
    ///
    /// # Errors
    /// When it is no number, or does not fit.
    pub fn parse_value(&self, text: &str) -> Result<u64, NotAPlace> {
        let values = self.field().into_iter().flat_map(|field| &field.values);
        let named = values.clone().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, value)| *value);
        let there_are: Vec<String> = values.map(|(name, _)| name.clone()).collect();
        let value = match named.map_or_else(|| number::number(text), Ok) {
            Err(NotANumber::Syntax(name)) if !there_are.is_empty() => {
                return Err(NotAPlace::NoValue { place: self.label(), name, there_are });
            }
            value => value?,
        };
        let bits = self.bits();
        if value > bits.largest() && self.field().is_none() {
            return Err(NotANumber::TooLarge { text: text.to_owned(), bits: self.width.bits() }.into());
        }
        if value > bits.largest() {
            return Err(NotAPlace::TooLarge { value, place: self.label(), bits: bits.width() });
        }
        Ok(value)
    }

    /// The register's new value when this place gets a value under a mask.
    ///
    /// The value must fit, as one that [`Place::parse_value`] gave does.
    pub fn updated(&self, old: u64, value: u64, mask: u64) -> u64 {
        let bits = self.bits();
        let placed = bits.placed(value & bits.largest()).expect("cut to the field's width");
        let mask = self.mask(mask);
        // A bit that a 1 clears is left alone by a 0.
        let others = self.register().map_or(0, |register| register.bits_of(W1c) & !mask);
        merged(old & !others, placed, mask)
    }

    /// A mask that counts from the place's lowest bit, as one of the register.
    pub fn mask(&self, mask: u64) -> u64 {
        let bits = self.bits();
        bits.placed(mask & bits.largest()).expect("cut to the field's width")
    }

    /// The bits of a written mask that read back as they were written: the chip itself sets those that the map calls
    /// read-only, unless nothing else was meant.
    pub fn read_back(&self, mask: u64) -> u64 {
        let meant = self.mask(mask);
        let kept = meant & !self.register().map_or(0, |register| register.bits_of(Ro));
        if kept == 0 { meant } else { kept }
    }

    /// Refuses a write that would do harm, as far as a map tells.
    ///
    /// # Errors
    /// Which harm.
    pub fn check_write(&self, kind: WriteKind) -> Result<(), Harm> {
        let Some(register) = self.register() else { return Ok(()) };
        let name = || register.name.clone();
        let all = |access| register.bits_of(access);
        let (meant, others) = (self.bits().mask(), !self.bits().mask());
        let unreadable = all(Rc) | all(Wo) | all(W1c);
        if meant & !all(Ro) & self.width.all_ones() == 0 {
            return Err(Harm::ReadOnly(self.label()));
        }
        if let Some(other) = register.clears.as_ref().filter(|_| kind.partial || kind.verified) {
            return Err(Harm::ReadClearsOther(name(), other.clone()));
        }
        if kind.partial {
            if all(Rc) != 0 {
                return Err(Harm::ReadClears(name()));
            }
            // Of a field, the others; of a mask, also the place itself keeps some.
            let kept = if self.field().is_some() { others } else { u64::MAX };
            if all(Wo) & kept != 0 {
                return Err(Harm::NotReadable(name()));
            }
            if register.access == W1c && all(W1c) & kept != 0 {
                return Err(Harm::ClearsOthers(name()));
            }
        }
        if kind.verified && meant & unreadable != 0 {
            return Err(Harm::NotVerifiable(self.label()));
        }
        Ok(())
    }
}

/// Names begin with a letter or `_`, so what begins otherwise is meant as a number.
pub fn is_address(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn field_of(register: &Register, name: &str) -> Result<Field, NotAPlace> {
    register.field(name).cloned().ok_or_else(|| NotAPlace::NoField {
        register: register.name.clone(),
        name: name.to_owned(),
        there_are: register.fields.iter().map(|field| field.name.clone()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::device::RegisterAccess;

    const MAP: &str = "name = 'm'
        [[register]]\nname = 'CTRL'\noffset = 0\naccess = 'rw'
        [[register.field]]\nname = 'MODE'\nbits = '7:4'\nenum = { idle = 0, run = 1 }
        [[register]]\nname = 'STATUS'\noffset = 4\naccess = 'w1c'
        [[register]]\nname = 'EVENTS'\noffset = 8\naccess = 'rc'
        [[register]]\nname = 'ID'\noffset = 12\naccess = 'ro'
        [[register]]\nname = 'GO'\noffset = 16\naccess = 'wo'
        [[register]]\nname = 'MIXED'\noffset = 20\naccess = 'rw'
        [[register.field]]\nname = 'MODE'\nbits = '7:4'
        [[register.field]]\nname = 'OVERFLOW'\nbits = 8\naccess = 'w1c'
        [[register.field]]\nname = 'LATE'\nbits = 9\naccess = 'w1c'
        [[register.field]]\nname = 'BUSY'\nbits = 31\naccess = 'ro'
        [[register]]\nname = 'COUNTED'\noffset = 24\naccess = 'rw'
        [[register.field]]\nname = 'ON'\nbits = 0
        [[register.field]]\nname = 'COUNT'\nbits = '31:16'\naccess = 'rc'
        [[register]]\nname = 'LONG'\noffset = 40\naccess = 'rw'\nwidth = 64
        [[register.field]]\nname = 'TOP'\nbits = '63:32'";

    fn place(text: &str) -> Place {
        Place::parse(text, &RegisterMap::parse(MAP).unwrap()).unwrap()
    }

    #[test]
    fn a_place_is_an_address_a_name_or_a_field() {
        assert_eq!((place("0x20").offset, place("0x20").label()), (0x20, "0x00000020".into()));
        assert_eq!(place("4").label(), "STATUS");
        let mode = place("ctrl.mode");
        assert_eq!((mode.label(), mode.value(0xab), mode.bits().width()), ("CTRL.MODE".into(), 0xa, 4));
        assert_eq!((mode.parse_value("RUN").unwrap(), mode.parse_value("0xf").unwrap()), (1, 15));
        assert_eq!(
            mode.parse_value("16").unwrap_err().to_string(),
            "0x10 does not fit CTRL.MODE, which has 4 bits"
        );
        let error =
            |text: &str| Place::parse(text, &RegisterMap::parse(MAP).unwrap()).unwrap_err().to_string();
        assert_eq!(error("NONE"), "the map m has no register `NONE`");
        assert_eq!(error("CTRL.NONE"), "CTRL has no field `NONE`");
        assert!(error("4c").starts_with("`4c` is not a number"));
    }

    #[test]
    fn a_map_refuses_what_would_do_harm() {
        let kind = |partial, verified| WriteKind { partial, verified };
        let check = |text: &str, kind| place(text).check_write(kind).err();
        let name = |text: &str| text.to_owned();
        assert_eq!(check("CTRL", kind(true, true)), None);
        assert_eq!(check("0x40", kind(true, true)), None);
        assert_eq!(check("ID", kind(false, false)), Some(Harm::ReadOnly(name("ID"))));
        assert_eq!(check("STATUS", kind(false, false)), None);
        assert_eq!(check("STATUS", kind(true, false)), Some(Harm::ClearsOthers(name("STATUS"))));
        assert_eq!(check("EVENTS", kind(true, false)), Some(Harm::ReadClears(name("EVENTS"))));
        assert_eq!(check("GO", kind(true, false)), Some(Harm::NotReadable(name("GO"))));
        assert_eq!(check("GO", kind(false, true)), Some(Harm::NotVerifiable(name("GO"))));
    }

    #[test]
    fn fields_of_one_register_have_accesses_of_their_own() {
        let kind = |partial, verified| WriteKind { partial, verified };
        let check = |text: &str, kind| place(text).check_write(kind).err();
        let mode = place("MIXED.MODE");
        assert_eq!(mode.check_write(kind(true, true)), Ok(()));
        assert_eq!(mode.updated(0x8000_0375, 2, u64::MAX), 0x8000_0025, "what a 1 clears is written 0");
        let overflow = place("MIXED.OVERFLOW");
        assert_eq!(overflow.check_write(kind(true, false)), Ok(()));
        assert_eq!(overflow.updated(0x370, 1, u64::MAX), 0x170, "LATE is left alone");
        assert_eq!(
            check("MIXED.OVERFLOW", kind(true, true)),
            Some(Harm::NotVerifiable("MIXED.OVERFLOW".into()))
        );
        assert_eq!(check("MIXED.BUSY", kind(true, false)), Some(Harm::ReadOnly("MIXED.BUSY".into())));
        assert_eq!(check("MIXED", kind(false, false)), None);
        assert_eq!(check("COUNTED.ON", kind(true, false)), Some(Harm::ReadClears("COUNTED".into())));
        assert_eq!(check("COUNTED", kind(false, false)), None);
        let register = |name: &str| place(name).register().unwrap().clone();
        assert_eq!(register("MIXED").bits_of(RegisterAccess::Rw), 0x7fff_fcff);
        assert!(register("MIXED").reads_without_harm() && !register("COUNTED").reads_without_harm());
    }

    #[test]
    fn what_only_the_chip_sets_is_not_read_back() {
        assert_eq!(place("MIXED").read_back(u64::MAX), 0x7fff_ffff, "without BUSY");
        assert_eq!(place("MIXED").read_back(0x8000_0001), 1);
        assert_eq!(place("MIXED.MODE").read_back(u64::MAX), 0xf0);
        assert_eq!(place("ID").read_back(u64::MAX), 0xffff_ffff, "who forces it doubts the map");
        assert_eq!(place("0x40").read_back(0xff), 0xff);
    }

    #[test]
    fn a_register_has_the_width_that_the_map_says() {
        let top = place("LONG.TOP");
        assert_eq!((top.width, top.value(0x1234_0000_0000_0000)), (Width::W64, 0x1234_0000));
        assert_eq!(place("LONG").parse_value("0x1_0000_0000").unwrap(), 1 << 32);
        let error = place("0x40").parse_value("0x1_0000_0000").unwrap_err().to_string();
        assert_eq!(error, "`0x1_0000_0000` does not fit 32 bits");
        let byte = place("CTRL").with_width(Some(Width::W8)).unwrap();
        assert_eq!((byte.bits().largest(), byte.parse_value("256").is_err()), (0xff, true));
        let error = place("LONG.TOP").with_width(Some(Width::W32)).unwrap_err().to_string();
        assert!(error.starts_with("LONG.TOP is part of a register of 64 bits"), "{error}");
    }

    proptest! {
        #[test]
        fn a_field_is_updated_under_its_mask_alone(old: u64, value in 0_u64..16, mask: u64) {
            let mode = place("CTRL.MODE");
            let new = mode.updated(old, value, mask);
            prop_assert_eq!(mode.value(new), merged(mode.value(old), value, mask & 0xf));
            prop_assert_eq!(new & !0xf0, old & !0xf0);
        }
    }
}

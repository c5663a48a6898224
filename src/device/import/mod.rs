//! Register maps from the files that other tools write: LiteX' `csr.json` and `csr.csv`, CMSIS-SVD, Vivado's `.hwh`.
//!
//! Which format a text has shows in its content. Names that a place can't have are changed as little as possible.

mod derived;
mod dim;
mod hwh;
mod litex;
mod svd;
mod xml;

use std::collections::{BTreeMap, HashMap, HashSet};

use super::bits::BitRange;
use super::map::{MapError, RawBits, RawField, RawRegister, Register, RegisterAccess, RegisterMap};
use super::width::Width;

/// More registers than this are an array that was made to fill the memory.
const REGISTERS_LIMIT: usize = 200_000;

impl RegisterMap {
    /// Reads a map of any of the formats.
    ///
    /// # Errors
    /// When the text is no map; the message says at which line and element.
    pub fn import(text: &str) -> Result<Self, MapError> {
        let text = text.trim_start_matches('\u{feff}');
        let start = text.trim_start();
        if start.starts_with('{') {
            return litex::json(text);
        }
        if start.starts_with('<') {
            let root = xml::root(text);
            return if root.as_deref() == Some("EDKSYSTEM") { hwh::map(text) } else { svd::map(text) };
        }
        if litex::is_csv(text) { litex::csv(text) } else { Self::parse(text) }
    }
}

/// Registers that are collected, each right in itself, of different names.
#[derive(Default)]
struct Collected {
    registers: Vec<Register>,
    names: HashSet<String>,
    /// How often a name was there before.
    again: HashMap<String, usize>,
}

impl Collected {
    /// Adds a register; a name that is taken gets a number.
    fn add(&mut self, mut raw: RawRegister, at: impl Fn(String) -> MapError) -> Result<(), MapError> {
        if self.registers.len() == REGISTERS_LIMIT {
            return Err(MapError::TooMany(REGISTERS_LIMIT, "registers"));
        }
        raw.name = sanitised(raw.name, true);
        while !self.names.insert(raw.name.to_ascii_lowercase()) {
            let count = self.again.entry(raw.name.to_ascii_lowercase()).or_insert(1);
            *count += 1;
            raw.name = format!("{}_{count}", raw.name);
        }
        raw.field = without_clashes(raw.field);
        let bits = raw.width.unwrap_or_else(|| Width::default().bits());
        raw.field.retain(|field| field.bits.highest().is_none_or(|bit| bit < bits));
        let register = Register::checked(raw).map_err(|error| match error {
            MapError::Wrong { place, wrong } => at(format!("{place}: {wrong}")),
            other => at(other.to_string()),
        })?;
        self.registers.push(register);
        Ok(())
    }

    fn map(self, name: &str) -> Result<RegisterMap, MapError> {
        if self.registers.is_empty() {
            return Err(MapError::Wrong {
                place: name.to_owned(),
                wrong: "there are no registers in it".into(),
            });
        }
        let mut registers = self.registers;
        registers.sort_by_key(|register| register.offset);
        for at in 1..registers.len() {
            registers[at].alternate = registers[at].offset == registers[at - 1].offset;
        }
        Ok(RegisterMap::of_sorted(sanitised(name.to_owned(), false), registers))
    }
}

/// Fields of different names and bits: of those that lie over each other, the first.
fn without_clashes(fields: Vec<RawField>) -> Vec<RawField> {
    let (mut taken, mut kept) = (0_u64, Vec::<RawField>::with_capacity(fields.len().min(64)));
    for mut field in fields {
        field.name = sanitised(field.name, false);
        let RawBits::Of(bits) = field.bits else {
            // Bits beyond a register's: said where the register is checked.
            return vec![field];
        };
        let again = || kept.iter().any(|other| other.name.eq_ignore_ascii_case(&field.name));
        if taken & bits.mask() == 0 && !again() {
            taken |= bits.mask();
            kept.push(field);
        }
    }
    kept
}

/// A name as a place can have it: letters, digits, `_` and `-`, and of a register dots between its parts.
fn sanitised(name: String, dots: bool) -> String {
    let fits = |part: &str| {
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let first = part.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
        first && part.len() <= 128 && part.bytes().all(letter)
    };
    if if dots { name.split('.').all(fits) } else { fits(&name) } {
        return name;
    }
    let part = |part: &str| {
        let letter = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' };
        let part: String = part.trim().chars().take(128).map(letter).collect();
        match part.chars().next() {
            Some(first) if first.is_ascii_alphabetic() || first == '_' => part,
            _ => format!("_{part}"),
        }
    };
    if dots { name.split('.').map(part).collect::<Vec<_>>().join(".") } else { part(&name) }
}

/// The first sentence or so of a description, in one line; each element of an array has a copy.
fn doc(text: &str) -> String {
    const LONGEST: usize = 600;
    let mut line = String::with_capacity(text.len().min(256));
    for word in text.split_whitespace().take(60) {
        if line.len() + word.len() > LONGEST {
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// `0x10`, `0b101`, `#101`, `16`; none when it is no number.
fn number(text: &str) -> Option<u64> {
    let text = text.trim().trim_start_matches('+');
    match text.get(..2) {
        Some("0x" | "0X") => u64::from_str_radix(&text[2..], 16).ok(),
        Some("0b" | "0B") => u64::from_str_radix(&text[2..], 2).ok(),
        _ => {
            text.strip_prefix('#').map_or_else(|| text.parse().ok(), |bits| u64::from_str_radix(bits, 2).ok())
        }
    }
}

/// The width of an access for a register of so many bits.
fn width_of(bits: u64) -> Option<u8> {
    [Width::W8, Width::W16, Width::W32, Width::W64]
        .into_iter()
        .map(Width::bits)
        .find(|width| u64::from(*width) >= bits)
}

/// The access that a specification names, with what reading and writing do besides.
fn access_of(access: &str, write: Option<&str>, read: Option<&str>) -> Option<RegisterAccess> {
    Some(match (access, write, read) {
        ("read-only" | "r" | "ro", _, None) => RegisterAccess::Ro,
        ("write-only" | "writeOnce" | "w" | "wo", ..) => RegisterAccess::Wo,
        // Read to change: whatever the change is, a look is none.
        ("read-only" | "read-write" | "read-writeOnce" | "r" | "ro" | "rw", _, Some(_)) => RegisterAccess::Rc,
        // What a 1 clears or toggles must not be written back, nor what any write changes.
        ("read-write" | "read-writeOnce" | "rw", Some("oneToClear" | "oneToToggle" | "clear" | "set"), _) => {
            RegisterAccess::W1c
        }
        ("read-write" | "read-writeOnce" | "rw", ..) => RegisterAccess::Rw,
        _ => return None,
    })
}

fn field(name: &str, (high, low): (u64, u64)) -> RawField {
    let within = u8::try_from(high).ok().zip(u8::try_from(low).ok());
    let bits = within.and_then(|(high, low)| BitRange::new(high, low));
    let bits = bits.map_or_else(|| RawBits::Range(format!("{high}:{low}")), RawBits::Of);
    RawField {
        name: name.to_owned(),
        bits,
        access: None,
        values: BTreeMap::new(),
        unit: None,
        doc: String::new(),
    }
}

//! What registers read at one moment, as a document, and how two of them differ.

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::map::Register;
use super::place::Place;
use super::width::Width;

/// One register's value, or one field's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Reading {
    /// Its name, where a map gives one.
    pub name: Option<String>,
    /// Bytes from the BAR's first.
    pub offset: u64,
    /// What it read.
    pub value: u64,
    #[serde(default, deserialize_with = "width")]
    pub width: Width,
    /// Its fields, where a map gives some.
    #[serde(default)]
    pub fields: Vec<FieldReading>,
}

impl Serialize for Reading {
    /// Adds `address` and `hex`, the offset and the value for people.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(name) = &self.name {
            map.serialize_entry("name", name)?;
        }
        map.serialize_entry("offset", &self.offset)?;
        map.serialize_entry("address", &hex(self.offset))?;
        map.serialize_entry("value", &self.value)?;
        map.serialize_entry("hex", &self.width.hex(self.value))?;
        if self.width != Width::default() {
            map.serialize_entry("width", &self.width.bits())?;
        }
        if !self.fields.is_empty() {
            map.serialize_entry("fields", &self.fields)?;
        }
        map.end()
    }
}

fn width<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Width, D::Error> {
    u8::deserialize(deserializer)?.to_string().parse().map_err(de::Error::custom)
}

/// One field's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldReading {
    pub name: String,
    /// What it read.
    pub value: u64,
    /// The name of that value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
}

/// `0x00000024`: how addresses and values are printed.
pub fn hex(number: impl Into<u64>) -> String {
    format!("{:#010x}", number.into())
}

impl Reading {
    /// What a register read, with what a map says about it.
    pub fn new(offset: u64, value: u64, (register, width): (Option<&Register>, Width)) -> Self {
        let fields = register.into_iter().flat_map(|register| &register.fields).map(|field| {
            let part = field.bits.of(value);
            FieldReading {
                name: field.name.clone(),
                value: part,
                meaning: field.meaning(part).map(str::to_owned),
            }
        });
        Self {
            name: register.map(|register| register.name.clone()),
            offset,
            value,
            width,
            fields: fields.collect(),
        }
    }

    /// What a register's value says of a place: of the whole register, or of the one field.
    pub fn of(place: &Place, word: u64) -> Self {
        match place.field() {
            Some(_) => Self {
                name: Some(place.label()),
                offset: place.offset,
                value: place.value(word),
                width: place.width,
                fields: Vec::new(),
            },
            None => Self::new(place.offset, word, (place.register(), place.width)),
        }
    }

    /// Takes the reading of the same place out of some at its offset: fields of one register share it, and a name may
    /// be in one snapshot only.
    fn taken_of<'a>(&self, there: &mut Vec<&'a Self>) -> Option<&'a Self> {
        let named = |other: &&Self| other.width == self.width && other.name == self.name;
        let nameless =
            |other: &&Self| other.width == self.width && (other.name.is_none() || self.name.is_none());
        let at = there.iter().position(named).or_else(|| there.iter().position(nameless))?;
        Some(there.remove(at))
    }

    /// The name, or else the address.
    pub fn label(&self) -> String {
        self.name.clone().unwrap_or_else(|| hex(self.offset))
    }
}

impl FieldReading {
    /// `1 (run)`, or `0x1f` where the value has no name.
    pub fn shown(&self) -> String {
        match &self.meaning {
            Some(meaning) => format!("{} ({meaning})", self.value),
            None => format!("{:#x}", self.value),
        }
    }
}

/// A register that is not the same in two snapshots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Its name, where a map gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Bytes from the BAR's first.
    pub offset: u64,
    /// The offset for people.
    pub address: String,
    #[serde(skip)]
    pub width: Width,
    /// In the first; absent if only the second has it.
    pub a: Option<u64>,
    /// In the second; absent if only the first has it.
    pub b: Option<u64>,
    /// The fields that differ.
    pub fields: Vec<FieldDifference>,
}

/// A field that is not the same in two snapshots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldDifference {
    pub name: String,
    /// In the first.
    pub a: FieldReading,
    /// In the second.
    pub b: FieldReading,
}

/// The registers, or fields, that differ, by offset.
pub fn differences(a: &[Reading], b: &[Reading]) -> Vec<Difference> {
    let mut in_b: BTreeMap<u64, Vec<&Reading>> = BTreeMap::new();
    for reading in b {
        in_b.entry(reading.offset).or_default().push(reading);
    }
    let mut found: Vec<Difference> = Vec::new();
    for reading in a {
        let other = in_b.get_mut(&reading.offset).and_then(|there| reading.taken_of(there));
        found.extend(difference(reading, (Some(reading), other)));
    }
    found.extend(in_b.into_values().flatten().filter_map(|other| difference(other, (None, Some(other)))));
    found.sort_by_key(|difference| difference.offset);
    found
}

fn difference(of: &Reading, (a, b): (Option<&Reading>, Option<&Reading>)) -> Option<Difference> {
    let (a_value, b_value) = (a.map(|a| a.value), b.map(|b| b.value));
    if a_value == b_value {
        return None;
    }
    let name = [a, b].into_iter().flatten().find_map(|reading| reading.name.clone());
    let fields = a.zip(b).map(|(a, b)| changed_fields(a, b)).unwrap_or_default();
    let (offset, width) = (of.offset, of.width);
    Some(Difference { name, offset, address: hex(offset), width, a: a_value, b: b_value, fields })
}

fn changed_fields(a: &Reading, b: &Reading) -> Vec<FieldDifference> {
    let in_b = |name: &str| b.fields.iter().find(|field| field.name == name);
    let pairs = a.fields.iter().filter_map(|field| Some((field, in_b(&field.name)?)));
    let changed = pairs.filter(|(a, b)| a.value != b.value);
    changed.map(|(a, b)| FieldDifference { name: a.name.clone(), a: a.clone(), b: b.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::map::RegisterMap;

    #[test]
    fn a_difference_names_the_fields() {
        let map = RegisterMap::ddr_prbs();
        let reading = |offset, value| Reading::new(offset, value, (map.at(offset), Width::W32));
        let a = [reading(0x24, 0), reading(0x28, 1), reading(0x40, 5)];
        let b = [reading(0x24, 1), reading(0x28, 1), reading(0x30, 0)];
        let found = differences(&a, &b);
        let values: Vec<_> = found.iter().map(|d| (d.name.as_deref(), d.a, d.b)).collect();
        assert_eq!(
            values,
            [(Some("SMOKE_DONE"), Some(0), Some(1)), (Some("ERROR"), None, Some(0)), (None, Some(5), None)]
        );
        let field = &found[0].fields[0];
        assert_eq!(
            (field.name.as_str(), field.a.shown(), field.b.shown()),
            ("DONE", "0 (busy)".into(), "1 (done)".into())
        );
        assert_eq!(differences(&a, &a), []);
    }
}

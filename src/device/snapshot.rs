//! What registers read at one moment, as a document, and how two of them differ.

use serde::{Deserialize, Serialize};

use super::map::Register;

/// One register's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Its name, where a map gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Bytes from the BAR's first.
    pub offset: u64,
    /// The offset for people.
    pub address: String,
    /// What it read.
    pub value: u32,
    /// The value for people.
    pub hex: String,
    /// Its fields, where a map gives some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldReading>,
}

/// One field's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldReading {
    /// Its name.
    pub name: String,
    /// What it read.
    pub value: u32,
    /// The name of that value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
}

/// `0x00000024`: how addresses and values are printed.
pub fn hex(number: impl Into<u64>) -> String {
    format!("{:#010x}", number.into())
}

impl Reading {
    /// What was read at an offset, with what a map says about it.
    pub fn new(offset: u64, value: u32, register: Option<&Register>) -> Self {
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
            address: hex(offset),
            value,
            hex: hex(value),
            fields: fields.collect(),
        }
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
    /// In the first; absent if only the second has it.
    pub a: Option<u32>,
    /// In the second; absent if only the first has it.
    pub b: Option<u32>,
    /// The fields that differ.
    pub fields: Vec<FieldDifference>,
}

/// A field that is not the same in two snapshots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldDifference {
    /// Its name.
    pub name: String,
    /// In the first.
    pub a: FieldReading,
    /// In the second.
    pub b: FieldReading,
}

/// The registers that differ, by offset.
pub fn differences(a: &[Reading], b: &[Reading]) -> Vec<Difference> {
    let at = |readings: &[Reading], offset| readings.iter().find(|reading| reading.offset == offset).cloned();
    let mut offsets: Vec<u64> = a.iter().chain(b).map(|reading| reading.offset).collect();
    offsets.sort_unstable();
    offsets.dedup();
    offsets.into_iter().filter_map(|offset| difference(offset, at(a, offset), at(b, offset))).collect()
}

fn difference(offset: u64, a: Option<Reading>, b: Option<Reading>) -> Option<Difference> {
    let (a_value, b_value) = (a.as_ref().map(|a| a.value), b.as_ref().map(|b| b.value));
    if a_value == b_value {
        return None;
    }
    let name = [&a, &b].into_iter().flatten().find_map(|reading| reading.name.clone());
    let fields = a.zip(b).map(|(a, b)| changed_fields(&a, &b)).unwrap_or_default();
    Some(Difference { name, offset, address: hex(offset), a: a_value, b: b_value, fields })
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
        let reading = |offset, value| Reading::new(offset, value, map.at(offset));
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

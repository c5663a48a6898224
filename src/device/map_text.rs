//! A register map as the TOML that [`RegisterMap::parse`] reads.

use std::fmt::{self, Write as _};

use super::map::{Field, Register, RegisterAccess, RegisterMap};
use super::width::Width;

impl RegisterMap {
    /// The map as a file of our own format; read again, it is the same map.
    pub fn to_toml(&self) -> String {
        let mut text = format!("name = {}\n", quoted(&self.name));
        // Without a register, the list must be there all the same.
        if self.registers.is_empty() {
            text.push_str("register = []\n");
        }
        self.registers.iter().for_each(|register| text.push_str(&register.to_toml()));
        text
    }
}

impl Register {
    /// The register's part of a map.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        self.write(&mut text).expect("a String takes every text");
        text
    }

    fn write(&self, text: &mut String) -> fmt::Result {
        writeln!(text, "\n[[register]]\nname = {}\noffset = {:#x}", quoted(&self.name), self.offset)?;
        if self.width != Width::default() {
            writeln!(text, "width = {}", self.width)?;
        }
        writeln!(text, "access = \"{}\"", self.access.word())?;
        // TOML has no numbers beyond those of i64.
        if let Some(reset) = self.reset.and_then(|reset| i64::try_from(reset).ok()) {
            writeln!(text, "reset = {reset:#x}")?;
        }
        if self.alternate {
            writeln!(text, "alternate = true")?;
        }
        about(text, self.unit.as_deref(), &self.doc)?;
        self.fields.iter().try_for_each(|field| field.write(text))
    }
}

impl Field {
    fn write(&self, text: &mut String) -> fmt::Result {
        writeln!(text, "[[register.field]]\nname = {}\nbits = \"{}\"", quoted(&self.name), self.bits)?;
        if let Some(access) = self.access {
            writeln!(text, "access = \"{}\"", access.word())?;
        }
        let values = self.values.iter().filter(|(_, value)| i64::try_from(**value).is_ok());
        let values: Vec<String> = values.map(|(name, value)| format!("{} = {value}", quoted(name))).collect();
        if !values.is_empty() {
            writeln!(text, "enum = {{ {} }}", values.join(", "))?;
        }
        about(text, self.unit.as_deref(), &self.doc)
    }
}

fn about(text: &mut String, unit: Option<&str>, doc: &str) -> fmt::Result {
    if let Some(unit) = unit {
        writeln!(text, "unit = {}", quoted(unit))?;
    }
    if doc.is_empty() { Ok(()) } else { writeln!(text, "doc = {}", quoted(doc)) }
}

impl RegisterAccess {
    /// As a map writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ro => "ro",
            Self::Rw => "rw",
            Self::Wo => "wo",
            Self::W1c => "w1c",
            Self::Rc => "rc",
        }
    }
}

/// A basic string of TOML, in which control characters must be escaped.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::device::BitRange;

    prop_compose! {
        fn field()(
            name in "[A-Za-z_][A-Za-z0-9_-]{0,8}", doc in any::<String>(), unit in proptest::option::of("[a-zµ\"]{1,4}"),
            access in 0_usize..6, value in 0_u64..2,
        ) -> (String, String, Option<String>, usize, u64) {
            (name, doc, unit, access, value)
        }
    }

    prop_compose! {
        fn map()(
            name in "[a-z\"\\\\]{1,8}",
            registers in prop::collection::vec((prop::collection::vec(field(), 0..4), field(), 0_usize..4), 0..12),
        ) -> RegisterMap {
            use RegisterAccess::{Rc, Ro, Rw, W1c, Wo};
            let kinds = [Ro, Rw, Wo, W1c, Rc, Rw];
            let widths = [Width::W8, Width::W16, Width::W32, Width::W64];
            let register = |(i, (fields, (name, doc, unit, access, reset), width)): (usize, (Vec<_>, _, usize))| {
                let fields = (0_u8..).zip(fields).map(|(bit, field)| {
                    let (name, doc, unit, access, value): (String, String, Option<String>, usize, u64) = field;
                    Field {
                        name: format!("{name}{bit}"),
                        bits: BitRange::new(bit, bit).unwrap(),
                        access: kinds.get(access).copied().filter(|_| access != 5),
                        values: BTreeMap::from([(format!("v{value}"), value)]),
                        unit,
                        doc,
                    }
                });
                Register {
                    name: format!("{name}.r{i}"),
                    offset: 8 * i as u64,
                    width: widths[width],
                    access: kinds[access],
                    reset: (access > 2).then_some(reset),
                    fields: fields.collect(),
                    unit,
                    alternate: access == 5,
                    clears: None,
                    doc,
                }
            };
            let registers = registers.into_iter().enumerate().map(register).collect();
            RegisterMap { name, registers }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn a_map_that_is_written_is_read_again_as_it_was(map in map()) {
            let again = RegisterMap::import(&map.to_toml());
            let again = again.unwrap_or_else(|e| panic!("{e}\n{}", map.to_toml()));
            prop_assert_eq!(format!("{:?}", again), format!("{:?}", map));
        }
    }

    #[test]
    fn the_built_in_map_survives_too() {
        let map = RegisterMap::ddr_prbs();
        assert_eq!(format!("{:?}", RegisterMap::parse(&map.to_toml()).unwrap()), format!("{map:?}"));
    }
}

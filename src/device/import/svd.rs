//! CMSIS-SVD, as far as registers go (Arm's System View Description 1.3): peripherals, clusters, arrays, fields,
//! enumerated values, accesses, and what is derived from something else.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::derived::{Derived, Origins};
use super::dim::{DIM_LIMIT, indices};
use super::xml::{Element, tags, tree};
use super::{Collected, REGISTERS_LIMIT, access_of, doc, field, number, sanitised, width_of};
use crate::device::map::{MapError, RawField, RawRegister, RegisterAccess, RegisterMap};

tags!("device" "name" "size" "access" "resetValue" "peripherals" "peripheral" "baseAddress" "registers" "register"
    "cluster" "description" "addressOffset" "dim" "dimIncrement" "dimIndex" "fields" "field" "bitOffset" "bitWidth" "lsb"
    "msb" "bitRange" "enumeratedValues" "enumeratedValue" "value" "usage" "readAction" "modifiedWriteValues"
    "alternateRegister" "alternateGroup");

/// A register of more than 64 bits is read in words of so many.
const WORD: u64 = 32;
/// More fields and names of values than this, those of each element of an array counted, fill the memory.
const PARTS_LIMIT: usize = 2_000_000;

/// Reads a system view description.
pub(super) fn map(text: &str) -> Result<RegisterMap, MapError> {
    let tree = tree(text, tag)?;
    let device = tree.root();
    if device.tag() != "device" {
        return Err(device.error("a CMSIS-SVD has `device` outermost"));
    }
    let mut svd = Svd::default();
    let defaults = Defaults { bits: 32, access: RegisterAccess::Rw, reset: None }.and(device);
    for peripheral in device.all("peripherals").flat_map(|all| all.all("peripheral")) {
        svd.peripheral(peripheral, defaults)?;
    }
    svd.collected.map(device.text_of("name").unwrap_or("svd"))
}

#[derive(Default)]
struct Svd<'a> {
    origins: Origins<'a>,
    collected: Collected,
    /// How many peripherals and clusters were gone through: some have no registers that could be counted.
    levels: usize,
    /// How many fields and names of values the registers have.
    parts: usize,
}

/// What registers have that do not say it themselves.
#[derive(Clone, Copy)]
struct Defaults {
    bits: u64,
    access: RegisterAccess,
    reset: Option<u64>,
}

impl Defaults {
    fn with(self, element: &Derived<'_>) -> Self {
        element.chain().rev().fold(self, Self::and)
    }

    fn and(self, element: Element<'_>) -> Self {
        Self {
            bits: element.text_of("size").and_then(number).unwrap_or(self.bits),
            access: access(element, self.access),
            reset: element.text_of("resetValue").and_then(number).or(self.reset),
        }
    }
}

/// Where registers stand: the names around them, joined by dots, and the address.
struct Scope {
    path: String,
    base: u64,
    defaults: Defaults,
    depth: usize,
}

fn access(element: Element<'_>, of_outer: RegisterAccess) -> RegisterAccess {
    let (written, read) = (element.text_of("modifiedWriteValues"), element.text_of("readAction"));
    let outer = match of_outer {
        RegisterAccess::Ro => "read-only",
        RegisterAccess::Wo => "write-only",
        _ => "read-write",
    };
    match (element.text_of("access"), written, read) {
        (None, None, None) => of_outer,
        (stated, written, read) => access_of(stated.unwrap_or(outer), written, read).unwrap_or(of_outer),
    }
}

/// An address; what lies beyond 64 bits is none.
fn address(element: Element<'_>, parts: [u64; 3]) -> Result<u64, MapError> {
    let sum = parts.into_iter().try_fold(0_u64, u64::checked_add);
    sum.ok_or_else(|| element.error("its address is beyond 64 bits"))
}

fn number_of(element: &Derived<'_>, tag: &str) -> Result<u64, MapError> {
    let text = element.text_of(tag).unwrap_or_default();
    number(text).ok_or_else(|| {
        let what =
            if text.is_empty() { "is missing".to_owned() } else { format!("`{text}` is not a number") };
        element.element.error(format!("<{tag}> {what}"))
    })
}

impl<'a> Svd<'a> {
    fn peripheral(&mut self, peripheral: Element<'a>, defaults: Defaults) -> Result<(), MapError> {
        let peripheral = self.origins.of(peripheral)?;
        let base = number_of(&peripheral, "baseAddress")?;
        let defaults = defaults.with(&peripheral);
        let members = peripheral.members();
        for (name, step) in instances(&peripheral)? {
            let base = address(peripheral.element, [base, step, 0])?;
            self.level(&members, &Scope { path: name.into_owned(), base, defaults, depth: 0 })?;
        }
        Ok(())
    }

    /// The registers and clusters of one level.
    fn level(&mut self, members: &[Element<'a>], scope: &Scope) -> Result<(), MapError> {
        self.levels += 1;
        if self.levels > REGISTERS_LIMIT {
            return Err(MapError::TooMany(REGISTERS_LIMIT, "peripherals and clusters"));
        }
        for element in members {
            match element.tag() {
                "register" => self.register(*element, scope)?,
                "cluster" => self.cluster(*element, scope)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn cluster(&mut self, cluster: Element<'a>, scope: &Scope) -> Result<(), MapError> {
        if scope.depth > 8 {
            return Err(cluster.error("clusters lie too deep in each other"));
        }
        let cluster = self.origins.of(cluster)?;
        let offset = number_of(&cluster, "addressOffset")?;
        let (defaults, members) = (scope.defaults.with(&cluster), cluster.members());
        for (name, step) in instances(&cluster)? {
            let inner = Scope {
                path: format!("{}.{name}", scope.path),
                base: address(cluster.element, [scope.base, offset, step])?,
                defaults,
                depth: scope.depth + 1,
            };
            self.level(&members, &inner)?;
        }
        Ok(())
    }

    fn register(&mut self, register: Element<'a>, scope: &Scope) -> Result<(), MapError> {
        let register = self.origins.of(register)?;
        let offset = number_of(&register, "addressOffset")?;
        let defaults = scope.defaults.with(&register);
        let group = register.text_of("alternateGroup").map_or_else(String::new, |group| format!("_{group}"));
        let described = doc(register.text_of("description").unwrap_or_default());
        let fields = self.fields(&register, defaults)?;
        let parts = fields.iter().map(parts).sum::<usize>();
        for (name, step) in instances(&register)? {
            self.parts = within_limit(self.parts + parts)?;
            let raw = RawRegister {
                name: [&scope.path, ".", &name, &group].concat(),
                offset: address(register.element, [scope.base, offset, step])?,
                width: None,
                access: defaults.access,
                reset: defaults.reset,
                field: fields.clone(),
                unit: None,
                alternate: false,
                doc: described.clone(),
            };
            self.add(raw, defaults.bits, register.element)?;
        }
        Ok(())
    }

    /// Adds a register, or each word of one that no access could read at once, the least significant first.
    fn add(&mut self, mut raw: RawRegister, bits: u64, element: Element<'_>) -> Result<(), MapError> {
        if let Some(width) = width_of(bits) {
            raw.width = Some(width);
            return self.collected.add(raw, |wrong| element.error(wrong));
        }
        if bits > 8 * DIM_LIMIT {
            return Err(element.error(format!("a register of {bits} bits is beyond reason")));
        }
        for word in 0..bits.div_ceil(WORD) {
            let part = RawRegister {
                name: format!("{}_{word}", raw.name),
                offset: address(element, [raw.offset, WORD / 8 * word, 0])?,
                width: None,
                field: Vec::new(),
                unit: None,
                reset: None,
                doc: format!("bits from {} on of {bits}. {}", WORD * word, raw.doc),
                ..raw
            };
            self.collected.add(part, |wrong| element.error(wrong))?;
        }
        Ok(())
    }

    fn fields(&mut self, register: &Derived<'a>, of_register: Defaults) -> Result<Vec<RawField>, MapError> {
        let members = if of_register.bits > 64 { Vec::new() } else { register.members() };
        let (mut fields, mut count) = (Vec::with_capacity(members.len()), 0);
        for element in members {
            let derived = self.origins.of(element)?;
            let (high, low) = bits(&derived)?;
            let own = derived.chain().rev().fold(of_register.access, |outer, element| access(element, outer));
            let values = derived.chain().find_map(|element| self.values(element)).unwrap_or_default();
            let largest = if high - low >= 63 { u64::MAX } else { (2 << (high - low)) - 1 };
            let described = derived.text_of("description").unwrap_or_default();
            for (name, step) in instances(&derived)? {
                let bits = high.checked_add(step).zip(low.checked_add(step));
                let bits = bits.ok_or_else(|| element.error("its bits are beyond a register's"))?;
                let mut field = field(&name, bits);
                field.access = Some(own).filter(|own| *own != of_register.access);
                field.values.clone_from(&values);
                field.values.retain(|_, value| *value <= largest);
                field.doc = doc(described);
                count = within_limit(count + parts(&field))?;
                fields.push(field);
            }
        }
        Ok(fields)
    }

    /// The names of a field's values; none when it has none.
    fn values(&mut self, field: Element<'a>) -> Option<BTreeMap<String, u64>> {
        let readable = |values: &Element<'_>| values.text_of("usage") != Some("write");
        let own = field.all("enumeratedValues").find(readable).or_else(|| field.child("enumeratedValues"))?;
        let from = own.attribute("derivedFrom");
        let shared = from.and_then(|from| self.origins.origin(own, from).or_else(|| beside(own, from)));
        let mut values = BTreeMap::new();
        for value in shared.unwrap_or(own).all("enumeratedValue") {
            // A value with bits that do not matter stands for several, and has no one number.
            let Some(number) = value.text_of("value").and_then(number) else { continue };
            let name = sanitised(value.text_of("name").unwrap_or("value").to_owned(), false);
            values.entry(name).or_insert(number);
        }
        Some(values)
    }
}

/// How much a field adds to what the registers have; a long description counts as several.
fn parts(field: &RawField) -> usize {
    1 + field.values.len() + field.doc.len() / 100
}

fn within_limit(parts: usize) -> Result<usize, MapError> {
    if parts > PARTS_LIMIT {
        return Err(MapError::TooMany(PARTS_LIMIT, "fields and names of values"));
    }
    Ok(parts)
}

/// Values of that name in any field of the same register: many files leave out the field's name.
fn beside<'a>(values: Element<'a>, path: &str) -> Option<Element<'a>> {
    let last = path.rsplit('.').next().unwrap_or(path);
    let fields = values.parent()?.parent()?;
    let mut all = fields.all("field").flat_map(|field| field.all("enumeratedValues"));
    all.find(|one| one.text_of("name") == Some(last))
}

/// The names and steps of an array's elements, or the one name of what is none.
fn instances<'a>(
    element: &Derived<'a>,
) -> Result<impl Iterator<Item = (Cow<'a, str>, u64)> + use<'a>, MapError> {
    let name = element.text_of("name").unwrap_or(element.element.tag());
    let (mut alone, mut listed, mut step) = (Some(Cow::Borrowed(name)), Vec::new(), 0);
    // What is derived from an array is one itself only if its name has a place for the index.
    if element.element.child("dim").is_some() || name.contains("%s") && element.text_of("dim").is_some() {
        let dim = number_of(element, "dim")?;
        step = number_of(element, "dimIncrement")?;
        if dim > DIM_LIMIT {
            return Err(element.element.error(format!("an array of {dim} is beyond reason")));
        }
        if step.checked_mul(dim.saturating_sub(1)).is_none() {
            return Err(element.element.error("its last element is beyond 64 bits"));
        }
        (alone, listed) = (None, indices(element.text_of("dimIndex"), dim));
    }
    let named = |index: String| Cow::Owned(name.replace("[%s]", "%s").replace("%s", &index));
    let names = alone.into_iter().chain(listed.into_iter().map(named));
    Ok(names.zip((0..).map(move |i: u64| step.saturating_mul(i))))
}

/// The highest and the lowest bit, in whichever of the three ways they are told.
fn bits(field: &Derived<'_>) -> Result<(u64, u64), MapError> {
    let told = |element: &Element<'_>| {
        ["bitRange", "lsb", "bitOffset"].iter().any(|tag| element.child(tag).is_some())
    };
    let element = field.chain().find(told).unwrap_or(field.element);
    let (high, low) = if let Some(range) = element.text_of("bitRange") {
        let bits = range.trim_matches(['[', ']']).split_once(':');
        let bits = bits.and_then(|(high, low)| number(high).zip(number(low)));
        bits.ok_or_else(|| element.error(format!("<bitRange> `{range}` is not a range")))?
    } else if element.child("lsb").is_some() {
        (number_of(field, "msb")?, number_of(field, "lsb")?)
    } else {
        let low = number_of(field, "bitOffset")?;
        let width = if field.text_of("bitWidth").is_some() { number_of(field, "bitWidth")? } else { 1 };
        (low.saturating_add(width.saturating_sub(1)), low)
    };
    // Some are written the other way round.
    let (high, low) = (high.max(low), high.min(low));
    if high > 63 {
        return Err(element.error(format!("bits {high}:{low} are none of a register")));
    }
    Ok((high, low))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svd(peripherals: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?>\n<device>\n<name>chip</name><size>32</size><access>read-write</access>\n\
             <peripherals>{peripherals}</peripherals></device>"
        )
    }

    const UART: &str = "<peripheral><name>UART0</name><baseAddress>0x1000</baseAddress><registers>
        <register><name>CTRL</name><description>Control &amp;
            status</description><addressOffset>0</addressOffset><resetValue>0x10</resetValue><fields>
          <field><name>EN</name><bitOffset>0</bitOffset><bitWidth>1</bitWidth><enumeratedValues><name>onoff</name>
            <enumeratedValue><name>off</name><value>0</value></enumeratedValue>
            <enumeratedValue><name>on</name><value>#1</value></enumeratedValue></enumeratedValues></field>
          <field><name>MODE</name><bitRange>[7:4]</bitRange></field>
          <field><name>DONE</name><lsb>8</lsb><msb>8</msb><modifiedWriteValues>oneToClear</modifiedWriteValues></field>
          <field derivedFrom=\"EN\"><name>EN2</name><bitOffset>9</bitOffset></field></fields></register>
        <register derivedFrom=\"CTRL\"><name>CTRL2</name><addressOffset>4</addressOffset></register>
        <register><name>FIFO</name><addressOffset>8</addressOffset><access>read-only</access><readAction>modify</readAction></register>
        <register><dim>3</dim><dimIncrement>4</dimIncrement><dimIndex>A,B,C</dimIndex><name>TX_%s</name><addressOffset>0x10</addressOffset></register>
        <cluster><dim>2</dim><dimIncrement>0x20</dimIncrement><name>CH[%s]</name><addressOffset>0x40</addressOffset>
          <register><name>LEN</name><addressOffset>4</addressOffset><size>16</size></register></cluster>
        </registers></peripheral>
        <peripheral derivedFrom=\"UART0\"><name>UART1</name><baseAddress>0x2000</baseAddress></peripheral>";

    #[test]
    fn arrays_clusters_and_what_is_derived_are_expanded() {
        let map = RegisterMap::import(&svd(UART)).unwrap();
        assert_eq!((map.name.as_str(), map.registers.len()), ("chip", 16));
        let told: Vec<(&str, u64)> = map.registers[..8].iter().map(|r| (r.name.as_str(), r.offset)).collect();
        assert_eq!(
            told,
            [
                ("UART0.CTRL", 0x1000),
                ("UART0.CTRL2", 0x1004),
                ("UART0.FIFO", 0x1008),
                ("UART0.TX_A", 0x1010),
                ("UART0.TX_B", 0x1014),
                ("UART0.TX_C", 0x1018),
                ("UART0.CH0.LEN", 0x1044),
                ("UART0.CH1.LEN", 0x1064),
            ]
        );
        let control = map.register("uart1.ctrl2").unwrap();
        assert_eq!(
            (control.offset, control.reset, control.doc.as_str()),
            (0x2004, Some(0x10), "Control & status")
        );
        assert_eq!(control.field("EN2").unwrap().meaning(1), Some("on"));
        assert_eq!(control.field("MODE").unwrap().bits.to_string(), "7:4");
        assert_eq!(control.field("DONE").unwrap().access, Some(RegisterAccess::W1c));
        assert_eq!(map.register("UART0.FIFO").unwrap().access, RegisterAccess::Rc);
        assert_eq!(map.register("UART1.CH1.LEN").unwrap().width.bits(), 16);
    }

    #[test]
    fn alternates_are_told_apart_by_their_group_and_long_registers_are_read_in_words() {
        let register = |name: &str, offset: u64, more: &str| {
            format!("<register><name>{name}</name><addressOffset>{offset}</addressOffset>{more}</register>")
        };
        let group = "<alternateGroup>SLAVE</alternateGroup>";
        let text = format!(
            "<peripheral><name>A</name><baseAddress>0</baseAddress><registers>{}{}{}</registers></peripheral>",
            register("X", 0, ""),
            register("X", 0, group),
            register("KEY", 16, "<size>128</size><description>AES</description>"),
        );
        let map = RegisterMap::import(&svd(&text)).unwrap();
        let found: Vec<_> = map.registers.iter().map(|one| (one.name.as_str(), one.offset)).collect();
        let keys = [("A.KEY_0", 16), ("A.KEY_1", 20), ("A.KEY_2", 24), ("A.KEY_3", 28)];
        assert_eq!(found, [&[("A.X", 0), ("A.X_SLAVE", 0)][..], &keys].concat());
        assert_eq!(map.register("A.KEY_3").unwrap().doc, "bits from 96 on of 128. AES");
    }

    #[test]
    fn an_error_names_the_line_and_the_element() {
        let error = |from: &str, to: &str| {
            RegisterMap::import(&svd(&UART.replace(from, to))).unwrap_err().to_string()
        };
        assert_eq!(error("[7:4]", "7..4"), "line 10, <field>: <bitRange> `7..4` is not a range");
        assert_eq!(
            error("derivedFrom=\"CTRL\"", "derivedFrom=\"NONE\""),
            "line 13, <register>: it is derived from NONE, and there is no such register"
        );
        assert_eq!(
            error("<addressOffset>8</addressOffset>", "<addressOffset>x</addressOffset>"),
            "line 14, <register>: <addressOffset> `x` is not a number"
        );
        assert!(error("</cluster>", "").starts_with("line "));
    }

    #[test]
    fn an_address_beyond_64_bits_is_refused() {
        let error = |from: &str, to: &str| {
            RegisterMap::import(&svd(&UART.replace(from, to))).unwrap_err().to_string()
        };
        assert_eq!(
            error("0x1000", "0xfffffffffffffff8"),
            "line 14, <register>: its address is beyond 64 bits"
        );
        assert_eq!(
            error("<dimIncrement>4<", "<dimIncrement>0x8000000000000000<"),
            "line 15, <register>: its last element is beyond 64 bits"
        );
        assert_eq!(
            error("<addressOffset>0x40<", "<addressOffset>0xfffffffffffff000<"),
            "line 16, <cluster>: its address is beyond 64 bits"
        );
    }

    #[test]
    fn fields_and_values_that_an_array_repeats_are_refused() {
        let values =
            |i: u32| format!("<enumeratedValue><name>v{i}</name><value>{i}</value></enumeratedValue>");
        let field = format!(
            "<field><name>F</name><bitRange>[31:0]</bitRange><enumeratedValues>{}</enumeratedValues></field>",
            (0..1000).map(values).collect::<String>()
        );
        let register = |array: &str, fields: &str| {
            format!(
                "<peripheral><name>P</name><baseAddress>0</baseAddress><registers><register>{array}<name>R%s</name>\
                 <addressOffset>0</addressOffset><fields>{fields}</fields></register></registers></peripheral>"
            )
        };
        let array = "<dim>60000</dim><dimIncrement>4</dimIncrement>";
        let inner = field.replace("<name>F<", "<dim>60000</dim><dimIncrement>0</dimIncrement><name>F%s<");
        for text in [register(array, &field), register("", &inner)] {
            let error = RegisterMap::import(&svd(&text)).unwrap_err().to_string();
            assert!(error.contains("more than 2000000 fields and names of values"), "{error}");
        }
        let map = RegisterMap::import(&svd(&register(&array.replace("60000", "100"), &field))).unwrap();
        assert_eq!(map.register("P.R99").unwrap().field("F").unwrap().meaning(999), Some("v999"));
        let long = svd(UART).replace("Control", &"x".repeat(1 << 20));
        let told = RegisterMap::import(&long).unwrap().register("UART0.CTRL").unwrap().doc.len();
        assert!(told < 1024, "a description of {told} bytes, of which each element of an array has a copy");
    }

    #[test]
    fn what_swells_is_refused() {
        let trap = UART.replace("<dim>3</dim>", "<dim>4294967295</dim>");
        let error = RegisterMap::import(&svd(&trap)).unwrap_err().to_string();
        assert!(error.contains("an array of 4294967295 is beyond reason"), "{error}");
        let nested =
            UART.replace("<dim>2</dim>", "<dim>60000</dim>").replace("<dim>3</dim>", "<dim>60000</dim>");
        let nested = nested.replace(
            "<register><name>LEN</name>",
            "<register><dim>60000</dim><dimIncrement>2</dimIncrement><name>LEN%s</name>",
        );
        let error = RegisterMap::import(&svd(&nested)).unwrap_err().to_string();
        assert!(error.contains("more than 200000 registers"), "{error}");
    }
}

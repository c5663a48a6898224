//! CMSIS-SVD, as far as registers go (Arm's System View Description 1.3): peripherals, clusters, arrays, fields,
//! enumerated values, accesses, and what is derived from something else.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::xml::{Element, tags, tree};
use super::{Collected, access_of, doc, field, number, sanitised, width_of};
use crate::device::map::{MapError, RawField, RawRegister, RegisterAccess, RegisterMap};

tags!("device" "name" "size" "access" "resetValue" "peripherals" "peripheral" "baseAddress" "registers" "register"
    "cluster" "description" "addressOffset" "dim" "dimIncrement" "dimIndex" "fields" "field" "bitOffset" "bitWidth" "lsb"
    "msb" "bitRange" "enumeratedValues" "enumeratedValue" "value" "usage" "readAction" "modifiedWriteValues"
    "alternateRegister" "alternateGroup");

/// More elements of an array than this are a trap.
const DIM_LIMIT: u64 = 65_536;

/// Reads a system view description.
pub(super) fn map(text: &str) -> Result<RegisterMap, MapError> {
    let tree = tree(text, tag)?;
    let device = tree.root();
    if device.tag() != "device" {
        return Err(device.error("a CMSIS-SVD has `device` outermost"));
    }
    let peripherals: Vec<Element<'_>> =
        device.all("peripherals").flat_map(|all| all.all("peripheral")).collect();
    let named = peripherals.iter().filter_map(|one| Some((one.text_of("name")?, *one))).collect();
    let mut svd = Svd { peripherals: named, collected: Collected::default() };
    let defaults = Defaults { bits: 32, access: RegisterAccess::Rw, reset: None }.with(device);
    for peripheral in peripherals {
        svd.peripheral(peripheral, defaults)?;
    }
    svd.collected.map(device.text_of("name").unwrap_or("svd"))
}

struct Svd<'a> {
    peripherals: HashMap<&'a str, Element<'a>>,
    collected: Collected,
}

/// What registers have that do not say it themselves.
#[derive(Clone, Copy)]
struct Defaults {
    bits: u64,
    access: RegisterAccess,
    reset: Option<u64>,
}

impl Defaults {
    fn with(self, element: Element<'_>) -> Self {
        Self {
            bits: element.text_of("size").and_then(number).unwrap_or(self.bits),
            access: access(element, self.access),
            reset: element.text_of("resetValue").and_then(number).or(self.reset),
        }
    }
}

/// Where registers stand: the names around them, joined by dots, and the address.
#[derive(Clone)]
struct Scope<'a> {
    path: String,
    base: u64,
    defaults: Defaults,
    /// What registers of the same level may be derived from.
    siblings: Vec<Element<'a>>,
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

impl<'a> Svd<'a> {
    fn number(&self, element: Element<'_>, tag: &str) -> Result<u64, MapError> {
        let text = element.text_of(tag).unwrap_or_default();
        number(text).ok_or_else(|| {
            let what =
                if text.is_empty() { "is missing".to_owned() } else { format!("`{text}` is not a number") };
            element.error(format!("<{tag}> {what}"))
        })
    }

    fn peripheral(&mut self, peripheral: Element<'a>, defaults: Defaults) -> Result<(), MapError> {
        let name = peripheral.text_of("name").unwrap_or("peripheral");
        let base = self.number(peripheral, "baseAddress")?;
        // Registers and defaults of the one that it is derived from, where it has none of its own.
        let origin = match peripheral.attribute("derivedFrom") {
            None => None,
            Some(from) => Some(*self.peripherals.get(from).ok_or_else(|| {
                peripheral.error(format!("it is derived from {from}, and there is no such peripheral"))
            })?),
        };
        let defaults = origin.map_or(defaults, |origin| defaults.with(origin)).with(peripheral);
        let registers =
            peripheral.child("registers").or_else(|| origin.and_then(|one| one.child("registers")));
        let Some(registers) = registers else { return Ok(()) };
        for (name, offset) in self.instances(peripheral, name)? {
            let siblings = registers.children().collect();
            let base = base.wrapping_add(offset);
            self.level(registers, &Scope { path: name.into_owned(), base, defaults, siblings, depth: 0 })?;
        }
        Ok(())
    }

    /// The registers and clusters of one level.
    fn level(&mut self, outer: Element<'a>, scope: &Scope<'a>) -> Result<(), MapError> {
        for element in outer.children() {
            match element.tag() {
                "register" => self.register(element, scope)?,
                "cluster" => self.cluster(element, scope)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn cluster(&mut self, cluster: Element<'a>, scope: &Scope<'a>) -> Result<(), MapError> {
        let origin = self.origin(cluster, scope)?;
        let offset = self.offset(cluster, origin)?;
        let defaults = origin.map_or(scope.defaults, |origin| scope.defaults.with(origin)).with(cluster);
        let has_own = cluster.children().any(|child| matches!(child.tag(), "register" | "cluster"));
        let content = origin.filter(|_| !has_own).unwrap_or(cluster);
        if scope.depth > 8 {
            return Err(cluster.error("clusters lie too deep in each other"));
        }
        for (name, step) in self.instances(cluster, cluster.text_of("name").unwrap_or("cluster"))? {
            let inner = Scope {
                path: format!("{}.{name}", scope.path),
                base: scope.base.wrapping_add(offset).wrapping_add(step),
                defaults,
                siblings: content.children().collect(),
                depth: scope.depth + 1,
            };
            self.level(content, &inner)?;
        }
        Ok(())
    }

    fn register(&mut self, register: Element<'a>, scope: &Scope<'a>) -> Result<(), MapError> {
        let origin = self.origin(register, scope)?;
        let offset = self.offset(register, origin)?;
        let defaults = origin.map_or(scope.defaults, |origin| scope.defaults.with(origin)).with(register);
        let fields = register.child("fields").or_else(|| origin.and_then(|origin| origin.child("fields")));
        let described =
            register.text_of("description").or_else(|| origin.and_then(|one| one.text_of("description")));
        let width = width_of(defaults.bits);
        let width = width.ok_or_else(|| register.error("a register has at most 64 bits"))?;
        for (name, step) in self.instances(register, register.text_of("name").unwrap_or("register"))? {
            let mut field = Vec::new();
            for element in fields.into_iter().flat_map(|fields| fields.all("field")) {
                self.fields(element, (fields, defaults), &mut field)?;
            }
            let raw = RawRegister {
                name: format!("{}.{name}", scope.path),
                offset: scope.base.wrapping_add(offset).wrapping_add(step),
                width: Some(width),
                access: defaults.access,
                reset: defaults.reset,
                field,
                unit: None,
                alternate: false,
                doc: doc(described.unwrap_or_default()),
            };
            self.collected.add(raw, |wrong| register.error(wrong))?;
        }
        Ok(())
    }

    fn offset(&self, element: Element<'_>, origin: Option<Element<'_>>) -> Result<u64, MapError> {
        match (element.child("addressOffset"), origin) {
            (None, Some(origin)) => self.number(origin, "addressOffset"),
            _ => self.number(element, "addressOffset"),
        }
    }

    /// What a register or cluster is derived from: one beside it, or one named with its peripheral.
    fn origin(&self, element: Element<'_>, scope: &Scope<'a>) -> Result<Option<Element<'a>>, MapError> {
        let Some(from) = element.attribute("derivedFrom") else { return Ok(None) };
        let mut parts: Vec<&str> = from.split('.').collect();
        let last = parts.pop().unwrap_or_default();
        let mut level = scope.siblings.clone();
        for (i, part) in parts.into_iter().enumerate() {
            let outer = match i {
                0 => self.peripherals.get(part).and_then(|peripheral| peripheral.child("registers")),
                _ => named(&level, part),
            };
            level = outer.map(|outer| outer.children().collect()).unwrap_or_default();
        }
        let origin = named(&level, last).filter(|origin| !origin.is(element));
        let wrong = || element.error(format!("it is derived from {from}, and there is no such thing"));
        origin.map(Some).ok_or_else(wrong)
    }

    /// The names and steps of an array's elements, or the one name of what is none.
    fn instances<'n>(
        &self,
        element: Element<'_>,
        name: &'n str,
    ) -> Result<Vec<(Cow<'n, str>, u64)>, MapError> {
        if element.child("dim").is_none() {
            return Ok(vec![(name.into(), 0)]);
        }
        let (dim, step) = (self.number(element, "dim")?, self.number(element, "dimIncrement")?);
        if dim > DIM_LIMIT {
            return Err(element.error(format!("an array of {dim} is beyond reason")));
        }
        let indices = indices(element.text_of("dimIndex"), dim);
        let named = |index: &String| name.replace("[%s]", "%s").replace("%s", index).into();
        let steps = (0..dim).map(|i| step.wrapping_mul(i));
        Ok(indices.iter().map(named).zip(steps).collect())
    }

    /// A field, or each of an array of them.
    fn fields(
        &self,
        element: Element<'a>,
        (all, of_register): (Option<Element<'a>>, Defaults),
        into: &mut Vec<RawField>,
    ) -> Result<(), MapError> {
        let origin = element.attribute("derivedFrom").and_then(|from| {
            let fields: Vec<Element<'_>> = all.into_iter().flat_map(|all| all.all("field")).collect();
            named(&fields, from)
        });
        let (high, low) = self.bits(element, origin)?;
        for (name, step) in self.instances(element, element.text_of("name").unwrap_or("field"))? {
            let bits = high.checked_add(step).zip(low.checked_add(step));
            let bits = bits.ok_or_else(|| element.error("its bits are beyond a register's"))?;
            let mut field = field(&name, bits);
            let own = access(origin.unwrap_or(element), of_register.access);
            let own = if origin.is_some() { access(element, own) } else { own };
            field.access = Some(own).filter(|own| *own != of_register.access);
            field.values =
                self.values(element, all).or_else(|| self.values(origin?, all)).unwrap_or_default();
            let largest = if bits.0 - bits.1 >= 63 { u64::MAX } else { (2 << (bits.0 - bits.1)) - 1 };
            field.values.retain(|_, value| *value <= largest);
            field.doc = doc(element.text_of("description").unwrap_or_default());
            into.push(field);
        }
        Ok(())
    }

    /// The highest and the lowest bit, in whichever of the three ways they are told.
    fn bits(&self, element: Element<'_>, origin: Option<Element<'_>>) -> Result<(u64, u64), MapError> {
        let has = |element: Element<'_>| {
            ["bitRange", "lsb", "bitOffset"].iter().any(|tag| element.child(tag).is_some())
        };
        let element = origin.filter(|_| !has(element)).unwrap_or(element);
        let (high, low) = if let Some(range) = element.text_of("bitRange") {
            let bits = range.trim_matches(['[', ']']).split_once(':');
            let bits = bits.and_then(|(high, low)| number(high).zip(number(low)));
            bits.ok_or_else(|| element.error(format!("<bitRange> `{range}` is not a range")))?
        } else if element.child("lsb").is_some() {
            (self.number(element, "msb")?, self.number(element, "lsb")?)
        } else {
            let low = self.number(element, "bitOffset")?;
            let width = element.child("bitWidth").map_or(Ok(1), |_| self.number(element, "bitWidth"))?;
            (low.saturating_add(width.saturating_sub(1)), low)
        };
        if high < low || high > 63 {
            return Err(element.error(format!("bits {high}:{low} are none of a register")));
        }
        Ok((high, low))
    }

    /// The names of a field's values; none when it has none.
    fn values(&self, element: Element<'_>, all: Option<Element<'_>>) -> Option<BTreeMap<String, u64>> {
        let readable = |values: &Element<'_>| values.text_of("usage") != Some("write");
        let own =
            element.all("enumeratedValues").find(readable).or_else(|| element.child("enumeratedValues"))?;
        let shared = own.attribute("derivedFrom").and_then(|from| {
            let last = from.rsplit('.').next().unwrap_or(from);
            let fields = all.into_iter().flat_map(|all| all.all("field"));
            fields
                .flat_map(|field| field.all("enumeratedValues"))
                .find(|one| one.text_of("name") == Some(last))
        });
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

fn named<'a>(elements: &[Element<'a>], name: &str) -> Option<Element<'a>> {
    elements.iter().find(|element| element.text_of("name") == Some(name)).copied()
}

/// `0-3`, `A-D`, `A,B,C`, or the numbers from 0 on.
fn indices(text: Option<&str>, dim: u64) -> Vec<String> {
    let count = usize::try_from(dim).unwrap_or(usize::MAX);
    let listed = match text.map(|text| (text, text.split_once('-'))) {
        Some((_, Some((first, last)))) => match (number(first), number(last)) {
            (Some(first), Some(last)) => (first..=last).take(count).map(|i| i.to_string()).collect(),
            _ => match (first.trim().as_bytes(), last.trim().as_bytes()) {
                ([first], [last]) => (*first..=*last).map(|letter| char::from(letter).to_string()).collect(),
                _ => Vec::new(),
            },
        },
        Some((text, None)) => text.split(',').map(|part| part.trim().to_owned()).collect(),
        None => Vec::new(),
    };
    if listed.len() == count { listed } else { (0..count).map(|i| i.to_string()).collect() }
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
    fn an_error_names_the_line_and_the_element() {
        let error = |from: &str, to: &str| {
            RegisterMap::import(&svd(&UART.replace(from, to))).unwrap_err().to_string()
        };
        assert_eq!(error("[7:4]", "7..4"), "line 10, <field>: <bitRange> `7..4` is not a range");
        assert_eq!(
            error("derivedFrom=\"CTRL\"", "derivedFrom=\"NONE\""),
            "line 13, <register>: it is derived from NONE, and there is no such thing"
        );
        assert_eq!(
            error("<addressOffset>8</addressOffset>", "<addressOffset>x</addressOffset>"),
            "line 14, <register>: <addressOffset> `x` is not a number"
        );
        assert!(error("</cluster>", "").starts_with("line "));
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

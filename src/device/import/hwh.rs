//! Vivado's hardware handoff, `.hwh`: the blocks of a design with their registers, and where each stands.
//!
//! MODULE has the registers with their properties, MEMRANGE the base address of an instance (the same reading as PYNQ's
//! `hwh_parser.py`).

use std::collections::{BTreeMap, BTreeSet};

use super::xml::{Element, tags, tree};
use super::{Collected, access_of, doc, field, number, width_of};
use crate::device::map::{MapError, RawField, RawRegister, RegisterAccess, RegisterMap};

tags!("EDKSYSTEM" "MODULES" "MODULE" "ADDRESSBLOCKS" "ADDRESSBLOCK" "REGISTERS" "REGISTER" "PROPERTY" "FIELDS" "FIELD"
    "MEMORYMAP" "MEMRANGE");

/// Reads a hardware handoff.
pub(super) fn map(text: &str) -> Result<RegisterMap, MapError> {
    let tree = tree(text, tag)?;
    let document = tree.root();
    let modules: Vec<Element<'_>> =
        document.all("MODULES").flat_map(|modules| modules.all("MODULE")).collect();
    let mut bases: BTreeMap<&str, BTreeSet<(u64, &str)>> = BTreeMap::new();
    for range in modules.iter().flat_map(|module| module.all("MEMORYMAP")).flat_map(|map| map.all("MEMRANGE"))
    {
        let base = range.attribute("BASEVALUE").and_then(number);
        let base = base.ok_or_else(|| range.error("BASEVALUE is not a number"))?;
        let (instance, port) = (range.attribute("INSTANCE"), range.attribute("SLAVEBUSINTERFACE"));
        bases.entry(instance.unwrap_or_default()).or_default().insert((base, port.unwrap_or_default()));
    }
    let mut collected = Collected::default();
    for module in modules {
        let instance = module.attribute("INSTANCE").unwrap_or_default();
        let Some(places) = bases.get(instance) else { continue };
        for (base, port) in places {
            let path = module.attribute("FULLNAME").unwrap_or(instance).trim_start_matches('/');
            let path = if places.len() > 1 { format!("{path}/{port}") } else { path.to_owned() };
            let path = path.replace('/', ".");
            for register in registers(module) {
                collected.add(raw(register, (&path, *base))?, |wrong| register.error(wrong))?;
            }
        }
    }
    collected.map("vivado")
}

fn registers<'a>(module: Element<'a>) -> impl Iterator<Item = Element<'a>> {
    let blocks = module.all("ADDRESSBLOCKS").flat_map(|blocks| blocks.all("ADDRESSBLOCK"));
    let of_blocks = blocks.flat_map(|block| block.all("REGISTERS"));
    of_blocks.chain(module.all("REGISTERS")).flat_map(|registers| registers.all("REGISTER"))
}

fn property<'a>(element: Element<'a>, name: &str) -> Option<&'a str> {
    let property = element.all("PROPERTY").find(|property| property.attribute("NAME") == Some(name))?;
    property.attribute("VALUE").filter(|value| !value.is_empty())
}

fn raw(register: Element<'_>, (path, base): (&str, u64)) -> Result<RawRegister, MapError> {
    let wrong = |what: &str| register.error(what);
    let offset = property(register, "ADDRESS_OFFSET").and_then(number);
    let offset = offset.and_then(|offset| base.checked_add(offset));
    let stated = property(register, "SIZE").and_then(number).unwrap_or(32);
    let access = access(register).unwrap_or(RegisterAccess::Rw);
    let mut field = Vec::new();
    for element in register.all("FIELDS").flat_map(|fields| fields.all("FIELD")) {
        field.extend(raw_field(element, access)?);
    }
    // The ECC registers of an AXI BRAM controller have 8 bits by SIZE, and a field of 32.
    let needed =
        field.iter().filter_map(|field| field.bits.highest()).max().map_or(0, |bit| u64::from(bit) + 1);
    let bits = stated.max(needed);
    Ok(RawRegister {
        name: format!("{path}.{}", register.attribute("NAME").unwrap_or("register")),
        offset: offset.ok_or_else(|| wrong("ADDRESS_OFFSET is not a number"))?,
        width: Some(width_of(bits).ok_or_else(|| wrong("a register has at most 64 bits"))?),
        access,
        reset: property(register, "RESET_VALUE").and_then(number),
        field,
        unit: None,
        alternate: false,
        doc: doc(property(register, "DESCRIPTION").unwrap_or_default()),
    })
}

fn access(element: Element<'_>) -> Option<RegisterAccess> {
    // What writing does stands in MODIFIED_READ_VALUES, whatever that is called: Vivado writes no other.
    let names = ["MODIFIED_READ_VALUES", "MODIFIED_WRITE_VALUES", "MODIFIED_WRITE_VALUE"];
    let written = names.into_iter().find_map(|name| property(element, name));
    access_of(property(element, "ACCESS")?, written, property(element, "READ_ACTION"))
}

/// None for a field of no bits.
fn raw_field(element: Element<'_>, of_register: RegisterAccess) -> Result<Option<RawField>, MapError> {
    let number_of = |name: &str| {
        let value = property(element, name).and_then(number);
        value.ok_or_else(|| element.error(format!("{name} is not a number")))
    };
    let (low, bits) = (number_of("BIT_OFFSET")?, number_of("BIT_WIDTH")?);
    let Some(last) = bits.checked_sub(1) else { return Ok(None) };
    let high = low.checked_add(last).ok_or_else(|| element.error("its bits are beyond a register's"))?;
    let mut field = field(element.attribute("NAME").unwrap_or("field"), (high, low));
    field.access = access(element).filter(|access| *access != of_register);
    field.doc = doc(property(element, "DESCRIPTION").unwrap_or_default());
    Ok(Some(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HWH: &str = r#"<?xml version="1.0"?>
<EDKSYSTEM EDWVERSION="1.2">
  <MODULES>
    <MODULE FULLNAME="/leds/axi_gpio_0" INSTANCE="leds_axi_gpio_0">
      <ADDRESSBLOCKS><ADDRESSBLOCK NAME="Reg"><REGISTERS>
        <REGISTER NAME="GPIO_DATA">
          <PROPERTY NAME="DESCRIPTION" VALUE="Channel-1 data"/><PROPERTY NAME="ADDRESS_OFFSET" VALUE="0x0"/>
          <PROPERTY NAME="SIZE" VALUE="32"/><PROPERTY NAME="ACCESS" VALUE="read-write"/>
        </REGISTER>
        <REGISTER NAME="IP_ISR">
          <PROPERTY NAME="ADDRESS_OFFSET" VALUE="288"/><PROPERTY NAME="SIZE" VALUE="32"/>
          <PROPERTY NAME="ACCESS" VALUE="read-write"/>
          <FIELDS><FIELD NAME="Channel_1"><PROPERTY NAME="BIT_OFFSET" VALUE="0"/><PROPERTY NAME="BIT_WIDTH" VALUE="1"/>
            <PROPERTY NAME="ACCESS" VALUE="read-write"/><PROPERTY NAME="MODIFIED_READ_VALUES" VALUE="oneToToggle"/>
          </FIELD></FIELDS>
        </REGISTER>
      </REGISTERS></ADDRESSBLOCK></ADDRESSBLOCKS>
      <PORTS><PORT NAME="clk"/></PORTS>
    </MODULE>
    <MODULE FULLNAME="/xdma_0" INSTANCE="xdma_0"><MEMORYMAP>
      <MEMRANGE BASEVALUE="0x00010000" HIGHVALUE="0x0001FFFF" INSTANCE="leds_axi_gpio_0" SLAVEBUSINTERFACE="S_AXI"/>
    </MEMORYMAP></MODULE>
  </MODULES>
</EDKSYSTEM>"#;

    #[test]
    fn registers_stand_where_their_instance_does() {
        let map = RegisterMap::import(HWH).unwrap();
        let told: Vec<(&str, u64)> = map.registers.iter().map(|r| (r.name.as_str(), r.offset)).collect();
        assert_eq!(told, [("leds.axi_gpio_0.GPIO_DATA", 0x1_0000), ("leds.axi_gpio_0.IP_ISR", 0x1_0120)]);
        assert_eq!(map.registers[0].doc, "Channel-1 data");
        assert_eq!(map.registers[1].fields[0].access, Some(RegisterAccess::W1c));
    }

    #[test]
    fn a_register_is_as_wide_as_its_fields() {
        let small = HWH.replacen("\"SIZE\" VALUE=\"32\"/><PROPERTY NAME=\"ACCESS\" VALUE=\"read-write\"/>
        </REGISTER>", "\"SIZE\" VALUE=\"8\"/><PROPERTY NAME=\"ACCESS\" VALUE=\"read-only\"/><FIELDS><FIELD NAME=\"CE_FFA\">
          <PROPERTY NAME=\"BIT_OFFSET\" VALUE=\"0\"/><PROPERTY NAME=\"BIT_WIDTH\" VALUE=\"32\"/></FIELD></FIELDS></REGISTER>", 1);
        assert_ne!(small, HWH);
        let map = RegisterMap::import(&small).unwrap();
        assert_eq!((map.registers.len(), map.registers[0].width.bits()), (2, 32));
        assert_eq!(map.registers[0].fields[0].bits.to_string(), "31:0");
    }

    #[test]
    fn an_error_names_the_line_and_the_element() {
        let error =
            |from: &str, to: &str| RegisterMap::import(&HWH.replacen(from, to, 1)).unwrap_err().to_string();
        assert_eq!(error("\"0x0\"", "\"zero\""), "line 6, <REGISTER>: ADDRESS_OFFSET is not a number");
        assert_eq!(error("0x00010000", "?"), "line 21, <MEMRANGE>: BASEVALUE is not a number");
        assert!(error("</EDKSYSTEM>", "").contains("it ends before its end"));
    }
}

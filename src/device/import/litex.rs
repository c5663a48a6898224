//! What LiteX writes of a SoC: `csr.json` and `csr.csv` (litex/soc/integration/export.py).
//!
//! It knows names, addresses, the number of bus words and whether a register can be written; it knows no fields.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Collected, access_of};
use crate::device::map::{MapError, RawRegister, RegisterAccess, RegisterMap};

const NAME: &str = "litex";
/// Longer registers than this are memories.
const WORDS_LIMIT: u64 = 1024;

#[derive(Deserialize)]
struct Document {
    csr_registers: BTreeMap<String, Entry>,
    #[serde(default)]
    constants: BTreeMap<String, serde_json::Value>,
}

/// How a register of several bus words lies in the memory.
#[derive(Clone, Copy)]
struct Layout {
    /// Bytes from one bus word to the next.
    step: u64,
    least_first: bool,
}

impl Layout {
    const OLDEST: Self = Self { step: 4, least_first: false };

    /// As a constant of the SoC says.
    fn told(&mut self, constant: &str, value: Option<u64>) {
        match constant.to_ascii_lowercase().as_str() {
            "config_csr_alignment" => self.step = value.map_or(self.step, |bits| bits / 8).max(1),
            "config_csr_ordering_little" => self.least_first = true,
            _ => {}
        }
    }
}

#[derive(Deserialize)]
struct Entry {
    addr: u64,
    size: u64,
    #[serde(rename = "type")]
    access: String,
}

/// Reads `csr.json`.
pub(super) fn json(text: &str) -> Result<RegisterMap, MapError> {
    let document: Document = serde_json::from_str(text)?;
    let (mut collected, mut layout) = (Collected::default(), Layout::OLDEST);
    document.constants.iter().for_each(|(name, value)| layout.told(name, value.as_u64()));
    for (name, entry) in document.csr_registers {
        let wrong = |wrong: String| MapError::Wrong { place: name.clone(), wrong };
        let access = access_of(&entry.access, None, None);
        let access =
            access.ok_or_else(|| wrong(format!("`{}` is not a type of a register", entry.access)))?;
        add(&mut collected, (&name, entry.addr), (entry.size, access, layout), wrong)?;
    }
    collected.map(NAME)
}

/// Whether the first line that is no remark is one of `csr.csv`.
pub(super) fn is_csv(text: &str) -> bool {
    let kinds = ["csr_base,", "csr_register,", "constant,", "memory_region,"];
    let first = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| kinds.iter().any(|kind| line.starts_with(kind)))
}

/// Reads `csr.csv`.
pub(super) fn csv(text: &str) -> Result<RegisterMap, MapError> {
    let (mut collected, mut layout) = (Collected::default(), Layout::OLDEST);
    // Constants stand behind the registers.
    for line in text.lines().filter_map(|line| line.strip_prefix("constant,")) {
        let (name, value) = line.split_once(',').unwrap_or((line, ""));
        layout.told(name.trim(), value.split(',').next().and_then(super::number));
    }
    for (number, line) in text.lines().enumerate().filter(|(_, line)| line.starts_with("csr_register,")) {
        let columns: Vec<&str> = line.split(',').map(str::trim).collect();
        let element = columns.get(1).copied().unwrap_or_default().to_owned();
        let wrong = |wrong: String| MapError::At { line: number + 1, element: element.clone(), wrong };
        let [_, name, address, size, access, ..] = columns[..] else {
            return Err(wrong("a register has a name, an address, a size and a type".into()));
        };
        let read = |text: &str| super::number(text).ok_or_else(|| wrong(format!("`{text}` is not a number")));
        let kind = access_of(access, None, None);
        let kind = kind.ok_or_else(|| wrong(format!("`{access}` is not a type of a register")))?;
        add(&mut collected, (name, read(address)?), (read(size)?, kind, layout), wrong)?;
    }
    collected.map(NAME)
}

/// A register of one bus word, or one for each of its words.
fn add(
    collected: &mut Collected,
    (name, address): (&str, u64),
    (words, access, layout): (u64, RegisterAccess, Layout),
    wrong: impl Fn(String) -> MapError,
) -> Result<(), MapError> {
    let end = layout.step.checked_mul(words).and_then(|bytes| address.checked_add(bytes));
    if words > WORDS_LIMIT || end.is_none() {
        return Err(wrong(format!("{words} words at {address:#x} are no register")));
    }
    // An event that waits is taken away by writing a 1 to its bit (litex/soc/interconnect/csr_eventmanager.py).
    let pending = name.ends_with("_ev_pending") && access == RegisterAccess::Rw;
    let access = if pending { RegisterAccess::W1c } else { access };
    let first = if layout.least_first { "least" } else { "most" };
    for word in 0..words.max(1) {
        let (name, doc) = match words {
            0 | 1 => (name.to_owned(), String::new()),
            _ => (format!("{name}_{word}"), format!("word {word} of {words}, the {first} significant first")),
        };
        let offset = address + layout.step * word;
        let raw = RawRegister {
            name,
            offset,
            width: None,
            access,
            reset: None,
            field: Vec::new(),
            unit: None,
            alternate: false,
            doc,
        };
        collected.add(raw, &wrong)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"{"csr_bases": {"ctrl": 0, "timer0": 2048}, "csr_registers": {
        "ctrl_reset": {"addr": 0, "size": 1, "type": "rw"}, "ctrl_bus_errors": {"addr": 8, "size": 1, "type": "ro"},
        "timer0_uptime_cycles": {"addr": 2080, "size": 2, "type": "ro"}}, "constants": {"a": 1}, "memories": {}}"#;
    const CSV: &str = "#------\n# Auto-generated\ncsr_base,ctrl,0x00000000,,\ncsr_register,ctrl_reset,0x00000000,1,rw\n\
        csr_register,ctrl_bus_errors,0x00000008,1,ro\ncsr_register,timer0_uptime_cycles,0x00000820,2,ro\n\
        constant,config_clock_frequency,100000000,,\nmemory_region,sram,0x01000000,8192,cached\n";

    fn told(map: &RegisterMap) -> Vec<(&str, u64, RegisterAccess)> {
        map.registers.iter().map(|r| (r.name.as_str(), r.offset, r.access)).collect()
    }

    #[test]
    fn both_forms_tell_the_same() {
        let registers = [
            ("ctrl_reset", 0, RegisterAccess::Rw),
            ("ctrl_bus_errors", 8, RegisterAccess::Ro),
            ("timer0_uptime_cycles_0", 2080, RegisterAccess::Ro),
            ("timer0_uptime_cycles_1", 2084, RegisterAccess::Ro),
        ];
        assert_eq!(told(&RegisterMap::import(JSON).unwrap()), registers);
        assert_eq!(told(&RegisterMap::import(CSV).unwrap()), registers);
    }

    #[test]
    fn the_constants_tell_how_the_words_lie() {
        let words = |text: &str| {
            let map = RegisterMap::import(text).unwrap();
            map.registers[2..].iter().map(|r| (r.offset, r.doc.clone())).collect::<Vec<_>>()
        };
        let most = "the most significant first";
        assert_eq!(
            words(CSV),
            [(2080, format!("word 0 of 2, {most}")), (2084, format!("word 1 of 2, {most}"))]
        );
        let least = "the least significant first";
        let wide = [(2080, format!("word 0 of 2, {least}")), (2088, format!("word 1 of 2, {least}"))];
        let constants = "constant,config_csr_alignment,64,,\nconstant,config_csr_ordering_little,None,,\n";
        assert_eq!(words(&format!("{CSV}{constants}")), wide);
        let constants = r#""CONFIG_CSR_ALIGNMENT": 64, "config_csr_ordering_little": null"#;
        assert_eq!(words(&JSON.replace("\"a\": 1", constants)), wide);
    }

    #[test]
    fn a_waiting_event_is_cleared_by_a_one() {
        let text = "csr_register,uart_ev_status,0x0,1,ro\ncsr_register,uart_ev_pending,0x4,1,rw\n";
        let map = RegisterMap::import(text).unwrap();
        assert_eq!(map.register("uart_ev_pending").unwrap().access, RegisterAccess::W1c);
    }

    #[test]
    fn an_error_names_the_line_and_the_register() {
        let error = |text: &str| RegisterMap::import(text).unwrap_err().to_string();
        assert_eq!(error(&CSV.replace("0x00000008", "8z")), "line 5, ctrl_bus_errors: `8z` is not a number");
        assert_eq!(
            error(&CSV.replace("1,ro", "1,xx")),
            "line 5, ctrl_bus_errors: `xx` is not a type of a register"
        );
        assert!(error(&CSV.replace("8,1,ro", "8,9999999,ro")).contains("no register"));
        assert!(error(&JSON.replace("\"addr\": 8,", "")).contains("missing field `addr` at line 2"));
        assert!(error("constant,a,1,,\n").contains("no registers"));
    }
}

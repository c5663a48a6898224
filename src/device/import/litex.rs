//! What LiteX writes of a SoC: `csr.json` and `csr.csv` (litex/soc/integration/export.py).
//!
//! It knows names, addresses, the number of bus words and whether a register can be written; it knows no fields.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Collected, access_of};
use crate::device::map::{MapError, RawRegister, RegisterAccess, RegisterMap};

const NAME: &str = "litex";
/// Bytes from one bus word to the next.
const WORD: u64 = 4;
/// Longer registers than this are memories.
const WORDS_LIMIT: u64 = 1024;

#[derive(Deserialize)]
struct Document {
    csr_registers: BTreeMap<String, Entry>,
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
    let mut collected = Collected::default();
    for (name, entry) in document.csr_registers {
        let wrong = |wrong: String| MapError::Wrong { place: name.clone(), wrong };
        let access = access_of(&entry.access, None, None);
        let access =
            access.ok_or_else(|| wrong(format!("`{}` is not a type of a register", entry.access)))?;
        add(&mut collected, (&name, entry.addr), (entry.size, access), wrong)?;
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
    let mut collected = Collected::default();
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
        add(&mut collected, (name, read(address)?), (read(size)?, kind), wrong)?;
    }
    collected.map(NAME)
}

/// A register of one bus word, or one for each of its words, of which the first is the most significant.
fn add(
    collected: &mut Collected,
    (name, address): (&str, u64),
    (words, access): (u64, RegisterAccess),
    wrong: impl Fn(String) -> MapError,
) -> Result<(), MapError> {
    if words > WORDS_LIMIT || address.checked_add(WORD * words).is_none() {
        return Err(wrong(format!("{words} words at {address:#x} are no register")));
    }
    for word in 0..words.max(1) {
        let (name, doc) = match words {
            0 | 1 => (name.to_owned(), String::new()),
            _ => (format!("{name}_{word}"), format!("word {word} of {words}, the most significant first")),
        };
        let offset = address + WORD * word;
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

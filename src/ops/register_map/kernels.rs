//! The registers of an xclbin's kernels: the control registers that HLS makes, and each argument (UG1399, S_AXILITE
//! control register map).

use crate::bitstream::XclbinFacts;
use crate::bitstream::xclbin::{Argument, CuInstance, Kernel};
use crate::device::{BitRange, Field, Register, RegisterAccess, RegisterMap, Width};

/// Where the arguments begin: before, there are the control registers.
const ARGUMENTS: u64 = 0x10;
/// Arguments longer than this are no registers.
const WORDS_LIMIT: u64 = 64;

/// The map of the kernels that have registers; none when there are none.
pub(super) fn map(facts: &XclbinFacts) -> Option<RegisterMap> {
    let mut registers = Vec::new();
    for kernel in &facts.kernels {
        for unit in &kernel.instances {
            let Some(base) = unit.base_address.as_deref().and_then(hex) else { continue };
            // With one compute unit, the kernel's name is the shorter and says as much.
            let name = if kernel.instances.len() == 1 { &kernel.name } else { &unit.name };
            registers.extend(of_unit(kernel, unit, (&clean(name), base)));
        }
    }
    let mut names = std::collections::HashSet::new();
    registers.retain(|register| names.insert(register.name.to_ascii_lowercase()));
    let mut offsets = std::collections::HashSet::new();
    registers.iter_mut().for_each(|register| register.alternate = !offsets.insert(register.offset));
    let name = facts.kernels.first().map_or("xclbin", |kernel| kernel.name.as_str());
    if registers.is_empty() { None } else { RegisterMap::of(clean(name), registers).ok() }
}

fn of_unit(kernel: &Kernel, unit: &CuInstance, (name, base): (&str, u64)) -> Vec<Register> {
    let mut registers = Vec::new();
    if kernel.control.as_deref() != Some("ap_ctrl_none") {
        registers.extend(control(kernel, (name, base)));
    }
    for argument in &kernel.arguments {
        registers.extend(of_argument(argument, unit, (name, base)));
    }
    // What lies beyond 64 bits, or between words, is nonsense of the file.
    registers.retain(|register| register.offset >= base && register.offset.is_multiple_of(4));
    registers
}

fn control(kernel: &Kernel, (name, base): (&str, u64)) -> Vec<Register> {
    use RegisterAccess::{Rc, Ro, Rw, W1c};
    let mut bits = vec![
        ("AP_START", 0, None, "starts the kernel, and reads 1 until it has begun"),
        ("AP_DONE", 1, Some(Rc), "the kernel is done; reading clears it"),
        ("AP_IDLE", 2, Some(Ro), "the kernel does nothing"),
        ("AP_READY", 3, Some(Rc), "the kernel takes its next arguments; reading clears it"),
        ("AUTO_RESTART", 7, None, "starts it again when it is done"),
    ];
    if kernel.control.as_deref() == Some("ap_ctrl_chain") {
        bits[1].2 = Some(Ro);
        bits.push(("AP_CONTINUE", 4, None, "lets the kernel go on after AP_DONE"));
    }
    let field = |(name, bit, access, doc): (&str, u8, Option<RegisterAccess>, &str)| Field {
        name: name.to_owned(),
        bits: BitRange::new(bit, bit).expect("a bit of 64"),
        access,
        values: std::collections::BTreeMap::new(),
        unit: None,
        doc: doc.to_owned(),
    };
    let channels = |access| vec![field(("DONE", 0, access, "")), field(("READY", 1, access, ""))];
    let enable = vec![field(("ENABLE", 0, None, ""))];
    [
        ("AP_CTRL", 0, bits.into_iter().map(field).collect(), "control and status of the kernel"),
        ("GIER", 4, enable, "global interrupt enable"),
        ("IP_IER", 8, channels(None), "interrupts that are enabled"),
        ("IP_ISR", 12, channels(Some(W1c)), "interrupts that are pending"),
    ]
    .map(|(register, offset, fields, doc)| Register {
        fields,
        ..plain(format!("{name}.{register}"), base.wrapping_add(offset), doc.to_owned())
    })
    .into_iter()
    .map(|register| Register { access: Rw, ..register })
    .collect()
}

/// An argument's words, 32 bits each, the least significant first.
fn of_argument(argument: &Argument, unit: &CuInstance, (name, base): (&str, u64)) -> Vec<Register> {
    let (Some(offset), Some(size)) = (hex(&argument.offset), hex(&argument.size)) else { return Vec::new() };
    let words = size.div_ceil(4).max(1);
    // Streams have no register.
    if offset < ARGUMENTS || words > WORDS_LIMIT {
        return Vec::new();
    }
    let memory = unit.connections.iter().find(|connection| connection.argument == argument.name);
    let memory = memory.map_or_else(String::new, |connection| format!(", in {}", connection.memory));
    let of_word = |word: u64| {
        let (suffix, part) = match (words, word) {
            (1, _) => (String::new(), String::new()),
            (_, 0) => (String::new(), format!(", bits 31:0 of {}", 8 * size)),
            _ => (format!("_{word}"), format!(", bits {}:{}", (32 * word + 31).min(8 * size - 1), 32 * word)),
        };
        let doc = format!("{} {}{part}{memory}", argument.c_type, argument.name).trim().to_owned();
        let offset = base.wrapping_add(offset).wrapping_add(4 * word);
        plain(format!("{name}.{}{suffix}", clean(&argument.name)), offset, doc)
    };
    (0..words).map(of_word).collect()
}

fn plain(name: String, offset: u64, doc: String) -> Register {
    Register {
        name,
        offset,
        width: Width::W32,
        access: RegisterAccess::Rw,
        reset: None,
        fields: Vec::new(),
        unit: None,
        alternate: false,
        clears: None,
        doc,
    }
}

/// `0x1C`, or decimal.
fn hex(text: &str) -> Option<u64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// A name as a place can have it.
fn clean(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = name.chars().map(letter).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) || name.is_empty() { format!("_{name}") } else { name }
}

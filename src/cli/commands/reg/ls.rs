//! `faascmd reg ls`

use std::collections::{BTreeMap, HashSet};

use clap::Args;
use serde::Serialize;

use super::maps;
use crate::cli::context::Context;
use crate::cli::error::Outcome;
use crate::cli::output::{Page, Report};
use crate::device::{Field, Register, RegisterAccess, RegisterMap, hex};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd reg ls
  faascmd reg ls 'vadd.*' --map vadd.xclbin
  faascmd reg ls --map my.toml -o json")]
pub(in crate::cli) struct LsArgs {
    /// Only what fits the pattern: `*` stands for any letters, `?` for one
    #[arg(value_name = "GLOB")]
    pattern: Option<String>,
    /// Register map: TOML, xclbin, csr.json, csr.csv, SVD, .hwh, .xsa, or `ddr_prbs`
    #[arg(long, value_name = "MAP", default_value = "ddr_prbs")]
    map: String,
}

#[derive(Debug, Serialize)]
pub(super) struct LsReport {
    map: String,
    items: Vec<RegisterItem>,
}

#[derive(Debug, Serialize)]
struct RegisterItem {
    name: String,
    offset: u64,
    address: String,
    width: u8,
    access: RegisterAccess,
    #[serde(skip_serializing_if = "Option::is_none")]
    reset: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    fields: Vec<FieldItem>,
    doc: String,
}

#[derive(Debug, Serialize)]
struct FieldItem {
    name: String,
    bits: String,
    access: RegisterAccess,
    /// Names of values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    values: BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    doc: String,
}

/// Runs the command.
pub(super) fn run(args: &LsArgs, cx: &Context) -> Outcome {
    let map = maps::map(&args.map)?;
    cx.ui.print(&LsReport::new(map, args.pattern.as_deref()))
}

impl LsReport {
    /// The registers that fit a pattern, and those of which a field does.
    pub(super) fn new(map: RegisterMap, pattern: Option<&str>) -> Self {
        let names: Option<HashSet<String>> = pattern.map(|pattern| {
            let names = maps::names(&map, pattern);
            names.into_iter().collect()
        });
        let of_field = |register: &Register, names: &HashSet<String>| {
            register.fields.iter().any(|field| names.contains(&format!("{}.{}", register.name, field.name)))
        };
        let fits = |register: &Register| {
            names.as_ref().is_none_or(|names| names.contains(&register.name) || of_field(register, names))
        };
        let items = map.registers.into_iter().filter(fits).map(RegisterItem::new).collect();
        Self { map: map.name, items }
    }
}

impl RegisterItem {
    fn new(register: Register) -> Self {
        let Register { name, offset, width, access, reset, fields, unit, doc, .. } = register;
        let fields = fields.into_iter().map(|field| FieldItem::new(field, access)).collect();
        Self { name, offset, address: hex(offset), width: width.bits(), access, reset, unit, fields, doc }
    }
}

impl FieldItem {
    fn new(field: Field, of_register: RegisterAccess) -> Self {
        let Field { name, bits, access, values, unit, doc } = field;
        Self { name, bits: bits.to_string(), access: access.unwrap_or(of_register), values, unit, doc }
    }

    /// What it is for, with the names of its values.
    fn what(&self) -> String {
        let values: Vec<String> = self.values.iter().map(|(name, value)| format!("{value} {name}")).collect();
        what(&self.doc, self.unit.as_deref(), &values.join(", "))
    }
}

/// `how much was moved [KiB]; 0 idle, 1 run`
fn what(doc: &str, unit: Option<&str>, values: &str) -> String {
    let unit = unit.map_or_else(String::new, |unit| format!("[{unit}]"));
    let about = [doc, &unit].iter().filter(|text| !text.is_empty()).copied().collect::<Vec<_>>().join(" ");
    [about.as_str(), values].iter().filter(|text| !text.is_empty()).copied().collect::<Vec<_>>().join("; ")
}

impl Report for LsReport {
    const SCHEMA: &'static str = "faascmd.reg.list/1";

    fn human(&self, page: &mut Page) {
        let mut rows = Vec::new();
        for register in &self.items {
            let RegisterItem { name, address, width, access, doc, unit, .. } = register;
            let about = what(doc, unit.as_deref(), "");
            let row = [name.clone(), address.clone(), format!("{width}"), access.word().to_owned(), about];
            rows.push(row.to_vec());
            for field in &register.fields {
                let (place, access) = (format!("{name}.{}", field.name), field.access.word().to_owned());
                rows.push(vec![place, address.clone(), field.bits.clone(), access, field.what()]);
            }
        }
        page.table(&["name", "address", "bits", "access", "what"], &rows);
    }
}

//! `faascmd reg ls`

use clap::Args;
use serde::Serialize;

use super::maps;
use crate::cli::context::Context;
use crate::cli::error::Outcome;
use crate::cli::output::{Page, Report};
use crate::device::{Field, Register, RegisterAccess, hex};

/// List the names of a map: registers, and their fields
///
/// Opens no device.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd reg ls
  faascmd reg ls --map my.toml -o json")]
pub(in crate::cli) struct LsArgs {
    /// Register map, a TOML file or `ddr_prbs`
    #[arg(long, value_name = "MAP", default_value = "ddr_prbs")]
    map: String,
}

#[derive(Debug, Serialize)]
struct LsReport {
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
    fields: Vec<FieldItem>,
    doc: String,
}

#[derive(Debug, Serialize)]
struct FieldItem {
    name: String,
    bits: String,
    access: RegisterAccess,
    doc: String,
}

/// Runs the command.
pub(super) fn run(args: &LsArgs, cx: &Context) -> Outcome {
    let map = maps::map(&args.map)?;
    let items = map.registers.into_iter().map(RegisterItem::new).collect();
    cx.ui.print(&LsReport { map: map.name, items })
}

impl RegisterItem {
    fn new(register: Register) -> Self {
        let Register { name, offset, width, access, reset, fields, doc } = register;
        let fields = fields.into_iter().map(|field| FieldItem::new(field, access)).collect();
        Self { name, offset, address: hex(offset), width: width.bits(), access, reset, fields, doc }
    }
}

impl FieldItem {
    fn new(field: Field, of_register: RegisterAccess) -> Self {
        let Field { name, bits, access, doc, .. } = field;
        Self { name, bits: bits.to_string(), access: access.unwrap_or(of_register), doc }
    }
}

impl Report for LsReport {
    const SCHEMA: &'static str = "faascmd.reg.list/1";

    fn human(&self, page: &mut Page) {
        let mut rows = Vec::new();
        for register in &self.items {
            let RegisterItem { name, address, width, access, doc, .. } = register;
            let row = [name.clone(), address.clone(), format!("{width}"), word(*access), doc.clone()];
            rows.push(row.to_vec());
            for FieldItem { name: field, bits, access, doc } in &register.fields {
                let place = format!("{name}.{field}");
                rows.push(vec![place, address.clone(), bits.clone(), word(*access), doc.clone()]);
            }
        }
        page.table(&["name", "address", "bits", "access", "what"], &rows);
    }
}

/// As the map writes it.
fn word(access: RegisterAccess) -> String {
    format!("{access:?}").to_lowercase()
}

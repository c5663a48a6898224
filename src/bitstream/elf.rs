//! An ELF file, as far as its section names tell an OpenCL program from others (gABI; Intel's `pkg_editor.h`).

use std::io::{self, Read, Seek, SeekFrom};

use serde::Serialize;

use super::examination::Facts;
use super::{Code, Examination, Finding, Kind, bytes, other};

/// What an OpenCL program's sections say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AocxFacts {
    pub sections: Vec<String>,
    pub board: Option<String>,
    pub bitstream: bool,
    pub emulation: bool,
}

const HEADER: u64 = 64;
/// Longer tables are not read: real programs have some twenty sections.
const TABLE_LIMIT: u64 = 1 << 20;
/// Real sections have short names; those of a table that was made to be a trap are cut and left out.
const NAME_LIMIT: usize = 256;
const SECTIONS_LISTED: usize = 256;
const BOARD_LIMIT: u64 = 256;

/// Reads an ELF file; the table of its sections stands at its end.
pub(super) fn examine(file: &mut (impl Read + Seek), exam: &mut Examination) -> io::Result<()> {
    let mut facts = AocxFacts::default();
    let whole = read(file, exam.size, &mut facts)?;
    if facts.sections.iter().any(|name| name.starts_with(".acl.")) {
        exam.kind = Kind::Aocx;
    }
    facts.bitstream = facts.sections.iter().any(|name| name == ".acl.fpga.bin");
    facts.emulation = facts.sections.iter().any(|name| name.starts_with(".acl.emulator_object"));
    if exam.kind == Kind::Aocx {
        exam.facts = Facts::Aocx(Box::new(facts));
    }
    if !whole {
        let found = format!("the end of the file after {} bytes", exam.size);
        exam.report(Finding::warning(Code::ElfCutOff, "the table of its sections", found));
    }
    other::report_not_loadable(exam, other::advice(exam.kind));
    Ok(())
}

/// How an ELF file writes its numbers.
#[derive(Clone, Copy)]
struct Form {
    wide: bool,
    big: bool,
}

/// Where a section is.
struct Section {
    name: u64,
    offset: u64,
    size: u64,
}

impl Form {
    fn number(self, bytes: &[u8], at: usize, width: usize) -> u64 {
        let bytes = bytes.get(at..at + width).unwrap_or_default().iter().map(|byte| u64::from(*byte));
        let fold = |sum: u64, byte: u64| sum << 8 | byte;
        if self.big { bytes.fold(0, fold) } else { bytes.rev().fold(0, fold) }
    }

    fn section(self, bytes: &[u8]) -> Section {
        let (offset, size, width) = if self.wide { (24, 32, 8) } else { (16, 20, 4) };
        Section {
            name: self.number(bytes, 0, 4),
            offset: self.number(bytes, offset, width),
            size: self.number(bytes, size, width),
        }
    }
}

/// False when the table of sections is not in the file.
fn read(file: &mut (impl Read + Seek), size: u64, facts: &mut AocxFacts) -> io::Result<bool> {
    let header = bytes_at(file, 0, HEADER)?;
    if (header.len() as u64) < HEADER {
        return Ok(false);
    }
    let form = Form { wide: header[4] == 2, big: header[5] == 2 };
    let (table, widths) =
        if form.wide { (form.number(&header, 40, 8), 58) } else { (form.number(&header, 32, 4), 46) };
    let [entry, count, names] = [0, 2, 4].map(|at| form.number(&header, widths + at, 2));
    if table == 0 || count == 0 || entry < 40 || entry * count > TABLE_LIMIT {
        return Ok(true);
    }
    if table.saturating_add(entry * count) > size {
        return Ok(false);
    }
    let bytes = bytes_at(file, table, entry * count)?;
    let step = usize::try_from(entry).unwrap_or(usize::MAX);
    let sections: Vec<Section> = bytes.chunks_exact(step).map(|bytes| form.section(bytes)).collect();
    let Some(text) = usize::try_from(names).ok().and_then(|at| sections.get(at)) else { return Ok(true) };
    let text = bytes_at(file, text.offset, text.size.min(TABLE_LIMIT))?;
    for section in sections.iter().take(SECTIONS_LISTED) {
        let name = name_at(&text, section.name);
        if name == ".acl.board" {
            let board = bytes_at(file, section.offset, section.size.min(BOARD_LIMIT))?;
            facts.board = Some(name_at(&board, 0)).filter(|board| !board.is_empty());
        }
        facts.sections.extend(Some(name).filter(|name| !name.is_empty()));
    }
    Ok(true)
}

/// The text at an offset, to the NUL that ends it.
fn name_at(text: &[u8], offset: u64) -> String {
    let name = usize::try_from(offset).ok().and_then(|at| text.get(at..)).unwrap_or_default();
    bytes::text(&name[..name.len().min(NAME_LIMIT)])
}

/// So many bytes from an offset on, fewer where the file ends.
fn bytes_at(file: &mut (impl Read + Seek), offset: u64, bytes: u64) -> io::Result<Vec<u8>> {
    let mut taken = Vec::new();
    // A system refuses to go where no file of its own can reach, before it looks how long this one is.
    if offset < file.seek(SeekFrom::End(0))? {
        file.seek(SeekFrom::Start(offset))?;
        file.take(bytes).read_to_end(&mut taken)?;
    }
    Ok(taken)
}

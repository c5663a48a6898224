//! A Vivado bitstream: a header of lettered fields, then the configuration data (XRT `xrt_xclbin_parse_header`).

use std::io;

use serde::Serialize;

use super::examination::Facts;
use super::finding::{Stop, TEXT_LIMIT, cut};
use super::kind::{BIT_MAGIC, SYNC_WORD, contains};
use super::source::{Input, Source};
use super::{Code, Examination, Finding, bytes, part};

/// What a bitstream's header says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BitFacts {
    pub design: String,
    pub part: String,
    pub device: String,
    pub instances: Vec<&'static str>,
    /// The day, `2018/04/23`.
    pub date: String,
    /// The time of day, without a zone.
    pub time: String,
    pub tool_version: Option<String>,
    /// The user id, `0XFFFFFFFF`.
    pub user_id: Option<String>,
    pub partial: bool,
    pub compressed: bool,
    /// Bytes of configuration data, as stated.
    pub length: Option<u64>,
    /// Whether the sync word stands near the beginning of the data.
    pub sync_word: bool,
}

/// What stands before the first field: the pattern, a zero, a 1.
const PREAMBLE: u64 = 13;
/// The sync word comes after padding and the bus-width words.
const SYNC_WITHIN: usize = 4096;

/// Reads a bitstream from its first byte on.
pub(super) fn examine(source: &mut Source<'_>, exam: &mut Examination) -> io::Result<()> {
    let mut facts = BitFacts::default();
    let outcome = read(source, &mut facts, exam);
    exam.facts = Facts::Bit(Box::new(facts));
    exam.settle(outcome)
}

fn read(source: &mut Source<'_>, facts: &mut BitFacts, exam: &mut Examination) -> Result<(), Stop> {
    let preamble = source.take(PREAMBLE)?;
    if preamble.len() as u64 == PREAMBLE && preamble[BIT_MAGIC.len()..] != [0, 0, 1] {
        let found = format!("{:02x?}", &preamble[BIT_MAGIC.len()..]);
        return Err(Finding::error(Code::BitField, "[00, 00, 01]", found).into());
    }
    for letter in [b'a', b'b', b'c', b'd'] {
        set(facts, letter, field(source, letter)?);
    }
    if facts.part.is_empty() {
        exam.report(Finding::error(Code::BitField, "a part in field `b`", "an empty text"));
    }
    let length = source.take(5)?;
    let Some((b'e', [a, b, c, d])) = length.split_first() else {
        return Err(wrong_field(b'e', &length, 5));
    };
    let length = u64::from(u32::from_be_bytes([*a, *b, *c, *d]));
    facts.length = Some(length);
    let data = source.peek(SYNC_WITHIN)?;
    let data = &data[..data.len().min(SYNC_WITHIN)];
    facts.sync_word = contains(data, SYNC_WORD);
    let seen = data.len() == SYNC_WITHIN || !exam.head_only;
    if length != source.left() {
        let expected = format!("{length} bytes of configuration data");
        exam.report(Finding::error(Code::BitLength, expected, format!("{} bytes", source.left())));
    } else if length == 0 {
        exam.report(Finding::warning(Code::NoBitstream, "configuration data", "none"));
    } else if seen && !facts.sync_word {
        let found = format!("none in the first {} bytes", length.min(SYNC_WITHIN as u64));
        exam.report(Finding::error(Code::BitSyncWord, "aa995566", found));
    }
    Ok(())
}

/// A lettered text, which a NUL ends.
fn field(source: &mut Source<'_>, letter: u8) -> Result<String, Stop> {
    let start = source.take(3)?;
    let [found, high, low] = start[..] else { return Err(wrong_field(letter, &start, 3)) };
    if found != letter {
        return Err(wrong_field(letter, &start, 3));
    }
    let length = u64::from(u16::from_be_bytes([high, low]));
    let text = source.take(length)?;
    if (text.len() as u64) < length {
        return Err(cut_off(letter));
    }
    Ok(cut(bytes::text(&text), TEXT_LIMIT))
}

/// A header that goes on otherwise than it should, or that ends.
fn wrong_field(letter: u8, found: &[u8], wanted: usize) -> Stop {
    if found.len() < wanted && found.first().is_none_or(|first| *first == letter) {
        return cut_off(letter);
    }
    let expected = format!("field `{}`", char::from(letter));
    Finding::error(Code::BitField, expected, format!("bytes {found:02x?}")).into()
}

fn cut_off(letter: u8) -> Stop {
    let expected = format!("the whole of field `{}`", char::from(letter));
    Finding::error(Code::BitCutOff, expected, "the end of the file").into()
}

fn set(facts: &mut BitFacts, letter: u8, text: String) {
    match letter {
        b'a' => read_design(facts, &text),
        b'b' => {
            facts.device = part::device(&text);
            facts.instances = part::instances(&text);
            facts.part = text;
        }
        b'c' => facts.date = text,
        _ => facts.time = text,
    }
}

/// `top;UserID=0XFFFFFFFF;COMPRESS=TRUE;Version=2017.4`
fn read_design(facts: &mut BitFacts, text: &str) {
    let mut words = text.split(';');
    facts.design = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        match name.to_ascii_lowercase().as_str() {
            "userid" => facts.user_id = Some(value.to_owned()),
            "version" => facts.tool_version = Some(value.to_owned()),
            "partial" => facts.partial = value.eq_ignore_ascii_case("true"),
            "compress" => facts.compressed = value.eq_ignore_ascii_case("true"),
            _ => {}
        }
    }
}

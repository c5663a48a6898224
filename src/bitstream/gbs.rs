//! Intel's green bitstream: a GUID, metadata in JSON, then the raw bitstream (OPAE libbitstream, `packager/gbs.py`).

use std::io;

use serde::Serialize;
use serde_json::Value;

use super::examination::Facts;
use super::source::{Input, Source};
use super::tables;
use super::{Code, Examination, Finding, Kind, identify};

/// What a green bitstream says of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct GbsFacts {
    /// Version of the metadata: 1, or 640 and 650, which OPAE takes for it.
    pub version: Option<i64>,
    /// The shell's interface that it was built against.
    pub interface_uuid: Option<String>,
    /// The acceleration stack that is known to have this interface.
    pub interface_of: Option<&'static str>,
    pub platform_name: Option<String>,
    pub power_watts: Option<f64>,
    pub clock_high_mhz: Option<f64>,
    pub clock_low_mhz: Option<f64>,
    pub afus: Vec<Afu>,
    pub metadata_bytes: u64,
    /// Bytes of bitstream behind the metadata.
    pub payload_bytes: u64,
}

/// One accelerator of a green bitstream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Afu {
    pub name: String,
    /// Its `accelerator-type-uuid`.
    pub uuid: Option<String>,
    /// How many processes may use it at a time.
    pub contexts: Option<i64>,
}

/// GUID and length.
const PREAMBLE: u64 = 20;
/// `magic-no` of every green bitstream: 0x1d1f8680.
const MAGIC_NUMBER: i64 = 488_605_312;
/// The versions that OPAE's `metadata` reader takes.
const VERSIONS: [i64; 3] = [1, 640, 650];
/// Longer metadata is not read; OPAE's packager writes a few hundred bytes.
const METADATA_LIMIT: u64 = 256 << 10;
/// Enough of a payload to see what it is.
const PAYLOAD_HEAD: usize = 4096;
/// A raw bitstream may begin with a few bytes that happen to be readable.
const READABLE_IS_TEXT: u64 = 64;

/// More accelerators than this are nonsense: the stacks load one.
const AFUS_LISTED: usize = 100;

/// Reads a green bitstream from its first byte on.
pub(super) fn examine(source: &mut Source<'_>, exam: &mut Examination) -> io::Result<()> {
    let mut facts = GbsFacts::default();
    read(source, &mut facts, exam)?;
    exam.facts = Facts::Gbs(Box::new(facts));
    Ok(())
}

/// Reads the form from before OPAE 6.4.0: a magic number, the interface id from its last byte to its first, the payload.
pub(super) fn examine_legacy(source: &mut Source<'_>, exam: &mut Examination) -> io::Result<()> {
    let mut facts = GbsFacts::default();
    let header = source.take(PREAMBLE)?;
    if let Some(mut id) = header.get(4..).and_then(|id| id.first_chunk::<16>()).copied() {
        id.reverse();
        facts.set_interface(uuid::Uuid::from_bytes(id));
    }
    facts.payload_bytes = source.size().saturating_sub(PREAMBLE);
    if facts.payload_bytes == 0 {
        exam.report(Finding::error(Code::GbsNoPayload, "a raw bitstream (.rbf)", "nothing"));
    }
    exam.report(Finding::warning(Code::GbsWrapped, "a .gbs with metadata", exam.kind.title()));
    exam.facts = Facts::Gbs(Box::new(facts));
    Ok(())
}

impl GbsFacts {
    fn set_interface(&mut self, uuid: uuid::Uuid) {
        let uuid = uuid.to_string();
        self.interface_of = tables::INTERFACES.iter().find(|row| row.uuid == uuid).map(|row| row.stack);
        self.interface_uuid = Some(uuid);
    }
}

fn read(source: &mut Source<'_>, facts: &mut GbsFacts, exam: &mut Examination) -> io::Result<()> {
    let total = source.size();
    let preamble = source.take(PREAMBLE)?;
    let Some(length) = preamble.get(16..20) else {
        exam.report(Finding::error(Code::GbsMetadataLength, "20 bytes of header", format!("{total} bytes")));
        return Ok(());
    };
    let length = u64::from(u32::from_le_bytes(length.try_into().expect("a slice of 4")));
    facts.metadata_bytes = length;
    if length == 0 || length > METADATA_LIMIT || PREAMBLE + length > total {
        let room = total - PREAMBLE;
        exam.report(Finding::error(
            Code::GbsMetadataLength,
            format!("1 to {} bytes of metadata", room.min(METADATA_LIMIT)),
            format!("{length} bytes stated, {room} bytes there"),
        ));
        return Ok(());
    }
    facts.payload_bytes = total - PREAMBLE - length;
    let metadata = source.take(length)?;
    if metadata.len() as u64 == length {
        read_metadata(&metadata, facts, exam);
    }
    if facts.payload_bytes == 0 {
        exam.report(Finding::error(Code::GbsNoPayload, "a raw bitstream (.rbf)", "nothing"));
        return Ok(());
    }
    judge_payload(source, exam)
}

/// What stands for the bitstream must not be anything else; how much of it there should be, nothing tells.
fn judge_payload(source: &mut Source<'_>, exam: &mut Examination) -> io::Result<()> {
    let bytes = source.left();
    let kind = identify(source.peek(PAYLOAD_HEAD)?);
    let found = match kind {
        Kind::Rbf | Kind::Qar => None,
        Kind::Text | Kind::Hex if bytes < READABLE_IS_TEXT => None,
        Kind::Unknown => only_byte(source)?.map(|byte| format!("nothing but bytes {byte:02x}")),
        // Behind the ends of an object nothing is at hand.
        Kind::Empty => None,
        other => Some(other.title().to_owned()),
    };
    match found {
        Some(found) => exam.report(Finding::error(Code::GbsPayload, "a raw bitstream (.rbf)", found)),
        None => {
            let found = format!("{bytes} bytes");
            if !bytes.is_multiple_of(4) {
                exam.report(Finding::warning(Code::GbsOddPayload, "a multiple of 4 bytes", found.as_str()));
            }
            exam.report(Finding::note(Code::GbsPayloadLength, "as many bytes as the .rbf has", found));
        }
    }
    Ok(())
}

/// The byte of which all that is left consists: zeros of a full disk, ones of an erased flash.
fn only_byte(source: &mut Source<'_>) -> io::Result<Option<u8>> {
    let Some(byte) = source.peek(1)?.first().copied() else { return Ok(None) };
    loop {
        let next = source.peek(1)?;
        if next.iter().any(|other| *other != byte) {
            return Ok(None);
        }
        let step = next.len();
        if step == 0 {
            // Of an object, only the ends may be at hand.
            return Ok((source.left() == 0).then_some(byte));
        }
        source.consume(step);
    }
}

fn read_metadata(bytes: &[u8], facts: &mut GbsFacts, exam: &mut Examination) {
    // Some packagers end the text with a NUL.
    let text = bytes.strip_suffix(&[0]).unwrap_or(bytes);
    let metadata: Value = match serde_json::from_slice(text) {
        Ok(metadata @ Value::Object(_)) => metadata,
        Ok(_) => return json_fault(exam, "an object", "another value"),
        Err(e) => return json_fault(exam, "valid JSON", &e.to_string()),
    };
    facts.version = metadata["version"].as_i64();
    facts.platform_name = metadata["platform-name"].as_str().map(str::to_owned);
    match facts.version {
        Some(version) if VERSIONS.contains(&version) => {}
        _ => exam.report(Finding::error(Code::GbsVersion, "1, 640 or 650", metadata["version"].to_string())),
    }
    let image = &metadata["afu-image"];
    if !image.is_object() {
        return json_fault(exam, "an object `afu-image`", &image.to_string());
    }
    if image["magic-no"].as_i64() != Some(MAGIC_NUMBER) {
        exam.report(Finding::error(
            Code::GbsMagicNumber,
            MAGIC_NUMBER.to_string(),
            image["magic-no"].to_string(),
        ));
    }
    facts.power_watts = image["power"].as_f64();
    facts.clock_high_mhz = image["clock-frequency-high"].as_f64();
    facts.clock_low_mhz = image["clock-frequency-low"].as_f64();
    if let Some(uuid) = uuid(&image["interface-uuid"], "interface-uuid", exam) {
        facts.set_interface(uuid);
    }
    read_clusters(&image["accelerator-clusters"], facts, exam);
}

fn read_clusters(clusters: &Value, facts: &mut GbsFacts, exam: &mut Examination) {
    let Some(clusters) = clusters.as_array() else {
        return json_fault(exam, "a list `accelerator-clusters`", &clusters.to_string());
    };
    for cluster in clusters.iter().take(AFUS_LISTED) {
        for (field, fits) in
            [("name", cluster["name"].is_string()), ("total-contexts", cluster["total-contexts"].is_i64())]
        {
            if !fits {
                let what = if field == "name" { "a text" } else { "a number" };
                json_fault(exam, &format!("{what} as `{field}` of a cluster"), &cluster[field].to_string());
            }
        }
        facts.afus.push(Afu {
            name: cluster["name"].as_str().unwrap_or_default().to_owned(),
            uuid: uuid(&cluster["accelerator-type-uuid"], "accelerator-type-uuid", exam)
                .map(|uuid| uuid.to_string()),
            contexts: cluster["total-contexts"].as_i64(),
        });
    }
}

fn json_fault(exam: &mut Examination, expected: &str, found: &str) {
    exam.report(Finding::error(Code::GbsMetadataJson, expected, found));
}

/// An id; one that does not parse is reported.
fn uuid(value: &Value, field: &str, exam: &mut Examination) -> Option<uuid::Uuid> {
    // OPAE takes the form with hyphens only.
    match value.as_str().filter(|text| text.len() == 36).map(uuid::Uuid::try_parse) {
        Some(Ok(uuid)) => Some(uuid),
        _ => {
            exam.report(Finding::error(Code::GbsUuid, format!("a UUID as `{field}`"), value.to_string()));
            None
        }
    }
}

//! The sections of text: the XML that every version has, and the JSON of the tools since 2018.3.

use std::fmt;
use std::marker::PhantomData;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::facts::{Argument, CLOCKS_LISTED, Clock, XclbinFacts};
use crate::bitstream::finding::cut;
use crate::bitstream::xml;

/// Longer names and types are cut: a chip has no use for them.
const TEXT_LIMIT: usize = 256;
/// The same of words that the tools choose from a few, such as `ap_ctrl_chain`.
const WORD_LIMIT: usize = 32;

/// Takes the platform, the kernels and the clocks of EMBEDDED_METADATA. What is no XML says nothing.
pub(super) fn read_xml(bytes: &[u8], facts: &mut XclbinFacts) {
    let text = String::from_utf8_lossy(bytes);
    let mut reader = Reader::from_str(text.trim_end_matches('\0'));
    reader.config_mut().check_end_names = false;
    let mut place = Place::default();
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(element) => {
                place.enter(&element, facts);
                read_element(&element, &place, facts);
            }
            Event::Empty(element) => read_element(&element, &place, facts),
            Event::End(element) => place.leave(element.name().as_ref()),
            Event::Eof => break,
            _ => {}
        }
    }
}

/// Which of the elements that matter enclose the reader.
#[derive(Default)]
struct Place {
    kernel: Option<usize>,
    instance: Option<String>,
    in_board: bool,
}

impl Place {
    fn enter(&mut self, element: &BytesStart<'_>, facts: &mut XclbinFacts) {
        let name = || attribute(element, "name");
        match element.name().as_ref() {
            "kernel" => self.kernel = name().and_then(|name| facts.kernel_named(&name)),
            "instance" => self.instance = name(),
            "board" => self.in_board = true,
            _ => {}
        }
    }

    fn leave(&mut self, name: &str) {
        match name {
            "kernel" => self.kernel = None,
            "instance" => self.instance = None,
            "board" => self.in_board = false,
            _ => {}
        }
    }
}

fn read_element(element: &BytesStart<'_>, place: &Place, facts: &mut XclbinFacts) {
    let get = |name: &str| attribute(element, name).filter(|value| !value.is_empty());
    match (element.name().as_ref(), place.kernel) {
        ("platform", _) => {
            facts.platform.vendor = get("vendor");
            facts.platform.board = get("boardid");
            facts.platform.name = get("name");
        }
        ("version", None) if facts.platform.version.is_none() && !place.in_board => {
            facts.platform.version = get("major").zip(get("minor")).map(|(a, b)| format!("{a}.{b}"));
        }
        ("device", _) if get("fpgaDevice").is_some() => facts.fpga_device = get("fpgaDevice"),
        ("core", _) => facts.target = get("target"),
        ("clock", None) => read_clock(&get, facts),
        (part, Some(kernel)) => read_kernel((part, kernel), &get, place.instance.as_deref(), facts),
        _ => {}
    }
}

/// What an element inside of a kernel, or the kernel's own, says of it.
fn read_kernel(
    (part, kernel): (&str, usize),
    get: &dyn Fn(&str) -> Option<String>,
    unit: Option<&str>,
    facts: &mut XclbinFacts,
) {
    let text = |name: &str| get(name).unwrap_or_default();
    match (part, unit) {
        ("kernel", _) => {
            let word = |name: &str| get(name).map(|word| cut(word, WORD_LIMIT));
            let kernel = &mut facts.kernels[kernel];
            (kernel.language, kernel.control) = (word("language"), word("hwControlProtocol"));
        }
        ("addrRemap", Some(unit)) => {
            // Containers without IP_LAYOUT say the base address nowhere else.
            let base = text("base");
            let base = u64::from_str_radix(base.trim_start_matches("0x"), 16).ok();
            if let Some(unit) = facts.unit_named(kernel, unit).filter(|unit| unit.base_address.is_none()) {
                unit.base_address = base.map(|base| format!("{base:#x}"));
            }
        }
        ("instance", _) => drop(get("name").map(|name| facts.unit_named(kernel, &name).is_some())),
        ("arg", _) => {
            let [name, c_type, port, offset, size] = ["name", "type", "port", "offset", "size"].map(text);
            let length = [&name, &c_type, &port, &offset, &size].map(String::len).iter().sum();
            if facts.links.take_room(length) {
                facts.kernels[kernel].arguments.push(Argument { name, c_type, port, offset, size });
            }
        }
        _ => {}
    }
}

/// A clock of the XML, where no CLOCK_FREQ_TOPOLOGY has told of it.
fn read_clock(get: &dyn Fn(&str) -> Option<String>, facts: &mut XclbinFacts) {
    let Some(frequency) = get("frequency") else { return };
    let Some(mhz) = frequency_of(&frequency) else { return };
    let port = get("port").unwrap_or_default();
    let clock_type = match port.as_str() {
        "DATA_CLK" => "DATA",
        "KERNEL_CLK" => "KERNEL",
        _ => "SYSTEM",
    };
    if facts.clocks.len() < CLOCKS_LISTED && facts.clocks.iter().all(|clock| clock.name != port) {
        let clock_type = clock_type.to_owned();
        facts.clocks.push(Clock { name: port, clock_type, mhz, requested_mhz: None });
    }
}

/// `300MHz`; what is no frequency of anything says nothing.
fn frequency_of(text: &str) -> Option<f64> {
    let mhz: f64 = text.trim_end_matches("MHz").trim().parse().ok()?;
    (mhz.is_finite() && mhz > 0.0).then_some(mhz)
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    xml::attribute(element, name).map(|value| cut(value, TEXT_LIMIT))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Build {
    build_metadata: BuildMetadata,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct BuildMetadata {
    xclbin: Linked,
    /// `dsa` before 2020.
    #[serde(alias = "dsa")]
    platform: BuiltFor,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Linked {
    generated_by: Tool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tool {
    name: Option<String>,
    version: Option<String>,
    time_stamp: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct BuiltFor {
    board: Board,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Board {
    part: String,
}

fn json<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    serde_json::from_slice(bytes.strip_suffix(&[0]).unwrap_or(bytes)).ok()
}

/// Takes from BUILD_METADATA what the XML does not say: the linker and the chip. What is no JSON says nothing.
pub(super) fn read_build(bytes: &[u8], facts: &mut XclbinFacts) {
    let Some(Build { build_metadata }) = json(bytes) else { return };
    let tool = build_metadata.xclbin.generated_by;
    if let Some(name) = tool.name {
        let of = |text: Option<String>| text.unwrap_or_else(|| "--".to_owned());
        let text = format!("{name} ({}) on {}", of(tool.version), of(tool.time_stamp));
        facts.generated_by = Some(cut(text, TEXT_LIMIT));
    }
    let part = build_metadata.platform.board.part;
    if facts.fpga_device.is_none() && !part.is_empty() {
        facts.fpga_device = Some(cut(part, TEXT_LIMIT));
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct System {
    system_diagram_metadata: SystemDiagram,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SystemDiagram {
    xsa: Xsa,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Xsa {
    #[serde(deserialize_with = "first_ones")]
    clocks: Vec<SystemClock>,
}

/// The first ones of a list, and none of a list that was made to fill the memory beyond.
fn first_ones<'de, D: Deserializer<'de>, T: Deserialize<'de>>(list: D) -> Result<Vec<T>, D::Error> {
    struct FirstOnes<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for FirstOnes<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
            let mut first = Vec::new();
            while let Some(one) = list.next_element()? {
                first.push(one);
                if first.len() == CLOCKS_LISTED {
                    while list.next_element::<IgnoredAny>()?.is_some() {}
                }
            }
            Ok(first)
        }
    }
    list.deserialize_seq(FirstOnes(PhantomData))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SystemClock {
    orig_name: String,
    /// Its name in CLOCK_FREQ_TOPOLOGY.
    xclbin_name: String,
    #[serde(rename = "type")]
    clock_type: String,
    requested_frequency: f64,
    achieved_frequency: f64,
}

/// Takes from SYSTEM_METADATA what was asked for of each scalable clock, and what came of it (XRT, `xclbinutil`).
pub(super) fn read_system(bytes: &[u8], facts: &mut XclbinFacts) {
    let Some(System { system_diagram_metadata }) = json(bytes) else { return };
    for clock in system_diagram_metadata.xsa.clocks {
        let scalable = clock.clock_type.eq_ignore_ascii_case("SCALABLE") && clock.requested_frequency > 0.0;
        if !scalable || facts.clocks.len() >= CLOCKS_LISTED {
            continue;
        }
        let name = if clock.xclbin_name.is_empty() { clock.orig_name } else { clock.xclbin_name };
        let (name, requested_mhz) = (cut(name, TEXT_LIMIT), Some(clock.requested_frequency));
        match facts.clocks.iter_mut().find(|known| known.name == name) {
            Some(known) => known.requested_mhz = requested_mhz,
            None => {
                let clock_type = cut(clock.clock_type, TEXT_LIMIT);
                facts.clocks.push(Clock { name, clock_type, mhz: clock.achieved_frequency, requested_mhz });
            }
        }
    }
}

//! The sections of text: the XML that every version has, and the JSON of the tools since 2018.3.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::Value;

use super::facts::{Argument, Clock, Kernel, XclbinFacts};
use super::payload::{LISTED, kernel_named};

/// Takes the platform, the kernels and the clocks of EMBEDDED_METADATA. What is no XML says nothing.
pub(super) fn read_xml(bytes: &[u8], facts: &mut XclbinFacts) {
    let text = String::from_utf8_lossy(bytes);
    let mut reader = Reader::from_str(text.trim_end_matches('\0'));
    reader.config_mut().check_end_names = false;
    let mut place = Place::default();
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(element) => {
                place.enter(&element);
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
    kernel: Option<String>,
    in_board: bool,
}

impl Place {
    fn enter(&mut self, element: &BytesStart<'_>) {
        match element.name().as_ref() {
            "kernel" => self.kernel = attribute(element, "name"),
            "board" => self.in_board = true,
            _ => {}
        }
    }

    fn leave(&mut self, name: &str) {
        match name {
            "kernel" => self.kernel = None,
            "board" => self.in_board = false,
            _ => {}
        }
    }
}

fn read_element(element: &BytesStart<'_>, place: &Place, facts: &mut XclbinFacts) {
    let get = |name: &str| attribute(element, name).filter(|value| !value.is_empty());
    match (element.name().as_ref(), &place.kernel) {
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
        (part @ ("kernel" | "arg" | "instance"), Some(name)) => {
            if let Some(kernel) = kernel_named(facts, name) {
                read_kernel(part, &get, kernel);
            }
        }
        _ => {}
    }
}

/// What an element inside of a kernel, or the kernel's own, says of it.
fn read_kernel(part: &str, get: &dyn Fn(&str) -> Option<String>, kernel: &mut Kernel) {
    let text = |name: &str| get(name).unwrap_or_default();
    match part {
        "kernel" => kernel.language = get("language"),
        "instance" => drop(get("name").map(|name| kernel.unit_named(&name).is_some())),
        _ if kernel.arguments.len() < LISTED => kernel.arguments.push(Argument {
            name: text("name"),
            c_type: text("type"),
            port: text("port"),
            offset: text("offset"),
            size: text("size"),
        }),
        _ => {}
    }
}

/// A clock of the XML, where no CLOCK_FREQ_TOPOLOGY has told of it.
fn read_clock(get: &dyn Fn(&str) -> Option<String>, facts: &mut XclbinFacts) {
    let Some(frequency) = get("frequency") else { return };
    let Ok(mhz) = frequency.trim_end_matches("MHz").trim().parse::<f64>() else { return };
    let port = get("port").unwrap_or_default();
    let clock_type = match port.as_str() {
        "DATA_CLK" => "DATA",
        "KERNEL_CLK" => "KERNEL",
        _ => "SYSTEM",
    };
    if facts.clocks.len() < LISTED && facts.clocks.iter().all(|clock| clock.name != port) {
        facts.clocks.push(Clock { name: port, clock_type: clock_type.to_owned(), mhz });
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.attributes().flatten().find(|attribute| attribute.key.as_ref() == name)?;
    Some(quick_xml::escape::unescape(&found.value).map_or_else(|_| found.value.to_string(), Into::into))
}

/// Takes from BUILD_METADATA what the XML does not say: the linker and the chip. What is no JSON says nothing.
pub(super) fn read_build(bytes: &[u8], facts: &mut XclbinFacts) {
    let text = bytes.strip_suffix(&[0]).unwrap_or(bytes);
    let Ok(document) = serde_json::from_slice::<Value>(text) else { return };
    let build = &document["build_metadata"];
    let generated = &build["xclbin"]["generated_by"];
    if let Some(name) = generated["name"].as_str() {
        let of = |key: &str| generated[key].as_str().unwrap_or("--").to_owned();
        facts.generated_by = Some(format!("{name} ({}) on {}", of("version"), of("time_stamp")));
    }
    // `platform` since 2020, `dsa` before.
    let platform = if build["platform"].is_object() { &build["platform"] } else { &build["dsa"] };
    let part = platform["board"]["part"].as_str().filter(|part| !part.is_empty());
    if let Some(part) = part.filter(|_| facts.fpga_device.is_none()) {
        facts.fpga_device = Some(part.to_owned());
    }
}

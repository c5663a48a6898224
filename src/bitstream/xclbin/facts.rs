//! What a container says of itself.

use serde::Serialize;

use super::layout::BITSTREAM;
use crate::bitstream::bytes::text;
use crate::bitstream::{DcpFacts, Kind, identify};

/// So many kernels, compute units, arguments and connections are listed in all: a chip has room for some hundred.
const LISTED: usize = 4096;
/// How much text each of them may have, in the mean.
const TEXT_OF_EACH: usize = 64;
/// So many clocks are listed; a chip has a few.
pub(super) const CLOCKS_LISTED: usize = 256;

/// What an xclbin says of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct XclbinFacts {
    /// Version of the tool that wrote the container: `2.1.0`.
    pub version: String,
    /// The container's own id.
    pub uuid: Option<String>,
    /// The id of the shell's interface; before 2019, of its feature ROM.
    pub interface_uuid: Option<String>,
    pub created: Option<jiff::Timestamp>,
    pub feature_rom_timestamp: u64,
    /// How it is to be loaded: `pr`, `hw_emu`.
    pub mode: &'static str,
    /// Bytes in all, as the header says.
    pub length: u64,
    pub signed: bool,
    /// Bytes of the signature that the header states.
    pub signature_bytes: Option<u64>,
    /// The tool that linked it, with version and time.
    pub generated_by: Option<String>,
    pub platform: Platform,
    /// The platform's chip.
    pub fpga_device: Option<String>,
    /// What the metadata names as its target: `bitstream`, `hw_em`, `csim`.
    pub target: Option<String>,
    pub bitstream: Option<Bitstream>,
    /// What the checkpoint says of itself, if that is what the bitstream is.
    pub checkpoint: Option<Box<DcpFacts>>,
    /// The image's id that stands in an `.awsxclbin` instead of a bitstream.
    pub aws_id: Option<String>,
    /// The first [`super::SECTIONS_LISTED`] sections.
    pub sections: Vec<Section>,
    pub sections_total: u64,
    pub kernels: Vec<Kernel>,
    pub memories: Vec<MemoryBank>,
    pub clocks: Vec<Clock>,
    #[serde(skip)]
    pub(super) links: Links,
}

/// A record of IP_LAYOUT.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Unit {
    /// `kernel:unit`, or the unit alone.
    pub(super) name: String,
    pub(super) is_kernel: bool,
    /// All ones: it has no registers.
    pub(super) base: u64,
}

/// What IP_LAYOUT and CONNECTIVITY say by names and numbers, until every section has been read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Links {
    /// The records of IP_LAYOUT.
    pub(super) units: Vec<Unit>,
    /// Number of the argument, of the record of IP_LAYOUT, of the memory.
    pub(super) connections: Vec<[usize; 3]>,
    /// How much of the room for what is listed is taken, in bytes of text.
    taken: usize,
}

impl Links {
    /// Whether there was room for all of them.
    pub(super) fn had_room(&self) -> bool {
        self.taken <= LISTED * TEXT_OF_EACH
    }

    /// Takes the room for one more, of so much text; false when there is none.
    pub(super) fn take_room(&mut self, text: usize) -> bool {
        self.taken = self.taken.saturating_add(text.max(TEXT_OF_EACH));
        self.had_room()
    }
}

/// The platform that a container was linked against: its name in the header, and the parts of it in the metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Platform {
    pub header_vbnv: Option<String>,
    pub vendor: Option<String>,
    pub board: Option<String>,
    pub name: Option<String>,
    /// `5.0`
    pub version: Option<String>,
}

impl Platform {
    /// Vendor, board, name and version in the header's spelling; from the metadata where the header has none.
    pub fn vbnv(&self) -> Option<String> {
        let joined = || {
            let version = self.version.as_deref().unwrap_or_default();
            let parts = [self.vendor.as_deref()?, self.board.as_deref()?, self.name.as_deref()?, version];
            Some(parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("_"))
        };
        Some(self.header_vbnv.clone().or_else(joined)?.replace([':', '.'], "_"))
    }
}

/// A section's header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    /// What it holds: `BITSTREAM`, `MEM_TOPOLOGY`.
    pub kind: String,
    pub kind_number: u32,
    /// Its name, such as that of a kernel.
    pub name: String,
    pub offset: u64,
    pub size: u64,
}

/// The bitstream in a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Bitstream {
    /// What it is, by its first bytes.
    pub content: Content,
    pub size: u64,
    /// Whether it is in the section of that name, which `xclbinsplit` takes out.
    #[serde(skip)]
    pub(super) primary: bool,
}

/// What stands where the bitstream should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// A Vivado checkpoint, which the service makes a bitstream of.
    Checkpoint,
    Bitstream,
    Pdi,
    /// A program: software emulation.
    Elf,
    /// A zip with a simulation: hardware emulation.
    Simulation,
    Zip,
    /// The id of an image at AWS.
    AwsId,
    /// None of these.
    Raw,
    /// It was not at hand.
    Unseen,
}

impl Content {
    fn of(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::Unseen;
        }
        if bytes.starts_with(b"agfi-") || bytes.starts_with(b"afi-") {
            return Self::AwsId;
        }
        match identify(bytes) {
            // `xclbinutil` knows the zip of a simulation by its first member's name.
            Kind::Zip if bytes.get(30..).is_some_and(|name| name.starts_with(b"behav")) => Self::Simulation,
            Kind::Zip => Self::Checkpoint,
            Kind::Bit | Kind::Bin => Self::Bitstream,
            Kind::Pdi => Self::Pdi,
            Kind::Elf | Kind::Aocx => Self::Elf,
            _ => Self::Raw,
        }
    }

    /// A word for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Checkpoint => "a checkpoint",
            Self::Bitstream => "a bitstream",
            Self::Pdi => "a Versal device image",
            Self::Elf => "a program for software emulation",
            Self::Simulation => "a simulation for hardware emulation",
            Self::Zip => "a zip without a checkpoint",
            Self::AwsId => "the id of an image at AWS",
            Self::Raw => "a raw image",
            Self::Unseen => "not looked at",
        }
    }
}
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Kernel {
    pub name: String,
    pub language: Option<String>,
    /// How it is started and waited for: `ap_ctrl_hs`, `ap_ctrl_chain`, `ap_ctrl_none`.
    pub control: Option<String>,
    pub arguments: Vec<Argument>,
    pub instances: Vec<CuInstance>,
}

/// An argument of a kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Argument {
    pub name: String,
    #[serde(rename = "type")]
    pub c_type: String,
    /// The port that it goes through.
    pub port: String,
    /// Where its register is, from the compute unit's base address: `0x10`.
    pub offset: String,
    /// Its size in bytes, as written: `0x8`.
    pub size: String,
}

/// A compute unit: a kernel in the chip.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CuInstance {
    pub name: String,
    /// Its base address: `0x1800000`.
    pub base_address: Option<String>,
    pub connections: Vec<Connection>,
}

/// An argument of a compute unit and its memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Connection {
    pub argument: String,
    pub memory: String,
}
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MemoryBank {
    pub name: String,
    /// `MEM_DDR4`
    #[serde(rename = "type")]
    pub memory_type: String,
    /// Whether a kernel uses it.
    pub used: bool,
    pub size: u64,
    pub base_address: String,
}
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Clock {
    pub name: String,
    /// What it drives: `DATA`, `KERNEL`, `SYSTEM`.
    #[serde(rename = "type")]
    pub clock_type: String,
    /// The frequency that it has in the chip, in MHz.
    pub mhz: f64,
    /// The frequency that was asked for, where the linker noted it.
    pub requested_mhz: Option<f64>,
}

impl Clock {
    pub(super) fn is_data(&self) -> bool {
        self.clock_type == "DATA"
    }
}

impl XclbinFacts {
    /// Takes the beginning of a section with a bitstream; the first BITSTREAM counts, others where there is none.
    pub(super) fn add_bitstream(&mut self, kind: &str, bytes: &[u8], size: u64) -> Content {
        let content = match kind {
            "PDI" | "BITSTREAM_PARTIAL_PDI" => Content::Pdi,
            _ => Content::of(bytes),
        };
        if content == Content::AwsId {
            self.aws_id = Some(text(bytes));
        }
        let primary = kind == BITSTREAM;
        if self.bitstream.is_none_or(|known| primary && !known.primary) {
            self.bitstream = Some(Bitstream { content, size, primary });
        }
        content
    }

    /// Says where each compute unit is, and which memory each of its arguments points into.
    pub(super) fn connect(&mut self) {
        let records = std::mem::take(&mut self.links.units);
        let units: Vec<Option<(usize, String)>> = records.iter().map(|record| self.place(record)).collect();
        for [argument, unit, memory] in std::mem::take(&mut self.links.connections) {
            let Some(Some((kernel, unit))) = units.get(unit) else { continue };
            let (Some(memory), kernel) = (self.memories.get(memory), &mut self.kernels[*kernel]) else {
                continue;
            };
            let Some(argument) = kernel.arguments.get(argument) else { continue };
            let connection = Connection { argument: argument.name.clone(), memory: memory.name.clone() };
            if let Some(unit) = kernel.instances.iter_mut().find(|known| known.name == *unit)
                && self.links.take_room(connection.argument.len())
            {
                unit.connections.push(connection);
            }
        }
    }

    /// Takes the base address of a compute unit; gives its kernel and its name.
    fn place(&mut self, record: &Unit) -> Option<(usize, String)> {
        if !record.is_kernel || record.name.is_empty() {
            return None;
        }
        let has = |kernel: &Kernel| kernel.instances.iter().any(|unit| unit.name == record.name);
        // Without a kernel before it, the name is that of the unit, and of its kernel when no other has it.
        let (kernel, unit) = match record.name.split_once(':') {
            Some((kernel, unit)) => (self.kernel_named(kernel)?, unit),
            None => match self.kernels.iter().position(has) {
                Some(kernel) => (kernel, record.name.as_str()),
                None => (self.kernel_named(&record.name)?, record.name.as_str()),
            },
        };
        self.unit_named(kernel, unit)?.base_address =
            (record.base != u64::MAX).then(|| format!("{:#x}", record.base));
        Some((kernel, unit.to_owned()))
    }

    /// The kernel of a name, a new one when there was none.
    pub(super) fn kernel_named(&mut self, name: &str) -> Option<usize> {
        let known = self.kernels.iter().position(|kernel| kernel.name == name);
        if known.is_none() && self.links.take_room(name.len()) {
            self.kernels.push(Kernel { name: name.to_owned(), ..Kernel::default() });
            return Some(self.kernels.len() - 1);
        }
        known
    }

    /// The compute unit of a name, a new one when there was none.
    pub(super) fn unit_named(&mut self, kernel: usize, name: &str) -> Option<&mut CuInstance> {
        let units = &mut self.kernels.get_mut(kernel)?.instances;
        let known = units.iter().position(|unit| unit.name == name);
        if known.is_none() && self.links.take_room(name.len()) {
            units.push(CuInstance { name: name.to_owned(), ..CuInstance::default() });
            return units.last_mut();
        }
        units.get_mut(known?)
    }

    /// What says that it is for emulation.
    pub fn emulation(&self) -> Option<&'static str> {
        let bitstream = self.bitstream.map(|bitstream| bitstream.content);
        match (self.mode, self.target.as_deref(), bitstream) {
            (_, Some("hw_em" | "hw_emu"), _) => Some("hardware emulation (target of its metadata)"),
            (_, Some("csim" | "sw_em" | "sw_emu"), _) => Some("software emulation (target of its metadata)"),
            (mode, ..) if mode.contains("emu") => Some("emulation (mode of its header)"),
            (_, _, Some(Content::Elf)) => Some("software emulation (a program as its bitstream)"),
            (_, _, Some(Content::Simulation)) => Some("hardware emulation (a simulation as its bitstream)"),
            _ => None,
        }
    }
}

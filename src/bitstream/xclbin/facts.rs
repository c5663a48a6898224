//! What a container says of itself.

use serde::Serialize;

use super::layout::Kind;
use crate::bitstream::{DcpFacts, identify};

/// So many kernels, compute units and arguments are listed in all, and so many clocks: a chip has room for some hundred.
pub(super) const LISTED: usize = 4096;

/// What an xclbin says of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct XclbinFacts {
    /// Version of the tool that wrote the container: `2.1.0`.
    pub version: String,
    /// The container's own id.
    pub uuid: Option<String>,
    /// The id of the shell's interface; before 2019, of its feature ROM.
    pub interface_uuid: Option<String>,
    /// When it was written.
    pub created: Option<jiff::Timestamp>,
    /// The shell's feature ROM timestamp.
    pub feature_rom_timestamp: u64,
    /// How it is to be loaded.
    pub mode: Mode,
    /// Bytes in all, as the header says.
    pub length: u64,
    /// Whether it is signed.
    pub signed: bool,
    /// Bytes of the signature that the header states.
    pub signature_bytes: Option<u64>,
    /// The tool that linked it, with version and time.
    pub generated_by: Option<String>,
    /// The platform that it was linked against.
    pub platform: Platform,
    /// The platform's chip.
    pub fpga_device: Option<String>,
    /// What the metadata names as its target: `bitstream`, `hw_em`, `csim`.
    pub target: Option<String>,
    /// The bitstream, if there is one.
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

/// What CONNECTIVITY says by numbers, until every section has been read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Links {
    /// Kernel and compute unit of each record of IP_LAYOUT.
    pub(super) units: Vec<(String, String)>,
    /// Number of the argument, of the record of IP_LAYOUT, of the memory.
    pub(super) connections: Vec<[usize; 3]>,
}

/// How a container is to be loaded (XRT `xclbin.h`, `XCLBIN_MODE`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The whole chip.
    Flat,
    /// A part of it.
    Pr,
    /// The second stage of a tandem load.
    TandemStage2,
    /// The second stage of a tandem load, then a part.
    TandemStage2WithPr,
    /// Emulation of the hardware.
    HwEmu,
    /// Emulation in software.
    SwEmu,
    /// Emulation of the hardware with a part of it.
    HwEmuPr,
    /// None of these.
    #[default]
    Unknown,
}

impl Mode {
    pub(super) fn of(number: u32) -> Self {
        const MODES: [Mode; 7] = [
            Mode::Flat,
            Mode::Pr,
            Mode::TandemStage2,
            Mode::TandemStage2WithPr,
            Mode::HwEmu,
            Mode::SwEmu,
            Mode::HwEmuPr,
        ];
        usize::try_from(number).ok().and_then(|at| MODES.get(at)).copied().unwrap_or_default()
    }

    /// Its name in `xclbin.h`, without the prefix.
    pub fn words(self) -> &'static str {
        match self {
            Self::Flat => "FLAT",
            Self::Pr => "PR",
            Self::TandemStage2 => "TANDEM_STAGE2",
            Self::TandemStage2WithPr => "TANDEM_STAGE2_WITH_PR",
            Self::HwEmu => "HW_EMU",
            Self::SwEmu => "SW_EMU",
            Self::HwEmuPr => "HW_EMU_PR",
            Self::Unknown => "UNKNOWN",
        }
    }

    fn is_emulation(self) -> bool {
        matches!(self, Self::HwEmu | Self::SwEmu | Self::HwEmuPr)
    }
}

/// The platform that a container was linked against.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Platform {
    /// The name in the container's header.
    pub header_vbnv: Option<String>,
    /// Vendor, in the metadata.
    pub vendor: Option<String>,
    /// Board, in the metadata.
    pub board: Option<String>,
    /// Name, in the metadata.
    pub name: Option<String>,
    /// Version, in the metadata: `5.0`.
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
    /// The number for it.
    pub kind_number: u32,
    /// Its name, such as that of a kernel.
    pub name: String,
    /// Where it begins, in bytes.
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
    /// A Vivado bitstream.
    Bitstream,
    /// A Versal device image.
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
        use crate::bitstream::Kind;
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
    /// The language it was written in.
    pub language: Option<String>,
    /// How it is started and waited for: `ap_ctrl_hs`, `ap_ctrl_chain`, `ap_ctrl_none`.
    pub control: Option<String>,
    pub arguments: Vec<Argument>,
    /// Its compute units.
    pub instances: Vec<CuInstance>,
}

/// An argument of a kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Argument {
    pub name: String,
    /// Its type in C.
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
    /// The memories that its arguments point into.
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
    /// Its name: `bank0`.
    pub name: String,
    /// What it is: `MEM_DDR4`.
    #[serde(rename = "type")]
    pub memory_type: String,
    /// Whether a kernel uses it.
    pub used: bool,
    /// Its size in bytes.
    pub size: u64,
    /// Its base address: `0x0`.
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
    pub(super) fn add_bitstream(&mut self, kind: Kind, bytes: &[u8], size: u64) -> Content {
        let content = match kind {
            Kind::Pdi | Kind::PartialPdi => Content::Pdi,
            _ => Content::of(bytes),
        };
        if content == Content::AwsId {
            self.aws_id = Some(super::layout::text(bytes));
        }
        let primary = kind == Kind::Bitstream;
        if self.bitstream.is_none_or(|known| primary && !known.primary) {
            self.bitstream = Some(Bitstream { content, size, primary });
        }
        content
    }

    /// Says which memory each argument of a compute unit points into.
    pub(super) fn connect(&mut self) {
        let Links { units, connections } = std::mem::take(&mut self.links);
        for [argument, unit, memory] in connections {
            let Some((kernel, unit)) = units.get(unit) else { continue };
            let Some(memory) = self.memories.get(memory) else { continue };
            let Some(kernel) = self.kernels.iter_mut().find(|known| known.name == *kernel) else { continue };
            let Some(argument) = kernel.arguments.get(argument) else { continue };
            let connection = Connection { argument: argument.name.clone(), memory: memory.name.clone() };
            if let Some(unit) = kernel.instances.iter_mut().find(|known| known.name == *unit) {
                unit.connections.push(connection);
            }
        }
    }

    /// Whether there is still room for one more argument, in all kernels together.
    pub(super) fn has_room(&self) -> bool {
        let of = |kernel: &Kernel| 1 + kernel.arguments.len() + kernel.instances.len();
        self.kernels.iter().map(of).sum::<usize>() < LISTED
    }

    /// What says that it is for emulation.
    pub fn emulation(&self) -> Option<&'static str> {
        let bitstream = self.bitstream.map(|bitstream| bitstream.content);
        match (self.mode, self.target.as_deref(), bitstream) {
            (_, Some("hw_em" | "hw_emu"), _) => Some("hardware emulation (target of its metadata)"),
            (_, Some("csim" | "sw_em" | "sw_emu"), _) => Some("software emulation (target of its metadata)"),
            (mode, ..) if mode.is_emulation() => Some("emulation (mode of its header)"),
            (_, _, Some(Content::Elf)) => Some("software emulation (a program as its bitstream)"),
            (_, _, Some(Content::Simulation)) => Some("hardware emulation (a simulation as its bitstream)"),
            _ => None,
        }
    }
}

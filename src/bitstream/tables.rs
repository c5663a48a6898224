//! What is known of instances, shells, parts and platforms: data, each row with its source.
//!
//! The lists are never complete: a value that is not in them is worth a warning and blocks nothing.

use super::Family;

/// A family of FPGA instances.
#[derive(Clone, Copy, Debug)]
pub struct Instance {
    /// `f1`, `f2`, `f3`.
    pub name: &'static str,
    /// The maker of its chips.
    pub family: Family,
    /// The chip, as the tools begin a part's name.
    pub device: &'static str,
    /// The chip, as the documents name it.
    pub chip: &'static str,
    /// Where this is from.
    pub source: &'static str,
}

/// The instances.
pub const INSTANCES: &[Instance] = &[
    Instance {
        name: "f1",
        family: Family::Intel,
        device: "10ax115",
        chip: "Intel Arria 10 GX 1150",
        source: "ECS documents, instance families: f1",
    },
    Instance {
        name: "f2",
        family: Family::Xilinx,
        device: "xcku115",
        chip: "Xilinx Kintex UltraScale KU115",
        source: "ECS documents of 2017 and 2018, instance families: f2",
    },
    Instance {
        name: "f3",
        family: Family::Xilinx,
        device: "xcvu9p",
        chip: "Xilinx Virtex UltraScale+ VU9P",
        source: "ECS documents, instance families: f3",
    },
];

/// A shell's id, as `ShellUUID` in the service.
#[derive(Clone, Copy, Debug)]
pub struct Shell {
    /// The id.
    pub id: &'static str,
    /// The instances whose documents use it.
    pub instances: &'static [&'static str],
    /// Where this is from.
    pub source: &'static str,
}

/// The shells.
pub const SHELLS: &[Shell] = &[
    Shell { id: "V0.11", instances: &["f1"], source: "f1 best practices, list_instances and download_image" },
    Shell { id: "V1.0", instances: &["f1", "f2"], source: "f1 and f2 best practices of 2017" },
    Shell { id: "V1.1", instances: &["f1"], source: "f1 OpenCL best practice, 2019 (dcp1_1)" },
    Shell { id: "20171121", instances: &["f2"], source: "f2 OpenCL best practice, 2018" },
    Shell { id: "f30001", instances: &["f3"], source: "f3 RTL best practice, October 2018" },
];

/// A green bitstream's interface id.
#[derive(Clone, Copy, Debug)]
pub struct Interface {
    /// The id, in lower case with hyphens.
    pub uuid: &'static str,
    /// The acceleration stack whose shell has it.
    pub stack: &'static str,
    /// The shells of the service that it is known of; none when only the stack is known.
    pub shells: &'static [&'static str],
    /// Where this is from.
    pub source: &'static str,
}

impl Interface {
    /// Whether the row says something about a shell; without one, every row does.
    pub(super) fn fits(&self, shell: Option<&str>) -> bool {
        shell.is_none_or(|shell| self.shells.contains(&shell))
    }
}

/// The interfaces of Intel's card with the Arria 10 GX 1150.
pub const INTERFACES: &[Interface] = &[
    Interface {
        uuid: "ce489693-98f0-5f33-946d-560708be108a",
        stack: "Acceleration Stack 1.0",
        shells: &[],
        source: "intel-device-plugins-for-kubernetes, README of the FPGA plugin",
    },
    Interface {
        uuid: "9926ab6d-6c92-5a68-aabc-a7d84c545738",
        stack: "Acceleration Stack 1.1",
        shells: &["V1.1"],
        source: "Intel FPGA developer journey guide, a10_gx_pac_ias_1_1; that f1's dcp1_1 is this stack is inferred",
    },
    Interface {
        uuid: "69528db6-eb31-577a-8c36-68f9faa081f6",
        stack: "Acceleration Stack 1.2",
        shells: &[],
        source: "Intel FPGA developer journey guide, a10_gx_pac_ias_1_2_pv",
    },
    Interface {
        uuid: "38d782e3-b612-5343-b934-2433e348ac4c",
        stack: "Acceleration Stack 1.2.1",
        shells: &[],
        source: "`fpgainfo fme` of a card with stack 1.2.1, public report",
    },
];

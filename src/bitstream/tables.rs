//! What is known of instances, shells, parts and platforms: data, each row under its source.
//!
//! The lists are never complete: a value that is not in them is worth a warning and blocks nothing.

use super::Family;

/// A family of FPGA instances.
#[derive(Clone, Copy, Debug)]
pub struct Instance {
    /// `f1`, `f2`, `f3`.
    pub name: &'static str,
    pub family: Family,
    /// The chip, as the tools begin a part's name.
    pub device: &'static str,
    /// The chip's device family, as in [`SERIES`].
    pub series: &'static str,
    /// Year and release of the oldest Vivado that its documents build with.
    pub oldest_vivado: Option<(u16, u16)>,
}
pub const INSTANCES: &[Instance] = &[
    // Intel Arria 10 GX 1150; ECS documents, instance families: f1.
    Instance {
        name: "f1",
        family: Family::Intel,
        device: "10ax115",
        series: "Arria 10",
        oldest_vivado: None,
    },
    // Xilinx Kintex UltraScale KU115; ECS documents of 2017 and 2018, instance families: f2; SDx 2017.2 in its OpenCL practice.
    Instance {
        name: "f2",
        family: Family::Xilinx,
        device: "xcku115",
        series: "Kintex UltraScale",
        oldest_vivado: Some((2017, 2)),
    },
    // Xilinx Virtex UltraScale+ VU9P; ECS documents, instance families: f3; SDx 2017.4.op in its OpenCL practice of 2018.
    Instance {
        name: "f3",
        family: Family::Xilinx,
        device: "xcvu9p",
        series: "Virtex UltraScale+",
        oldest_vivado: Some((2017, 4)),
    },
];

/// A shell's id, as `ShellUUID` in the service.
#[derive(Clone, Copy, Debug)]
pub struct Shell {
    pub id: &'static str,
    /// The instances whose documents use it.
    pub instances: &'static [&'static str],
}
pub const SHELLS: &[Shell] = &[
    // f1 best practices, list_instances and download_image.
    Shell { id: "V0.11", instances: &["f1"] },
    // f1 and f2 best practices of 2017.
    Shell { id: "V1.0", instances: &["f1", "f2"] },
    // f1 OpenCL best practice, 2019 (dcp1_1).
    Shell { id: "V1.1", instances: &["f1"] },
    // f2 OpenCL best practice, 2018.
    Shell { id: "20171121", instances: &["f2"] },
    // f3 RTL best practice, October 2018.
    Shell { id: "f30001", instances: &["f3"] },
];

/// The instances that a target can mean: those of its maker, or the only one whose documents have its shell.
pub fn instances_of(family: Option<Family>, shell: Option<&str>) -> Vec<&'static Instance> {
    let of_shell = SHELLS.iter().find(|row| Some(row.id) == shell).map(|row| row.instances);
    let fits = |instance: &&Instance| {
        family.is_none_or(|family| instance.family == family)
            // A shell that two generations had says nothing of the next one that may have it.
            && of_shell.is_none_or(|names| names.len() > 1 || names.contains(&instance.name))
    };
    INSTANCES.iter().filter(fits).collect()
}

/// A platform that an xclbin is linked against.
#[derive(Clone, Copy, Debug)]
pub struct Platform {
    /// Vendor, board, name and version, joined by underscores.
    pub vbnv: &'static str,
    pub instance: &'static str,
    /// The fastest data clock that works there, in MHz, where one is known.
    pub data_clock_mhz: Option<u16>,
}
pub const PLATFORMS: &[Platform] = &[
    // f2 OpenCL best practice of 2017; the clock: f2 RTL best practice ("replace 300MHz with 200MHz").
    Platform { vbnv: "xilinx_kcu1500_4ddr-xpr_4_0", instance: "f2", data_clock_mhz: Some(200) },
    // f2 OpenCL best practice of 2018.
    Platform { vbnv: "xilinx_aliyun-ku115-f2_4ddr-xpr_4_2", instance: "f2", data_clock_mhz: None },
    // f3 OpenCL best practice of 2019, SDx 2018.2.
    Platform { vbnv: "xilinx_aliyun-f3_dynamic_5_0", instance: "f3", data_clock_mhz: None },
];

/// A device family of Xilinx or Intel, known by how a part's name begins.
#[derive(Clone, Copy, Debug)]
pub struct Series {
    /// The beginning; `#` is a number.
    pub pattern: &'static str,
    pub name: &'static str,
}

/// The device families; the first that fits counts, so longer patterns come first.
pub const SERIES: &[Series] = &[
    // DS890, UltraScale overview.
    Series { pattern: "xcvu#p", name: "Virtex UltraScale+" },
    Series { pattern: "xcvu#", name: "Virtex UltraScale" },
    Series { pattern: "xcku#p", name: "Kintex UltraScale+" },
    Series { pattern: "xcku#", name: "Kintex UltraScale" },
    Series { pattern: "xcau#p", name: "Artix UltraScale+" },
    // DS891, Zynq UltraScale+ overview.
    Series { pattern: "xczu#", name: "Zynq UltraScale+" },
    // DS987, Kria K26.
    Series { pattern: "xck#", name: "Kria (Zynq UltraScale+)" },
    // DS890, UltraScale overview.
    Series { pattern: "xcsu#p", name: "Spartan UltraScale+" },
    // DS1013, Alveo V80.
    Series { pattern: "xcv80", name: "Versal (Alveo V80)" },
    // DS1002, Alveo X3.
    Series { pattern: "xcux#", name: "Alveo" },
    // DS962, Alveo U200 and U250.
    Series { pattern: "xcu#", name: "Alveo" },
    // DS180, 7 series overview.
    Series { pattern: "xc7vx#", name: "Virtex-7" },
    Series { pattern: "xc7vh#", name: "Virtex-7" },
    Series { pattern: "xc7v#", name: "Virtex-7" },
    Series { pattern: "xc7k#", name: "Kintex-7" },
    Series { pattern: "xc7a#", name: "Artix-7" },
    Series { pattern: "xc7s#", name: "Spartan-7" },
    // DS190, Zynq-7000 overview.
    Series { pattern: "xc7z#", name: "Zynq-7000" },
    // DS950, Versal overview.
    Series { pattern: "xcvc#", name: "Versal" },
    Series { pattern: "xcvm#", name: "Versal" },
    Series { pattern: "xcve#", name: "Versal" },
    Series { pattern: "xcvp#", name: "Versal" },
    Series { pattern: "xcvh#", name: "Versal" },
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
}

impl Interface {
    /// Whether the row says something about a shell; without one, every row does.
    pub(super) fn fits(&self, shell: Option<&str>) -> bool {
        shell.is_none_or(|shell| self.shells.contains(&shell))
    }
}

/// The interfaces of Intel's card with the Arria 10 GX 1150.
pub const INTERFACES: &[Interface] = &[
    // intel-device-plugins-for-kubernetes, README of the FPGA plugin.
    Interface { uuid: "ce489693-98f0-5f33-946d-560708be108a", stack: "Acceleration Stack 1.0", shells: &[] },
    // Intel FPGA developer journey guide, a10_gx_pac_ias_1_1; that f1's dcp1_1 is this stack is inferred.
    Interface {
        uuid: "9926ab6d-6c92-5a68-aabc-a7d84c545738",
        stack: "Acceleration Stack 1.1",
        shells: &["V1.1"],
    },
    // Intel FPGA developer journey guide, a10_gx_pac_ias_1_2_pv.
    Interface { uuid: "69528db6-eb31-577a-8c36-68f9faa081f6", stack: "Acceleration Stack 1.2", shells: &[] },
    // `fpgainfo fme` of a card with stack 1.2.1, public report.
    Interface {
        uuid: "38d782e3-b612-5343-b934-2433e348ac4c",
        stack: "Acceleration Stack 1.2.1",
        shells: &[],
    },
];

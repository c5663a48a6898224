//! The instance types with chips. The service tells no number of chips, and it can't be read off the name.

/// An instance type with chips.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FpgaType {
    /// `ecs.f3-c16f1.4xlarge`.
    pub name: &'static str,
    /// How many chips.
    pub chips: u8,
    /// vCPUs, which quotas are counted in.
    pub vcpus: u16,
    /// The chip.
    pub chip: &'static str,
}

const ARRIA: &str = "Intel Arria 10 GX 1150";
const KU115: &str = "Xilinx XCKU115";
const VU9P: &str = "Xilinx VU9P";

const fn row(name: &'static str, chips: u8, vcpus: u16, chip: &'static str) -> FpgaType {
    FpgaType { name, chips, vcpus, chip }
}

/// Every type of the three families.
pub const FPGA_TYPES: [FpgaType; 14] = [
    row("ecs.f1-c8f1.2xlarge", 1, 8, ARRIA),
    row("ecs.f1-c8f1.4xlarge", 2, 16, ARRIA),
    row("ecs.f1-c28f1.7xlarge", 1, 28, ARRIA),
    row("ecs.f1-c28f1.14xlarge", 2, 56, ARRIA),
    row("ecs.f2-c8f1.2xlarge", 1, 8, KU115),
    row("ecs.f2-c8f1.4xlarge", 2, 16, KU115),
    row("ecs.f2-c28f1.7xlarge", 1, 28, KU115),
    row("ecs.f2-c28f1.14xlarge", 2, 56, KU115),
    row("ecs.f3-c4f1.xlarge", 1, 4, VU9P),
    row("ecs.f3-c8f1.2xlarge", 1, 8, VU9P),
    row("ecs.f3-c16f1.4xlarge", 1, 16, VU9P),
    row("ecs.f3-c16f1.8xlarge", 2, 32, VU9P),
    row("ecs.f3-c16f1.16xlarge", 4, 64, VU9P),
    row("ecs.f3-c22f1.22xlarge", 4, 88, VU9P),
];

/// What is known of a type; None for one without chips.
pub fn fpga_type(name: &str) -> Option<&'static FpgaType> {
    FPGA_TYPES.iter().find(|own| own.name == name)
}

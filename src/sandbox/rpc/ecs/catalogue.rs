//! What the simulated account can choose from: regions, zones, instance types with price and stock, networks, images.

use crate::bitstream::Family;
use crate::sandbox::identity::{ECS_IMAGE_ID, INSTANCE_ROLE_NAME, SECURITY_GROUP, VSWITCH};

/// One instance type.
#[derive(Debug)]
pub(in crate::sandbox::rpc) struct InstanceType {
    pub(super) id: &'static str,
    pub(super) vcpus: u32,
    pub(super) gibibytes: u32,
    pub(super) chips: usize,
    /// The maker of its chips.
    pub(super) family: Family,
    /// Of an instance for an hour, in CNY and thousandths of it.
    pub(super) millis_per_hour: u32,
}

const fn xilinx(id: &'static str, size: (u32, u32), chips: usize, millis_per_hour: u32) -> InstanceType {
    InstanceType { id, vcpus: size.0, gibibytes: size.1, chips, family: Family::Xilinx, millis_per_hour }
}

const fn intel(id: &'static str, size: (u32, u32), chips: usize, millis_per_hour: u32) -> InstanceType {
    InstanceType { family: Family::Intel, ..xilinx(id, size, chips, millis_per_hour) }
}

/// Every type. The sizes are the documents', the prices are the sandbox's own.
pub(super) const TYPES: [InstanceType; 16] = [
    intel("ecs.f1-c8f1.2xlarge", (8, 60), 1, 12_000),
    intel("ecs.f1-c8f1.4xlarge", (16, 120), 2, 24_000),
    intel("ecs.f1-c28f1.7xlarge", (28, 112), 1, 18_000),
    intel("ecs.f1-c28f1.14xlarge", (56, 224), 2, 36_000),
    xilinx("ecs.f2-c8f1.2xlarge", (8, 60), 1, 11_000),
    xilinx("ecs.f2-c8f1.4xlarge", (16, 120), 2, 22_000),
    xilinx("ecs.f2-c28f1.7xlarge", (28, 112), 1, 17_000),
    xilinx("ecs.f2-c28f1.14xlarge", (56, 224), 2, 34_000),
    xilinx("ecs.f3-c4f1.xlarge", (4, 16), 1, 10_000),
    xilinx("ecs.f3-c8f1.2xlarge", (8, 32), 1, 12_500),
    xilinx("ecs.f3-c16f1.4xlarge", (16, 64), 1, 16_000),
    xilinx("ecs.f3-c16f1.8xlarge", (32, 128), 2, 32_000),
    xilinx("ecs.f3-c16f1.16xlarge", (64, 256), 4, 64_000),
    xilinx("ecs.f3-c22f1.22xlarge", (88, 336), 4, 80_000),
    xilinx("ecs.g6.large", (2, 8), 0, 500),
    xilinx("ecs.s2.large", (2, 4), 0, 350),
];

/// The type of this name.
pub(super) fn instance_type(id: &str) -> Option<&'static InstanceType> {
    TYPES.iter().find(|known| known.id == id)
}

impl InstanceType {
    /// `ecs.f3` of `ecs.f3-c4f1.xlarge`.
    pub(super) fn family_name(&self) -> &'static str {
        &self.id[.."ecs.f3".len()]
    }

    pub(super) fn has_chips(&self) -> bool {
        self.chips > 0
    }
}

/// A zone with its one vSwitch and what there is in it.
#[derive(Debug)]
pub(in crate::sandbox::rpc) struct Zone {
    pub(super) id: &'static str,
    pub(super) vswitch: &'static str,
    /// The third number of its addresses.
    pub(super) subnet: u8,
    /// How many instances of each type with chips there are; of the others there are always enough.
    pub(super) stock: usize,
}

/// A region with what the account has there.
#[derive(Debug)]
pub(in crate::sandbox::rpc) struct Region {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) vpc: &'static str,
    pub(super) security_group: &'static str,
    pub(super) image: &'static str,
    pub(super) zones: &'static [Zone],
}

const fn zone(id: &'static str, vswitch: &'static str, subnet: u8, stock: usize) -> Zone {
    Zone { id, vswitch, subnet, stock }
}

/// The regions. Only the first has more than one zone.
pub(super) const REGIONS: [Region; 4] = [
    Region {
        id: "cn-hangzhou",
        name: "China (Hangzhou)",
        vpc: "vpc-bp1faascmdsandbox",
        security_group: SECURITY_GROUP,
        image: ECS_IMAGE_ID,
        zones: &[
            zone("cn-hangzhou-b", VSWITCH, 1, 2000),
            zone("cn-hangzhou-g", "vsw-bp1faascmdsandboxg", 2, 10),
            zone("cn-hangzhou-h", "vsw-bp1faascmdsandboxh", 3, 0),
        ],
    },
    Region {
        id: "cn-beijing",
        name: "China (Beijing)",
        vpc: "vpc-2zefaascmdsandbox",
        security_group: "sg-2zefaascmdsandbox",
        image: "m-2zefaascmdsandbox0001",
        zones: &[zone("cn-beijing-a", "vsw-2zefaascmdsandboxa", 4, 20)],
    },
    Region {
        id: "cn-shanghai",
        name: "China (Shanghai)",
        vpc: "vpc-uf6faascmdsandbox",
        security_group: "sg-uf6faascmdsandbox",
        image: "m-uf6faascmdsandbox0001",
        zones: &[zone("cn-shanghai-b", "vsw-uf6faascmdsandboxb", 5, 20)],
    },
    Region {
        id: "cn-chengdu",
        name: "China (Chengdu)",
        vpc: "vpc-2vcfaascmdsandbox",
        security_group: "sg-2vcfaascmdsandbox",
        image: "m-2vcfaascmdsandbox0001",
        zones: &[zone("cn-chengdu-a", "vsw-2vcfaascmdsandboxa", 6, 20)],
    },
];

/// The public image that every region has; it takes no chips.
pub(super) const PUBLIC_IMAGE: &str = "centos_7_9_x64_20G_alibase_20240628.vhd";
/// What the system disk has to hold, in GiB, with the account's own image.
pub(super) const IMAGE_GIB: i64 = 40;
/// The account's key pair.
pub(super) const KEY_PAIR: &str = "faascmd-sandbox";
/// The role that instances can have.
pub(super) const ROLE: &str = INSTANCE_ROLE_NAME;
/// How many vCPUs of pay-as-you-go instances the account may have in a region.
pub(super) const VCPU_QUOTA: u32 = 8000;

/// The region of this id.
pub(super) fn region(id: &str) -> Option<&'static Region> {
    REGIONS.iter().find(|known| known.id == id)
}

impl Region {
    pub(super) fn zone_of(&self, vswitch: &str) -> Option<&'static Zone> {
        self.zones.iter().find(|zone| zone.vswitch == vswitch)
    }

    /// The prefix of ids that are made here: `bp1` in cn-hangzhou.
    pub(super) fn mark(&self) -> &'static str {
        &self.vpc[4..7]
    }

    pub(super) fn has_image(&self, id: &str) -> bool {
        id == self.image || id == PUBLIC_IMAGE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_tells_its_family() {
        let family = |id| instance_type(id).unwrap().family_name();
        assert_eq!(family("ecs.f3-c4f1.xlarge"), "ecs.f3");
        assert_eq!(family("ecs.g6.large"), "ecs.g6");
        assert!(TYPES.iter().all(|each| each.family_name().len() == 6));
    }

    #[test]
    fn every_vswitch_is_of_one_zone() {
        let mut vswitches: Vec<_> =
            REGIONS.iter().flat_map(|region| region.zones).map(|zone| zone.vswitch).collect();
        let count = vswitches.len();
        vswitches.sort_unstable();
        vswitches.dedup();
        assert_eq!(vswitches.len(), count);
        assert_eq!(REGIONS[0].mark(), "bp1");
    }
}

//! Where the registers of the tests are: offsets from the built-in map, by name.

use crate::device::RegisterMap;

/// Offsets of the reference design.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Registers {
    pub(super) smoke_start: u64,
    pub(super) smoke_done: u64,
    pub(super) prbs_start: u64,
    pub(super) prbs_stop: u64,
    pub(super) prbs_done: u64,
    pub(super) error: u64,
}

impl Registers {
    pub(super) fn of_reference_design() -> Self {
        let map = RegisterMap::ddr_prbs();
        let offset = |name| map.register(name).expect("the built-in map has the test's registers").offset;
        Self {
            smoke_start: offset("SMOKE_START"),
            smoke_done: offset("SMOKE_DONE"),
            prbs_start: offset("PRBS_START"),
            prbs_stop: offset("PRBS_STOP"),
            prbs_done: offset("PRBS_DONE"),
            error: offset("ERROR"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_those_of_the_guide() {
        let guide = Registers {
            smoke_start: 0x14,
            smoke_done: 0x24,
            prbs_start: 0x1c,
            prbs_stop: 0x20,
            prbs_done: 0x28,
            error: 0x30,
        };
        assert_eq!(Registers::of_reference_design(), guide);
    }
}

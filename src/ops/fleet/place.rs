//! Where instances may be made, in the order in which it is tried.

use super::Services;
use crate::ecs::VSwitch;

/// A type of instance in a vSwitch, and so in a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) instance_type: String,
    pub(super) vswitch: String,
}

/// Every zone with the first type, then every zone with the next.
pub(super) fn places(types: &[String], vswitches: &[String]) -> Vec<Place> {
    let of_type = |instance_type: &String| {
        let of = |vswitch: &String| Place { instance_type: instance_type.clone(), vswitch: vswitch.clone() };
        vswitches.iter().map(of).collect::<Vec<_>>()
    };
    types.iter().flat_map(of_type).collect()
}

/// The zones of the vSwitches, as far as the caller may see them.
pub(super) async fn zones(services: Services<'_>) -> Vec<VSwitch> {
    services.ecs.vswitches().await.unwrap_or_default()
}

impl Place {
    /// `ecs.f3-c4f1.xlarge in zone cn-shanghai-b`.
    pub(super) fn said(&self, zones: &[VSwitch]) -> String {
        let zone = zones.iter().find(|own| own.id == self.vswitch).map(|own| format!("zone {}", own.zone));
        format!("{} in {}", self.instance_type, zone.unwrap_or_else(|| self.vswitch.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_zones_are_tried_before_the_next_type() {
        let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let places = places(&of(&["t1", "t2"]), &of(&["va", "vb"]));
        let said: Vec<_> = places.iter().map(|place| place.said(&[])).collect();
        assert_eq!(said, ["t1 in va", "t1 in vb", "t2 in va", "t2 in vb"]);
    }
}

//! What goes wrong with instances and with the commands on them.

use super::draw::Faults;
use super::plan::ChipFaults;

impl Faults {
    /// Whether a zone has nothing left.
    pub(crate) fn no_stock(&self, zone: &str) -> bool {
        self.instances().no_stock.iter().any(|known| known == zone)
    }

    /// Whether the account may have no further instance.
    pub(crate) fn no_quota(&self) -> bool {
        self.instances().no_quota
    }

    /// Whether this instance vanishes while it is created.
    pub(crate) fn creation_fails(&self, instance: &str) -> bool {
        self.strikes("creation-fails", self.instances().creation_fails, instance)
    }

    /// Whether this instance's assistant never comes online.
    pub(crate) fn assistant_offline(&self, instance: &str) -> bool {
        self.strikes("assistant-offline", self.instances().assistant_offline, instance)
    }

    /// Whether this preemptible instance is taken back.
    pub(crate) fn recycles(&self, instance: &str) -> bool {
        self.strikes("spot-recycle", self.instances().spot_recycle, instance)
    }

    /// Whether the instance dies under this command.
    pub(crate) fn host_dies(&self, instance: &str) -> bool {
        self.strikes("host-dies", self.instances().host_dies, instance)
    }

    /// Whether this command never reaches its instance.
    pub(crate) fn not_delivered(&self, instance: &str) -> bool {
        self.strikes("delivery-timeout", self.instances().delivery_timeout, instance)
    }

    /// Whether this command is brought to its instance twice.
    pub(crate) fn delivered_twice(&self, instance: &str) -> bool {
        self.strikes("delivered-twice", self.instances().delivered_twice, instance)
    }

    /// What goes wrong with a chip of an instance.
    pub(crate) fn of_chip(&self, instance: &str, number: usize) -> ChipFaults {
        let faults = self.chips();
        let is_bad = self.instances().bad_chips.contains(&format!("{instance}/{number}"));
        ChipFaults { ddr_error: faults.ddr_error || is_bad, ..faults }
    }

    /// Whether this instance's assistant is an old one.
    pub(crate) fn old_agent(&self, instance: &str) -> bool {
        self.strikes("old-agent", self.instances().old_agent, instance)
    }

    /// Whether what commands print loses its middle.
    pub(crate) fn cuts_output(&self) -> bool {
        self.instances().output_cut
    }

    /// How often an ECS action is taken in a minute.
    pub(crate) fn throttle_after(&self) -> Option<u64> {
        self.instances().throttle_after
    }

    /// Whether chips keep their image over a stop or a restart.
    pub(crate) fn keeps_images(&self) -> bool {
        self.instances().image_kept
    }

    /// A number from 0 to 1 that the seed gives to a thing, for what is left to chance without any fault.
    pub(crate) fn share_of(&self, what: &str, thing: &str) -> f64 {
        self.draw(what, thing)
    }
}

//! What goes wrong with fleets only.

/// Why work on a fleet did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// A target that names nothing that exists.
    #[error("{0} has no instances in {1}")]
    NoHosts(String, String),
    /// Instances that were named are not there.
    #[error("there is no instance {0} in {1}")]
    NoSuchHost(String, String),
    /// None of the target's hosts is meant.
    #[error("none of the {count} hosts of {target} is meant by --on {selector}")]
    NoneSelected {
        /// The target.
        target: String,
        /// What was to be selected.
        selector: String,
        /// How many there are.
        count: usize,
    },
    /// Nothing can be written down before it is asked for.
    #[error(
        "there is no place to write down what is ordered: neither HOME nor XDG_STATE_HOME names a folder"
    )]
    NoState,
    /// A program that the hosts can't run.
    #[error("{} can't run on the hosts: {why}", path.display())]
    Agent {
        /// The program.
        path: std::path::PathBuf,
        /// Why.
        why: String,
    },
    /// Hosts that no waiting makes ready.
    #[error("{count} hosts of {fleet} are stopped: {names}")]
    Stopped {
        /// The fleet.
        fleet: String,
        /// How many.
        count: usize,
        /// Their names.
        names: String,
    },
    /// Hosts of somebody else under the name that a run of `once` makes its own by.
    #[error(
        "{count} hosts of {fleet} were not made by `once`, which uses and releases only its own: {names}"
    )]
    MadeByHand {
        /// The fleet.
        fleet: String,
        /// How many.
        count: usize,
        /// Their names.
        names: String,
    },
    /// There is not enough to be had.
    #[error("{have} of {wanted} instances of {fleet}: there are no more to be had now ({last})")]
    NoCapacity {
        /// The fleet.
        fleet: String,
        /// How many there are.
        have: usize,
        /// How many there should be.
        wanted: usize,
        /// What the service said last.
        last: String,
    },
    /// Instances that can't be made, again and again.
    #[error("instance {id} of {fleet} vanished{}", why.as_deref().map(|why| format!(": {why}")).unwrap_or_default())]
    Vanished {
        /// The fleet.
        fleet: String,
        /// The instance.
        id: String,
        /// What its history says.
        why: Option<String>,
    },
}

//! Many instances at a time. A fleet is a tag on its instances: the cloud is the truth, and what is kept on this machine
//! only says what was asked for and not yet answered.

mod agent;
mod alone;
pub mod chip_tests;
pub mod doctor;
mod down;
mod engine;
mod error;
mod fetch;
mod fold;
mod haste;
mod keep;
mod load_all;
mod order;
mod outcome;
mod pay;
mod place;
mod price;
mod ready;
mod record;
mod run;
mod script;
mod silence;
mod state;
mod summary;
mod surplus;
mod target;
mod up;

pub use agent::{Agent, examine as examine_agent, file_of as agent_file, hosts_address};
pub use alone::OnceRun;
pub use down::{Release, Released, release, settled, would_release};
pub use error::FleetError;
pub use fetch::{Fetch, Fetched, fetch};
pub use fold::folded;
pub use load_all::{LoadedChip, Spot, chips, images, load_all, still_loaded, to_load};
pub use outcome::{Counts, Outcome, ended};
pub use pay::pay;
pub use price::{Cost, cost_of};
pub use ready::{online, settle_in};
pub use record::{HostRecord, Phase, Record};
pub use run::{RunRequest, judge_command, run};
pub use target::{Selector, Target, file_name, find};
pub use up::{Made, UpRequest, release_at, up};

use std::time::Duration;

use super::wait::{Deadline, Pace};
use crate::ecs::Ecs;

/// The tag that makes an instance one of a fleet; its value is the fleet's name.
pub const FLEET_TAG: &str = "faascmd-fleet";
/// The tag of what one order made.
const ORDER_TAG: &str = "faascmd-order";

/// For what takes seconds to hours on many hosts. A look is a call for a hundred of them at most: with a hundred, two
/// minutes take less than 0.1 calls a host and minute.
const PACE: Pace = Pace { least: Duration::from_secs(1), share: 2, most: Duration::from_secs(20) };

/// Who does it.
#[derive(Clone, Copy, Debug)]
pub struct Services<'a> {
    /// Instances and commands on them.
    pub ecs: &'a Ecs,
    /// How long it may take, and who hears of it.
    pub deadline: &'a Deadline,
}

impl Services<'_> {
    fn note(&self, text: String) {
        self.deadline.progress().note(text);
    }

    /// The region, which names of fleets are of.
    fn region(&self) -> &str {
        self.ecs.cloud().region().unwrap_or("unknown")
    }
}

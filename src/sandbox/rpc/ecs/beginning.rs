//! The instances that are there from the start.

use jiff::Timestamp;

use super::agent::Agent;
use super::catalogue::{self, REGIONS, Region};
use super::instance::{Charge, Instance, Status, StoppedMode, Wanted};
use super::life;
use super::money::{Bill, per_hour};
use crate::sandbox::cloud::Cloud;
use crate::sandbox::identity::{INSTANCE_ID, INSTANCE_ROLE_NAME, INSTANCE_TYPE, PLAIN_INSTANCE_ID};
use crate::sandbox::rpc::State;

/// The type of the instances that `--instances` gives.
const TYPE: &str = "ecs.f3-c4f1.xlarge";

/// The fixed instances, one in another region and without chips, and those that `--instances` asks for. All of them
/// have been up for a while.
pub(in crate::sandbox::rpc) fn begin(state: &mut State, cloud: &Cloud, now: Timestamp) {
    let role = (!cloud.options.without_instance_role).then(|| INSTANCE_ROLE_NAME.to_owned());
    let protected = |wanted| Wanted { protected: true, ..wanted };
    let fixed = [
        (INSTANCE_ID, protected(wanted("faascmd-sandbox", INSTANCE_TYPE, &REGIONS[0]))),
        (PLAIN_INSTANCE_ID, protected(wanted("faascmd-plain", "ecs.g6.large", &REGIONS[1]))),
    ];
    for (id, wanted) in fixed {
        add(state, cloud, (id.to_owned(), Wanted { role: role.clone(), ..wanted }, true), now);
    }
    for n in 1..=cloud.options.instances {
        let wanted = wanted(&format!("sandbox-{n:03}"), TYPE, &REGIONS[0]);
        add(state, cloud, (format!("i-bp1faascmdsandbox1{n:03}"), wanted, false), now);
    }
}

fn wanted(name: &str, kind: &str, region: &'static Region) -> Wanted {
    Wanted {
        name: name.to_owned(),
        host_name: name.to_owned(),
        region,
        zone: &region.zones[0],
        kind: catalogue::instance_type(kind).expect("the fixed instances are of types that the table has"),
        image: region.image.to_owned(),
        security_groups: vec![region.security_group.to_owned()],
        charge: Charge::PostPaid,
        tags: Vec::new(),
        auto_release: None,
        user_data: String::new(),
        key_pair: String::new(),
        role: None,
        protected: false,
        bandwidth: 0,
        kept_disks: Vec::new(),
    }
}

fn add(state: &mut State, cloud: &Cloud, what: (String, Wanted, bool), now: Timestamp) {
    let (id, wanted, fixed) = what;
    state.ecs.made += 1;
    let serial = state.ecs.made;
    let mut agent = Agent {
        is_missing: cloud.faults.assistant_offline(&format!("instance {serial}")),
        is_old: cloud.faults.old_agent(&format!("instance {serial}")),
        ..Agent::default()
    };
    agent.boots(now);
    let mut instance = Instance {
        id,
        serial,
        private_ip: format!("192.168.{}.{}", wanted.zone.subnet, 2 + serial % 250),
        public_ip: None,
        created: now,
        visible: now,
        status: Status::Running,
        next: None,
        started: Some(now),
        stopped_mode: StoppedMode::NotApplicable,
        reclaimed: None,
        recycled: None,
        agent,
        bill: Bill::new(per_hour(wanted.kind, &wanted.charge), now),
        fixed,
        host: None,
        wanted,
    };
    if !fixed {
        life::attach_chips(&mut state.faas, &mut instance, cloud);
    }
    life::tell(cloud, &instance, now);
    state.ecs.instances.push(instance);
}

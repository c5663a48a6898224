//! Work on many instances.

use crate::cli::Exit;
use crate::cli::error::Failure;
use crate::cli::output::typed;
use crate::ops::fleet::FleetError;

impl From<FleetError> for Failure {
    fn from(error: FleetError) -> Self {
        let message = error.to_string();
        let failure = |exit| Self::new(exit, message.clone());
        match error {
            FleetError::NoHosts(..) => failure(Exit::NotFound)
                .hint("see what there is: faascmd fleet ls")
                .hint("another region? add --region REGION"),
            FleetError::NoSuchHost(..) => {
                failure(Exit::NotFound).hint("see what there is: faascmd fleet ls --all")
            }
            FleetError::NoneSelected { target, .. } => {
                failure(Exit::NotFound).hint(format!("see the hosts: faascmd fleet show {target} --no-chips"))
            }
            FleetError::Agent { .. } => failure(Exit::Usage)
                .hint("name a build that does: --agent FILE (x86_64, static or for glibc 2.17)"),
            FleetError::NoState => failure(Exit::Config).hint("set HOME to a folder that can be written"),
            FleetError::Stopped { fleet, .. } => failure(Exit::Conflict)
                .hint(format!("start them: faascmd fleet start {fleet}"))
                .hint(format!("release them: faascmd fleet down {fleet}")),
            FleetError::MadeByHand { fleet, .. } => failure(Exit::Conflict)
                .hint("give this one a name of its own: name = \"…\" in the file")
                .hint(format!("or test them: faascmd fleet deploy {fleet} FILE --test smoke,prbs"))
                .hint(format!("or release them: faascmd fleet down {fleet}")),
            FleetError::NoCapacity { fleet, have, .. } => {
                let failure = failure(Exit::Unreachable)
                    .hint(format!("go on: {}", typed::command()))
                    .hint("to wait for more: --wait-capacity 1h, or wait_capacity = \"1h\" in the file");
                if have == 0 {
                    failure
                } else {
                    failure.hint(format!("release what there is: faascmd fleet down {fleet}"))
                }
            }
            FleetError::Vanished { fleet, .. } => failure(Exit::Unreachable)
                .hint(format!("go on: {}", typed::command()))
                .hint(format!("release what there is: faascmd fleet down {fleet}")),
        }
    }
}

//! The Cloud Assistant of one instance: when it is there, and when it was last heard of.

use std::time::Duration;

use jiff::Timestamp;

/// How often it makes itself heard.
const HEARTBEAT: Duration = Duration::from_mins(1);
/// For how long after a heartbeat it counts as online.
pub(super) const HEARD_FOR: Duration = Duration::from_mins(2);
/// The version that is installed.
const VERSION: &str = "2.2.3.857";
/// One that is too old.
const OLD_VERSION: &str = "2.2.1.123";

/// The agent on one instance.
#[derive(Clone, Debug, Default)]
pub(super) struct Agent {
    /// Whether the image brought one that works; `InstallCloudAssistant` mends it at the next boot.
    pub(super) is_missing: bool,
    pub(super) install_at_boot: bool,
    /// Since when it runs, which may still be to come.
    pub(super) up: Option<Timestamp>,
    /// The last heartbeat before it went.
    pub(super) heard: Option<Timestamp>,
    pub(super) invocations: u64,
    /// Whether it is from before `ProcessTree`.
    pub(super) is_old: bool,
    /// How many commands run.
    pub(super) active: u64,
    pub(super) last_invoked: Option<Timestamp>,
}

impl Agent {
    /// The instance runs from now on; its agent will be up then.
    pub(super) fn boots(&mut self, up: Timestamp) {
        if std::mem::take(&mut self.install_at_boot) {
            self.is_missing = false;
        }
        self.up = (!self.is_missing).then_some(up);
    }

    /// A command begins.
    pub(super) fn begins(&mut self, now: Timestamp) {
        self.invocations += 1;
        self.active += 1;
        self.last_invoked = Some(now);
    }

    /// The instance went down.
    pub(super) fn goes(&mut self, now: Timestamp, speed: f64) {
        self.active = 0;
        self.heard = self.last_heard(now, speed);
        self.up = None;
    }

    pub(super) fn version(&self) -> &'static str {
        if self.is_old { OLD_VERSION } else { VERSION }
    }

    /// Whether a command reaches it now.
    pub(super) fn is_up(&self, now: Timestamp) -> bool {
        self.up.is_some_and(|up| up <= now)
    }

    /// The last heartbeat: the first is at its start.
    pub(super) fn last_heard(&self, now: Timestamp, speed: f64) -> Option<Timestamp> {
        let Some(up) = self.up.filter(|up| *up <= now) else { return self.heard };
        let since = now.duration_since(up).unsigned_abs().as_secs_f64();
        let beat = HEARTBEAT.as_secs_f64() / speed;
        Some(up + Duration::from_secs_f64((since / beat).floor() * beat))
    }

    /// Whether it counts as online: heard of within two minutes.
    pub(super) fn is_online(&self, now: Timestamp, speed: f64) -> bool {
        let heard = self.last_heard(now, speed);
        heard.is_some_and(|heard| now.duration_since(heard).unsigned_abs() <= HEARD_FOR.div_f64(speed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn an_agent_that_died_counts_as_online_for_two_minutes_after_its_last_heartbeat() {
        let mut agent = Agent::default();
        agent.boots(at(30));
        assert!(!agent.is_online(at(29), 1.0) && agent.is_online(at(30), 1.0));
        assert_eq!(agent.last_heard(at(149), 1.0), Some(at(90)));
        agent.goes(at(149), 1.0);
        assert!(!agent.is_up(at(150)) && agent.is_online(at(210), 1.0) && !agent.is_online(at(211), 1.0));
    }

    #[test]
    fn an_agent_that_is_missing_comes_with_the_boot_after_its_installation() {
        let mut agent = Agent { is_missing: true, ..Agent::default() };
        agent.boots(at(0));
        assert!(!agent.is_online(at(1000), 1.0));
        agent.install_at_boot = true;
        assert!(!agent.is_online(at(1000), 1.0));
        agent.boots(at(1000));
        assert!(agent.is_online(at(1000), 1.0));
    }
}

//! Hosts that do not take commands yet: asked about together, and ever more rarely.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::haste::patience;

/// How long a host that is not online is waited for.
const OFFLINE: Duration = Duration::from_mins(2);
/// The shortest pause before they are asked about again; each is as long as the youngest silence.
const LEAST: Duration = Duration::from_secs(5);
/// The longest one.
const MOST: Duration = Duration::from_mins(1);

/// Who is silent, since when, and when they are asked about again.
#[derive(Debug, Default)]
pub(super) struct Silence {
    since: BTreeMap<String, Instant>,
    next: Option<Instant>,
}

impl Silence {
    /// Whether it is time to ask about those that wait: one of them is new, or was silent for long enough.
    pub(super) fn is_to_be_broken(&self, waiting: &[String]) -> bool {
        let is_due = |id: &String| self.since.get(id).is_none_or(is_long);
        self.next.is_none_or(|next| next <= Instant::now()) || waiting.iter().any(is_due)
    }

    /// These are silent and all others are not; gives those that were for so long that they are given up.
    pub(super) fn goes_on(&mut self, silent: Vec<String>) -> Vec<String> {
        let now = Instant::now();
        let before = std::mem::take(&mut self.since);
        let since = |id: &String| before.get(id).copied().unwrap_or(now);
        self.since = silent.into_iter().map(|id| (id.clone(), since(&id))).collect();
        let youngest = self.since.values().max().map_or(Duration::ZERO, Instant::elapsed);
        self.next = Some(now + patience(youngest.clamp(LEAST, MOST)));
        let given_up = self.since.iter().filter(|(_, since)| is_long(since));
        given_up.map(|(id, _)| id.clone()).collect()
    }
}

fn is_long(since: &Instant) -> bool {
    since.elapsed() > patience(OFFLINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn silent_hosts_are_asked_about_ever_more_rarely_and_given_up_after_two_minutes() {
        let (mut silence, began, mut asked) = (Silence::default(), Instant::now(), 0);
        let waiting = ids(&["i-1", "i-2"]);
        let given_up = loop {
            if silence.is_to_be_broken(&waiting) {
                asked += 1;
                let given_up = silence.goes_on(waiting.clone());
                if !given_up.is_empty() {
                    break given_up;
                }
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        };
        assert_eq!((given_up, asked, began.elapsed().as_secs()), (waiting, 7, 121));
    }

    #[tokio::test(start_paused = true)]
    async fn who_joins_them_is_asked_about_at_once_and_has_two_minutes_too() {
        let mut silence = Silence::default();
        silence.goes_on(ids(&["i-1"]));
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(!silence.is_to_be_broken(&ids(&["i-1"])) && silence.is_to_be_broken(&ids(&["i-1", "i-2"])));
        tokio::time::sleep(Duration::from_secs(100)).await;
        silence.goes_on(ids(&["i-1", "i-2"]));
        tokio::time::sleep(Duration::from_secs(100)).await;
        assert_eq!(silence.goes_on(ids(&["i-1", "i-2"])), ids(&["i-1"]));
        // Who was heard meanwhile begins anew.
        silence.goes_on(ids(&[]));
        assert_eq!(silence.goes_on(ids(&["i-1"])), ids(&[]));
    }
}

//! One cancel flag for the whole program: a signal sets it, loops look at it, futures wait for it.

use std::sync::Arc;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use tokio::sync::SetOnce;

/// A flag that is set once, by the first SIGINT, SIGTERM or SIGHUP; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<SetOnce<i32>>);

impl Cancel {
    /// A flag that no signal sets; for tests and for work that is not to be interrupted.
    pub fn new() -> Self {
        Self::default()
    }

    /// A flag set by SIGINT and SIGTERM, also where those were inherited as ignored (a shell's `&`), and by SIGHUP, a
    /// terminal that goes away, unless it was (`nohup` means it).
    ///
    /// The second signal ends the program at once, as if it had no handler.
    ///
    /// # Errors
    /// When the handlers can't be installed.
    pub fn on_signals() -> std::io::Result<Self> {
        let flag = Self::default();
        let shared = flag.clone();
        let hangup = Some(SIGHUP).filter(|signal| !ignored_signals().contains(signal));
        let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM].into_iter().chain(hangup))?;
        std::thread::Builder::new().name("signals".into()).spawn(move || {
            for signal in signals.forever() {
                if shared.signal().is_some() {
                    let _unreachable_on_success = signal_hook::low_level::emulate_default_handler(signal);
                }
                shared.set(signal);
            }
        })?;
        Ok(flag)
    }

    /// Sets the flag; the first signal stays.
    pub fn set(&self, signal: i32) {
        self.0.set(signal).ok();
    }

    /// The signal that set the flag, if any.
    pub fn signal(&self) -> Option<i32> {
        self.0.get().copied()
    }

    /// Waits until the flag is set and gives the signal.
    pub async fn cancelled(&self) -> i32 {
        *self.0.wait().await
    }
}

/// The signals that this process ignores, as it inherited them; none where the system does not say.
pub fn ignored_signals() -> Vec<i32> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok()).unwrap_or(0);
    (1..=64).filter(|signal| mask >> (signal - 1) & 1 == 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn wakes_who_waits_and_keeps_the_first_signal() {
        let cancel = Cancel::new();
        let waiter = tokio::spawn({
            let cancel = cancel.clone();
            async move { cancel.cancelled().await }
        });
        tokio::task::yield_now().await;
        cancel.set(SIGTERM);
        cancel.set(SIGINT);
        assert_eq!(waiter.await.unwrap(), SIGTERM);
    }
}

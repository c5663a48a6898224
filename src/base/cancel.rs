//! One cancel flag for the whole program: a signal sets it, loops look at it, futures wait for it.

use std::pin::Pin;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// A flag that is set once, by the first SIGINT, SIGTERM or SIGHUP; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<State>);

#[derive(Debug, Default)]
struct State {
    signal: AtomicI32,
    waiting: Mutex<Vec<Waker>>,
}

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
        let _already_set = self.0.signal.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
        for waker in self.waiting().drain(..) {
            waker.wake();
        }
    }

    /// The signal that set the flag, if any.
    pub fn signal(&self) -> Option<i32> {
        Some(self.0.signal.load(Ordering::SeqCst)).filter(|signal| *signal != 0)
    }

    /// Waits until the flag is set and gives the signal.
    pub fn cancelled(&self) -> Cancelled<'_> {
        Cancelled(self)
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Waker>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The signals that this process ignores, as it inherited them; none where the system does not say.
pub fn ignored_signals() -> Vec<i32> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok()).unwrap_or(0);
    (1..=64).filter(|signal| mask >> (signal - 1) & 1 == 1).collect()
}

/// The future of [`Cancel::cancelled`].
#[derive(Debug)]
pub struct Cancelled<'a>(&'a Cancel);

impl Future for Cancelled<'_> {
    type Output = i32;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<i32> {
        if let Some(signal) = self.0.signal() {
            return Poll::Ready(signal);
        }
        let mut waiting = self.0.waiting();
        if !waiting.iter().any(|waker| waker.will_wake(context.waker())) {
            waiting.push(context.waker().clone());
        }
        drop(waiting);
        // The flag may have been set between the look and the registration.
        self.0.signal().map_or(Poll::Pending, Poll::Ready)
    }
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

//! One cancel flag for the whole program: a signal sets it, loops look at it, futures wait for it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::libc::SIGPWR;
use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use signal_hook::consts::*;
use signal_hook::low_level;
use tokio::sync::SetOnce;

/// A flag that is set once, by the first signal; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<State>);

#[derive(Debug, Default)]
struct State {
    signal: SetOnce<i32>,
    again: SetOnce<i32>,
    held: Mutex<Held>,
}

/// Whether the program may be ended by a signal now.
#[derive(Debug, Default)]
struct Held {
    holds: u32,
    released: Option<Instant>,
    asked: Option<Instant>,
}

/// A terminal that closes sends two signals, GNU `timeout` sends two, and a person who means it waits for an answer.
const ONE_WISH: Duration = Duration::from_secs(1);

/// What a closed shell, a person or a supervisor sends; loops notice it and end tidily.
const ASKED: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];

/// The other signals that end a program, and that it may catch. A fault of its own (SEGV, BUS, ILL, FPE) has no safe
/// way on, and PIPE and XFSZ come back as the error of a write.
const OTHERS: [i32; 10] =
    [SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGIO, SIGABRT, SIGPWR];

/// Real-time signals; the first two belong to the C library.
const REAL_TIME: std::ops::RangeInclusive<i32> = 34..=64;

/// While it lives, what asks the program to end waits: for work that is over in a moment, where handlers and a thread for them
/// would take longer than the work. Only for a program of one thread.
#[derive(Debug)]
pub struct Wait(Option<SigSet>);

impl Wait {
    /// From now on.
    pub fn begin() -> Self {
        let asked: SigSet = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].into_iter().collect();
        Self(asked.thread_swap_mask(SigmaskHow::SIG_BLOCK).ok())
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            before.thread_set_mask().ok();
        }
    }
}

/// While it lives, no signal ends the program.
#[derive(Debug)]
pub struct Hold<'a>(&'a Cancel);

impl Cancel {
    /// A flag that no signal sets; for tests and for work that is not to be interrupted.
    pub fn new() -> Self {
        Self::default()
    }

    /// A flag set by SIGINT and SIGTERM, also where those were inherited as ignored (a shell's `&`), and by SIGHUP, a
    /// terminal that goes away, unless it was (`nohup` means it).
    ///
    /// A second one that comes a second later ends the program at once, as if it had no handler, and so does the first of any
    /// other kind; neither while it is [held](Self::hold).
    ///
    /// # Errors
    /// When the handlers can't be installed.
    pub fn on_signals() -> std::io::Result<Self> {
        let flag = Self::default();
        let shared = flag.clone();
        let ignored = ignored_signals();
        let caught = |signal: &i32| [SIGINT, SIGTERM].contains(signal) || !ignored.contains(signal);
        let every = ASKED.into_iter().chain(OTHERS).chain(REAL_TIME).filter(caught);
        // Without a handler, a log that reaches `ulimit -f` would end the program; with one, its write fails.
        signal_hook::flag::register(SIGXFSZ, Arc::default())?;
        let mut signals = signal_hook::iterator::Signals::new(every)?;
        std::thread::Builder::new().name("signals".into()).spawn(move || {
            for signal in signals.forever() {
                shared.take(signal);
            }
        })?;
        Ok(flag)
    }

    /// Keeps signals from ending the program until the hold is dropped; they only set the flag.
    ///
    /// For work that leaves a device running unless its last step is made. Look at [`Cancel::signal`] after this, and
    /// before the first step.
    pub fn hold(&self) -> Hold<'_> {
        self.held().holds += 1;
        Hold(self)
    }

    /// Sets the flag, or ends the program. The lock is held meanwhile, so that no hold can begin in between.
    fn take(&self, signal: i32) {
        let mut held = self.held();
        let recent = |at: Option<Instant>| at.is_some_and(|at| at.elapsed() < ONE_WISH);
        let again = self.signal().is_some() && !recent(held.asked) && !recent(held.released);
        if held.holds == 0 && (again || !ASKED.contains(&signal)) {
            end_by(signal);
        }
        if held.asked.is_some() && !recent(held.asked) {
            self.0.again.set(signal).ok();
        }
        held.asked.get_or_insert_with(Instant::now);
        drop(held);
        self.set(signal);
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the flag; the first signal stays.
    pub fn set(&self, signal: i32) {
        self.0.signal.set(signal).ok();
    }

    /// The signal that set the flag, if any.
    pub fn signal(&self) -> Option<i32> {
        self.0.signal.get().copied()
    }

    /// Whether signals are kept from ending the program.
    pub fn is_held(&self) -> bool {
        self.held().holds > 0
    }

    /// Waits for another signal after the one that set the flag; only while it is [held](Self::hold) is there any.
    pub async fn asked_again(&self) {
        self.0.again.wait().await;
    }

    /// Waits until the flag is set and gives the signal.
    pub async fn cancelled(&self) -> i32 {
        *self.0.signal.wait().await
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        let mut held = self.0.held();
        held.holds -= 1;
        held.released = Some(Instant::now());
    }
}

/// Ends the program as the signal would if nobody caught it; a shell sees 128 and its number.
pub fn end_by(signal: i32) -> ! {
    // The crate does not know the real-time signals.
    low_level::emulate_default_handler(signal).ok();
    low_level::exit(128 + signal)
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

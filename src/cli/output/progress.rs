//! Progress as people see it: a bar or a rewritten line on a terminal, a line per change off it.

use std::io::{BufRead as _, IsTerminal as _};
use std::os::fd::AsFd as _;
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{getpgrp, tcgetpgrp};

use super::stderr::{line, takes_more};
use super::ui::{DONE, Ui, WARNING};
use crate::base::duration::spent;
use crate::base::progress::{Event, Progress, Silent};
use crate::base::size::ByteSize;
use crate::base::text::harmless;

/// How often it is looked whether somebody pressed Enter, in milliseconds.
const LOOK_EVERY: u16 = 250;

/// Draws events on stderr.
struct Drawn {
    terminal: bool,
    ui: Ui,
    now: Arc<Mutex<Now>>,
    asked: Once,
}

/// What is on the screen now.
#[derive(Default)]
struct Now {
    bar: Option<ProgressBar>,
    waiting: String,
    /// What is told to who presses Enter.
    details: String,
}

impl Ui {
    /// Who draws the progress of a piece of work.
    pub(in crate::cli) fn progress(&self) -> Arc<dyn Progress> {
        if self.quiet {
            return Arc::new(Silent);
        }
        let terminal = self.progress && std::io::stderr().is_terminal();
        Arc::new(Drawn { terminal, ui: self.clone(), now: Arc::default(), asked: Once::new() })
    }
}

impl Drawn {
    fn start_transfer(&self, now: &mut Now, label: &str, total: u64, resumed: u64) {
        if !self.terminal {
            let resumed =
                if resumed == 0 { String::new() } else { format!(", {} there already", ByteSize(resumed)) };
            line(&format!("{}: {}{resumed}", harmless(label), ByteSize(total)));
            return;
        }
        let template =
            "{msg} {wide_bar} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta} left";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(10));
        bar.set_style(style);
        bar.set_message(harmless(label).into_owned());
        bar.set_position(resumed);
        bar.reset_eta();
        now.bar = Some(bar);
    }

    fn wait(&self, now: &mut Now, thing: &str, state: &str, elapsed: Duration) {
        let shown = format!("{}: {}", harmless(thing), harmless(state));
        if self.terminal {
            let bar = now.bar.get_or_insert_with(|| {
                let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
                bar.set_style(
                    ProgressStyle::with_template("{spinner} {msg}")
                        .unwrap_or_else(|_| ProgressStyle::default_spinner()),
                );
                bar
            });
            bar.set_message(format!("{shown}, {}", spent(elapsed)));
            bar.tick();
        } else if now.waiting != shown {
            line(&format!("{shown} ({})", spent(elapsed)));
            now.waiting = shown;
        }
    }

    fn run(&self, now: &mut Now, thing: &str, state: &str, times: (Duration, Duration)) {
        let (elapsed, total) = times;
        if !self.terminal {
            // PRBS would run on for as long as a line waits for its reader.
            if takes_more(&std::io::stderr()) {
                self.wait(now, thing, state, elapsed);
            }
            return;
        }
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let bar = now.bar.get_or_insert_with(|| {
            let target = ProgressDrawTarget::stderr_with_hz(10);
            let bar = ProgressBar::with_draw_target(Some(milliseconds(total)), target);
            let style = ProgressStyle::with_template("{msg} {wide_bar} {prefix}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        bar.set_position(milliseconds(elapsed));
        bar.set_message(format!("{}: {}", harmless(thing), harmless(state)));
        bar.set_prefix(format!("{} of {}", spent(elapsed), spent(total)));
    }

    /// Prints a line above whatever is drawn.
    fn above(now: &Now, text: &str) {
        match &now.bar {
            Some(bar) => bar.suspend(|| line(text)),
            None => line(text),
        }
    }
}

impl Progress for Drawn {
    fn event(&self, event: Event) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::TransferStarted { label, total, resumed } => {
                self.start_transfer(&mut now, &label, total, resumed);
            }
            Event::Transferred(bytes) => now.bar.iter().for_each(|bar| bar.inc(bytes)),
            Event::Untransferred(bytes) => now.bar.iter().for_each(|bar| bar.dec(bytes)),
            Event::TransferEnded | Event::WaitEnded => {
                if let Some(bar) = now.bar.take() {
                    bar.finish_and_clear();
                }
                now.waiting.clear();
            }
            Event::Waiting { thing, state, elapsed } => self.wait(&mut now, &thing, &state, elapsed),
            Event::Running { thing, state, elapsed, total } => {
                self.run(&mut now, &thing, &state, (elapsed, total));
            }
            Event::StepDone { step, detail, skipped } => {
                Self::above(&now, &step_line(&self.ui.painted(DONE, "✓"), step, &detail, skipped));
            }
            Event::Details(text) => {
                now.details = text;
                if self.terminal && std::io::stdin().is_terminal() {
                    let shared = Arc::clone(&self.now);
                    self.asked.call_once(|| {
                        // Without the thread nobody is answered, and the work goes on.
                        std::thread::Builder::new().name("asked".into()).spawn(move || answer(&shared)).ok();
                    });
                }
            }
            Event::Note(text) => Self::above(&now, &harmless(&text)),
            Event::Warning(text) => {
                Self::above(&now, &format!("{} {}", self.ui.painted(WARNING, "warning:"), harmless(&text)));
            }
        }
    }
}

/// Tells the details to who presses Enter, for as long as the program runs.
fn answer(now: &Mutex<Now>) {
    let stdin = std::io::stdin();
    loop {
        let mut waiting = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        let typed = poll(&mut waiting, PollTimeout::from(LOOK_EVERY)).is_ok_and(|count| count > 0);
        // What is typed while this is in the background is the shell's; reading it would stop the program.
        let in_front = tcgetpgrp(stdin.as_fd()).is_ok_and(|group| group == getpgrp());
        if !typed {
            continue;
        }
        if !in_front {
            std::thread::sleep(Duration::from_millis(LOOK_EVERY.into()));
            continue;
        }
        if stdin.lock().read_line(&mut String::new()).is_ok_and(|length| length > 0) {
            let now = now.lock().unwrap_or_else(PoisonError::into_inner);
            Drawn::above(&now, &harmless(&now.details));
        } else {
            return;
        }
    }
}

/// `✓ uploaded   oss://…`.
pub(super) fn step_line(mark: &str, step: &str, detail: &str, skipped: bool) -> String {
    let skipped = if skipped { " (was done)" } else { "" };
    format!("{mark} {step:<10} {}{skipped}", harmless(detail))
}

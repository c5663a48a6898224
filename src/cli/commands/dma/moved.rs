//! What was moved, and how fast.

use std::path::PathBuf;
use std::time::Instant;

use serde::Serialize;

use super::PIECE;
use crate::base::cancel::{Cancel, Wait};
use crate::base::duration::spent;
use crate::base::progress::Event;
use crate::base::size::ByteSize;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{Page, Report};
use crate::device::hex;

/// A transfer that takes long enough to be watched.
const WATCHED: u64 = 64 << 20;

/// The answer of `dma read`, `write` and `fill`.
#[derive(Debug, Serialize)]
pub(super) struct Moved {
    pub(super) direction: &'static str,
    pub(super) node: PathBuf,
    pub(super) address: u64,
    pub(super) address_hex: String,
    pub(super) bytes: u64,
    pub(super) seconds: f64,
    pub(super) bytes_per_second: f64,
}

impl Report for Moved {
    const SCHEMA: &'static str = "faascmd.dma/1";

    fn human(&self, page: &mut Page) {
        page.line(self.line());
    }
}

impl Moved {
    /// `read 64 MiB at 0x00000000 in 0.1s, 1.2 GB/s`
    pub(super) fn line(&self) -> String {
        let (bytes, time) = (ByteSize(self.bytes), spent(std::time::Duration::from_secs_f64(self.seconds)));
        let did = if self.direction == "c2h" { "read" } else { "wrote" };
        format!("{did} {bytes} at {} in {time}, {}", self.address_hex, rate(self.bytes_per_second))
    }
}

/// `12.3 GB/s`, in the units of link speeds.
pub(in crate::cli::commands) fn rate(bytes_per_second: f64) -> String {
    match bytes_per_second {
        rate if rate >= 1e9 => format!("{:.2} GB/s", rate / 1e9),
        rate if rate >= 1e6 => format!("{:.1} MB/s", rate / 1e6),
        rate => format!("{:.1} kB/s", rate / 1e3),
    }
}

/// What becomes of a signal that asks the program to end.
pub(super) enum Signals {
    /// It is looked for before each piece.
    Noticed(Cancel),
    /// It waits for the only piece.
    Waiting { _wait: Wait },
    /// It ends the program: there is nothing to tidy up.
    End,
}

impl Signals {
    /// From now on; `tidy` says whether a transfer that is cut leaves something behind.
    pub(super) fn of(cx: &Context, total: Option<u64>, tidy: bool) -> Result<Self, Failure> {
        let is_short = total.is_some_and(|total| total <= PIECE as u64);
        Ok(match (is_short, tidy) {
            (true, true) => Self::Waiting { _wait: Wait::begin() },
            (true, false) => Self::End,
            (false, _) => Self::Noticed(cx.cancel()?),
        })
    }
}

/// A transfer in pieces, each of which a signal waits for.
pub(super) struct Transfer<'a> {
    cx: &'a Context,
    signals: Signals,
    progress: Option<std::sync::Arc<dyn crate::base::progress::Progress>>,
    began: Instant,
    address: u64,
    done: u64,
}

impl<'a> Transfer<'a> {
    /// Begins one; `total` is not known of a pipe.
    pub(super) fn begin(cx: &'a Context, signals: Signals, address: u64, total: Option<u64>) -> Self {
        let watched = total.filter(|total| *total >= WATCHED);
        let progress = watched.map(|total| {
            let progress = cx.ui.progress();
            let label = format!("dma {}", hex(address));
            progress.event(Event::TransferStarted { label, total, resumed: 0 });
            progress
        });
        Self { cx, signals, progress, began: Instant::now(), address, done: 0 }
    }

    /// Where the next piece goes; fails if a signal came.
    pub(super) fn next(&self) -> Result<u64, Failure> {
        let Signals::Noticed(cancel) = &self.signals else { return Ok(self.address + self.done) };
        match cancel.signal() {
            None => Ok(self.address + self.done),
            Some(signal) => {
                self.ended();
                let failure = Failure::interrupted(signal);
                let message =
                    format!("{} after {} of {}", failure.message, ByteSize(self.done), self.cx.device_name());
                Err(Failure { message, ..failure })
            }
        }
    }

    pub(super) fn moved(&mut self, bytes: usize) {
        self.done += bytes as u64;
        if let Some(progress) = &self.progress {
            progress.event(Event::Transferred(bytes as u64));
        }
    }

    fn ended(&self) {
        if let Some(progress) = &self.progress {
            progress.event(Event::TransferEnded);
        }
    }

    pub(super) fn report(self, direction: &'static str, node: PathBuf) -> Moved {
        self.ended();
        let seconds = self.began.elapsed().as_secs_f64();
        Moved {
            direction,
            node,
            address: self.address,
            address_hex: hex(self.address),
            bytes: self.done,
            seconds,
            bytes_per_second: self.done as f64 / seconds.max(1e-9),
        }
    }
}

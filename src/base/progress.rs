//! What long work says while it goes on: typed events, drawn by `cli/output`.

use std::time::Duration;

/// Something that happened during a piece of work.
#[derive(Clone, Debug)]
pub enum Event {
    /// A transfer of `total` bytes began, of which `resumed` were there already.
    TransferStarted {
        /// What is transferred, as the user names it.
        label: String,
        /// Bytes in all.
        total: u64,
        /// Bytes that an earlier run had transferred.
        resumed: u64,
    },
    /// That many more bytes went over the wire.
    Transferred(u64),
    /// That many bytes have to be sent again.
    Untransferred(u64),
    /// The transfer ended, well or not.
    TransferEnded,
    /// The awaited thing is (still) in this state.
    Waiting {
        /// What is waited for: `image a8ce…`, `fpga 0x6c92… on i-bp15…`.
        thing: String,
        /// Its state in the service's own word.
        state: String,
        /// Time since the wait began.
        elapsed: Duration,
    },
    /// Something runs for a time that is known.
    Running {
        /// What runs: `prbs test on /dev/xdma0_user`.
        thing: String,
        /// Its state now.
        state: String,
        /// Time since it began.
        elapsed: Duration,
        /// How long it will run.
        total: Duration,
    },
    /// The wait or the run is over, well or not.
    WaitEnded,
    /// One step of several is done: `✓ uploaded   oss://…`.
    StepDone {
        /// One word: checked, uploaded, created, loaded, smoke, prbs.
        step: &'static str,
        /// What it gave.
        detail: String,
        /// Whether it had been done before.
        skipped: bool,
    },
    /// What a person may want to know who asks meanwhile, such as who is not done yet.
    Details(String),
    /// Worth a line, such as what the program decided and why.
    Note(String),
    /// Something the user should know although the work goes on.
    Warning(String),
}

/// Takes the events of a piece of work; called from several threads.
pub trait Progress: Send + Sync {
    /// Takes one event. Must be cheap: transfers call it for every slice.
    fn event(&self, event: Event);

    /// A line worth saying.
    fn note(&self, text: String) {
        self.event(Event::Note(text));
    }

    /// A warning.
    fn warn(&self, text: String) {
        self.event(Event::Warning(text));
    }
}

/// Nobody is watching.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn event(&self, _event: Event) {}
}

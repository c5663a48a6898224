//! The steps of work that has several: which, what became of it, how long it took.

use serde::Serialize;
use tokio::time::Instant;

/// One step.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// Which.
    pub name: StepName,
    /// What became of it.
    pub state: StepState,
    /// How long it took.
    pub seconds: f64,
}

/// The steps of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    /// The file is looked into.
    Check,
    /// It goes into the bucket.
    Upload,
    /// The image is ordered and made.
    Create,
    /// The kernel's driver of the chip is taken out.
    Rmmod,
    /// It goes into the chip.
    Load,
    /// The driver comes back, and its device with it.
    Modprobe,
    /// The smoke test of the memory.
    Smoke,
    /// The PRBS test of the memory.
    Prbs,
    /// The test of the memory through DMA.
    Dma,
}

impl StepName {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Upload => "upload",
            Self::Create => "create",
            Self::Rmmod => "rmmod",
            Self::Load => "load",
            Self::Modprobe => "modprobe",
            Self::Smoke => "smoke",
            Self::Prbs => "prbs",
            Self::Dma => "dma",
        }
    }

    /// Whether it is a test of the device.
    pub fn is_test(self) -> bool {
        matches!(self, Self::Smoke | Self::Prbs | Self::Dma)
    }
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// It was done now.
    Done,
    /// It had been done before, or was not asked for.
    Skipped,
    /// It would be done.
    Planned,
    /// A device test that did not pass.
    Failed,
}

impl Step {
    /// A step that began then and ends now.
    pub fn ended(name: StepName, skipped: bool, began: Instant) -> Self {
        let state = if skipped { StepState::Skipped } else { StepState::Done };
        // Milliseconds are all that anybody can use.
        let seconds = began.elapsed().as_secs_f64();
        Self { name, state, seconds: (seconds * 1000.0).round() / 1000.0 }
    }

    /// A device test that began then and ends now.
    pub fn tested(name: StepName, passed: bool, began: Instant) -> Self {
        let state = if passed { StepState::Done } else { StepState::Failed };
        Self { state, ..Self::ended(name, false, began) }
    }

    /// A step that would be done unless it is done already.
    pub fn planned(name: StepName, is_done: bool) -> Self {
        let state = if is_done { StepState::Skipped } else { StepState::Planned };
        Self { name, state, seconds: 0.0 }
    }
}

impl StepState {
    /// In words, of a step that is planned or over.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Skipped => "nothing to do",
            Self::Planned => "would be done",
        }
    }
}

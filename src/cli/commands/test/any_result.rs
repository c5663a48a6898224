//! A result of a test of the registers or of the memory.

use serde::Serialize;

use super::dma_result::DmaResult;
use super::result::{Case, Outcome, TestResult};
use crate::cli::Exit;
use crate::cli::output::{Page, Report as _};

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(in crate::cli::commands) enum AnyResult {
    Ddr(Box<TestResult>),
    Dma(Box<DmaResult>),
}

impl AnyResult {
    pub(super) fn test(&self) -> &'static str {
        match self {
            Self::Ddr(result) => result.test,
            Self::Dma(_) => "dma",
        }
    }

    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Ddr(result) => result.result,
            Self::Dma(result) => result.result,
        }
    }

    /// What happened, in words.
    pub(in crate::cli::commands) fn detail(&self) -> &str {
        match self {
            Self::Ddr(result) => &result.detail,
            Self::Dma(result) => &result.detail,
        }
    }

    pub(in crate::cli::commands) fn exit(&self) -> Exit {
        match self {
            Self::Ddr(result) => result.exit,
            Self::Dma(result) => result.exit,
        }
    }

    pub(super) fn human(&self, page: &mut Page) {
        match self {
            Self::Ddr(result) => result.human(page),
            Self::Dma(result) => result.human(page),
        }
    }

    /// What CI servers show of it.
    pub(super) fn cases(&self) -> Vec<Case<'_>> {
        match self {
            Self::Ddr(result) => vec![result.case()],
            Self::Dma(result) => result.cases(),
        }
    }
}

impl From<TestResult> for AnyResult {
    fn from(result: TestResult) -> Self {
        Self::Ddr(Box::new(result))
    }
}

impl From<DmaResult> for AnyResult {
    fn from(result: DmaResult) -> Self {
        Self::Dma(Box::new(result))
    }
}

//! Everything that is printed or drawn: stdout is the answer, stderr the rest.

mod ask;
mod log;
mod page;
mod progress;
mod report_file;
mod stderr;
mod steps;
pub(super) mod typed;
mod ui;
mod usage;

pub(super) use ask::{ask, ask_secret, secret_of_stdin, somebody_is_there};
pub(super) use log::start_log;
pub(super) use page::Page;
pub(super) use report_file::ReportFile;
pub(super) use stderr::takes_more;
pub(super) use ui::{Report, Ui, lossy};
pub(super) use usage::usage_error;

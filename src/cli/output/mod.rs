//! Everything that is printed or drawn: stdout is the answer, stderr the rest.

mod page;
mod progress;
mod ui;

pub(super) use page::Page;
pub(super) use ui::{Report, Ui, usage_error};

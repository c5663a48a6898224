//! The looks at the error register: each as a line of the log, and as many as a page can show.

use std::fs::File;
use std::io::{self, Write as _};

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::output::{Ui, takes_more};
use crate::ddr::Sample;
use crate::device::hex;

/// A page is a thousand points wide.
const KEPT: usize = 4096;

#[derive(Debug, Default)]
pub(in crate::cli::commands) struct Looks {
    log: Option<File>,
    log_has_holes: bool,
    /// Seconds from the start, and what 0x30 read.
    kept: Vec<(f64, u32)>,
    /// How many looks one of the kept stands for.
    each: usize,
    seen: usize,
}

/// A sample as a line of JSON.
#[derive(Serialize)]
struct Line {
    schema: &'static str,
    time: Timestamp,
    seconds: f64,
    error_register: u32,
    hex: String,
}

impl Looks {
    /// Each is to be a line of the log as well.
    pub(super) fn logged(log: Option<File>) -> Self {
        Self { log, each: 1, ..Self::default() }
    }

    pub(in crate::cli::commands) fn take(&mut self, sample: &Sample, ui: &Ui) {
        self.keep((sample.elapsed.as_secs_f64(), sample.error_register));
        self.write(sample, ui);
    }

    pub(in crate::cli::commands) fn kept(&self) -> &[(f64, u32)] {
        &self.kept
    }

    /// Keeps it; of more than there is room for, the higher of two neighbours stays.
    fn keep(&mut self, look: (f64, u32)) {
        let each = self.each.max(1);
        let group_goes_on = !self.seen.is_multiple_of(each);
        self.seen += 1;
        match self.kept.last_mut() {
            Some(last) if group_goes_on => last.1 = last.1.max(look.1),
            _ => self.kept.push(look),
        }
        if self.kept.len() > KEPT {
            let halved = self.kept.chunks(2).map(|pair| {
                let highest = pair.iter().map(|(_, value)| *value).max().unwrap_or_default();
                (pair[0].0, highest)
            });
            self.kept = halved.collect();
            self.each = each * 2;
        }
    }

    /// A full disk is said once and does not end a soak of days; a reader who stalls does not make it longer.
    fn write(&mut self, sample: &Sample, ui: &Ui) {
        let Some(file) = &mut self.log else { return };
        let line = Line {
            schema: "faascmd.test.sample/1",
            time: sample.time,
            seconds: sample.elapsed.as_secs_f64(),
            error_register: sample.error_register,
            hex: hex(sample.error_register),
        };
        let json = serde_json::to_string(&line).expect("numbers and texts become JSON");
        let written = if takes_more(file) {
            writeln!(file, "{json}")
        } else {
            Err(io::Error::other("whoever reads it has stalled"))
        };
        if let Err(e) = written
            && !std::mem::replace(&mut self.log_has_holes, true)
        {
            ui.warn(&format!("the log is no longer complete: {e}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_soak_of_weeks_stays_small_and_loses_no_error() {
        let mut looks = Looks::logged(None);
        for i in 0..2_000_000_u32 {
            looks.keep((f64::from(i), u32::from(i == 1_234_567)));
        }
        let kept = looks.kept();
        assert!((KEPT / 2..=KEPT).contains(&kept.len()), "{}", kept.len());
        let errors: Vec<_> = kept.iter().filter(|(_, value)| *value == 1).collect();
        assert_eq!(errors.len(), 1);
        assert!((errors[0].0 - 1_234_567.0).abs() < 1000.0, "{errors:?}");
        assert!(kept.windows(2).all(|two| two[0].0 < two[1].0));
    }
}

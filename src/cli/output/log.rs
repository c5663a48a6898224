//! The log of `-v`, `-vv`, `-vvv` on stderr: ours only, dependencies are silent.

use std::fmt;
use std::time::Instant;

use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::base::text::harmless;

/// Starts the log: 1 what is asked of whom, 2 with headers and retries, 3 with bodies.
pub(in crate::cli) fn start_log(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let lines = tracing_subscriber::fmt::layer()
        .event_format(Lines { started: Instant::now() })
        .with_writer(std::io::stderr)
        .with_ansi(false);
    let ours = Targets::new().with_target(env!("CARGO_CRATE_NAME"), level);
    // A second start in one process would be a mistake of ours, and the first log goes on.
    tracing_subscriber::registry().with(lines).with(ours).try_init().ok();
}

/// Seconds since the start and the message, on one line.
struct Lines {
    started: Instant,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut text = String::new();
        context.field_format().format_fields(Writer::new(&mut text), event)?;
        writeln!(writer, "{:9.3}s {}", self.started.elapsed().as_secs_f64(), harmless(&text))
    }
}

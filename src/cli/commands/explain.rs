//! `faascmd explain CODE...`: what an error code means and what to do about it.

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output::{Page, Report};
use crate::codes::{self, Row};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  faascmd explain \"SHELL NOT MATCH\"
  faascmd explain NoSuchBucket 0002-00000228
  faascmd explain 7                 an exit code of this program
  faascmd explain InternalError --service oss")]
pub(in crate::cli) struct ExplainArgs {
    /// Code as the error shows it, an EC of OSS, or an exit code
    #[arg(required = true, value_name = "CODE")]
    codes: Vec<String>,
    /// Only what this service means by it
    #[arg(long, value_name = "SERVICE", value_parser = codes::SERVICES)]
    service: Option<String>,
}

#[derive(Debug, Serialize)]
struct Explained {
    items: Vec<&'static Row>,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &ExplainArgs, cx: &Context) -> Outcome {
    let service = args.service.as_deref();
    let mut items = Vec::new();
    for code in wanted(&args.codes, service) {
        let rows = codes::all(&code, service);
        if rows.is_empty() {
            return Err(unknown(&code, service));
        }
        items.extend(rows);
    }
    items.dedup();
    cx.ui.print(&Explained { items })
}

/// The codes asked for; several words that make one code together are one, as nobody quotes `SHELL NOT MATCH`.
fn wanted(words: &[String], service: Option<&str>) -> Vec<String> {
    let joined = words.join(" ");
    if codes::all(&joined, service).is_empty() { words.to_vec() } else { vec![joined] }
}

fn unknown(code: &str, service: Option<&str>) -> Failure {
    let of_service = service.map_or_else(String::new, |service| format!(" of {service}"));
    let failure =
        Failure::new(Exit::NotFound, format!("`{code}` is not a code{of_service} that is known here"));
    if let Some(elsewhere) = codes::all(code, None).first() {
        return failure.hint(format!("{} has it: faascmd explain \"{code}\"", elsewhere.service));
    }
    if is_ec(code) {
        return failure.hint(format!("OSS explains it at https://api.aliyun.com/troubleshoot?q={code}"));
    }
    let by_status = code.parse().map(codes::with_status).unwrap_or_default();
    if !by_status.is_empty() {
        return failure.hint(format!("as an HTTP status it comes with: {}", by_status.join(", ")));
    }
    let similar = codes::similar(code);
    similar.into_iter().fold(failure, |failure, name| failure.hint(format!("did you mean `{name}`?")))
}

/// Whether it has the form of OSS's exact causes: `0002-00000228`.
fn is_ec(code: &str) -> bool {
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    code.split_once('-').is_some_and(|(a, b)| digits(a, 4) && digits(b, 8))
}

impl Report for Explained {
    const SCHEMA: &'static str = "faascmd.explain/1";

    fn human(&self, page: &mut Page) {
        for (i, row) in self.items.iter().enumerate() {
            if i > 0 {
                page.line("");
            }
            let mut facts = vec![("code", row.code.to_owned()), ("service", service_of(row))];
            if let Some(status) = row.http_status {
                facts.push(("http", status.to_string()));
            }
            if !row.actions.is_empty() {
                facts.push(("actions", row.actions.join(", ")));
            }
            if !row.also.is_empty() {
                facts.push(("also", row.also.join(", ")));
            }
            facts.push(("meaning", row.meaning.to_owned()));
            facts.push(("advice", row.advice.to_owned()));
            facts.push(("source", row.source.to_owned()));
            page.facts(&facts);
        }
    }
}

fn service_of(row: &Row) -> String {
    match row.service {
        "rpc" => "faas, ram, sts and ecs".to_owned(),
        "faascmd" => "this program's exit codes".to_owned(),
        service => service.to_owned(),
    }
}

//! What the old tool prints: the service's JSON on a line and the time it took; a refusal as a line of its own.

use std::io;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::Formatter;

use crate::base::text::{harmless, json_escaped};
use crate::cli::context::Context;
use crate::cli::error::{Failure, Outcome, ServiceAnswer};
use crate::cli::exit::Exit;
use crate::cli::output::{Page, Report};

/// What a command has to say.
pub(super) struct Said {
    /// The service's answer, or ours in its manner.
    pub(super) answer: Value,
    /// What people read of it.
    pub(super) lines: Vec<String>,
    /// Whether the answer itself is printed.
    pub(super) form: Form,
}

/// How it is printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The answer on one line, the lines, the time.
    Answer,
    /// Lines, printed as they came, fit for grep; the time goes to stderr.
    Lines,
}

impl From<Value> for Said {
    fn from(answer: Value) -> Self {
        Self { answer, lines: Vec::new(), form: Form::Answer }
    }
}

/// `--output json`: the same answer in a document of ours.
#[derive(Debug, Serialize)]
struct LegacyAnswer<'a> {
    command: &'a str,
    answer: Value,
    seconds: f64,
}

impl Report for LegacyAnswer<'_> {
    const SCHEMA: &'static str = "faascmd.legacy/1";

    fn human(&self, page: &mut Page) {
        page.line(one_line(&self.answer));
    }
}

/// Prints it. `RequestId` is left out, as no sample of the documents has it.
pub(super) fn print(cx: &Context, command: &str, said: Said, started: Instant) -> Outcome {
    let took = started.elapsed();
    if cx.ui.is_json() {
        let answer = without_request_id(said.answer);
        return cx.ui.print(&LegacyAnswer { command, answer, seconds: took.as_secs_f64() });
    }
    if said.form == Form::Lines {
        cx.ui.note(&elapsed(took));
        return Ok(Exit::Done);
    }
    cx.ui.write(format!("{}\n", one_line(&said.answer)).as_bytes())?;
    print_lines(cx, &said.lines)?;
    cx.ui.write(format!("{}\n", elapsed(took)).as_bytes())?;
    Ok(Exit::Done)
}

/// Goes on when the user agrees to a deletion, or nobody is there to ask.
pub(super) fn agreed(cx: &Context, question: &str) -> Result<(), Failure> {
    if cx.ui.agrees(question)? {
        return Ok(());
    }
    Err(Failure::new(Exit::Failed, "nothing was deleted: it was not agreed to"))
}

/// Prints lines, each of them one whatever stands in it.
pub(super) fn print_lines(cx: &Context, lines: &[String]) -> Result<(), Failure> {
    let text: String = lines.iter().map(|line| format!("{}\n", harmless(line))).collect();
    cx.ui.write(text.as_bytes())
}

/// `0.171(s) elapsed`
fn elapsed(time: Duration) -> String {
    format!("{:.3}(s) elapsed", time.as_secs_f64())
}

/// The answer on one line, its fields in the service's order, spaced as the documents print it: scripts look for
/// `"State": "success"` in it.
fn one_line(answer: &Value) -> String {
    let mut line = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut line, Spaced);
    // A value that is there already can't fail to be written into memory.
    without_request_id(answer.clone()).serialize(&mut serializer).ok();
    json_escaped(&String::from_utf8_lossy(&line)).into_owned()
}

/// A space after each comma and colon, as Python's `json.dumps` writes them.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

fn without_request_id(mut answer: Value) -> Value {
    if let Value::Object(fields) = &mut answer {
        fields.shift_remove("RequestId");
    }
    answer
}

/// Says that the service refused, in the old tool's words, then what to do; gives the exit code.
pub(super) fn fail(cx: &Context, failure: Failure) -> Outcome {
    let Some(headline) = failure.service.as_deref().and_then(refusal) else { return Err(failure) };
    Ok(cx.ui.fail_saying(&headline, &failure))
}

/// `HTTP Status:404 Error:SHELL NOT MATCH. The image Shell is not match with fpga Shell! Request ID:D7D1AB1E-…`
fn refusal(answer: &ServiceAnswer) -> Option<String> {
    let (status, code) = (answer.http_status?, answer.code.as_deref()?);
    let request = answer.request_id.as_ref().map_or_else(String::new, |id| format!(" Request ID:{id}"));
    Some(format!("HTTP Status:{status} Error:{code}. {}{request}", answer.said))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_one_line_in_the_services_order_without_its_request_id() {
        let text = r#"{"RequestId":"R","FpgaImages":{"fpgaImage":[{"Name":"a\nb","New":{"x":[1,null]},"Encrypted":"false"}]}}"#;
        let answer: Value = serde_json::from_str(text).unwrap();
        assert_eq!(
            one_line(&answer),
            r#"{"FpgaImages": {"fpgaImage": [{"Name": "a\nb", "New": {"x": [1, null]}, "Encrypted": "false"}]}}"#
        );
    }

    #[test]
    fn what_a_terminal_obeys_is_spelled_out_and_means_the_same() {
        let answer = json!({"Name": "a\u{9b}31m\u{202e}b\u{7f}文件"});
        let line = one_line(&answer);
        assert_eq!(line, r#"{"Name": "a\u009b31m\u202eb\u007f文件"}"#);
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), answer);
    }

    #[test]
    fn the_time_and_a_refusal_read_as_the_documents_print_them() {
        assert_eq!(elapsed(Duration::from_micros(171_400)), "0.171(s) elapsed");
        let mut answer = ServiceAnswer {
            service: "faas",
            http_status: Some(404),
            code: Some("SHELL NOT MATCH".into()),
            request_id: Some("D7D1AB1E".into()),
            said: "The image Shell is not match with fpga Shell!".into(),
            ..ServiceAnswer::default()
        };
        assert_eq!(
            refusal(&answer).unwrap(),
            "HTTP Status:404 Error:SHELL NOT MATCH. The image Shell is not match with fpga Shell! Request ID:D7D1AB1E"
        );
        answer.http_status = None;
        assert_eq!(refusal(&answer), None);
    }
}

//! The log: a JSON line per request, written when the request ends, well or not.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

use super::http::{Pairs, Request};
use super::time;
use crate::base::private_file;

/// Query parameters that belong to a signature or carry a secret; they stay out of the log.
const SECRET_PARAMETERS: [&str; 10] = [
    "Signature",
    "OSSAccessKeyId",
    "Expires",
    "security-token",
    "x-oss-signature",
    "x-oss-signature-version",
    "x-oss-credential",
    "x-oss-date",
    "x-oss-expires",
    "x-oss-security-token",
];

/// Where the lines go: a file, or nowhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Option<Arc<Mutex<File>>>);

impl Log {
    /// Appends to the file, which is made if it is absent.
    pub(crate) fn open(path: Option<&Path>) -> io::Result<Self> {
        let open = |path: &Path| {
            private_file::append(path)
                .map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", path.display())))
        };
        Ok(Self(path.map(open).transpose()?.map(|file| Arc::new(Mutex::new(file)))))
    }

    /// Begins the entry of a request.
    pub(crate) fn entry(&self, request: &Request, is_oss: bool) -> Entry {
        Entry {
            log: self.clone(),
            line: Line {
                time: time::iso_millis(Timestamp::now()),
                service: "",
                action: String::new(),
                method: request.method.clone(),
                path: path(is_oss, request),
                status: None,
                code: None,
                body_bytes: 0,
                answer_bytes: 0,
                fault: None,
            },
            received: Arc::default(),
            sent: Arc::default(),
        }
    }

    fn write(&self, line: &Line) {
        let (Some(file), Ok(mut text)) = (&self.0, serde_json::to_vec(line)) else { return };
        text.push(b'\n');
        // A full disk under the log is no reason to end COMMAND's cloud.
        file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&text).ok();
    }
}

/// The path as it came, with those parameters of an OSS request that hold nothing secret.
fn path(is_oss: bool, request: &Request) -> String {
    let open = request.query.iter().filter(|(name, _)| !SECRET_PARAMETERS.contains(&name.as_str()));
    let query: Pairs = open.cloned().collect();
    if query.is_empty() || !is_oss {
        return request.path.clone();
    }
    format!("{}?{}", request.path, crate::sign::encode::query(&query))
}

#[derive(Debug, Serialize)]
struct Line {
    time: String,
    service: &'static str,
    action: String,
    method: String,
    path: String,
    /// Absent when the connection broke first.
    status: Option<u16>,
    code: Option<String>,
    /// Bytes of the request's body that came in.
    body_bytes: u64,
    /// Bytes of the answer's body that went out.
    answer_bytes: u64,
    /// The fault that struck.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'static str>,
}

/// One request's line; it is written when this is dropped.
#[derive(Debug)]
pub(crate) struct Entry {
    log: Log,
    line: Line,
    received: Arc<AtomicU64>,
    sent: Arc<AtomicU64>,
}

impl Entry {
    /// Counts the bytes that come in.
    pub(crate) fn received(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.received)
    }

    /// Counts the bytes that go out.
    pub(crate) fn sent(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.sent)
    }

    /// Notes which service was asked to do what.
    pub(crate) fn names(&mut self, service: &'static str, action: &str) {
        self.line.service = service;
        action.clone_into(&mut self.line.action);
    }

    /// Notes how the request was answered.
    pub(crate) fn answered(&mut self, status: u16, code: Option<String>) {
        self.line.status = Some(status);
        self.line.code = code;
    }

    /// Notes the fault that struck; the first one stays.
    pub(crate) fn struck(&mut self, fault: &'static str) {
        self.line.fault.get_or_insert(fault);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.line.body_bytes = self.received.load(Ordering::SeqCst);
        self.line.answer_bytes = self.sent.load(Ordering::SeqCst);
        self.log.write(&self.line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_what_was_asked_and_nothing_secret() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log");
        let log = Log::open(Some(&file)).unwrap();
        let query = "uploadId=U&partNumber=3&x-oss-signature=secret&security-token=secret";
        let request = Request {
            method: "PUT".into(),
            path: "/b/k%2F".into(),
            query: super::super::http::parse_query(query),
            ..Request::default()
        };
        let mut entry = log.entry(&request, true);
        entry.received().fetch_add(7, Ordering::SeqCst);
        entry.answered(503, Some("ServiceUnavailable".into()));
        entry.struck("throttle");
        drop(entry);
        drop(log.entry(&request, true));
        let text = std::fs::read_to_string(&file).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["path"], "/b/k%2F?uploadId=U&partNumber=3");
        assert_eq!(lines[0]["body_bytes"], 7);
        assert_eq!(lines[0]["status"], 503);
        assert_eq!(lines[0]["fault"], "throttle");
        assert_eq!(lines[1]["status"], serde_json::Value::Null);
        assert!(!text.contains("secret"), "{text}");
    }
}

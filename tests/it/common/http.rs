//! A bare HTTP client, so that a test says to the byte what is sent.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use faascmd::sign::{Pairs, encode};
use serde_json::Value;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Pairs,
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}\n{self:?}"))
    }

    /// `400 SignatureDoesNotMatch`; `200` where there is no error.
    pub fn code(&self) -> String {
        let code = serde_json::from_str(&self.body)
            .ok()
            .and_then(|body: Value| Some(body["Code"].as_str()?.to_owned()));
        code.map_or_else(|| self.status.to_string(), |code| format!("{} {code}", self.status))
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// Sends one request on a connection of its own.
pub fn send(address: SocketAddr, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut head = format!("{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text}"));
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_ascii_lowercase(), value.to_owned())
    };
    Answer { status, headers: lines.map(header).collect(), body: body.to_owned() }
}

/// Sends the parameters of a call in the query.
pub fn post_query(address: SocketAddr, parameters: &[(String, String)]) -> Answer {
    send(address, &format!("POST /?{}", encode::query(parameters)), &[], b"")
}

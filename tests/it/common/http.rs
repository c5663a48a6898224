//! A bare HTTP client, so that a test says to the byte what is sent.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use faascmd::testing::sign::{Pairs, encode};
use serde_json::Value;
use socket2::{Domain, Socket, Type};

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Pairs,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}\n{self:?}"))
    }

    /// The text of an XML element; empty when it is absent.
    pub fn element(&self, name: &str) -> String {
        let text = self.text();
        let inner = text.split_once(&format!("<{name}>")).and_then(|(_, rest)| rest.split_once("</"));
        inner.map(|(value, _)| value.to_owned()).unwrap_or_default()
    }

    /// Status and error code, of XML or JSON; the code is empty where there is no error.
    pub fn refusal(&self) -> (u16, String) {
        let json: Option<Value> = serde_json::from_slice(&self.body).ok();
        let code = json.and_then(|json| json["Code"].as_str().map(str::to_owned));
        (self.status, code.unwrap_or_else(|| self.element("Code")))
    }

    /// `400 SignatureDoesNotMatch`; `200` where there is no error.
    pub fn code(&self) -> String {
        let (status, code) = self.refusal();
        if code.is_empty() { status.to_string() } else { format!("{status} {code}") }
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// An address of this machine at which nobody listens, and nobody else does while this is held.
pub struct Nobody(Socket);

impl Nobody {
    pub fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        Self(socket)
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap().as_socket().unwrap())
    }
}

/// A connection that gives up after five minutes.
pub fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_mins(5)))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The head of a request for `PUT /path`; without a length among the headers it has none.
pub fn head(line: &str, headers: &[(String, String)]) -> String {
    let mut head = format!("{line} HTTP/1.1\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        head.push_str("host: 127.0.0.1\r\n");
    }
    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    head + "\r\n"
}

/// Sends a request and reads its answer; fails when the connection ends first.
pub fn exchange(stream: &mut BufReader<TcpStream>, head: &str, body: &[u8]) -> io::Result<Answer> {
    stream.get_mut().write_all(head.as_bytes())?;
    // The server may close before it has taken all; what it said first counts.
    let sent = stream.get_mut().write_all(body);
    read_answer(stream, head.starts_with("HEAD ")).or_else(|error| sent.and(Err(error)))
}

fn read_answer(stream: &mut impl BufRead, without_body: bool) -> io::Result<Answer> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|text| text.parse().ok());
    let status = status.ok_or(io::ErrorKind::UnexpectedEof)?;
    let mut headers = Pairs::new();
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let mut answer = Answer { status, headers, body: Vec::new() };
    if !without_body {
        answer.body.resize(answer.header("content-length").map_or(0, |length| length.parse().unwrap()), 0);
        stream.read_exact(&mut answer.body)?;
    }
    Ok(answer)
}

/// Sends one request on a connection of its own.
pub fn send(address: SocketAddr, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let length = body.len().to_string();
    let headers = [headers, &[("content-length", length.as_str())]].concat();
    let headers: Pairs =
        headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let mut stream = BufReader::new(connect(address).unwrap());
    exchange(&mut stream, &head(line, &headers), body).unwrap()
}

/// Sends the parameters of a call in the query.
pub fn post_query(address: SocketAddr, parameters: &[(String, String)]) -> Answer {
    send(address, &format!("POST /?{}", encode::query(parameters)), &[], b"")
}
